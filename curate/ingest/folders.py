"""Which folders a person may import."""

import os
from pathlib import Path

from curate.errors import InvalidFolder
from curate.ingest.scan import is_below, is_text
from curate.settings import Settings


def import_roots(settings: Settings) -> list[Path]:
    """Return the folders outside of which nothing may be imported; none means anything may."""
    return [Path(root).expanduser().resolve() for root in settings.import_roots.split(os.pathsep) if root.strip()]


def may_be_imported(path: Path, settings: Settings) -> bool:
    """Whether a folder, its links resolved, is inside `settings.import_roots`."""
    roots = import_roots(settings)
    return not roots or any(is_below(str(path), str(root)) for root in roots)


def checked_folder(folder: Path | str, settings: Settings) -> Path:
    """Return a folder's absolute path, its links resolved.

    Raises:
        InvalidFolder: it is missing, no folder, not readable, not UTF-8, or outside `settings.import_roots`.
    """
    if not str(folder).strip():
        raise InvalidFolder("No folder was named. Give the path of a folder with images.")
    path = _resolved(folder)
    if not may_be_imported(path, settings):
        allowed = ", ".join(str(root) for root in import_roots(settings))
        raise InvalidFolder(
            f"The folder {path} may not be imported. Choose one inside {allowed} (CURATE_IMPORT_ROOTS)."
        )
    _try_listing(path)
    return path


def _resolved(folder: Path | str) -> Path:
    try:
        path = Path(folder).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidFolder(f"“{_printable(folder)[:200]}” is not the path of a folder. Check its spelling.") from error
    if not is_text(str(path)):
        raise InvalidFolder(
            f"The path {_printable(path)} is not valid text (UTF-8). Rename the folder, or those above it."
        )
    return path


def _printable(path: Path | str) -> str:
    """Return a path that can be shown, with its undecodable bytes written out."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _try_listing(path: Path) -> None:
    try:
        with os.scandir(path):
            return
    except NotADirectoryError as error:
        raise InvalidFolder(f"{path} is a file, not a folder. Give the folder that it is in.") from error
    except PermissionError as error:
        raise InvalidFolder(f"The folder {path} may not be read by this user. Change its permissions.") from error
    except OSError as error:
        raise InvalidFolder(
            f"There is no folder {path}. Check its spelling, and that its disk is connected."
        ) from error
