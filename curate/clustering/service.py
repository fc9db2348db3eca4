"""Group the images of a workspace, and keep the map that shows the groups."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from curate.clustering import geometry, reduce
from curate.clustering.exemplars import exemplar_rows
from curate.clustering.naming import cluster_names
from curate.clustering.parameters import ClusteringParameters, load_parameters
from curate.clustering.placement import place
from curate.clustering.work import ClusteringWork, Progress, never_cancelled, no_progress
from curate.embedding.service import ImageEmbeddingService
from curate.embedding.space import EmbeddingSpace
from curate.embedding.view import EmbeddingView
from curate.errors import ClusterNotFound, InvalidInput, NotClustered, NotReady, RunNotFound
from curate.models import NOISE, Cluster, ClusterRun
from curate.store import runs as stored
from curate.store.database import Database
from curate.store.remembered import Remembered
from curate.store.runs import MapPoints
from curate.store.times import utc_now


class ClusteringService:
    """Runs of clustering over the active encoder's embeddings, each encoder with a map of its own.

    Safe to call from any thread; one run goes at a time, with the encoder that was active when it began.
    """

    def __init__(self, database: Database, embeddings: ImageEmbeddingService, workspace: Path) -> None:
        self._database = database
        self._remembered = Remembered(database)
        self._embeddings = embeddings
        self._workspace = workspace
        self._running = threading.Lock()

    def run_clustering(self, embedding_dict: Mapping[str, np.ndarray]) -> dict[str, int]:
        """Return the cluster of each image, by the workspace's parameters; -1 is noise. Stores nothing.

        Values are (D,) vectors of any length but 0.

        Raises:
            InvalidParameter: the workspace's clustering.yaml holds nonsense for so many images.
            InvalidInput: vectors of different sizes, or with values that are no numbers.
        """
        if not embedding_dict:
            return {}
        parameters = load_parameters(self._workspace).resolved(len(embedding_dict))
        vectors = _unit_vectors(embedding_dict)
        grouping = ClusteringWork(no_progress, never_cancelled).grouped(vectors, parameters)
        return dict(zip(embedding_dict, grouping.cluster_ids.tolist(), strict=True))

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Check that a run with these overrides could start now.

        Raises:
            InvalidParameter: a parameter outside its range, or too large for so few images.
            NotReady: no image is embedded yet.
        """
        self._resolved(parameters, len(self._embeddings.get_all_embeddings()))

    def run(
        self,
        parameters: ClusteringParameters | Mapping[str, Any] | None = None,
        progress: Progress = no_progress,
        cancelled: Callable[[], bool] = never_cancelled,
        encoder: str | None = None,
    ) -> ClusterRun:
        """Cluster every image that an encoder, the active one by default, has embedded; name the clusters, and make
        the result that encoder's current map.

        A mapping overrides single parameters of the workspace. A run that fails or is stopped changes nothing.

        Raises:
            InvalidParameter: a parameter outside its range, or too large for so few images.
            NotReady: no image is embedded yet, or a file took the place of these vectors meanwhile.
            EncoderNotFound: there is no such encoder.
            JobCancelled: `cancelled` said so.
        """
        with self._running:
            space = self._embeddings.active if encoder is None else self._embeddings.space(encoder)
            view = space.get_all_embeddings()
            run = self._run(space, view, self._resolved(parameters, len(view)), ClusteringWork(progress, cancelled))
        self.place_new_images()
        return run

    def _resolved(
        self, parameters: ClusteringParameters | Mapping[str, Any] | None, images: int
    ) -> ClusteringParameters:
        if not isinstance(parameters, ClusteringParameters):
            parameters = load_parameters(self._workspace).overridden(parameters or {})
        if images == 0:
            raise NotReady("No image is embedded yet, so there is nothing to cluster. Import a folder first.")
        return parameters.resolved(images)

    def _run(
        self, space: EmbeddingSpace, view: EmbeddingView, parameters: ClusteringParameters, work: ClusteringWork
    ) -> ClusterRun:
        started = time.perf_counter()
        grouping = work.grouped(view.vectors(), parameters)
        cluster_ids = grouping.cluster_ids
        work.at(90, "Naming clusters")
        texts = stored.read_texts(self._database.read(), view.image_ids)
        names = cluster_names([texts.get(image_id, []) for image_id in view.image_ids], cluster_ids)
        work.at(95, "Saving the map")
        sizes = np.bincount(cluster_ids[cluster_ids != NOISE], minlength=len(names)).tolist()
        clusters = [Cluster(number, name, sizes[number]) for number, name in enumerate(names)]
        x, y = geometry.fitted_into_square(grouping.positions).T.copy()
        run = ClusterRun(
            id=0,
            algorithm=parameters.algorithm,
            reducer=parameters.reducer,
            encoder=space.name,
            parameters=parameters.model_dump(),
            images=len(view),
            clusters=len(clusters),
            noise=int((cluster_ids == NOISE).sum()),
            seconds=time.perf_counter() - started,
            created_at=utc_now(),
        )
        if self._embeddings.space(space.name) is not space:
            raise NotReady(f"A file replaced “{space.encoder.label}” while its map was made. Make the map again.")
        with self._database.write() as cursor:
            run = replace(run, id=stored.next_run_id(cursor))
            points = MapPoints(run.id, list(view.image_ids), x, y, cluster_ids.astype(np.int16))
            stored.write_run(cursor, run, clusters, points, grouping.standing)
        work.finished(f"{run.clusters:,} clusters")
        return run

    def place_new_images(self) -> int:
        """Put images that were embedded since the current run on its map, beside their neighbours. Return how many.

        Does nothing before the active encoder's first run.
        """
        with self._running:
            space = self._embeddings.active
            run = stored.read_current_run(self._database.read(), space.name)
            if run is None:
                return 0
            view = space.get_all_embeddings()
            points = stored.read_points(self._database.read(), run.id)
            on_map = view.positions(points.image_ids)
            known = np.flatnonzero(on_map >= 0)
            new = np.setdiff1d(np.arange(len(view)), on_map[known], assume_unique=True)
            if not len(new) or not len(known):
                return 0
            positions, cluster_ids = place(
                view.at(new), view.at(on_map[known]), points.xy[known], points.cluster_ids[known]
            )
            ids = [view.image_ids[position] for position in new]
            added = MapPoints(run.id, ids, positions[:, 0].copy(), positions[:, 1].copy(), cluster_ids)
            with self._database.write() as cursor:
                stored.add_points(cursor, added, first_position=len(points))
            return len(new)

    def current_run(self, encoder: str | None = None) -> ClusterRun | None:
        """Return the run whose map is shown with an encoder, the active one by default; None before its first."""
        return self._remembered.get(("run", encoder), lambda: stored.read_current_run(self._database.read(), encoder))

    def runs(self) -> list[ClusterRun]:
        """Return all runs, the latest first."""
        return stored.read_runs(self._database.read())

    def clusters(self) -> list[Cluster]:
        """Return the current clusters with images that are there, the largest first, without noise."""
        run = self.current_run()
        if run is None:
            return []
        return self._remembered.get(("clusters", run.id), lambda: stored.read_clusters(self._database.read(), run.id))

    def members(self, cluster_id: int) -> list[str]:
        """Return the ids of a current cluster's present images, in the order of the map; -1 is noise.

        Raises:
            NotClustered: before the first run.
            ClusterNotFound: the current map has no such cluster, or its files are all missing.
        """
        run = self._required_run()
        found = stored.read_members(self._database.read(), run.id, cluster_id)
        if not found and cluster_id != NOISE:
            raise ClusterNotFound(cluster_id)
        return found

    def get_cluster_for_image(self, image_id: str) -> int:
        """Return an image's current cluster; -1 is noise.

        Raises:
            ImageNotFound: no image has this id.
            NotClustered: before the first run.
            EmbeddingMissing: the image is not embedded yet, so it isn't on the map.
        """
        run = self.current_run()
        found = stored.read_cluster_of(self._database.read(), run.id, image_id) if run else None
        if found is None:
            self._embeddings.get_embedding(image_id)
            self.place_new_images()
            found = stored.read_cluster_of(self._database.read(), self._required_run().id, image_id)
        if found is None:
            raise NotClustered
        return found

    def map_points(self, run_id: int | None = None) -> MapPoints:
        """Return a run's map, the current one by default; its arrays are shared and not to be changed.

        Raises:
            NotClustered: before the first run.
            RunNotFound: there is no such run.
        """
        if run_id is None:
            run_id = self._required_run().id
        return self._remembered.get(("points", run_id), lambda: self._map_points(run_id))

    def _map_points(self, run_id: int) -> MapPoints:
        if not stored.run_exists(self._database.read(), run_id):
            raise RunNotFound(run_id)
        return stored.read_points(self._database.read(), run_id)

    def inside_polygon(self, points: np.ndarray, run_id: int | None = None) -> np.ndarray:
        """Return the (K,) positions, rising, of the images within a closed outline of (M, 2) map coordinates.

        Raises:
            InvalidInput: fewer than three corners, or a corner that is no pair of numbers.
            NotClustered, RunNotFound: as `map_points`.
        """
        outline = np.asarray(points, dtype=np.float64)
        if outline.ndim != 2 or outline.shape[1] != 2 or len(outline) < 3 or not np.isfinite(outline).all():
            raise InvalidInput("An outline on the map needs at least three corners, each an x and a y.")
        shown = self.map_points(run_id)
        return geometry.inside_polygon(shown.x, shown.y, outline)

    def inside_box(self, x0: float, y0: float, x1: float, y1: float, run_id: int | None = None) -> np.ndarray:
        """Return the (K,) positions, rising, of the images in a box between two opposite corners in map coordinates.

        Raises:
            NotClustered, RunNotFound: as `map_points`.
        """
        shown = self.map_points(run_id)
        return geometry.inside_box(shown.x, shown.y, x0, y0, x1, y1)

    def exemplars(self, count: int) -> dict[int, list[str]]:
        """Return up to `count` typical image ids for each current cluster, the most central first.

        Raises:
            NotClustered: before the first run.
        """
        run_id = self._required_run().id
        return self._remembered.get(("exemplars", run_id, count), lambda: self._exemplars(run_id, count))

    def _exemplars(self, run_id: int, count: int) -> dict[int, list[str]]:
        points = self.map_points(run_id)
        embeddings = self._embeddings.get_all_embeddings()
        places = embeddings.positions(points.image_ids)
        known = np.flatnonzero(places >= 0)
        if not len(known):
            return {}
        rows = exemplar_rows(embeddings.at(places[known]), points.cluster_ids[known], count)
        return {label: [points.image_ids[known[row]] for row in chosen] for label, chosen in rows.items()}

    def warm_up(self) -> None:
        """Compile what a first run would wait for; about ten seconds, for a background thread at the start."""
        reduce.warm_up()

    def _required_run(self) -> ClusterRun:
        run = self.current_run()
        if run is None:
            raise NotClustered
        return run


def _unit_vectors(embeddings: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (N, D) float32, unit length; without a copy where the mapping is a view of such a matrix."""
    if isinstance(embeddings, EmbeddingView):
        return embeddings.vectors()
    rows = [np.asarray(vector, dtype=np.float32) for vector in embeddings.values()]
    if {row.shape for row in rows} != {(rows[0].size,)}:
        raise InvalidInput("All embeddings must be flat and of the same length.")
    vectors = np.stack(rows)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise InvalidInput("An embedding holds values that are no numbers. Embed its image again.")
    return vectors / np.maximum(lengths, 1e-12)
