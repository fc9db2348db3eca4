"""A workspace: the folder that holds one collection, and the services over it, wired together here and nowhere else."""

import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from curate.clustering.service import ClusteringService
from curate.curation.captions import CaptionService
from curate.embedding.encoder import Encoder
from curate.embedding.encoders import Encoders, first_encoder
from curate.embedding.exchange import EmbeddingExchange
from curate.embedding.service import ImageEmbeddingService
from curate.embedding.space import EmbeddingSpace
from curate.errors import JobCancelled, StorageFailed, UnreadableImage
from curate.ingest.decoder_pool import DecoderPool
from curate.ingest.service import ImportService
from curate.ingest.sources import short_name
from curate.ingest.thumbnails import ThumbnailStore
from curate.ingest.watch import WatchService
from curate.jobs.embedding_queue.service import EmbeddingQueueService
from curate.jobs.runner import JobContext, JobRunner
from curate.models import ClusterRun, Job
from curate.settings import Settings
from curate.similarity.service import SimilaritySearchService
from curate.store.database import Database
from curate.store.images import ImageStore
from curate.tagging.service import TaggingService
from curate.views import ViewRegistry

SKIPPED_IN_RESULT = 1000
"""Skipped files that an import's result lists; `ImageStore.skipped` has them all."""

WARM_UP_AFTER = 20.0
FIRST_MAP_WARM_UP_AFTER = 3.0
"""Seconds after the start at which code for a new map is compiled: where there is a map to look at, and where not."""

WORKERS_LOOK = 0.2
"""Seconds between two looks at how far workers are."""


