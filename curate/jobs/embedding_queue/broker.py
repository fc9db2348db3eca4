"""The app's side of Redis: chunks go out, results and losses come back."""

import time
import uuid
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, cast

from pydantic import ValidationError
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.results import Result

from curate.jobs.embedding_queue.chunks import Chunk
from curate.jobs.embedding_queue.presence import AppReport, Presence, WorkerReport
from curate.jobs.embedding_queue.rq_jobs import RESULT_SECONDS, ChunkJob, JSONSerializer, Redis, queue_of
from curate.jobs.embedding_queue.status import WorkerStatus

DOUBT = 1.5
"""Seconds for which a chunk may be nobody's, on its way from the queue to a worker, before it counts as lost."""


class Fate(Enum):
    """How a chunk's time with the workers ended."""

    DONE = auto()
    FAILED = auto()
    LOST = auto()
    """Its worker died."""
    VANISHED = auto()
    """Redis doesn't know it any more."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A chunk that is out no longer."""

    job_id: str
    fate: Fate
    content: Any = None
    """What the worker returned, unchecked."""
    reason: str = ""


class Broker:
    """One workspace's chunks on a Redis server. Every call may raise RedisError."""

    def __init__(self, connection: Redis, mark: str) -> None:
        """`mark` tells this workspace's chunks from those of others on the same server."""
        self._connection = connection
        self._mark = mark
        self._sent_key = f"curate:{mark}:chunks"
        self._workers = Presence(connection, "worker", WorkerReport)
        self._apps = Presence(connection, "app", AppReport)
        self._doubted: dict[str, float] = {}

    def announce(self, host: str, encoder: str) -> None:
        """Tell workers which encoder this app wants."""
        self._apps.report(self._mark, AppReport(host=host, encoder=encoder))

    def leave(self) -> None:
        """Stop telling workers."""
        self._apps.leave(self._mark)

    def workers(self) -> tuple[WorkerStatus, ...]:
        """Return the workers that are there, of any encoder."""
        return tuple(
            WorkerStatus(name, report.host, report.encoder, bool(report.chunk), report.images, report.rate)
            for name, report in self._workers.present().items()
        )

    def recover(self) -> dict[str, Chunk]:
        """Return the chunks that this workspace sent out and that Redis still has, by their RQ job."""
        found = {}
        for job_id in sorted(cast(set[bytes], self._connection.smembers(self._sent_key))):
            try:
                job = ChunkJob.fetch(job_id.decode(), self._connection, JSONSerializer)
                found[job.id] = Chunk.model_validate(job.args[0])
            except (NoSuchJobError, DeserializationError, ValidationError, IndexError):
                self._connection.srem(self._sent_key, job_id)
        return found

    def send(self, chunks: Iterable[Chunk], *, first: bool = False) -> dict[str, Chunk]:
        """Put chunks on their encoder's queue, in front of all others if `first`; return them by their RQ job."""
        sent = {uuid.uuid4().hex: chunk for chunk in chunks}
        if sent:
            self._connection.sadd(self._sent_key, *sent)  # before the jobs: none is ever out unnoticed
        for encoder in {chunk.encoder for chunk in sent.values()}:
            queue = queue_of(self._connection, encoder)
            queue.enqueue_many(
                [
                    queue.prepare_data(
                        "curate.embed_chunk",  # a name for RQ's own tools; nothing is called by it
                        args=(chunk.model_dump(),),
                        result_ttl=RESULT_SECONDS,
                        failure_ttl=RESULT_SECONDS,
                        description=f"{len(chunk.images)} images",
                        job_id=job_id,
                        at_front=first,
                    )
                    for job_id, chunk in sent.items()
                    if chunk.encoder == encoder
                ]
            )
        return sent

    def ended(self, sent: Mapping[str, Chunk]) -> Iterable[Ended]:
        """Return which of the chunks that are out are so no longer."""
        states = self._states(list(sent))
        queued = self._queued({chunk.encoder for chunk in sent.values()})
        busy = {name: report.chunk for name, report in self._workers.present().items()}
        for job_id, (status, worker) in states.items():
            if status is None:
                yield Ended(job_id, Fate.VANISHED)
            elif status == "finished":
                yield self._finished(job_id)
            elif status not in ("queued", "started"):
                yield Ended(job_id, Fate.FAILED, reason=self._why(job_id))
            elif job_id in queued if status == "queued" else busy.get(worker) == job_id:
                self._doubted.pop(job_id, None)
            elif time.monotonic() - self._doubted.setdefault(job_id, time.monotonic()) > DOUBT:
                yield Ended(job_id, Fate.LOST, reason=f"The worker {worker or 'that took a chunk'} died.")

    def forget(self, job_id: str, encoder: str) -> None:
        """Take a chunk away from Redis; a worker that has it may finish it, but nobody will look."""
        queue = queue_of(self._connection, encoder)
        self._connection.lrem(queue.intermediate_queue_key, 0, job_id)
        try:
            ChunkJob.fetch(job_id, self._connection, JSONSerializer).delete()
        except (NoSuchJobError, DeserializationError):
            self._connection.lrem(queue.key, 0, job_id)
        self._connection.srem(self._sent_key, job_id)
        self._doubted.pop(job_id, None)

    def _states(self, job_ids: list[str]) -> dict[str, tuple[str | None, str]]:
        with self._connection.pipeline(transaction=False) as pipeline:
            for job_id in job_ids:
                pipeline.hmget(ChunkJob.key_for(job_id), "status", "worker_name")
            found = pipeline.execute()
        return {
            job_id: (status and status.decode(), (worker or b"").decode())
            for job_id, (status, worker) in zip(job_ids, found, strict=True)
        }

    def _queued(self, encoders: Iterable[str]) -> set[str]:
        return {job_id for encoder in encoders for job_id in queue_of(self._connection, encoder).get_job_ids()}

    def _finished(self, job_id: str) -> Ended:
        result = self._latest(job_id)
        return Ended(job_id, Fate.VANISHED) if result is None else Ended(job_id, Fate.DONE, result.return_value)

    def _why(self, job_id: str) -> str:
        result = self._latest(job_id)
        lines = (result.exc_string if result else "") or ""
        return f"A worker failed: {lines.strip().splitlines()[-1]}" if lines.strip() else "A worker failed."

    def _latest(self, job_id: str) -> Result | None:
        try:
            job = ChunkJob(job_id, self._connection, JSONSerializer)
            return Result.fetch_latest(job, serializer=JSONSerializer)
        except (ValueError, KeyError, zlib.error):
            return None  # no JSON: the chunk is embedded again
