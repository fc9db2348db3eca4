"""How firmly each image belongs to its cluster, and how far it is from everything: UMAP draws strays into clusters.

The map keeps neighbours together and lets distances go, so an image that resembles nothing lands in some cluster, or
strays gather in clusters of their own. Measured on the embeddings themselves they stand apart by two things: the
distance to their nearest neighbours, and the distance to their cluster's centre.
"""

import warnings
from itertools import pairwise

import numpy as np

from curate.clustering.knn_graph import KnnGraph
from curate.models import NOISE

NEAREST = 10
"""Neighbours whose mean distance says how densely an image is surrounded."""
HALF_AT = 4.0
"""Robust deviations from the core's median at which a membership has fallen to one half."""
FEWEST_FOR_MIXTURE = 20
"""Members of a cluster below which a core and strays can't be told apart by their distribution."""
CLEAR_SEPARATION = 2.0
"""Standard deviations between the centres of core and strays from which on they count as two."""
BACKGROUND = 0.75
"""Share of the distance between any two images: strays' nearest neighbours are about as far as anything is."""
ADRIFT = 0.7
"""Share of that distance at which a whole cluster may be strays: among themselves they are a little nearer."""
FAR = 0.5
"""Share of that distance up to which an image has near neighbours, and so isn't astray, however tight the core is."""
LEAST_COHESION = 0.2
"""Mean cosine between members, less the mean of all images, below which there may be nothing that they share."""


def memberships(vectors: np.ndarray, cluster_ids: np.ndarray, graph: KnnGraph) -> np.ndarray:
    """Return (N,) float32 memberships: 1 in the core of a cluster, one half where noise begins, 0 for noise.

    For each cluster the core is sought (a mixture of two Gaussians over both distances, where the Bayesian information
    criterion, Schwarz 1978, asks for a second one), and every member's distances are held against the core's median in
    units of its median absolute deviation. A cluster whose members share nothing and are as far from their nearest
    neighbours as any two images are is no cluster; an image that has near neighbours is never noise.

    Args:
        vectors: (N, D) float32, unit length.
        cluster_ids: (N,) integers, −1 for noise.
        graph: The neighbours of the same N images.
    """
    result = np.zeros(len(vectors), np.float32)
    if graph.k == 0:
        return np.where(cluster_ids == NOISE, result, 1).astype(np.float32)
    surroundings = graph.distances[:, :NEAREST].mean(axis=1)
    mean = vectors.mean(axis=0)
    between_any = max(float(1 - mean @ mean), 1e-6)
    for rows in _rows_by_cluster(cluster_ids):
        near = surroundings[rows]
        if np.median(near) > ADRIFT * between_any and _cohesion(vectors[rows] - mean) < LEAST_COHESION:
            continue
        features = np.column_stack([near, _distances_to_centre(vectors[rows])]).astype(np.float64)
        core = _core(features)
        strays = ~core
        if strays.sum() > core.sum() and np.median(near[strays]) < BACKGROUND * between_any:
            core = np.ones_like(core)  # most of a cluster can't be astray, unless it is far from everything
        membership = _fading(features, core)
        result[rows] = np.where(near < FAR * between_any, np.maximum(membership, 0.5), membership)
    return result


def outlier_scores(graph: KnnGraph) -> np.ndarray:
    """Return (N,) float32, 0 to 1: the share of images that are nearer to their neighbours than this one.

    1 for the image that is farthest from everything. Every image has one, whether it is in a cluster or not.
    """
    count = len(graph.distances)
    if graph.k == 0 or count < 2:
        return np.zeros(count, np.float32)
    surroundings = graph.distances[:, :NEAREST].mean(axis=1)
    below = np.searchsorted(np.sort(surroundings), surroundings, side="left")
    return (below / (count - 1)).astype(np.float32)


def without_strays(cluster_ids: np.ndarray, membership: np.ndarray, fewest: int) -> np.ndarray:
    """Return (N,) int32 cluster ids in which images of less than half a membership are noise.

    A cluster that keeps fewer than `fewest` members is dissolved. Numbers are those of `cluster_ids`, with gaps.
    """
    kept = np.where(membership < 0.5, NOISE, cluster_ids).astype(np.int32)
    sizes = np.bincount(kept[kept != NOISE], minlength=int(cluster_ids.max(initial=0)) + 1)
    kept[(kept != NOISE) & (sizes[kept] < fewest)] = NOISE
    return kept


def _rows_by_cluster(cluster_ids: np.ndarray) -> list[np.ndarray]:
    """Return the rows of each cluster, without noise."""
    order = np.argsort(cluster_ids, kind="stable")
    ordered = cluster_ids[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=NOISE)).tolist()
    return [order[start:end] for start, end in pairwise([*starts, len(order)])]


def _cohesion(centred: np.ndarray) -> float:
    """Return the mean cosine between two of (M, D) vectors, M ≥ 2."""
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    count, total = len(unit), unit.sum(axis=0)
    return float((total @ total - count) / (count * (count - 1))) if count > 1 else 1.0


def _distances_to_centre(members: np.ndarray) -> np.ndarray:
    """Return (M,) cosine distances of (M, D) unit vectors to the mean of the others."""
    others = members.sum(axis=0) - members
    norms = np.maximum(np.linalg.norm(others, axis=1), 1e-9)
    distances: np.ndarray = 1 - np.einsum("md,md->m", members, others) / norms
    return distances


def _core(features: np.ndarray) -> np.ndarray:
    """Return an (M,) mask of the rows of (M, 2) distances that are not of a second, clearly more distant group."""
    everything = np.ones(len(features), bool)
    spread = features.std(axis=0)
    if len(features) < FEWEST_FOR_MIXTURE or not spread.all():
        return everything
    from sklearn.mixture import GaussianMixture

    scaled = (features - features.mean(axis=0)) / spread
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that has not settled yet is good enough to decide
        one, two = (GaussianMixture(count, random_state=0, reg_covar=1e-4).fit(scaled) for count in (1, 2))
    if two.bic(scaled) >= one.bic(scaled) - 10:
        return everything
    far = two.means_.sum(axis=1).argmax()
    deviations = np.sqrt(np.diagonal(two.covariances_, axis1=1, axis2=2)).mean(axis=0)
    if (np.abs(two.means_[0] - two.means_[1]) / deviations).max() < CLEAR_SEPARATION:
        return everything
    return np.asarray(two.predict(scaled) != far)


def _fading(features: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Return (M,) memberships: 1 up to the core's median, one half `HALF_AT` robust deviations beyond it."""
    median = np.median(features[core], axis=0)
    deviation = 1.4826 * np.median(np.abs(features[core] - median), axis=0) + 1e-3
    beyond = ((features - median) / deviation).max(axis=1).clip(0)
    fading: np.ndarray = 2.0 ** -((beyond / HALF_AT) ** 2)
    return fading
