"""Exact search with scikit-learn, for machines where FAISS can't be imported."""

from collections.abc import Collection, Sequence

import numpy as np
from sklearn.neighbors import NearestNeighbors

from curate.similarity.ranking import candidates, ranked


class SklearnIndex:
    """A matrix beside a list of image ids, searched by brute force. Not thread-safe: its owner holds a lock."""

    def __init__(self, dimension: int) -> None:
        self._vectors = np.empty((0, dimension), np.float32)
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, image_ids: Sequence[str], vectors: np.ndarray) -> None:
        """Add (N, D) vectors; an id that is there gets its new vector, and of one given twice the last counts."""
        last = {image_id: position for position, image_id in enumerate(image_ids)}
        if not last:
            return
        self.remove(last)
        self._vectors = np.concatenate([self._vectors, vectors[list(last.values())].astype(np.float32)])
        self._rows.update(zip(last, range(len(self._ids), len(self._ids) + len(last)), strict=True))
        self._ids.extend(last)

    def remove(self, image_ids: Collection[str]) -> None:
        """Forget these ids; unknown ones are passed over."""
        gone = {self._rows[image_id] for image_id in image_ids if image_id in self._rows}
        if not gone:
            return
        self._vectors = np.delete(self._vectors, list(gone), axis=0)
        self._ids = [image_id for row, image_id in enumerate(self._ids) if row not in gone]
        self._rows = {image_id: row for row, image_id in enumerate(self._ids)}

    def search(
        self, vector: np.ndarray, top_k: int, allowed: Collection[str] | None = None
    ) -> tuple[list[str], np.ndarray]:
        """Return up to `top_k` ids, best first (ties by id), with their (K,) float32 scores.

        `vector` is (D,), unit length; with `allowed`, only those ids are considered.
        """
        rows = self._all_or(allowed)
        if len(rows) == 0 or top_k < 1:
            return [], np.empty(0, np.float32)
        query = vector.astype(np.float32)
        pool = self._vectors if allowed is None else self._vectors[rows]
        nearest = NearestNeighbors(algorithm="brute").fit(pool)

        def find(k: int) -> tuple[np.ndarray, np.ndarray]:
            distances, found = nearest.kneighbors(query[None], k)
            return found[0], 1 - distances[0] ** 2 / 2

        found = rows[candidates(find, min(top_k, len(rows)), len(rows))]
        return ranked([self._ids[row] for row in found], self._vectors[found], query, top_k)

    def _all_or(self, allowed: Collection[str] | None) -> np.ndarray:
        """Return the int64 rows that may be found."""
        if allowed is None:
            return np.arange(len(self), dtype=np.int64)
        return np.array(sorted({self._rows[i] for i in allowed if i in self._rows}), dtype=np.int64)


def nearest_rows(queries: np.ndarray, vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k nearest rows of `vectors` for each query: (M, k) int64 rows and (M, k) float32 inner products.

    `queries` is (M, D), `vectors` (N, D), both float32, unit length; k ≤ N.
    """
    distances, rows = NearestNeighbors(algorithm="brute").fit(vectors).kneighbors(queries, k)
    return rows.astype(np.int64), (1 - distances**2 / 2).astype(np.float32)
