"""Which folders and addresses a person may import."""

import os
import re
from pathlib import Path
from urllib.parse import unquote

from curate.errors import InvalidFolder
from curate.ingest.found import is_below, is_text
from curate.ingest.remote import check_address, without_links
from curate.ingest.sources import is_address
from curate.settings import Settings

_LOCAL_SCHEMES = ("file", "local")


def import_roots(settings: Settings) -> list[Path]:
    """Return the folders outside of which nothing may be imported; none means anything may."""
    return [Path(root).expanduser().resolve() for root in _roots(settings) if not is_address(root)]


def may_be_imported(source: Path | str, settings: Settings) -> bool:
    """Whether a folder, its links resolved, or an address is inside `settings.import_roots`."""
    roots = [*map(str, import_roots(settings)), *_address_roots(settings)]
    return not roots or any(is_below(str(source), root) for root in roots)


def checked_source(source: Path | str, settings: Settings) -> str:
    """Return a folder's absolute path, its links resolved, or an address as it is kept.

    Raises:
        InvalidFolder: it can't be reached, it is no folder, or it is outside `settings.import_roots`.
    """
    if not is_address(str(source)):
        return str(checked_folder(source, settings))
    address = _normal_address(str(source))
    _require_allowed(address, settings)
    check_address(address)
    return address


def checked_folder(folder: Path | str, settings: Settings) -> Path:
    """Return a folder's absolute path, its links resolved.

    Raises:
        InvalidFolder: it is missing, no folder, not readable, not UTF-8, or outside `settings.import_roots`.
    """
    if not str(folder).strip():
        raise InvalidFolder("No folder was named. Give the path of a folder with images.")
    path = _resolved(folder)
    _require_allowed(path, settings)
    _try_listing(path)
    return path


def _require_allowed(source: Path | str, settings: Settings) -> None:
    if not may_be_imported(source, settings):
        allowed = ", ".join([*map(str, import_roots(settings)), *_address_roots(settings)])
        raise InvalidFolder(
            f"The folder {source} may not be imported. Choose one inside {allowed} (CURATE_IMPORT_ROOTS)."
        )


def _roots(settings: Settings) -> list[str]:
    """Return the parts of the setting; what follows a colon in an address is no part of its own."""
    separator = re.escape(os.pathsep) + (r"(?!//|\d)" if os.pathsep == ":" else "")
    return [root.strip() for root in re.split(separator, settings.import_roots) if root.strip()]


def _address_roots(settings: Settings) -> list[str]:
    return [_normal_address(root) for root in _roots(settings) if is_address(root)]


def _normal_address(address: str) -> str:
    """Return an address in the one form that its files' addresses begin with.

    Raises:
        InvalidFolder: it could lead out of the place that it names.
    """
    scheme, _, rest = address.strip().partition("://")
    scheme = scheme.lower()
    leads_out = "::" in rest or {"..", "."} & set(re.split(r"[/\\]", unquote(rest))) or "\0" in rest
    if not leads_out:
        rest = without_links(rest) if scheme in _LOCAL_SCHEMES else rest.lstrip("/")
    if leads_out or not is_text(rest):
        raise InvalidFolder(
            f"“{_printable(address)[:200]}” is not an address that can be imported. Check its spelling."
        )
    return f"{scheme}://{re.sub('/{2,}', '/', rest).rstrip('/')}"


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
