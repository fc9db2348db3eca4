"""All vectors of one encoder in one append-only `.npy` file."""

import os
import threading
from pathlib import Path
from typing import BinaryIO

import numpy as np

from curate.errors import StorageFailed

HEADER_BYTES = 128
"""Magic, length and padded description: room for any row count, so that growing rewrites it in place."""
_MAGIC = b"\x93NUMPY\x01\x00"
_FLOAT = np.dtype("<f4")


class EmbeddingMatrix:
    """An (N, D) float32 matrix on disk that only grows, and that `np.load` can read at any moment.

    An append writes and syncs the data before the header that counts it, and callers commit row numbers after that:
    whatever a crash leaves behind the last row that the database knows is cut off when the file is opened again.
    Threads may append and read at the same time.
    """

    def __init__(self, path: Path, dimension: int, rows: int = 0) -> None:
        """Open or create the file and keep its first `rows` rows, the number that the database knows.

        Raises:
            StorageFailed: the file is shorter than that, holds something else, or can't be read or written.
        """
        self.path = path
        self.dimension = dimension
        self._rows = 0
        self._lock = threading.RLock()
        self._mapped = _no_rows(dimension)
        try:
            self._file = _open_or_create(path)
        except OSError as error:
            raise _storage_failed(path, error) from error
        try:
            self._keep(rows)
        except OSError as error:
            self._file.close()
            raise _storage_failed(path, error) from error
        except StorageFailed:
            self._file.close()
            raise

    def __len__(self) -> int:
        return self._rows

    @property
    def array(self) -> np.ndarray:
        """Every row: (N, D) float32, read-only, mapped from the file; later appends leave it as it is."""
        with self._lock:
            if len(self._mapped) != self._rows:
                self._mapped = np.memmap(
                    self.path, _FLOAT, mode="r", offset=HEADER_BYTES, shape=(self._rows, self.dimension)
                )
            return self._mapped

    def append(self, vectors: np.ndarray) -> int:
        """Write (B, D) vectors behind the last row and return the first new row; they are on disk when it returns.

        Raises:
            StorageFailed: the disk is full or the file can't be written; the matrix is as it was before.
        """
        vectors = np.ascontiguousarray(vectors, dtype=_FLOAT)
        if vectors.ndim != 2 or vectors.shape[1] != self.dimension:
            raise ValueError(f"expected (B, {self.dimension}) vectors, got {vectors.shape}")
        with self._lock:
            first = self._rows
            try:
                self._write(self._end_of(first), vectors.tobytes())
                self._write(0, _header(first + len(vectors), self.dimension))
            except OSError as error:
                self._take_back(first)
                raise _storage_failed(self.path, error) from error
            self._rows = first + len(vectors)
            return first

    def close(self) -> None:
        """Let go of the file; arrays handed out before stay valid."""
        with self._lock:
            self._file.close()

    def _keep(self, rows: int) -> None:
        """Start a new file, or cut an old one to `rows` rows: the header first, lest it count what is gone."""
        size = os.fstat(self._file.fileno()).st_size
        if rows:
            self._check(size, rows)
        self._write(0, _header(rows, self.dimension))
        if size > self._end_of(rows):
            self._file.truncate(self._end_of(rows))
        self._rows = rows

    def _check(self, size: int, rows: int) -> None:
        self._file.seek(0)
        found = _dimension_in(self._file.read(HEADER_BYTES))
        if found != self.dimension:
            holds = "no embeddings" if found is None else f"vectors of length {found}, not {self.dimension}"
            raise StorageFailed(f"The embeddings file {self.path} holds {holds}. {_REPAIR}")
        if size < self._end_of(rows):
            whole = max(size - HEADER_BYTES, 0) // (self.dimension * _FLOAT.itemsize)
            raise StorageFailed(
                f"The embeddings file {self.path} holds {whole:,} of the {rows:,} vectors that it should. {_REPAIR}"
            )

    def _take_back(self, rows: int) -> None:
        """Return the file to `rows` rows after a failed append, as far as the disk still lets us."""
        try:
            self._write(0, _header(rows, self.dimension))
            self._file.truncate(self._end_of(rows))
        except OSError:
            pass  # the next append writes over the rest, and the next opening cuts it; the first error is reported

    def _write(self, offset: int, data: bytes) -> None:
        """Write and sync. The file is unbuffered, so one call may write less than all."""
        self._file.seek(offset)
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]
        os.fsync(self._file.fileno())

    def _end_of(self, rows: int) -> int:
        return HEADER_BYTES + rows * self.dimension * _FLOAT.itemsize


def dimension_of(path: Path) -> int | None:
    """Return the D of a matrix file; None where there is none that can be read."""
    try:
        with path.open("rb") as file:
            return _dimension_in(file.read(HEADER_BYTES))
    except OSError:
        return None


_REPAIR = "Put the file back from a backup, or delete it and import the folders into a new workspace."


def _open_or_create(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return path.open("r+b", buffering=0)
    except FileNotFoundError:
        file = path.open("x+b", buffering=0)
        _sync_folder(path.parent)
        return file


def _sync_folder(folder: Path) -> None:
    """Make a new file's name survive a power cut, where folders can be synced (not on Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _header(rows: int, dimension: int) -> bytes:
    """Return an .npy version 1.0 header of exactly `HEADER_BYTES` bytes.

    Layout: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    """
    room = HEADER_BYTES - len(_MAGIC) - 2
    text = f"{{'descr': '{_FLOAT.str}', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}"
    return _MAGIC + room.to_bytes(2, "little") + text.ljust(room - 1).encode("latin1") + b"\n"


def _dimension_in(header: bytes) -> int | None:
    """Return the D of a header that `_header` made, else None."""
    try:
        dimension = int(header.rpartition(b")")[0].rpartition(b",")[2])
    except ValueError:
        return None
    return dimension if header.startswith(_MAGIC) and f"'{_FLOAT.str}'".encode() in header else None


def _no_rows(dimension: int) -> np.ndarray:
    empty = np.empty((0, dimension), _FLOAT)
    empty.flags.writeable = False
    return empty


def _storage_failed(path: Path, error: OSError) -> StorageFailed:
    reason = error.strerror or str(error)
    return StorageFailed(
        f"The embeddings file {path} could not be written ({reason}). Free some space, then try again."
    )
