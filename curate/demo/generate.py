"""Draws the demo data set into a folder, on all cores."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import curate
from curate.demo.plan import Role, planned
from curate.demo.render import rendered
from curate.errors import InvalidFolder, InvalidParameter, StorageFailed

Progress = Callable[[int, int], None]
"""Called with the number of images drawn so far and the number wanted."""

SMALLEST_SIDE = 32
WORTH_A_PROCESS = 16
"""Images below which another process takes longer to start than to help."""


@dataclass(frozen=True)
class DemoReport:
    """What was drawn; blurred and dark images and duplicates are part of `images`."""

    images: int
    families: int
    exact_duplicates: int
    near_duplicates: int
    blurred: int
    dark: int
    seconds: float


def generate_demo(
    folder: Path,
    count: int = 600,
    seed: int = 7,
    side: int = 640,
    progress: Progress | None = None,
    workers: int = 0,
) -> DemoReport:
    """Draw `count` images with captions and metadata sidecars into `folder`, `side` pixels on the longer side.

    Image number i depends on (seed, i, side) only: a larger `count` adds images and changes none, and drawing again
    writes the same bytes. Files that `folder` holds besides are left alone. `workers` processes
    draw; 0 means one a core. An exception raised by `progress` stops the work and is passed on.

    Raises:
        InvalidParameter: `count`, `seed` or `side` is out of range.
        InvalidFolder: `folder` is a file.
        StorageFailed: a file cannot be written.
    """
    _check(folder, count, seed, side)
    started = time.perf_counter()
    report = progress or (lambda done, total: None)
    workers = min(workers or os.cpu_count() or 1, max(count // WORTH_A_PROCESS, 1))
    drawn = draw_share(folder, count, seed, side) if workers == 1 else _drawn_by(workers, folder, count, seed, side)
    try:
        for done, _ in enumerate(drawn, start=1):
            report(done, count)
    finally:
        drawn.close()
    roles = Counter(planned(seed, index).role for index in range(count))
    families = {planned(seed, index).family.name for index in range(count)}
    return DemoReport(
        images=count,
        families=len(families),
        exact_duplicates=roles[Role.EXACT_COPY],
        near_duplicates=roles[Role.NEAR_COPY],
        blurred=roles[Role.BLURRED],
        dark=roles[Role.DARK],
        seconds=time.perf_counter() - started,
    )


def draw_share(
    folder: Path, count: int, seed: int, side: int, first: int = 0, step: int = 1
) -> Generator[int, None, None]:
    """Draw every `step`-th image from `first` on; yield the index of each once its files are in place.

    Raises:
        StorageFailed: a file cannot be written.
    """
    for index in range(first, count, step):
        for path, data in rendered(seed, index, side).files:
            _write(folder / path, data)
        yield index


def _check(folder: Path, count: int, seed: int, side: int) -> None:
    if count < 1:
        raise InvalidParameter(f"A demo set needs at least one image, not {count}.")
    if seed < 0:
        raise InvalidParameter(f"The seed must be 0 or larger, not {seed}.")
    if not SMALLEST_SIDE <= side <= 4096:
        raise InvalidParameter(f"Demo images can be {SMALLEST_SIDE} to 4096 pixels on their longer side, not {side}.")
    if folder.exists() and not folder.is_dir():
        raise InvalidFolder(f"“{folder}” is a file. Name a folder for the demo images.")


def _write(path: Path, data: bytes) -> None:
    """Write beside the goal, then rename: a reader sees the whole file or none."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        raise StorageFailed(
            f"The demo image “{path}” could not be written: {error.strerror or error}. "
            "Free some space or choose another folder."
        ) from error


def _drawn_by(workers: int, folder: Path, count: int, seed: int, side: int) -> Generator[int, None, None]:
    """Share the work out and yield indices as they are done, in any order."""
    with _processes(workers, folder, count, seed, side) as processes:
        lines: queue.Queue[str | None] = queue.Queue()
        for process in processes:
            threading.Thread(target=_forward, args=(process, lines), daemon=True).start()
        running, complaint = workers, ""
        while running:
            line = lines.get()
            if line is None:
                running -= 1
            elif line.strip().isdigit():
                yield int(line)
            else:
                complaint = line.strip()
        if any(process.wait() for process in processes):
            raise StorageFailed(complaint or "A process that drew demo images was stopped. Start it again.")


def _forward(process: subprocess.Popen[str], lines: "queue.Queue[str | None]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)


@contextmanager
def _processes(workers: int, folder: Path, count: int, seed: int, side: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Start the workers; whatever happens, none outlives the block.

    Plain processes rather than multiprocessing: that would import the caller's main module again in each child,
    which under Streamlit is a page.
    """
    root = str(Path(curate.__file__).resolve().parents[1])
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
    shared = [str(folder.resolve()), str(count), str(seed), str(side)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "curate.demo.worker", *shared, str(first), str(workers)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environ,
        )
        for first in range(workers)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
            process.wait()
