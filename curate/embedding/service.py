"""The embeddings of a workspace under its active encoder."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from curate.embedding.encoder import Encoder
from curate.embedding.matrix import EmbeddingMatrix
from curate.errors import EmbeddingMissing, ImageNotFound, UnreadableImage
from curate.ingest.decode import model_input
from curate.store.database import Database, id_table

BATCH = 32
"""Images that are decoded, embedded and committed together."""


class EmbeddingView(Mapping[str, np.ndarray]):
    """Image id → (D,) float32 unit vector, without a copy of any: ids, row numbers and the mapped matrix.

    A view never changes; what is embedded later is in the next one. Its order is that of the rows in the file.
    """

    def __init__(self, ids: np.ndarray, rows: np.ndarray, matrix: np.ndarray) -> None:
        """Join (N,) ids with their (N,) int64 row numbers, rising, in an (M, D) matrix."""
        self._ids = ids
        self.rows = rows
        self._matrix = matrix

    @cached_property
    def image_ids(self) -> list[str]:
        """The N ids, in the order of `vectors()`. Not to be changed."""
        ids: list[str] = self._ids.tolist()
        return ids

    def vectors(self) -> np.ndarray:
        """Return (N, D) float32, unit length: the mapped matrix itself, or one gathered copy where rows have gaps."""
        if not len(self.rows):
            return self._matrix[:0]
        first, last = int(self.rows[0]), int(self.rows[-1])
        if last - first + 1 == len(self.rows):
            return self._matrix[first : last + 1]
        return self._matrix[self.rows]

    def holds(self, ids: np.ndarray, rows: np.ndarray) -> bool:
        """Whether this view is of exactly these images and rows."""
        return np.array_equal(self.rows, rows) and np.array_equal(self._ids, ids)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return dict(zip(self.image_ids, self.rows.tolist(), strict=True))

    def __getitem__(self, image_id: str) -> np.ndarray:
        return self._matrix[self._row_of[image_id]]

    def __contains__(self, image_id: object) -> bool:
        return image_id in self._row_of

    def __iter__(self) -> Iterator[str]:
        return iter(self.image_ids)

    def __len__(self) -> int:
        return len(self.rows)


class ImageEmbeddingService:
    """Makes, keeps and hands out the embeddings of one encoder.

    The vectors are in `<folder>/<encoder>.npy`; the table `embeddings` says which row is whose. A vector is on disk
    before its row number is committed, so the table never points at nothing.
    """

    def __init__(self, database: Database, encoder: Encoder, folder: Path, max_megapixels: int = 200) -> None:
        """Open the encoder's file in `folder`, and cut off rows that a crash left unrecorded.

        Raises:
            StorageFailed: the file is damaged or can't be opened.
        """
        self.encoder = encoder
        self._database = database
        self._max_megapixels = max_megapixels
        self._matrix = EmbeddingMatrix(folder / f"{encoder.name}.npy", encoder.dimension, self._recorded_rows())
        self._view_lock = threading.Lock()
        self._view: EmbeddingView | None = None
        self._view_version = -1

    @property
    def dimension(self) -> int:
        """D, the length of every vector."""
        return self.encoder.dimension

    def update_embeddings(self, image_ids: list[str]) -> None:
        """Embed these images, again where they were embedded before; each batch is kept once it is done.

        Raises:
            ImageNotFound: one of the ids is unknown; nothing was done.
            UnreadableImage: some files could not be decoded; all others are embedded.
        """
        paths = self._paths(image_ids)
        reasons: list[str] = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, len(paths), BATCH):
                batch = dict(list(paths.items())[start : start + BATCH])
                outcomes = pool.map(self._prepared_or_reason, batch.values())
                prepared = {}
                for image_id, outcome in zip(batch, outcomes, strict=True):
                    if isinstance(outcome, UnreadableImage):
                        reasons.append(f"{paths[image_id]}: {outcome}")
                    else:
                        prepared[image_id] = outcome
                self._keep(prepared)
        if reasons:
            rest = f" The same goes for {len(reasons) - 1:,} more." if len(reasons) > 1 else ""
            raise UnreadableImage(f"{reasons[0]}{rest} All other images are embedded.")

    def get_embedding(self, image_id: str) -> np.ndarray:
        """Return one image's vector: (D,) float32, unit length, read-only.

        Raises:
            ImageNotFound: no image has this id.
            EmbeddingMissing: the image is not embedded yet.
        """
        query = "SELECT row_number FROM images LEFT JOIN embeddings ON image_id = id AND encoder = ? WHERE id = ?"
        found = self._database.read().execute(query, [self.encoder.name, image_id]).fetchall()
        if not found:
            raise ImageNotFound(image_id)
        row = found[0][0]
        if row is None:
            raise EmbeddingMissing(image_id)
        vector: np.ndarray = self._matrix.array[row]
        return vector

    def get_all_embeddings(self) -> EmbeddingView:
        """Return the embeddings of all images that are not missing; the same object until one of them changes."""
        with self._view_lock:
            version = self._database.version
            if self._view is None or self._view_version != version:
                self._view = self._current_view()
                self._view_version = version
            return self._view

    def count(self) -> int:
        """Return how many images that are not missing are embedded."""
        return len(self.get_all_embeddings())

    def embed_prepared(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """Return (B, D) float32, unit length, for B results of `encoder.preparation.prepare`. Keeps nothing."""
        return self.encoder.embed_images(prepared)

    def append_vectors(self, vectors: np.ndarray) -> range:
        """Put (B, D) vectors on disk and return their rows, which are nobody's until `record` is committed.

        Raises:
            StorageFailed: the disk is full; nothing was kept.
        """
        first = self._matrix.append(vectors)
        return range(first, first + len(vectors))

    def record(self, cursor: duckdb.DuckDBPyConnection, image_ids: Sequence[str], rows: Sequence[int]) -> None:
        """Say, inside the caller's transaction, whose vectors these rows are; an image has one row, its latest."""
        latest = dict(zip(image_ids, rows, strict=True))
        if not latest:
            return
        cursor.register("new_embeddings", pa.table({"image_id": list(latest), "row_number": list(latest.values())}))
        try:
            cursor.execute(
                "INSERT INTO embeddings SELECT ?, image_id, row_number FROM new_embeddings "
                "ON CONFLICT DO UPDATE SET row_number = excluded.row_number",
                [self.encoder.name],
            )
        finally:
            cursor.unregister("new_embeddings")

    def forget(self, cursor: duckdb.DuckDBPyConnection, image_ids: Sequence[str]) -> None:
        """Drop, inside the caller's transaction, every encoder's vector of these images: their content is another."""
        if not image_ids:
            return
        cursor.register("changed", id_table(list(image_ids)))
        try:
            cursor.execute("DELETE FROM embeddings WHERE image_id IN (SELECT image_id FROM changed)")
        finally:
            cursor.unregister("changed")

    def close(self) -> None:
        """Let go of the file."""
        self._matrix.close()

    def _recorded_rows(self) -> int:
        query = "SELECT coalesce(max(row_number) + 1, 0) FROM embeddings WHERE encoder = ?"
        return int(self._database.read().execute(query, [self.encoder.name]).fetchall()[0][0])

    def _paths(self, image_ids: list[str]) -> dict[str, str]:
        """Return id → path, in the order asked for and each once."""
        cursor = self._database.read()
        cursor.register("wanted", id_table(image_ids))
        try:
            found = dict(cursor.execute("SELECT id, path FROM images JOIN wanted ON image_id = id").fetchall())
        finally:
            cursor.unregister("wanted")
        for image_id in image_ids:
            if image_id not in found:
                raise ImageNotFound(image_id)
        return {image_id: found[image_id] for image_id in image_ids}

    def _prepared_or_reason(self, path: str) -> np.ndarray | UnreadableImage:
        try:
            return model_input(Path(path), self.encoder, self._max_megapixels)
        except UnreadableImage as reason:
            return reason

    def _keep(self, prepared: Mapping[str, np.ndarray]) -> None:
        if prepared:
            rows = self.append_vectors(self.embed_prepared(list(prepared.values())))
            with self._database.write() as cursor:
                self.record(cursor, list(prepared), rows)

    def _current_view(self) -> EmbeddingView:
        query = (
            "SELECT image_id, row_number FROM embeddings JOIN images ON id = image_id "
            "WHERE encoder = ? AND missing_since IS NULL ORDER BY row_number"
        )
        found = self._database.read().execute(query, [self.encoder.name]).fetchnumpy()
        ids, rows = found["image_id"], found["row_number"]
        if self._view is not None and self._view.holds(ids, rows):
            return self._view
        return EmbeddingView(ids, rows, self._matrix.array)
