"""Images that stand for a cluster on its card."""

import numpy as np


def exemplar_rows(vectors: np.ndarray, labels: np.ndarray, count: int) -> dict[int, np.ndarray]:
    """Return up to `count` rows for each cluster: the most central one first, then others spread over its inner half.

    Only central images would all look the same, and outer ones mislead; taking every n-th of the inner half by
    cosine to the centroid shows the cluster's range.

    Args:
        vectors: (N, D) float32, unit length.
        labels: (N,) integers; −1, noise, gets none.
        count: Rows wanted for a cluster.
    """
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    chosen = {}
    for label in np.unique(ordered[ordered >= 0]):
        rows = order[np.searchsorted(ordered, label) : np.searchsorted(ordered, label, "right")]
        members = vectors[rows]
        nearest_first = rows[np.argsort(-(members @ members.mean(axis=0)), kind="stable")]
        inner = nearest_first[: max(count, len(rows) // 2)]
        chosen[int(label)] = inner[np.linspace(0, len(inner) - 1, min(count, len(inner))).astype(int)]
    return chosen
