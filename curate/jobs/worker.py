"""A worker: takes chunks of images from Redis, embeds them, and sends the vectors back."""

import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.utils import now
from rq.worker import WorkerStatus

from curate.embedding.encoder import Encoder
from curate.errors import InvalidParameter, WorkerUnfit
from curate.jobs.embedding_queue.chunks import Chunk, ChunkResult
from curate.jobs.embedding_queue.embedder import ChunkEmbedder
from curate.jobs.embedding_queue.pace import Pace
from curate.jobs.embedding_queue.presence import BEAT, AppReport, Presence, WorkerReport
from curate.jobs.embedding_queue.rq_jobs import (
    ChunkJob,
    JSONSerializer,
    Redis,
    RedisError,
    address_of,
    connect,
    queue_of,
    reason_of,
)
from curate.settings import Settings

LISTEN_SECONDS = 30
"""RQ's `worker_ttl`: it asks for the next chunk anew after 15 of them, so a silent network is noticed after 25."""
TRY_AGAIN_AFTER = 1.0

Say = Callable[[str], None]


def run_worker(settings: Settings, encoder: Encoder, say: Say) -> int:
    """Embed what the app sends until SIGINT or SIGTERM asks to stop, and return how many images were embedded.

    It ends after the chunk that it is at; a second signal ends it at once. While Redis or the app is away it waits.

    Raises:
        InvalidParameter: no Redis server is named, or an address can't be understood.
        WorkerUnfit: the app wants another encoder, or refuses this worker.
    """
    if not settings.redis_url:
        raise InvalidParameter(
            "A worker needs CURATE_REDIS_URL, the Redis server that the app uses: redis://localhost:6379/0, say."
        )
    connection = connect(settings.redis_url)
    embedder = ChunkEmbedder(encoder, settings, say)
    session = _Session(connection, embedder, say)
    say(
        f"Worker {os.getpid()} embeds with {encoder.name}, and takes images from {address_of(settings.redis_url)}. "
        "Ctrl-C ends it after the chunk that it is at."
    )
    try:
        session.run()
    finally:
        embedder.close()
    return session.pace.done


class _Session:
    """A worker from its start to its end, over as many connections to Redis as that takes."""

    def __init__(self, connection: Redis, embedder: ChunkEmbedder, say: Say) -> None:
        self.name = _fresh_name()
        self.pace = Pace()
        self.chunk = ""
        """The RQ job that is worked on; empty between two."""
        self._connection = connection
        self._embedder = embedder
        self._say = say
        self._ended = threading.Event()
        self._beat_now = threading.Event()
        self._beats = _Beats(connection, embedder.encoder.name, say)

    def run(self) -> None:
        """Work until a signal asks to stop.

        Raises:
            WorkerUnfit: the app wants another worker.
        """
        beating = threading.Thread(target=self._beat, name="curate-worker-beat", daemon=True)
        beating.start()
        try:
            while not self._embedder.stopping:
                self._work()
        except (KeyboardInterrupt, StopRequested):
            pass  # asked to stop while there was no chunk
        finally:
            self._ended.set()
            self._beat_now.set()
            beating.join()

    def stop(self) -> None:
        """Take no chunk after this one."""
        self._embedder.stopping = True

    def hold(self, job_id: str) -> None:
        """Say at once which chunk is held; an empty id: none."""
        self.chunk = job_id
        (self.pace.begin if job_id else self.pace.rest)()
        self._beat_now.set()

    def embed(self, chunk: Chunk) -> ChunkResult:
        result = self._embedder.embed(chunk)
        self.pace.add(len(result.ids))
        return result

    def _work(self) -> None:
        """Work over one connection, until it breaks or a signal asks to stop."""
        worker = None
        try:
            self._check_apps()
            worker = ChunkWorker(self._connection, self)
            worker.work(logging_level="CRITICAL")
        except RedisError:
            pass  # the beats say so
        if worker is not None and worker.unfit is not None and not self._embedder.stopping:
            raise worker.unfit
        if not self._embedder.stopping:
            time.sleep(TRY_AGAIN_AFTER)
            self.name = _fresh_name()  # RQ takes one that was cut off for another worker's

    def _check_apps(self) -> None:
        """See that one of the apps that are there wants this encoder; an app may also come later."""
        wanted = self._beats.wanted()
        if wanted and self.encoder not in wanted:
            raise WorkerUnfit(
                f"The app embeds with {', '.join(sorted(wanted))}, but this worker has {self.encoder}. "
                "Start it with the app's CURATE_ENCODER."
            )

    @property
    def encoder(self) -> str:
        """The encoder's name."""
        return self._embedder.encoder.name

    def _beat(self) -> None:
        while not self._ended.is_set():
            report = WorkerReport(
                host=socket.gethostname(),
                encoder=self.encoder,
                chunk=self.chunk,
                images=self.pace.done,
                rate=self.pace.rate(),
            )
            self._beats.report(self.name, report)
            self._beat_now.wait(BEAT)
            self._beat_now.clear()
        self._beats.leave(self.name)


