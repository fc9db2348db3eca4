"""Which folders a person may import."""

import os
from pathlib import Path

from curate.errors import InvalidFolder
from curate.ingest.scan import is_below
from curate.settings import Settings


def import_roots(settings: Settings) -> list[Path]:
    """Return the folders outside of which nothing may be imported; none means anything may."""
    return [Path(root).expanduser().resolve() for root in settings.import_roots.split(os.pathsep) if root.strip()]


def checked_folder(folder: Path | str, settings: Settings) -> Path:
    """Return a folder's absolute path, its links resolved.

    Raises:
        InvalidFolder: it is missing, no folder, not readable, or outside `settings.import_roots`.
    """
    if not str(folder).strip():
        raise InvalidFolder("No folder was named. Give the path of a folder with images.")
    try:
        path = Path(folder).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidFolder(f"“{str(folder)[:200]!s}” is not the path of a folder. Check its spelling.") from error
    roots = import_roots(settings)
    if roots and not any(is_below(str(path), str(root)) for root in roots):
        allowed = ", ".join(str(root) for root in roots)
        raise InvalidFolder(
            f"The folder {path} may not be imported. Choose one inside {allowed} (CURATE_IMPORT_ROOTS)."
        )
    _try_listing(path)
    return path


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
