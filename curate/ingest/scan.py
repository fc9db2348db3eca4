"""Look through a source and say what each of its files is to an import."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from curate.ingest.found import FoundFile, is_sidecar
from curate.ingest.sources import files_of
from curate.models import SkippedFile


@dataclass(frozen=True, slots=True)
class FolderScan:
    """All files below a folder."""

    candidates: list[FoundFile] = field(default_factory=list)
    """Files that may be images, whatever their names say; folder by folder, sorted by name."""
    sidecars: dict[str, FoundFile] = field(default_factory=dict)
    """Path → file, for what may describe an image."""
    skipped: list[SkippedFile] = field(default_factory=list)


def scan_folder(folder: Path | str, never: Sequence[Path] = (), roots: Sequence[Path] = ()) -> FolderScan:
    """Collect the files below a folder or an address; see `Files.walk`."""
    scan = FolderScan()
    source = os.fspath(folder)
    for found in files_of(source).walk(source, never, roots):
        if isinstance(found, SkippedFile):
            scan.skipped.append(found)
        elif is_sidecar(found.path):
            scan.sidecars[found.path] = found
        else:
            scan.candidates.append(found)
    return scan
