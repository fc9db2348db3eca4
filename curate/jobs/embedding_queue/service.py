"""The queue of images that wait to be embedded, and the thread that sees to it."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from curate.embedding.service import ImageEmbeddingService
from curate.errors import CurateError
from curate.jobs.embedding_queue.backlog import Backlog
from curate.jobs.embedding_queue.local import LocalWork
from curate.jobs.embedding_queue.pace import Pace
from curate.jobs.embedding_queue.status import QueueStatus, WorkerStatus
from curate.store.database import Database

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.5
"""Seconds between two looks at what workers sent back."""
REST_AFTER_FAILURE = 2.0


class Work(Protocol):
    """A way to embed what waits; `remote.py` and `local.py` have one each."""

    remote: bool
    address: str
    chunk_images: int

    @property
    def workers(self) -> tuple[WorkerStatus, ...]: ...

    @property
    def problem(self) -> str | None: ...

    def begin(self) -> None: ...

    def step(self, tell: Callable[[str], None]) -> int: ...

    def close(self) -> None: ...


class EmbeddingQueueService:
    """Embeds images in the background: in this process, or with Redis by workers on any number of machines.

    Nothing of the queue needs saving: which images lack a vector is in the database. See `rq_jobs` for whom a Redis
    server makes Curate trust, and `presence` for how the death of a worker is noticed.
    """

    def __init__(
        self,
        database: Database,
        embeddings: ImageEmbeddingService,
        redis_url: str = "",
        on_drained: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; nothing happens before `start`. `on_drained` is called whenever nothing waits any more.

        Raises:
            InvalidParameter: `redis_url` can't be understood.
        """
        self._embeddings = embeddings
        self._backlog = Backlog()
        self._work = _work(database, embeddings, self._backlog, redis_url)
        self._on_drained = on_drained
        self._pace = Pace()
        self._undrained = False
        self._trouble: str | None = None
        self._last_error: str | None = None
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def remote(self) -> bool:
        """Whether workers on Redis embed, rather than this process."""
        return self._work.remote

    @property
    def busy(self) -> bool:
        """Whether images wait or are being embedded."""
        return self._backlog.unfinished > 0

    def start(self) -> None:
        """Begin, with what earlier processes left."""
        self._work.begin()
        self._thread = threading.Thread(target=self._run, name="curate-embedding-queue", daemon=True)
        self._thread.start()

    def enqueue(self, image_ids: Iterable[str]) -> None:
        """Have images embedded under the active encoder that have no vector yet; returns at once.

        Does nothing where its vectors came from a file: there is no model to embed them with.
        """
        if self._embeddings.encoder.embeds:
            self._backlog.add(image_ids)
            self._wake.set()

    def status(self) -> QueueStatus:
        """Return how it goes; never waits for Redis."""
        unfinished = self._backlog.unfinished
        return QueueStatus(
            remote=self.remote,
            address=self._work.address,
            encoder=self._embeddings.encoder.name,
            images=unfinished,
            chunks=-(-unfinished // self._work.chunk_images),
            workers=self._work.workers,
            rate=self._pace.rate(),
            set_aside=self._backlog.left_out,
            problem=self._trouble or self._work.problem,
            last_error=self._last_error,
        )

    def close(self, timeout: float = 60.0) -> None:
        """End the thread after the batch that it is at. Workers go on; their results wait for the next start."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._closing.is_set():
            pause = self._step()
            if pause:
                self._wake.wait(pause)
                self._wake.clear()
        self._work.close()

    def _step(self) -> float:
        """Do a step and return the seconds to wait until the next; 0 where more can be done at once."""
        try:
            if self.busy:
                self._undrained = True
                self._pace.begin()
            done = self._work.step(self._tell)
        except CurateError as error:
            return self._stuck(str(error))
        except Exception:
            logger.exception("The embedding queue met an unexpected error")
            return self._stuck("The embedding queue met an unexpected error; it tries again. The log has the details.")
        self._unstuck()
        if done:
            self._undrained = True
            self._pace.add(done)
        if not self.busy:
            self._pace.rest()
            self._drained()
        return 0.0 if self.busy and not self.remote else LOOK_EVERY

    def _drained(self) -> None:
        if not self._undrained:
            return
        self._undrained = False
        try:
            self._on_drained()
        except Exception:
            logger.exception("What follows after embedding failed")

    def _tell(self, error: str) -> None:
        logger.warning("%s", error)
        self._last_error = error

    def _stuck(self, problem: str) -> float:
        if problem != self._trouble:
            logger.warning("%s", problem)
        self._trouble = problem
        return REST_AFTER_FAILURE

    def _unstuck(self) -> None:
        if self._trouble is not None:
            logger.warning("The embedding queue goes on.")
            self._trouble = None


def _work(database: Database, embeddings: ImageEmbeddingService, backlog: Backlog, redis_url: str) -> Work:
    if not redis_url:
        return LocalWork(database, embeddings, backlog)
    from curate.jobs.embedding_queue.remote import RemoteWork  # Redis and RQ take a fifth of a second to import

    return RemoteWork(database, embeddings, backlog, redis_url)
