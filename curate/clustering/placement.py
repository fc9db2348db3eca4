"""Give images that came after a run their place on its map, without a new run."""

import numpy as np

from curate.similarity.engine import nearest_rows

NEIGHBOURS = 10


def place(
    new: np.ndarray, placed: np.ndarray, positions: np.ndarray, cluster_ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return (M, 2) float32 positions and (M,) int16 clusters for M new images.

    Each takes the cluster that weighs most among its nearest placed images, and the weighted mean of the positions of
    those neighbours that are in it: the mean of all could fall between two clusters. Weights are 1 / cosine distance.

    `new` is (M, D) and `placed` (N, D), float32, unit length; `positions` is (N, 2), `cluster_ids` (N,); N ≥ 1.
    """
    rows, scores = nearest_rows(np.ascontiguousarray(new), np.ascontiguousarray(placed), min(NEIGHBOURS, len(placed)))
    weights = 1 / np.maximum(1 - scores, 1e-4)
    clusters = cluster_ids[rows]
    same = clusters[:, :, None] == clusters[:, None, :]
    heaviest = np.einsum("mkj,mj->mk", same, weights).argmax(axis=1)[:, None]
    chosen = np.take_along_axis(clusters, heaviest, axis=1)
    weights = np.where(clusters == chosen, weights, 0)
    means = np.einsum("mk,mkd->md", weights, positions[rows]) / weights.sum(axis=1, keepdims=True)
    return means.astype(np.float32), chosen[:, 0].astype(np.int16)