class Workspace:
    """One open workspace. A process opens a folder once; every page and route shares that object."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Open or create the workspace in `folder`.

        Raises:
            WorkspaceBusy: another process has it open.
            EncoderUnavailable: the encoder that `settings` names can't be loaded.
            StorageFailed: its files can't be read or written.
        """
        self.folder = _made(folder)
        self.settings = settings
        self._closing = threading.Event()
        self._index_ready = threading.Event()
        self._index_ready.set()
        self._following: threading.Thread | None = None
        self.database = Database(self.folder / "curate.duckdb")
        try:
            self._wire(settings)
        except BaseException:
            self.database.close()
            raise

    def _wire(self, settings: Settings) -> None:
        first = first_encoder(self.database, settings)
        self.images = ImageStore(self.database)
        self.views = ViewRegistry(self.database, self.images)
        self.thumbnails = ThumbnailStore(self.folder / "thumbnails")
        self.embeddings = ImageEmbeddingService(
            self.database,
            first.encoder,
            self.folder / "embeddings",
            partial(DecoderPool, settings.max_megapixels, settings.decode_seconds),
            first.checkpoint,
        )
        self.encoders = Encoders(self.database, self.embeddings, settings, first)
        self.exchange = EmbeddingExchange(self.database, self.embeddings)
        self.embedding_queue = EmbeddingQueueService(
            self.database, self.embeddings, settings.redis_url, self._after_embedding
        )
        embed_later = self.embedding_queue.enqueue if self.embedding_queue.remote else None
        self.importing = ImportService(self.database, self.embeddings, self.thumbnails, settings, embed_later)
        self.similarity = SimilaritySearchService(self.database, self.embeddings)
        self.clustering = ClusteringService(self.database, self.embeddings, self.folder)
        self.tagging = TaggingService(self.database, self.images)
        self.captions = CaptionService(self.database, self.images)
        self.jobs = JobRunner(
            self.database,
            {"import": self._import, "first map": self._first_map, "cluster": self._cluster, "embed": self._embed},
        )
        self.watching = WatchService(self.database, self.start_import, self.jobs.get, [self.folder])

    @property
    def encoder(self) -> Encoder:
        """The active encoder."""
        return self.embeddings.encoder

    @property
    def encoder_notice(self) -> str | None:
        """A line for the screen where the active encoder isn't what a person would expect."""
        return self.encoders.notice

    def start(self) -> None:
        """Begin background work: unfinished jobs go on, and the first search and map are prepared for."""
        self.jobs.resume()
        self.embedding_queue.start()
        self.watching.resume()
        self._index_ready.clear()
        threading.Thread(target=self._warm_up, name="curate-warm-up", daemon=True).start()
        if folder := self.settings.import_on_start:  # unchecked: a job that fails tells of it on the Jobs page
            self.jobs.start("import", f"Import {folder.name}", {"folder": str(folder.resolve()), "then_map": True})

    def start_import(self, folder: str | Path, *, then_map: bool = True) -> Job:
        """Import a folder in the background, and make the first map afterwards where there is none yet.

        Raises:
            InvalidFolder: it is missing, empty, not readable or not allowed.
        """
        source = self.importing.check_folder(folder)
        return self.jobs.start("import", f"Import {short_name(source)}", {"folder": source, "then_map": then_map})

    def start_clustering(self, parameters: Mapping[str, Any] | None = None) -> Job:
        """Make a new map and clusters in the background.

        Raises:
            InvalidParameter: a parameter makes no sense for this workspace.
        """
        given = {name: value for name, value in (parameters or {}).items() if value is not None}
        self.clustering.check(given)
        return self.jobs.start("cluster", "Make the map", {**given, "encoder": self.encoder.name})

    def start_embedding(self, name: str | None = None) -> Job:
        """Embed the images that an encoder, the active one by default, has no vector of, in the background.

        Raises:
            EncoderNotFound: there is no such encoder.
            EmbeddingNotSupported: its vectors came from a file.
        """
        space = self.embeddings.active if name is None else self.embeddings.space(name)
        self.encoders.require_model(space.name)
        return self.jobs.start("embed", f"Embed with {space.encoder.label}", {"encoder": space.name})

    def activate_encoder(self, name: str) -> None:
        """Switch every page and search to another encoder. Jobs that run go on with the one that they began with.

        Raises:
            EncoderNotFound: it is neither in this workspace nor on offer.
            EncoderUnavailable: its model can't be loaded.
        """
        self.encoders.activate(name)
        self._following = threading.Thread(target=self._follow, name="curate-follow", daemon=True)
        self._following.start()

    def close(self) -> None:
        """Let a running job reach its next safe point, then let go of the files."""
        self._closing.set()
        self.watching.close()
        self.jobs.stop()
        self.embedding_queue.close()
        self._index_ready.wait(10)
        if self._following is not None:
            self._following.join(10)
        self.embeddings.close()
        self.database.close()

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _follow(self) -> None:
        """Prepare the first search after a switch, and put what was embedded meanwhile on that encoder's map."""
        self.similarity.warm_up()
        self.clustering.place_new_images()

    def _warm_up(self) -> None:
        """Do what the first search and the first map would wait for.

        Compiling the map's code keeps a core busy for ten seconds, so where there is a map already it waits until the
        first pages are drawn.
        """
        try:
            self.similarity.warm_up()
            pause = WARM_UP_AFTER if self.clustering.current_run() else FIRST_MAP_WARM_UP_AFTER
        finally:
            self._index_ready.set()
        if not self._closing.wait(pause):
            self.clustering.warm_up()

    def _import(self, parameters: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
        try:
            report = self.importing.run(parameters["folder"], context.progress, context.cancelled)
            if self.embedding_queue.remote:
                self.embedding_queue.enqueue(self.embeddings.active.unembedded())
        finally:
            if self.clustering.current_run() is not None:
                self.clustering.place_new_images()
        if parameters.get("then_map", True) and not self.embedding_queue.busy:  # it makes the map at its end
            self._start_first_map()
        listed = report.skipped[:SKIPPED_IN_RESULT]
        return {**asdict(replace(report, skipped=listed)), "skipped_in_all": len(report.skipped)}

    def _embed(self, parameters: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
        """Embed what an encoder lacks, and make its first map where it is the active one and has none."""
        space = self.encoders.ready_to_embed(parameters["encoder"])
        wanted = space.unembedded()
        unreadable = ""
        try:
            if self.embedding_queue.remote and space is self.embeddings.active:
                self._await_workers(space, wanted, context)
            else:
                space.update_embeddings(wanted, context.progress, context.cancelled)
        except UnreadableImage as reason:
            unreadable = str(reason)
        finally:
            self.clustering.place_new_images()
        if space is self.embeddings.active:
            self._start_first_map()
        return {"encoder": space.name, "embedded": len(wanted) - len(space.unembedded()), "unreadable": unreadable}

    def _await_workers(self, space: EmbeddingSpace, image_ids: list[str], context: JobContext) -> None:
        """Have workers embed these images, and show how far they are; stopped, they go on all the same.

        After a switch the queue is about the other encoder's images, so this ends.
        """
        self.embedding_queue.enqueue(image_ids)
        while self.embedding_queue.busy and space is self.embeddings.active:
            if context.cancelled():
                raise JobCancelled
            status = self.embedding_queue.status()
            left = min(status.images, len(image_ids))
            message = "Embedding by workers" if status.workers else "Waiting for workers: python -m curate worker"
            context.progress(len(image_ids) - left, len(image_ids), message)
            time.sleep(WORKERS_LOOK)

    def _after_embedding(self) -> None:
        """Put on the map what the queue has embedded, or make the first one."""
        self.clustering.place_new_images()
        self._start_first_map()

    def _start_first_map(self) -> None:
        """Make the active encoder's first map in the background, unless it has one, or there is nothing to show."""
        if self.clustering.current_run() is None and self.embeddings.count():
            self.jobs.start("first map", "Make the map", {"encoder": self.encoder.name})

    def _first_map(self, parameters: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
        """Make the map, unless somebody has made one while this job waited, or more images came to be embedded."""
        run = self.clustering.current_run(parameters.get("encoder"))
        if run is None and self.embedding_queue.busy:
            return {}  # once they are embedded, this is asked for again
        return self._cluster(parameters, context) if run is None else _told_run(run)

    def _cluster(self, parameters: Mapping[str, Any], context: JobContext) -> Mapping[str, Any]:
        given = {name: value for name, value in parameters.items() if name != "encoder"}
        run = self.clustering.run(given, context.progress, context.cancelled, parameters.get("encoder"))
        return _told_run(run)


_open: dict[Path, Workspace] = {}
_open_lock = threading.Lock()


def open_workspace(settings: Settings) -> Workspace:
    """Return this process's workspace for `settings.workspace`; the first time it is opened and started."""
    folder = settings.workspace.expanduser().resolve()
    with _open_lock:
        if folder not in _open:
            _open[folder] = Workspace(folder, settings)
            _open[folder].start()
        return _open[folder]


def close_workspaces() -> None:
    """Close everything that `open_workspace` opened."""
    with _open_lock:
        for workspace in _open.values():
            workspace.close()
        _open.clear()


def _told_run(run: ClusterRun) -> Mapping[str, Any]:
    """Return a run as a job's result."""
    told = {"clusters": run.clusters, "noise": run.noise, "images": run.images}
    return {"run_id": run.id, **told, "seconds": run.seconds}


def _made(folder: Path) -> Path:
    folder = folder.expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(
            f"The workspace folder {folder} can't be made: {error.strerror}. Choose another one."
        ) from error
    return folder
