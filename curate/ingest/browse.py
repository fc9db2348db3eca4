"""Looking through the server's folders, to choose one to import."""

import os
from dataclasses import dataclass
from pathlib import Path

from curate.errors import InvalidFolder
from curate.ingest.folders import checked_folder, may_be_imported
from curate.ingest.found import is_text
from curate.settings import Settings


@dataclass(frozen=True, slots=True)
class FolderListing:
    """One folder, without what is hidden in it, and without subfolders whose names are not UTF-8."""

    path: Path
    parent: Path | None
    """None at the top, and where the folder above may not be imported."""
    folders: tuple[str, ...]
    files: int


def list_folder(folder: Path | str, settings: Settings) -> FolderListing:
    """Return what a folder holds.

    Raises:
        InvalidFolder: it is missing, no folder, not readable, not UTF-8, or outside `settings.import_roots`.
    """
    path = checked_folder(folder, settings)
    try:
        with os.scandir(path) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise InvalidFolder(f"The folder {path} can't be read: {error.strerror}. Choose another one.") from error
    folders = [entry.name for entry in visible if _is_folder(entry)]
    shown = sorted((name for name in folders if is_text(name)), key=str.casefold)
    parent = path.parent if path.parent != path and may_be_imported(path.parent, settings) else None
    return FolderListing(path, parent, tuple(shown), len(visible) - len(folders))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
