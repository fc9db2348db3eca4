"""Which engine searches vectors on this machine: FAISS, or scikit-learn where FAISS can't be imported."""

import importlib.util

import numpy as np

from curate.similarity.index import VectorIndex


def new_index(dimension: int) -> VectorIndex:
    """Return an empty index for (D,) vectors, D = `dimension`."""
    if has_faiss():
        from curate.similarity.faiss_index import FaissIndex

        return FaissIndex(dimension)
    from curate.similarity.sklearn_index import SklearnIndex

    return SklearnIndex(dimension)


def nearest_rows(queries: np.ndarray, vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k nearest rows of `vectors` for each query: (M, k) int64 rows and (M, k) float32 inner products.

    `queries` is (M, D), `vectors` (N, D), both float32, unit length, contiguous; k ≤ N.
    """
    if has_faiss():
        from curate.similarity import faiss_index

        return faiss_index.nearest_rows(queries, vectors, k)
    from curate.similarity import sklearn_index

    return sklearn_index.nearest_rows(queries, vectors, k)


def has_faiss() -> bool:
    """Whether FAISS is installed here."""
    return importlib.util.find_spec("faiss") is not None
