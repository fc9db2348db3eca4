"""Who is there: workers and apps report every half second, and count as gone when they haven't for four."""

from typing import Generic, TypeVar, cast

from pydantic import BaseModel, Field, ValidationError

from curate.jobs.embedding_queue.rq_jobs import Redis

BEAT = 0.5
LEASE = 4.0
"""Seconds without a report after which a worker counts as dead.

RQ's own sign of life for a job that runs in the worker's process lasts a minute beyond the job's time limit, and its
records of dead workers are tidied every ten minutes; so this is kept beside it, by a thread that a long forward pass
doesn't hold up.
"""


class WorkerReport(BaseModel):
    """What a worker says of itself."""

    host: str = Field(max_length=200)
    encoder: str = Field(max_length=200)
    chunk: str
    """The RQ job that it works on; empty where it waits for one."""
    images: int
    rate: float


class AppReport(BaseModel):
    """What an app says of itself."""

    host: str = Field(max_length=200)
    encoder: str = Field(max_length=200)


Report = TypeVar("Report", bound=BaseModel)


class Presence(Generic[Report]):
    """The reports of one kind on a Redis server."""

    def __init__(self, connection: Redis, kind: str, report: type[Report]) -> None:
        self._connection = connection
        self._report = report
        self._all = f"curate:{kind}s"
        self._one = f"curate:{kind}:"

    def report(self, name: str, content: Report) -> None:
        """Say that `name` is there."""
        with self._connection.pipeline() as pipeline:
            pipeline.set(self._one + name, content.model_dump_json(), px=int(LEASE * 1000))
            pipeline.sadd(self._all, name)
            pipeline.execute()

    def leave(self, name: str) -> None:
        """Say that `name` goes."""
        with self._connection.pipeline() as pipeline:
            pipeline.delete(self._one + name)
            pipeline.srem(self._all, name)
            pipeline.execute()

    def present(self) -> dict[str, Report]:
        """Return name → last report, of all that are there; forget those that aren't."""
        names = sorted(cast(set[bytes], self._connection.smembers(self._all)))
        if not names:
            return {}
        found = cast(list[bytes | None], self._connection.mget([self._one.encode() + name for name in names]))
        gone = [name for name, report in zip(names, found, strict=True) if report is None]
        if gone:
            self._connection.srem(self._all, *gone)
        pairs = zip(names, found, strict=True)
        return {name.decode(): report for name, content in pairs if content and (report := self._read(content))}

    def _read(self, content: bytes) -> Report | None:
        try:
            return self._report.model_validate_json(content)
        except ValidationError:
            return None  # of another version, or not ours
