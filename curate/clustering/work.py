"""The computation of one run, from vectors to clusters; it stores nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from curate.clustering import reduce
from curate.clustering.assign import by_falling_size, hdbscan_clusters, kmeans_clusters
from curate.clustering.knn_graph import KnnGraph, knn_graph
from curate.clustering.membership import memberships, outlier_scores, without_strays
from curate.clustering.parameters import ClusteringParameters
from curate.errors import JobCancelled
from curate.store.runs import Standing

Progress = Callable[[int, int, str], None]
"""Called with (done, total, message); done and total are in hundredths of the run."""


def no_progress(done: int, total: int, message: str) -> None:
    """Report to nobody."""


def never_cancelled() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a run finds out about N images."""

    positions: np.ndarray
    """(N, 2) float32."""
    cluster_ids: np.ndarray
    """(N,) int32, numbered from 0 by falling size; -1 is noise."""
    standing: Standing


class ClusteringWork:
    """One run, with its progress and the wish to stop it."""

    def __init__(self, progress: Progress, cancelled: Callable[[], bool]) -> None:
        self._progress = progress
        self._cancelled = cancelled

    def grouped(self, vectors: np.ndarray, parameters: ClusteringParameters) -> Grouping:
        """Lay (N, D) float32 unit vectors out on a map and divide them into clusters.

        What HDBSCAN finds on the map is held against the vectors themselves, and strays become noise; k-means puts
        every image in a cluster, and how firmly it is there is told by its membership alone.

        Raises:
            JobCancelled: as was asked for.
        """
        self.at(0, "Comparing images")
        graph = knn_graph(vectors, parameters.n_neighbors - 1, self._between(0, 20, "Comparing images"))
        positions = self._layout(vectors, graph, parameters)
        self.at(80, "Finding clusters")
        cluster_ids = self._clusters(vectors, positions, parameters)
        self.at(88, "Telling strays apart")
        membership = memberships(vectors, cluster_ids, graph)
        if parameters.algorithm == "hdbscan":
            assert parameters.min_cluster_size is not None, "resolved() fills it in"
            cluster_ids = by_falling_size(without_strays(cluster_ids, membership, parameters.min_cluster_size))
            membership[cluster_ids < 0] = 0
        return Grouping(positions, cluster_ids, Standing(membership, outlier_scores(graph)))

    def at(self, percent: int, message: str) -> None:
        """Report, and stop here if asked to."""
        if self._cancelled():
            raise JobCancelled
        self._progress(percent, 100, message)

    def finished(self, message: str) -> None:
        """Report the end; the map is saved, so it's too late to stop."""
        self._progress(100, 100, message)

    def _layout(self, vectors: np.ndarray, graph: KnnGraph, parameters: ClusteringParameters) -> np.ndarray:
        if parameters.reducer == "pca":
            return reduce.pca_layout(vectors, parameters.seed)
        drawing = self._between(20, 80, "Drawing the map")
        return reduce.umap_layout(vectors, graph, min_dist=parameters.min_dist, seed=parameters.seed, step=drawing)

    def _clusters(self, vectors: np.ndarray, positions: np.ndarray, parameters: ClusteringParameters) -> np.ndarray:
        if parameters.algorithm == "kmeans":
            # On learnt features k-means agrees better with people's groups on UMAP's map than on the vectors.
            points = vectors if parameters.reducer == "pca" else positions
            return kmeans_clusters(points, parameters.n_clusters, parameters.seed)
        assert parameters.min_cluster_size is not None, "resolved() fills it in"
        return hdbscan_clusters(positions, parameters.min_cluster_size, parameters.min_samples)

    def _between(self, start: int, end: int, message: str) -> Callable[[int, int], None]:
        return lambda done, total: self.at(start + (end - start) * done // total, message)
