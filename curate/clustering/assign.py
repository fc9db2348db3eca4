"""Divide a map into clusters: HDBSCAN, which leaves noise over, or k-means, which doesn't."""

import warnings

import numpy as np
from threadpoolctl import threadpool_limits

from curate.models import NOISE

SAMPLE = 1000
"""Points on which numbers of clusters are compared."""

MAIN_AXES = 16
"""Dimensions in which numbers of clusters are compared."""


def hdbscan_clusters(positions: np.ndarray, min_cluster_size: int, min_samples: int) -> np.ndarray:
    """Return (N,) int32 cluster ids of (N, 2) positions by HDBSCAN (Campello, Moulavi and Sander 2013); -1 is noise.

    Clusters are numbered from 0 by falling size. Deterministic.
    """
    if len(positions) < min_cluster_size:
        return np.full(len(positions), NOISE, np.int32)
    if (positions == positions[0]).all():  # nothing to divide, which HDBSCAN calls noise
        return np.zeros(len(positions), np.int32)
    from hdbscan import HDBSCAN

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = HDBSCAN(
            min_cluster_size=min_cluster_size,
            min_samples=min(min_samples, len(positions) - 1),
            algorithm="boruvka_kdtree",
            core_dist_n_jobs=1,
        )
        return by_falling_size(model.fit_predict(positions.astype(np.float64)))


def kmeans_clusters(points: np.ndarray, n_clusters: int | None, seed: int | None = None) -> np.ndarray:
    """Return (N,) int32 cluster ids of (N, D) points by k-means, numbered from 0 by falling size.

    Without `n_clusters` the number is sought: see `number_of_clusters`.
    """
    if len(points) == 0:
        return np.empty(0, np.int32)
    seed = 0 if seed is None else seed
    return by_falling_size(_kmeans(points, n_clusters or number_of_clusters(points, seed), seed))


def number_of_clusters(points: np.ndarray, seed: int = 0) -> int:
    """Return into how many clusters (N, D) points fall by themselves, 1 to 64; 1 only where all are the same.

    The number k with the largest log k times the gain in silhouette (Rousseeuw 1987) over points spread evenly in the
    same box, on a sample. The silhouette alone mostly says "two": drawings here, photos there.
    """
    random = np.random.default_rng(seed)
    points = points[np.sort(random.permutation(len(points))[:SAMPLE])]
    most = min(64, len(np.unique(points, axis=0)) - 1, len(points) // 2)
    if most < 2:
        return 1 if (points == points[0]).all() else 2
    points = _main_axes(points)
    even = random.uniform(points.min(axis=0), points.max(axis=0), points.shape)
    tried = sorted({round(k) for k in np.geomspace(2, most, 1 + round(np.log(most / 2) / np.log(1.2)))})
    with threadpool_limits(1):  # on so few points threads mostly wait for one another: 20 times as long when busy
        gains = [_silhouette(points, k, seed) - _silhouette(even, k, seed) for k in tried]
    return tried[int(np.argmax(np.log(tried) * gains))]


def _main_axes(points: np.ndarray) -> np.ndarray:
    """Return (N, ≤ 16) of (N, D): groups stay apart on the main axes, and a search takes a second instead of ten."""
    from sklearn.decomposition import PCA

    most = min(MAIN_AXES, len(points))
    return points if points.shape[1] <= most else PCA(most, random_state=0).fit_transform(points)


def _silhouette(points: np.ndarray, k: int, seed: int) -> float:
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(points, _kmeans(points, k, seed)))


def by_falling_size(labels: np.ndarray) -> np.ndarray:
    """Return (N,) int32 labels renumbered from 0 by falling size, by first appearance where equal; noise stays."""
    found, first, counts = np.unique(labels[labels != NOISE], return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    new = np.full(int(found.max()) + 1 if len(found) else 1, NOISE, np.int32)
    new[found[order]] = np.arange(len(found))
    return np.where(labels == NOISE, NOISE, new[labels]).astype(np.int32)


def _kmeans(points: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer different points than clusters is no reason to warn a person
        return np.asarray(KMeans(n_clusters, n_init=1, random_state=seed).fit_predict(points))
