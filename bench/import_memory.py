"""Memory that an import takes, all its processes together, as the number of photos grows."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bench.clip_checkpoint import save_random_clip
from bench.decode import SIZES, photos_of
from bench.measurement import Measurement, Options, Side, Unit
from bench.pictures import sample
from bench.workspace import opened

COUNTS = (200, 400, 800)
QUICK_COUNTS = (8,)
LOOK_EVERY = 0.1
"""Seconds. The kernel keeps each process's peak, so only the last moments of a process can be missed."""


def measure(options: Options) -> Iterator[Measurement]:
    """Compare imports of more and more photos of 12 megapixels with the model alone."""
    checkpoint = options.scratch / "clip"
    model = save_random_clip(checkpoint, small=options.quick)
    scenes = sample(options.scratch / "scenes", options.size(8, 2))
    photos = photos_of(options.scratch / "photos", scenes.paths, SIZES["12 MP"]).paths
    alone = Side("the model loaded, and nothing imported", (_peak(checkpoint),))
    for count in QUICK_COUNTS if options.quick else COUNTS:
        folder = _links(options.scratch / f"{count}", photos, count)
        yield Measurement(
            entry="memory",
            what=f"peak memory importing {count} photos of 12 MP",
            unit=Unit.MEGABYTES,
            ours=Side("Curate ImportService", (_peak(checkpoint, folder, options.scratch / f"workspace-{count}"),)),
            peer=alone,
            same="the model; the peer is a floor, not an import",
            conditions={
                "model": model,
                "counted": "the peak resident set of every process, added up though they are not at once",
                "origin": f"{scenes.origin}, scaled up, each linked under several names",
            },
        )


def _links(folder: Path, photos: list[Path], count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05d}.jpg").hardlink_to(photos[number % len(photos)])
    return folder


def _peak(checkpoint: Path, *paths: Path) -> float:
    """Return the peak of a process that does what `main` does, and of those that it starts, in megabytes."""
    peaks: dict[int, int] = {}
    with subprocess.Popen([sys.executable, "-m", "bench.import_memory", checkpoint, *paths]) as process:
        while process.poll() is None:
            for pid in _family(process.pid):
                peaks[pid] = max(peaks.get(pid, 0), _peak_kilobytes(pid))
            time.sleep(LOOK_EVERY)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return sum(peaks.values()) / 1e3


def _family(pid: int) -> list[int]:
    """Return a process and its descendants, less those that are its copy still: their memory is the process's own."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                if _command(int(child)) != _command(pid):
                    found += _family(int(child))
    return found


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _peak_kilobytes(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1])
    return 0  # it has ended


def main(checkpoint: str, folder: str = "", workspace: str = "") -> None:
    """Load a model, and import a folder where there is one."""
    from transformers.utils import logging

    from curate.embedding.clip import ClipEncoder

    logging.disable_progress_bar()
    encoder = ClipEncoder.load(checkpoint)
    if folder:
        with opened(Path(workspace), encoder) as services:
            report = services.importing.run(folder)
            assert report.added == sum(1 for _ in Path(folder).iterdir()), report


if __name__ == "__main__":
    main(*sys.argv[1:])
