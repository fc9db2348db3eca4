"""Where images come from: a folder of this machine, or an address such as `s3://bucket/pictures`.

Both are strings: an absolute path, or an address without a slash at its end. The files in them are the source, a
slash and a name, so folders, names and prefixes are found in the same way.
"""

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import BinaryIO, Protocol

from curate.ingest.found import FoundFile
from curate.ingest.local import LocalFiles
from curate.ingest.remote import RemoteFiles
from curate.models import SkippedFile


class Files(Protocol):
    """How files of one kind of source are found and read."""

    def walk(
        self, folder: str, never: Sequence[Path] = (), roots: Sequence[Path] = ()
    ) -> Iterator[FoundFile | SkippedFile]:
        """Yield the files below a folder, with the reason for those that cannot be used."""

    def stat(self, path: str) -> FoundFile | None:
        """Return a file as it is now; None when there is none. Raises OSError when that can't be told."""

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading. Raises OSError."""

    def content(self, path: str) -> Path | bytes:
        """Return what a decoder takes. Raises TryAgainLater."""


_LOCAL: Files = LocalFiles()
_REMOTE: Files = RemoteFiles()


def is_address(source: str) -> bool:
    """Whether a source, or a file in one, is named by an address rather than a path; one letter is a drive."""
    return re.match(r"[A-Za-z][\w+.-]+://", source) is not None


def files_of(path: str) -> Files:
    """Return what reads the files at a path or an address."""
    return _REMOTE if is_address(path) else _LOCAL


def is_gone(path: str) -> bool:
    """Whether there is no file at a path any more; one that cannot be asked for (no permission, say) is not gone."""
    try:
        return files_of(path).stat(path) is None
    except (OSError, ValueError):
        return False


def normal_path(path: str) -> str:
    """Return a path or an address without `.`, `..` and doubled separators."""
    if not is_address(path):
        return os.path.normpath(path)
    scheme, _, rest = path.partition("://")
    return f"{scheme}://{posixpath.normpath(rest).lstrip('.')}" if rest else path


def parts_of(path: str) -> tuple[str, ...]:
    """Return the names that a path or an address consists of; the first of an address is its scheme and its place."""
    if not is_address(path):
        return PurePath(path).parts
    scheme, _, rest = path.partition("://")
    first, *others = rest.lstrip("/").rstrip("/").split("/")
    return (f"{scheme}://{first}", *others)


def short_name(source: str) -> str:
    """Return the last part of a source's name."""
    return os.path.basename(source.rstrip("/\\")) or source
