"""Bring your own embeddings: attach a file of vectors to the images of a workspace, and write one out."""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curate.embedding.checkpoint import KNOWN
from curate.embedding.descriptor import DescriptorEncoder
from curate.embedding.matrix import EmbeddingMatrix
from curate.embedding.service import ImageEmbeddingService
from curate.embedding.vector_files import VectorFile, open_vectors, save_vectors
from curate.errors import InvalidEmbeddings
from curate.models import AttachedEmbeddings
from curate.store import encoders as stored
from curate.store import keys as stored_keys
from curate.store.database import Database
from curate.store.encoders import IMPORT, StoredEncoder
from curate.store.times import utc_now

BLOCK = 16_384
"""Vectors that are read, checked and written at once: a big file never lies in memory as a whole."""
ROUNDING = 1e-6
"""A vector whose length differs from 1 by less stays bit for bit as it is."""
LONGEST_NAME = 60
_RESERVED = {"auto", DescriptorEncoder.name, *KNOWN}

Progress = Callable[[int, int, str], None]


class EmbeddingExchange:
    """Attaches files of vectors to a workspace and writes them out. Safe to call from any thread."""

    def __init__(self, database: Database, embeddings: ImageEmbeddingService) -> None:
        self._database = database
        self._embeddings = embeddings
        self._attaching = threading.Lock()

    def attach(
        self,
        path: Path,
        ids: Path | None,
        name: str,
        *,
        replace: bool = False,
        progress: Progress = lambda done, total, message: None,
    ) -> AttachedEmbeddings:
        """Make the vectors of a file an encoder of this workspace, normalised; all of them, or nothing changes.

        Rows are keyed by image id, absolute path, or path relative to an imported folder; one way for all rows.

        Raises:
            InvalidEmbeddings: the name is taken or no name, or anything is wrong with the file or the ids.
            StorageFailed: the disk is full, say.
        """
        started = time.perf_counter()
        with self._attaching:
            before = self._replaced(name, replace)
            file = open_vectors(path, ids)
            _check_shape(file)
            matched_by, image_ids = stored_keys.match(self._database, file.path, file.keys)
            row = StoredEncoder(
                before.name if before else slug(name),
                _label(name),
                file.dimension,
                IMPORT,
                before.added_at if before else utc_now(),
                file=_next_file(before) if before else None,
            )
            matrix = self._written(file, row, progress)
            try:
                self._embeddings.attach(row, matrix, lambda c: stored.replace_rows(c, row.name, pa.array(image_ids)))
            except BaseException:
                self._remove(matrix)
                raise
            if before:
                self._remove_file(before.file_name)
        counts = stored.count_embedded(self._database.read())
        return AttachedEmbeddings(
            row.name, row.label, row.dimension, counts.get(row.name, 0), matched_by, time.perf_counter() - started
        )

    def export(self, path: Path, ids: Path | None, name: str | None = None) -> int:
        """Write the vectors of an encoder, the active one by default, and whose they are. Return how many.

        They are those of the images that are not missing, float32 of unit length, as `attach` reads them.

        Raises:
            EncoderNotFound: there is no such encoder.
            InvalidEmbeddings: it has no vectors, or the files can't be of this kind or lie here.
            StorageFailed: a file can't be written.
        """
        space = self._embeddings.active if name is None else self._embeddings.space(name)
        view = space.get_all_embeddings()
        if not len(view):
            raise InvalidEmbeddings(
                f"No image is embedded with {space.encoder.label} yet, so there is nothing to write."
            )
        if self._embeddings.folder.resolve() in (file.resolve().parent for file in (path, ids) if file):
            raise InvalidEmbeddings(f"{path.parent} holds the workspace's own vectors. Write to another folder.")
        paths = stored_keys.paths_of(self._database.read(), view.image_ids)

        def blocks(size: int) -> Iterator[np.ndarray]:
            yield from (vectors for _, vectors in view.blocks(size))

        keys = list(zip(view.image_ids, paths, strict=True))
        save_vectors(path, ids, keys, (len(view), space.dimension), blocks)
        return len(view)

    def _replaced(self, name: str, replace: bool) -> StoredEncoder | None:
        """Return the encoder whose place the new one takes, if there is one."""
        label, wanted = _label(name), slug(name)
        if wanted in _RESERVED:
            raise InvalidEmbeddings(f"“{label}” is the name of a built-in encoder. Choose another name.")
        found = stored.read_encoder(self._database.read(), wanted)
        if found is None:
            return None
        if found.origin != IMPORT:
            raise InvalidEmbeddings(f"“{found.label}” is an encoder with a model here. Choose another name.")
        if not replace:
            raise InvalidEmbeddings(
                f"There are embeddings called “{found.label}” here already. Choose another name, or add --replace to "
                "put this file in their place."
            )
        return found

    def _written(self, file: VectorFile, row: StoredEncoder, progress: Progress) -> EmbeddingMatrix:
        """Check all vectors and write them to a file of the workspace that nothing points to yet."""
        matrix = EmbeddingMatrix(self._embeddings.folder / row.file_name, row.dimension)
        try:
            for block in file.blocks(BLOCK):
                matrix.append(_normalised(block, len(matrix), file))
                progress(len(matrix), file.count, "Reading vectors")
        except BaseException as error:
            self._remove(matrix)
            if isinstance(error, OSError | pa.ArrowException):
                raise InvalidEmbeddings(f"{file.path} can't be read to its end. Save it again.") from error
            raise
        return matrix

    def _remove(self, matrix: EmbeddingMatrix) -> None:
        matrix.close()
        self._remove_file(matrix.path.name)

    def _remove_file(self, name: str) -> None:
        with suppress(OSError):  # nothing points to it: the next file of this name is written over it
            (self._embeddings.folder / name).unlink(missing_ok=True)


