"""Which cluster of a new run is which of the last one, what changed between them, and the new map laid over the old."""

from dataclasses import dataclass

import numpy as np

from curate.models import NOISE

SAME = 0.3
"""Share of the images of an old and a new cluster together that both must have to be the same cluster."""
PART = 0.25
"""Share of a cluster's images that makes a part of it worth telling."""


@dataclass(frozen=True, slots=True)
class ClusterChanges:
    """What became of the clusters of one run in the next; ids are those that survive from run to run."""

    born: tuple[int, ...]
    gone: tuple[int, ...]
    split: dict[int, tuple[int, ...]]
    """Old cluster → the two or more clusters that took a good part of it each."""
    merged: dict[int, tuple[int, ...]]
    """New cluster → the two or more old ones of which it took most."""
    resized: dict[int, tuple[int, int]]
    """Cluster → its size before and after, where that differs."""
    moved: int
    """Images of both runs that are in another cluster now, or in one and not the other."""


def match_clusters(before: np.ndarray, after: np.ndarray, fresh_id: int) -> np.ndarray:
    """Return the (K,) ids of the new clusters 0 … K − 1: an old cluster's id where it is the same, else fresh ones.

    One to one, for the largest overlap in all: the Jaccard index of members, by the assignment of Kuhn (1955) as
    SciPy solves it. Overlaps below `SAME` are no match.

    Args:
        before: (N,) old ids of the images that both runs have, −1 for noise.
        after: (N,) new numbers of the same images, −1 for noise.
        fresh_id: The first id that was never given to a cluster.
    """
    from scipy.optimize import linear_sum_assignment

    count = int(after.max(initial=NOISE)) + 1
    ids = np.full(count, NOISE, np.int64)
    old_ids, shared = _shared(before, after, count)
    if len(old_ids) and count:
        sizes_before = np.array([(before == old).sum() for old in old_ids])
        sizes_after = np.bincount(after[after != NOISE], minlength=count)
        overlap = shared / np.maximum(sizes_before[:, None] + sizes_after[None, :] - shared, 1)
        for old, new in zip(*linear_sum_assignment(-overlap), strict=True):
            if overlap[old, new] >= SAME:
                ids[new] = old_ids[old]
    born = np.flatnonzero(ids == NOISE)
    ids[born] = fresh_id + np.arange(len(born))
    return ids


def cluster_changes(before: np.ndarray, after: np.ndarray) -> ClusterChanges:
    """Compare the (N,) surviving ids of the images that two runs share, −1 for noise."""
    old_ids, new_ids = _clusters(before), _clusters(after)
    renumbered = np.where(after == NOISE, NOISE, np.searchsorted(new_ids, after))
    _, shared = _shared(before, renumbered, len(new_ids))
    sizes_before, sizes_after = _sizes(before, old_ids), _sizes(after, new_ids)
    parts = shared >= PART * sizes_before[:, None]
    absorbed = shared >= 0.5 * sizes_before[:, None]
    both = np.intersect1d(old_ids, new_ids)
    sizes = {
        int(cluster): (
            int(sizes_before[np.searchsorted(old_ids, cluster)]),
            int(sizes_after[np.searchsorted(new_ids, cluster)]),
        )
        for cluster in both
    }
    return ClusterChanges(
        born=tuple(np.setdiff1d(new_ids, old_ids).tolist()),
        gone=tuple(np.setdiff1d(old_ids, new_ids).tolist()),
        split={
            int(old): tuple(new_ids[parts[row]].tolist()) for row, old in enumerate(old_ids) if parts[row].sum() > 1
        },
        merged={
            int(new): tuple(old_ids[absorbed[:, column]].tolist())
            for column, new in enumerate(new_ids)
            if absorbed[:, column].sum() > 1
        },
        resized={cluster: (old, new) for cluster, (old, new) in sizes.items() if old != new},
        moved=int((before != after).sum()),
    )


def aligned(positions: np.ndarray, known: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return (N, 2) float32 positions turned, mirrored, scaled and shifted so that the known images lie as before.

    The best such map in the least squares sense (Procrustes analysis; Schönemann and Carroll 1970).

    Args:
        positions: (N, 2) new layout.
        known: (M,) rows of it that the old map has too; with fewer than two nothing is changed.
        before: (M, 2) where those were.
    """
    if len(known) < 2:
        return positions.astype(np.float32)
    new, old = positions[known].astype(np.float64), before.astype(np.float64)
    new_centre, old_centre = new.mean(axis=0), old.mean(axis=0)
    new, old = new - new_centre, old - old_centre
    left, stretch, right = np.linalg.svd(new.T @ old)
    scale = stretch.sum() / max(float((new**2).sum()), 1e-12)
    return ((positions - new_centre) @ (left @ right) * scale + old_centre).astype(np.float32)


def _clusters(ids: np.ndarray) -> np.ndarray:
    return np.unique(ids[ids != NOISE])


def _sizes(ids: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(clusters, ids[ids != NOISE]), minlength=len(clusters))


def _shared(before: np.ndarray, after: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the (O,) old ids, and (O, count) how many images each shares with each new cluster."""
    old_ids = _clusters(before)
    both = (before != NOISE) & (after != NOISE)
    pairs = np.searchsorted(old_ids, before[both]) * count + after[both]
    return old_ids, np.bincount(pairs, minlength=len(old_ids) * count).reshape(len(old_ids), count)
