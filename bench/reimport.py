"""Importing a folder again in which nothing changed."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.measurement import Measurement, Options, Side, Unit, require_same
from bench.pictures import many_files
from bench.rounds import Run, alternate, timed
from bench.vectors import GreyEncoder
from bench.workspace import Services, opened

TINY, USUAL = 1_000, 100_000
"""Bytes a file: nearly nothing to hash, and a photo of about half a megapixel."""


def measure(options: Options) -> Iterator[Measurement]:
    """Compare with hashing every file, the plain way to know that it is the same."""
    yield _with_files(options, options.size(10_000, 100), TINY)
    yield _with_files(options, options.size(2_000, 100), USUAL)


def _with_files(options: Options, count: int, size_bytes: int) -> Measurement:
    folder = options.scratch / f"pictures-{size_bytes}"
    many_files(folder, count, size_bytes)
    with opened(options.scratch / f"workspace-{size_bytes}", GreyEncoder()) as workspace:
        workspace.importing.run(folder)
        known = _known_hashes(workspace)
        ours, theirs = alternate(
            options.rounds,
            lambda: timed(lambda: workspace.importing.run(folder).unchanged),
            lambda: timed(lambda: _unchanged_by_hash(folder, known)),
        )
    require_same({run.result for run in (*ours, *theirs)} == {count}, "the number of unchanged files")
    return Measurement(
        entry="reimport",
        what=f"import {count:,} unchanged files of {size_bytes // 1000} kB again",
        unit=Unit.MICROSECONDS_PER_FILE,
        ours=Side("Curate ImportService", _microseconds(ours, count)),
        peer=Side("os.walk and the BLAKE2b of every file", _microseconds(theirs, count)),
        same="that every file is unchanged",
        conditions={"files": count, "bytes a file": size_bytes, "the files are": "in the page cache"},
    )


def _known_hashes(workspace: Services) -> dict[str, str]:
    return dict(workspace.database.read().execute("SELECT path, content_hash FROM images").fetchall())


def _unchanged_by_hash(folder: Path, known: Mapping[str, str]) -> int:
    """Return how many files still hold what they held."""
    unchanged = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                content = hashlib.blake2b(file.read(), digest_size=16).hexdigest()
            unchanged += known.get(path) == content
    return unchanged


def _microseconds(runs: list[Run[int]], files: int) -> tuple[float, ...]:
    return tuple(run.seconds / files * 1e6 for run in runs)