def slug(name: str) -> str:
    """Return what embeddings of this name are kept under: safe as a file name on every system."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return plain or f"vectors-{hashlib.blake2b(name.strip().encode(), digest_size=4).hexdigest()}"


def _label(name: str) -> str:
    label = " ".join(name.split())
    if not label or len(label) > LONGEST_NAME or not label.isprintable():
        raise InvalidEmbeddings(f"A name has 1 to {LONGEST_NAME} printable characters. Choose another one.")
    return label


def _next_file(before: StoredEncoder) -> str:
    """Return another file name for the same encoder: the old file stays whole until the new one counts."""
    number = re.search(r"~(\d+)\.npy$", before.file_name)
    return f"{before.name}~{int(number[1]) + 1 if number else 2}.npy"


def _check_shape(file: VectorFile) -> None:
    if not file.count or file.dimension < 2:
        raise InvalidEmbeddings(
            f"{file.path} holds {file.count:,} vectors of {file.dimension:,} numbers. There must be at least one, of "
            "two numbers or more."
        )
    if len(file.keys) != file.count:
        raise InvalidEmbeddings(
            f"There are {len(file.keys):,} ids for the {file.count:,} vectors in {file.path}. Give one for each, in "
            "the same order."
        )


def _normalised(block: np.ndarray, first: int, file: VectorFile) -> np.ndarray:
    """Return (B, D) float32 of unit length; `first` is the number of the block's first row."""
    wide = block.astype(np.float64)
    _check_rows(np.isfinite(wide).all(axis=1), first, file, "holds values that are no numbers, or infinite ones")
    peaks = np.maximum(wide.max(axis=1), -wide.min(axis=1))
    _check_rows(peaks > 0, first, file, "is all zeros, which has no direction")
    wide /= np.where((peaks > 1e100) | (peaks < 1e-100), peaks, 1)[:, None]
    lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    lengths[np.abs(lengths - 1) < ROUNDING] = 1
    wide /= lengths[:, None]
    return wide.astype(np.float32)


def _check_rows(good: Any, first: int, file: VectorFile, wrong: str) -> None:
    """Raise for the first row that isn't `good`, (B,) bool."""
    if not good.all():
        row = first + int(np.flatnonzero(~good)[0])
        raise InvalidEmbeddings(
            f"The vector of “{file.keys[row]}” (row {row + 1:,} of {file.path}) {wrong}. Leave it out, or mend it."
        )
