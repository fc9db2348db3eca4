"""Embedding by workers on Redis: the app sends chunks and keeps what comes back; nobody else writes."""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress

import numpy as np

from curate.embedding.service import ImageEmbeddingService
from curate.errors import EncoderNotFound, QueueUnreachable
from curate.jobs.embedding_queue.backlog import Backlog
from curate.jobs.embedding_queue.broker import Broker, Ended, Fate
from curate.jobs.embedding_queue.chunks import CHUNK_IMAGES, Chunk, ChunkResult, QueuedImage, read_result
from curate.jobs.embedding_queue.rq_jobs import RedisError, address_of, connect, reason_of
from curate.jobs.embedding_queue.status import WorkerStatus
from curate.store.database import Database
from curate.store.unembedded import still_lacking, unembedded_among, workspace_mark

CHUNKS_OUT = 128
"""Chunks on Redis at a time: some minutes of work for a few GPUs, and at most 60 MB of vectors that wait there."""
ATTEMPTS = 2
"""Workers that may be lost over a chunk before its images go out one by one, and over one image before it is left."""


class RemoteWork:
    """Keeps the workers supplied, and what they made.

    The database says what is still to embed, so nothing here has to be on disk: after a restart the chunks that are
    out are found on Redis, and all other images without a vector are sent again.
    """

    remote = True
    chunk_images = CHUNK_IMAGES

    def __init__(self, database: Database, embeddings: ImageEmbeddingService, backlog: Backlog, url: str) -> None:
        """Prepare for the server at `url`; it is first asked in `step`.

        Raises:
            InvalidParameter: the address can't be understood.
        """
        self.address = address_of(url)
        self.workers: tuple[WorkerStatus, ...] = ()
        """Those that are there, of any encoder."""
        self._database = database
        self._embeddings = embeddings
        self._backlog = backlog
        self._broker = Broker(connect(url), workspace_mark(database))
        self._host = socket.gethostname()
        self._sent: dict[str, Chunk] = {}
        self._encoder: str | None = None
        self._reached = False

    def begin(self) -> None:
        """Nothing before the server answers; see `step`."""

    def step(self, tell: Callable[[str], None]) -> int:
        """Keep what came back, send what waits, and return how many images were kept.

        Raises:
            QueueUnreachable: Redis does not answer; the next step goes on from here.
            StorageFailed: the disk is full, say; what came back stays on Redis.
        """
        try:
            kept = self._step(tell)
        except RedisError as error:
            self.workers, self._reached = (), False
            raise QueueUnreachable(self.address, reason_of(error)) from error
        self._reached = True
        return kept

    @property
    def problem(self) -> str | None:
        """Why images wait although Redis answers."""
        if not self._backlog.unfinished or any(worker.encoder == self._encoder for worker in self.workers):
            return None
        others = sorted({worker.encoder for worker in self.workers})
        if others:
            return (
                f"The workers embed with {', '.join(others)}, but this workspace wants {self._encoder}. "
                "Start them with CURATE_ENCODER set to it."
            )
        return "Images wait, but no worker is there. Start one, on any machine: `python -m curate worker`."

    def close(self) -> None:
        """Tell workers that the app goes; what they do meanwhile is collected at the next start."""
        if self._reached:
            with suppress(RedisError):  # its entry ends by itself in seconds
                self._broker.leave()

    def _step(self, tell: Callable[[str], None]) -> int:
        self._follow_encoder()
        encoder = self._embeddings.encoder
        if encoder.embeds:  # of vectors from a file nobody has the model, so no worker is turned away for lacking it
            self._broker.announce(self._host, encoder.name)
        self.workers = self._broker.workers()
        kept = sum(self._settle(ended, tell) for ended in list(self._broker.ended(self._sent)))
        self._send()
        return kept

    def _follow_encoder(self) -> None:
        """At the start, and when a person switches: queue what the active encoder has no vector of."""
        space = self._embeddings.active
        if space.name == self._encoder:
            return
        if self._encoder is None:
            self._sent = self._broker.recover()
        for job_id, chunk in list(self._sent.items()):
            if chunk.encoder == space.name:
                self._backlog.claim(chunk.ids)
            else:
                self._drop(job_id)
        self._backlog.reset(lambda: space.unembedded() if space.encoder.embeds else [])
        self._encoder = space.name

    def _settle(self, ended: Ended, tell: Callable[[str], None]) -> int:
        """Do what a chunk's end asks for, and only then let go of it: whatever fails before is done again."""
        chunk = self._sent[ended.job_id]
        kept = 0
        if ended.fate is Fate.DONE:
            kept = self._take_in(chunk, ended, tell)
        elif ended.fate is Fate.VANISHED:
            self._backlog.put_back(chunk.ids)
        else:
            self._try_again(chunk, ended.reason, tell)
        self._broker.forget(ended.job_id, chunk.encoder)
        del self._sent[ended.job_id]
        return kept

    def _take_in(self, chunk: Chunk, ended: Ended, tell: Callable[[str], None]) -> int:
        try:
            space = self._embeddings.space(chunk.encoder)
            result = read_result(ended.content, chunk, space.dimension)
        except EncoderNotFound as gone:
            self._backlog.put_back(chunk.ids)
            tell(str(gone))
            return 0
        except ValueError as error:
            self._try_again(chunk, f"A worker's answer can't be used: {error}.", tell)
            return 0
        if result.given_back:
            tell(result.given_back)
            self._backlog.put_back(chunk.ids)
            return 0
        kept = self._keep(chunk, result)
        self._sort_out_rest(chunk, result, tell)
        return kept

    def _keep(self, chunk: Chunk, result: ChunkResult) -> int:
        """Record the vectors of images that still lack one and still are what was embedded; return how many."""
        space = self._embeddings.space(chunk.encoder)
        content = {image.id: image.content_hash for image in chunk.images}
        with self._database.write() as cursor:
            lacking = still_lacking(cursor, chunk.encoder, content)
            kept = [position for position, image_id in enumerate(result.ids) if image_id in lacking]
            if kept:
                rows = space.append_vectors(np.ascontiguousarray(result.vectors[kept]))
                space.record(cursor, [result.ids[position] for position in kept], rows)
        return len(kept)

    def _sort_out_rest(self, chunk: Chunk, result: ChunkResult, tell: Callable[[str], None]) -> None:
        """Send images again that changed meanwhile, and set those aside that can't be read."""
        now = {image.id: image.content_hash for image in unembedded_among(self._database, chunk.encoder, chunk.ids)}
        unreadable = {}
        for image in chunk.images:
            if now.get(image.id) == image.content_hash and image.id in result.reasons:
                unreadable[image.id] = f"{image.path}: {result.reasons[image.id]}"
        self._backlog.set_aside(unreadable)
        self._backlog.put_back(now.keys() - unreadable.keys())
        self._backlog.finish(chunk.ids)
        for reason in unreadable.values():
            tell(reason)

    def _try_again(self, chunk: Chunk, reason: str, tell: Callable[[str], None]) -> None:
        """Send a chunk once more; one that takes worker after worker with it goes out image by image."""
        tell(reason)
        attempts = chunk.attempts + 1
        if attempts < ATTEMPTS:
            self._send_out([chunk.model_copy(update={"attempts": attempts})], first=True)
        elif len(chunk.images) > 1:
            self._send_out(Chunk(encoder=chunk.encoder, images=(image,)) for image in chunk.images)
        else:
            image = chunk.images[0]
            self._backlog.set_aside({image.id: f"{image.path}: no worker survived it. {reason}"})

    def _send(self) -> None:
        assert self._encoder is not None, "it is known from the first step on"
        ids = self._backlog.take(max(CHUNKS_OUT - len(self._sent), 0) * CHUNK_IMAGES)
        if not ids:
            return
        try:
            found = unembedded_among(self._database, self._encoder, ids)
            images = [QueuedImage(**image._asdict()) for image in found]
            parts = (tuple(images[at : at + CHUNK_IMAGES]) for at in range(0, len(images), CHUNK_IMAGES))
            self._send_out(Chunk(encoder=self._encoder, images=part) for part in parts)
        except BaseException:
            self._backlog.put_back(ids)
            raise
        self._backlog.finish({*ids} - {image.id for image in images})

    def _send_out(self, chunks: Iterable[Chunk], *, first: bool = False) -> None:
        self._sent |= self._broker.send(chunks, first=first)

    def _drop(self, job_id: str) -> None:
        chunk = self._sent[job_id]
        self._broker.forget(job_id, chunk.encoder)
        self._backlog.finish(chunk.ids)
        del self._sent[job_id]
