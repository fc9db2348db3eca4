"""Object storage and whatever else fsspec reads, as a source of images."""

import io
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from curate.errors import InvalidFolder
from curate.ingest.found import NOT_TEXT, FoundFile, is_below, is_hidden, is_passed_over, is_text
from curate.ingest.opening import TryAgainLater
from curate.models import SkippedFile

LARGEST_BYTES = 2**29
"""Bytes of the largest object that is read: it has to fit into memory."""
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
_TAGS = ("ETag", "etag", "md5", "content_md5", "checksum")
_INSTALL = {"s3": "requirements-s3.txt", "s3a": "requirements-s3.txt"}
_Answer = TypeVar("_Answer")


class RemoteFiles:
    """The files at addresses of one scheme. Implements `curate.ingest.sources.Files`."""

    def walk(
        self, folder: str, never: Sequence[Path] = (), roots: Sequence[Path] = ()
    ) -> Iterator[FoundFile | SkippedFile]:
        """Yield the files below an address, sorted by name; links, where there are any, are not followed.

        Hidden files and folders, lists and notes are passed over, and files in `never`, of this machine.
        """
        try:
            system, root = _system(folder)
            _asked(system.invalidate_cache)
            listing = _asked(lambda: _listing(system, root))
        except FileNotFoundError:
            return
        except OSError as error:
            yield SkippedFile(folder, f"it cannot be read ({why(error)})")
            return
        for name, info in sorted(listing.items()):
            yield from self._file(folder, name.removeprefix(root).lstrip("/"), info, [str(path) for path in never])

    def stat(self, path: str) -> FoundFile | None:
        system, name = _system(path)
        try:
            info = _asked(lambda: system.info(name))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return None if info["type"] == "directory" else FoundFile(path, info["size"] or 0, _modified_ns(info))

    def open(self, path: str) -> BinaryIO:
        system, name = _system(path)
        return io.BufferedReader(_Reader(_asked(lambda: system.open(name, "rb"))))

    def content(self, path: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            TryAgainLater: with the reason.
        """
        try:
            system, name = _system(path)
            if (_asked(lambda: system.size(name)) or 0) > LARGEST_BYTES:
                raise TryAgainLater(f"it is larger than {LARGEST_BYTES // 2**20} MB")
            return cast(bytes, _asked(lambda: system.cat_file(name)))
        except FileNotFoundError as error:
            raise TryAgainLater("it disappeared while the folder was read") from error
        except OSError as error:
            raise TryAgainLater(f"it could not be read ({why(error)})") from error

    def _file(
        self, folder: str, name: str, info: Mapping[str, Any], never: list[str]
    ) -> Iterator[FoundFile | SkippedFile]:
        path = f"{folder.rstrip('/')}/{name}"
        parts = name.split("/")
        if not name or any(map(is_hidden, parts)) or is_passed_over(parts[-1]):
            return
        if any(is_below(info["name"], own) for own in never):
            return
        if not is_text(path):
            yield SkippedFile(path.encode("utf-8", "backslashreplace").decode(), NOT_TEXT)
        elif "::" in name or ".." in parts or "" in parts:
            yield SkippedFile(path, "its name can’t stand in an address; rename it")
        elif info.get("islink"):
            yield SkippedFile(path, "links are followed in local folders only")
        elif info["type"] != "file":
            yield SkippedFile(path, "it is a device, a pipe or a socket, not a file")
        elif info.get("size") is None:  # a web server's listing tells names only
            yield self._told(path)
        else:
            yield FoundFile(path, info["size"], _modified_ns(info))

    def _told(self, path: str) -> FoundFile | SkippedFile:
        try:
            return self.stat(path) or SkippedFile(path, "it disappeared")
        except OSError as error:
            return SkippedFile(path, f"it cannot be read ({why(error)})")


class _Reader(io.RawIOBase):
    """A file at an address whose every failure is an OSError, also halfway."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = _asked(lambda: self._file.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def check_address(address: str) -> None:
    """Make sure that an address can be reached.

    Raises:
        InvalidFolder: its scheme is unknown, needs a package, or its server refuses.
    """
    scheme = address.partition("://")[0]
    try:
        system, root = fsspec.url_to_fs(address)
        _asked(lambda: system.exists(root))
    except ImportError as error:
        needed = _INSTALL.get(scheme)
        how = f"Run `pip install -r {needed}`" if needed else str(error).rstrip(".")
        raise InvalidFolder(
            f"{scheme}:// addresses need a package that is not installed. {how}, then start again."
        ) from error
    except ValueError as error:
        raise InvalidFolder(
            f"{scheme}:// is no kind of address that can be imported. Use a folder, or s3://, gs:// or https://."
        ) from error
    except Exception as error:  # each scheme's driver has exceptions of its own
        raise InvalidFolder(f"{address} can’t be reached ({why(error)}). Check the address and your access.") from error


def without_links(place: str) -> str:
    """Return what a `file://` address names, its links resolved: those could lead out of a place as well."""
    return "/" + Path(os.path.realpath(LocalFileSystem._strip_protocol(f"file://{place}"))).as_posix()


def why(error: Exception) -> str:
    """Return a reason in words."""
    if isinstance(error, PermissionError):
        return "there is no permission to read it"
    told = error.strerror if isinstance(error, OSError) else None
    return told or " ".join(str(error).split())[:200] or "no reason was given"


def _system(path: str) -> tuple[Any, str]:
    """Return the file system that an address is in (fsspec keeps one for each server), and the name there."""
    system, name = _asked(lambda: fsspec.url_to_fs(path))
    return system, name


def _listing(system: Any, root: str) -> dict[str, Mapping[str, Any]]:
    """Return name → what is known of each file. Object storage lists all in one go; folders are walked."""
    if not isinstance(system, LocalFileSystem):
        return cast(dict[str, Mapping[str, Any]], system.find(root, detail=True))
    found: dict[str, Mapping[str, Any]] = {}
    for _, folders, files in system.walk(root, detail=True):
        links = [folders.pop(name) for name, info in list(folders.items()) if info["islink"]]  # some lead in circles
        found |= {info["name"]: info for info in (*files.values(), *links)}
    return found


def _modified_ns(info: Mapping[str, Any]) -> int:
    """Return when a file changed.

    Object storage tells whole seconds, and a tag of the content: that stands in for the rest of the second.
    """
    seconds = next((_seconds(info[key]) for key in _TIMES if info.get(key) is not None), 0.0)
    nanoseconds = int(seconds * 1e9)
    tag = next((str(info[key]) for key in _TAGS if info.get(key)), "")
    return nanoseconds // 10**9 * 10**9 + zlib.crc32(tag.encode()) % 10**9 if tag else nanoseconds


def _seconds(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, str):
        return datetime.fromisoformat(value).timestamp()
    return float(cast(float, value))


def _asked(question: Callable[[], _Answer]) -> _Answer:
    """Ask a storage. What its driver raises beside OSError becomes one: each has exceptions of its own."""
    try:
        return question()
    except OSError:
        raise
    except Exception as error:
        raise OSError(None, " ".join(str(error).split())[:200]) from error
