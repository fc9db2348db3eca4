"""Looking through the server's folders, to choose one to import."""

import os
from dataclasses import dataclass
from pathlib import Path

from curate.errors import InvalidFolder


@dataclass(frozen=True, slots=True)
class FolderListing:
    """One folder: its parent (None at the top), and the names of the folders in it, without hidden ones."""

    path: Path
    parent: Path | None
    folders: tuple[str, ...]
    files: int


def list_folder(folder: Path | str) -> FolderListing:
    """Return what a folder holds.

    Raises:
        InvalidFolder: it is missing, not a folder, or may not be read.
    """
    path = Path(folder).expanduser().absolute()
    try:
        with os.scandir(path) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        reason = (error.strerror or "it can't be read").lower()
        raise InvalidFolder(f"The folder {path} can't be opened: {reason}. Choose another one.") from error
    folders = sorted((entry.name for entry in visible if _is_folder(entry)), key=str.casefold)
    return FolderListing(
        path, path.parent if path.parent != path else None, tuple(folders), len(visible) - len(folders)
    )


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
