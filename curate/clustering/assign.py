"""Divide a map into clusters: HDBSCAN, which leaves noise over, or k-means, which doesn't."""

import warnings

import numpy as np

from curate.models import NOISE


def hdbscan_clusters(positions: np.ndarray, min_cluster_size: int, min_samples: int) -> np.ndarray:
    """Return (N,) int32 cluster ids of (N, 2) positions by HDBSCAN (Campello, Moulavi and Sander 2013); -1 is noise.

    Clusters are numbered from 0 by falling size. Deterministic.
    """
    if len(positions) < min_cluster_size:
        return np.full(len(positions), NOISE, np.int32)
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


def kmeans_clusters(vectors: np.ndarray, n_clusters: int | None, seed: int | None = None) -> np.ndarray:
    """Return (N,) int32 cluster ids of (N, D) vectors by k-means, numbered from 0 by falling size.

    Without `n_clusters` the best separated of several numbers is taken: see `best_number_of_clusters`.
    """
    if len(vectors) == 0:
        return np.empty(0, np.int32)
    seed = 0 if seed is None else seed
    return by_falling_size(_kmeans(vectors, n_clusters or best_number_of_clusters(vectors, seed), seed))


def best_number_of_clusters(vectors: np.ndarray, seed: int = 0, sample: int = 2000) -> int:
    """Return the number of clusters, 1 to 64, whose silhouette (Rousseeuw 1987) is the highest on a sample.

    The numbers tried grow by about a quarter each, up to the square root of the images (at least 8 where there are
    enough); 1 only where all vectors are the same.
    """
    from sklearn.metrics import silhouette_score

    chosen = np.random.default_rng(seed).permutation(len(vectors))[:sample]
    vectors = vectors[np.sort(chosen)]
    different = len(np.unique(vectors, axis=0))
    most = min(64, different - 1, max(8, int(len(vectors) ** 0.5)))
    if most < 2:
        return max(1, min(different, 2))
    tried = sorted({int(k) for k in np.geomspace(2, most, 1 + int(np.log(most / 2) / np.log(1.25)))} | {2, most})
    return max(tried, key=lambda k: float(silhouette_score(vectors, _kmeans(vectors, k, seed))))


def by_falling_size(labels: np.ndarray) -> np.ndarray:
    """Return (N,) int32 labels renumbered from 0 by falling size, by first appearance where equal; noise stays."""
    found, first, counts = np.unique(labels[labels != NOISE], return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    new = np.full(int(found.max()) + 1 if len(found) else 1, NOISE, np.int32)
    new[found[order]] = np.arange(len(found))
    return np.where(labels == NOISE, NOISE, new[labels]).astype(np.int32)


def _kmeans(vectors: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer different vectors than clusters is no reason to warn a person
        return np.asarray(KMeans(n_clusters, n_init=1, random_state=seed).fit_predict(vectors))
