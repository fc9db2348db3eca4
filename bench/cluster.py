"""The map and the clusters of many embeddings."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.measurement import Measurement, Options, Side, Unit, require_same
from bench.rounds import Run, alternate, timed
from bench.vectors import BACKGROUND, DIMENSION, GROUPS, GreyEncoder, image_ids, mixture
from bench.workspace import opened
from curate.clustering.service import ClusteringService
from curate.embedding.view import EmbeddingView

WARM_UP = 4200
"""UMAP runs other code, compiled at its first use, from 4,096 vectors on."""


def measure(options: Options) -> Iterator[Measurement]:
    """Compare time, and agreement with the true groups, with UMAP and HDBSCAN as they come."""
    count = options.size(10_000, 300)
    given = mixture(count)
    if not options.quick:
        warming = mixture(WARM_UP, seed=1).vectors
        _ours(options.scratch, warming)
        _umap_and_hdbscan(warming)
    ours, theirs = alternate(
        options.rounds,
        lambda: _ours(options.scratch, given.vectors),
        lambda: timed(lambda: _umap_and_hdbscan(given.vectors)),
    )
    require_same({len(run.result) for run in (*ours, *theirs)} == {count}, "the number of vectors given a cluster")
    for what, unit, figures in (
        ("map and clusters", Unit.SECONDS, _seconds),
        ("agreement with the true groups", Unit.AGREEMENT, lambda runs: _agreement(given.groups, runs)),
    ):
        yield Measurement(
            entry="cluster",
            what=what,
            unit=unit,
            ours=Side("Curate ClusteringService", figures(ours)),
            peer=Side("umap.UMAP() and hdbscan.HDBSCAN(), default settings", figures(theirs)),
            same="the vectors, each with a cluster or left over as noise",
            conditions={
                "vectors": count,
                "dimension": DIMENSION,
                "true groups": GROUPS,
                "background": f"{BACKGROUND:.0%}",
                "both": "not warmed up" if options.quick else "warmed up",
            },
        )


def _ours(scratch: Path, vectors: np.ndarray) -> Run[np.ndarray]:
    with opened(scratch / "workspace", GreyEncoder()) as workspace:
        service = ClusteringService(workspace.database, workspace.embeddings, scratch)
        ids = image_ids(len(vectors))
        view = EmbeddingView(pa.array(ids), np.arange(len(ids)), vectors)
        done = timed(lambda: service.run_clustering(view))
    return Run(done.seconds, np.array([done.result[image_id] for image_id in ids]))


def _umap_and_hdbscan(vectors: np.ndarray) -> np.ndarray:
    """Return (N,) clusters, -1 for noise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import hdbscan
        import umap

        layout = umap.UMAP().fit_transform(vectors)
        return np.asarray(hdbscan.HDBSCAN().fit_predict(layout))


def _seconds(runs: list[Run[np.ndarray]]) -> tuple[float, ...]:
    return tuple(run.seconds for run in runs)


def _agreement(groups: np.ndarray, runs: list[Run[np.ndarray]]) -> tuple[float, ...]:
    """Return each run's adjusted Rand index, 1 at best, with the background as a group of its own."""
    from sklearn.metrics import adjusted_rand_score

    return tuple(float(adjusted_rand_score(groups, run.result)) for run in runs)