class _Beats:
    """Tells Redis that a worker lives, and tells people when Redis doesn't answer."""

    def __init__(self, connection: Redis, encoder: str, say: Say) -> None:
        self._workers = Presence(connection, "worker", WorkerReport)
        self._apps = Presence(connection, "app", AppReport)
        self._encoder = encoder
        self._say = say
        self._away = False
        self._unwanted = False

    def wanted(self) -> set[str]:
        """Return the encoders of the apps that are there."""
        return {report.encoder for report in self._apps.present().values()}

    def report(self, name: str, report: WorkerReport) -> None:
        try:
            self._workers.report(name, report)
            if not report.chunk:
                self._tell_if_unwanted(self.wanted())
        except RedisError as error:
            if not self._away:
                self._say(f"Redis can't be reached: {reason_of(error)}. Waiting for it.")
            self._away = True
            return
        if self._away:
            self._say("Redis is back.")
        self._away = False

    def leave(self, name: str) -> None:
        with suppress(RedisError):  # the report ends by itself in seconds
            self._workers.leave(name)

    def _tell_if_unwanted(self, wanted: set[str]) -> None:
        unwanted = bool(wanted) and self._encoder not in wanted
        if unwanted and not self._unwanted:
            self._say(f"The app embeds with {', '.join(sorted(wanted))} now; this worker waits with {self._encoder}.")
        self._unwanted = unwanted


class ChunkWorker(SimpleWorker):
    """An RQ worker that embeds chunks in its own process, where the model stays loaded, and does nothing else."""

    max_connection_wait_time = 2.0

    def __init__(self, connection: Redis, session: _Session) -> None:
        super().__init__(
            [queue_of(connection, session.encoder)],
            name=session.name,
            connection=connection,
            worker_ttl=LISTEN_SECONDS,
            job_class=ChunkJob,
            serializer=JSONSerializer,
            log_job_description=False,
        )
        self.unfit: WorkerUnfit | None = None
        """Why this worker can't go on."""
        self._session = session

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Do one chunk; the session holds it until its result is on Redis."""
        assert isinstance(job, ChunkJob), "the queue was told this class"
        job.work = self._embedded
        self._session.hold(job.id)
        try:
            super().execute_job(job, queue)
        finally:
            self._session.hold("")

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the chunk that is being worked on; RQ's own way asks Redis here, which may be away."""
        self._session.stop()
        self._shutdown_requested_date = now()
        signal.signal(signal.SIGINT, self.request_force_stop)
        signal.signal(signal.SIGTERM, self.request_force_stop)
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested
        self._stop_requested = True

    @property
    def should_run_maintenance_tasks(self) -> bool:
        """Never: the app looks after its chunks, and RQ's tidying would unpickle what others left on the server."""
        return False

    def subscribe(self) -> None:
        """Listen to no commands: whoever reaches Redis could end the worker."""

    def _embedded(self, content: Any) -> dict[str, Any]:
        try:
            result = self._session.embed(Chunk.model_validate(content))
        except WorkerUnfit as unfit:
            self.unfit = unfit
            self._stop_requested = True
            result = ChunkResult(given_back=str(unfit))
        return result.to_json()


def _fresh_name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
