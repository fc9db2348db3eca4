"""Who is near whom: the exact nearest neighbours of every image, by cosine distance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from curate.similarity.engine import nearest_rows

BLOCK = 2048
"""Images whose neighbours are sought in one go: enough to keep the cores busy, short enough to be stopped."""


@dataclass(frozen=True, slots=True)
class KnnGraph:
    """The k nearest other images of each of N, nearest first."""

    indices: np.ndarray
    """(N, k) int32 rows; never the image itself."""
    distances: np.ndarray
    """(N, k) float32 cosine distances, 0 to 2, rising."""

    @property
    def k(self) -> int:
        return int(self.indices.shape[1])


def knn_graph(vectors: np.ndarray, k: int, step: Callable[[int, int], None] | None = None) -> KnnGraph:
    """Return the exact graph of (N, D) float32 unit vectors; k is cut to N − 1.

    `step(done, total)` is called after every block; what it raises stops the work.
    """
    count = len(vectors)
    k = max(0, min(k, count - 1))
    indices = np.empty((count, k), np.int32)
    distances = np.empty((count, k), np.float32)
    for start in range(0, count if k else 0, BLOCK):
        block = slice(start, min(start + BLOCK, count))
        rows, scores = nearest_rows(vectors[block], vectors, k + 1)
        others = _others(rows, np.arange(block.start, block.stop))
        indices[block] = rows[others].reshape(-1, k)
        distances[block] = np.clip(1 - scores[others].reshape(-1, k), 0, 2)
        if step:
            step(block.stop, count)
    return KnnGraph(indices, distances)


def _others(rows: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return a (B, k + 1) mask of k entries a row: all but the image itself, or but the last where it isn't found.

    Among more than k exact copies of an image it may itself be missing.
    """
    mask = rows != own[:, None]
    mask[mask.all(axis=1), -1] = False
    return mask
