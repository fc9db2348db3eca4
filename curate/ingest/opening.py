"""The bytes of a file, as one thing that does not change while it is read."""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from curate.errors import UnreadableImage

HELD_IN_MEMORY = 64 * 2**20

Stream = io.BytesIO | io.BufferedReader

_OPEN_AT_ONCE = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A pipe that nobody writes to would otherwise keep whoever opens it waiting."""


class TryAgainLater(UnreadableImage):
    """The file may be readable at the next import although it did not change: a permission, a limit, a failing disk."""


@contextmanager
def opened(source: Path | bytes) -> Iterator[Stream]:
    """Open a file, or bytes that were read already; small files wholly in memory, so that they are read once.

    Raises:
        TryAgainLater: it cannot be read, or it changed meanwhile. That comes before any reason that the block itself
            raises: half of a new file after half of an old one is not damaged.
    """
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    with _file(source) as file:
        before = _state(file)
        if before.size <= HELD_IN_MEMORY:
            content = _content(file)
            _require(before, file)
            yield io.BytesIO(content)
            return
        try:
            yield file
        except UnreadableImage:
            _require(before, file)
            raise
        except OSError as error:
            raise _unreadable(error) from error
        _require(before, file)


def _file(path: Path) -> io.BufferedReader:
    try:
        descriptor = os.open(path, _OPEN_AT_ONCE)
    except PermissionError as error:
        raise TryAgainLater("there is no permission to read it") from error
    except FileNotFoundError as error:
        raise TryAgainLater("it disappeared while the folder was read") from error
    except OSError as error:
        raise _unreadable(error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise TryAgainLater("it is a folder, a device, a pipe or a socket, not a file")
    return os.fdopen(descriptor, "rb")


def _content(file: io.BufferedReader) -> bytes:
    try:
        return file.read()
    except OSError as error:
        raise _unreadable(error) from error


class _State(NamedTuple):
    size: int
    modified_ns: int


def _state(file: io.BufferedReader) -> _State:
    status = os.fstat(file.fileno())
    return _State(status.st_size, status.st_mtime_ns)


def _require(before: _State, file: io.BufferedReader) -> None:
    if _state(file) != before:
        raise TryAgainLater("it changed while it was read")


def _unreadable(error: OSError) -> TryAgainLater:
    return TryAgainLater(f"it could not be read from the disk ({error.strerror or error})")
