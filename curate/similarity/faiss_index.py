"""Exact search with FAISS. The only file that imports it, and not before it is needed: the import takes a while."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from curate.similarity.ranking import candidates, ranked


class FaissIndex:
    """An `IndexFlatIP` whose rows stand beside a list of image ids. Not thread-safe: its owner holds a lock."""

    def __init__(self, dimension: int) -> None:
        """Make an empty index.

        Raises:
            ImportError: FAISS is not installed here.
        """
        import faiss

        self._faiss: Any = faiss
        self._flat: Any = faiss.IndexFlatIP(dimension)
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
        self._flat.add(np.ascontiguousarray(vectors[list(last.values())], dtype=np.float32))
        self._rows.update(zip(last, range(len(self._ids), len(self._ids) + len(last)), strict=True))
        self._ids.extend(last)

    def remove(self, image_ids: Collection[str]) -> None:
        """Forget these ids; unknown ones are passed over."""
        rows = [self._rows[image_id] for image_id in image_ids if image_id in self._rows]
        if not rows:
            return
        self._flat.remove_ids(np.array(rows, dtype=np.int64))  # the rows after a removed one move down
        gone = set(rows)
        self._ids = [image_id for row, image_id in enumerate(self._ids) if row not in gone]
        self._rows = {image_id: row for row, image_id in enumerate(self._ids)}

    def search(
        self, vector: np.ndarray, top_k: int, allowed: Collection[str] | None = None
    ) -> tuple[list[str], np.ndarray]:
        """Return up to `top_k` ids, best first (ties by id), with their (K,) float32 scores.

        `vector` is (D,), unit length; with `allowed`, only those ids are considered.
        """
        keep = None if allowed is None else self._bitmap(allowed)
        available = len(self) if keep is None else int(keep.sum())
        if available == 0 or top_k < 1:
            return [], np.empty(0, np.float32)
        query = np.ascontiguousarray(vector, dtype=np.float32)
        with self._searching(keep) as find:
            rows = candidates(lambda k: find(query, k), min(top_k, available), available)
        return ranked([self._ids[row] for row in rows], self._flat.reconstruct_batch(rows), query, top_k)

    def _bitmap(self, allowed: Collection[str]) -> np.ndarray:
        """Return (N,) bool: which rows may be found."""
        keep = np.zeros(len(self), dtype=bool)
        keep[[row for image_id in allowed if (row := self._rows.get(image_id)) is not None]] = True
        return keep

    @contextmanager
    def _searching(self, keep: np.ndarray | None) -> Iterator[Any]:
        """Search among `keep` with one OpenMP thread: for one query two are slower.

        Torch, on the same thread, goes by the same setting: it is put back.
        """
        faiss = self._faiss
        options: dict[str, Any] = {}
        if keep is not None:
            bits = np.packbits(keep, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(keep), faiss.swig_ptr(bits))
            options["params"] = faiss.SearchParameters(sel=selector)

        def find(query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
            scores, rows = self._flat.search(query[None], k, **options)
            return rows[0], scores[0]

        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        try:
            yield find
        finally:
            faiss.omp_set_num_threads(threads)


def nearest_rows(queries: np.ndarray, vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k nearest rows of `vectors` for each query: (M, k) int64 rows and (M, k) float32 inner products.

    `queries` is (M, D), `vectors` (N, D), both float32 and contiguous; k ≤ N. Uses every core.

    Raises:
        ImportError: FAISS is not installed here.
    """
    import faiss

    scores, rows = faiss.knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    return rows, scores
