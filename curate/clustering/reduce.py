"""Lay embeddings out on a plane: UMAP over a given neighbour graph, or the two main axes of PCA."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from curate.clustering.knn_graph import KnnGraph, knn_graph

FEWEST_FOR_UMAP = 10
"""With fewer different images there is no structure for UMAP to find; PCA shows what there is."""

_compiled_code = threading.Lock()
"""UMAP's parallel code may run in one thread at a time: numba's workqueue ends the process otherwise."""


def umap_layout(
    vectors: np.ndarray,
    graph: KnnGraph,
    *,
    min_dist: float,
    seed: int | None = None,
    step: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return (N, 2) float32 positions by UMAP (McInnes, Healy and Melville 2018), starting from PCA.

    `vectors` is (N, D) float32, unit length. With a seed the layout repeats exactly, on one core; without one it uses
    them all. `step(done, total)` is called once an epoch; what it raises stops the work.
    """
    if len(np.unique(vectors, axis=0)) < FEWEST_FOR_UMAP:
        return pca_layout(vectors, seed)
    with _compiled_code, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        model = UMAP(
            n_neighbors=graph.k + 1,
            min_dist=min_dist,
            metric="cosine",
            init=_start(vectors, seed),
            precomputed_knn=_with_self(graph),
            random_state=seed,
            n_jobs=1 if seed is not None else -1,
        )
        with _threads_restored(), _epochs_watched(step):
            return np.ascontiguousarray(model.fit(vectors).embedding_, dtype=np.float32)


def pca_layout(vectors: np.ndarray, seed: int | None = None) -> np.ndarray:
    """Return (N, 2) float32: the vectors on their two main axes. Any N, 0 included."""
    if len(vectors) < 2 or (vectors == vectors[0]).all():
        return np.zeros((len(vectors), 2), np.float32)
    from sklearn.decomposition import PCA

    axes = min(2, *vectors.shape)
    positions = PCA(axes, random_state=0 if seed is None else seed).fit_transform(vectors)
    return np.pad(positions, ((0, 0), (0, 2 - axes))).astype(np.float32)


def warm_up() -> None:
    """Compile UMAP's code, which numba does again in every process, on a few hundred random vectors."""
    vectors = np.random.default_rng(0).normal(size=(300, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    umap_layout(vectors, knn_graph(vectors, 14), min_dist=0.1)


def _start(vectors: np.ndarray, seed: int | None) -> np.ndarray:
    """Return (N, 2) float32 to start from: PCA within ±10, and a little noise to part equal images.

    UMAP's own spectral start takes long on many images, and fails on some graphs.
    """
    positions = pca_layout(vectors, seed)
    positions *= 10 / max(float(np.abs(positions).max()), 1e-12)
    noise = np.random.default_rng(0 if seed is None else seed).normal(scale=1e-3, size=positions.shape)
    return (positions + noise).astype(np.float32)


def _with_self(graph: KnnGraph) -> tuple[np.ndarray, np.ndarray]:
    """Return the graph as UMAP wants it: each image its own first neighbour, at distance 0."""
    own = np.arange(len(graph.indices), dtype=np.int32)[:, None]
    zeros = np.zeros((len(own), 1), np.float32)
    return np.hstack([own, graph.indices]), np.hstack([zeros, graph.distances])


@contextmanager
def _threads_restored() -> Iterator[None]:
    """Undo the number of threads that a seeded fit asks numba for, also when the fit is stopped."""
    import numba

    threads = numba.get_num_threads()
    try:
        yield
    finally:
        numba.set_num_threads(threads)


@contextmanager
def _epochs_watched(step: Callable[[int, int], None] | None) -> Iterator[None]:
    """Let `step` see UMAP's epochs.

    They can be watched through their progress bar alone; and tqdm's own keeps a lock for ever when a callback raises.
    """
    import umap.layouts

    def bar(epochs: range, **_: object) -> Iterator[int]:
        for epoch in epochs:
            yield epoch
            if step:
                step(epoch + 1, len(epochs))

    tqdm = umap.layouts.tqdm
    umap.layouts.tqdm = bar
    try:
        yield
    finally:
        umap.layouts.tqdm = tqdm
