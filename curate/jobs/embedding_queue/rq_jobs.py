"""Redis and RQ as the app and its workers use them.

**Trust.** Nothing that is read from Redis is unpickled or run: jobs and results are JSON, the name of the function,
callbacks and webhooks that a job brings are ignored (RQ would import and call whatever they name), and workers take no
commands. Whoever can write to the Redis server can still lie: make images look embedded with vectors of their own, or
have a worker open files whose content hash they know. So it should ask for a password (`redis://:password@host`), and
`rediss://` encrypts what travels. The token of the app's API never goes through Redis.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from redis.retry import Retry
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from curate.errors import InvalidParameter

__all__ = ["ChunkJob", "JSONSerializer", "Redis", "RedisError", "address_of", "connect", "queue_of", "reason_of"]

SOCKET_SECONDS = 2.0
CHUNK_SECONDS = 3600
"""After which a worker gives up on a chunk."""
RESULT_SECONDS = 86_400
"""How long a result waits for the app; later, its images are found in the database and embedded again."""


class ChunkJob(Job):
    """An RQ job that does one thing only: what the worker that runs it has put into `work`."""

    work: Callable[[Any], Any] | None = None

    success_callback = None
    failure_callback = None
    stopped_callback = None

    def _execute(self) -> Any:
        assert self.work is not None, "only a worker runs jobs"
        (chunk,) = self.args
        return self.work(chunk)

    def send_webhooks(self, *_: Any, **__: Any) -> None:
        """Send nothing anywhere."""


def connect(url: str) -> Redis:
    """Return a client that never waits for Redis longer than `SOCKET_SECONDS`. It connects when it is used.

    Raises:
        InvalidParameter: the address can't be understood.
    """
    try:
        return Redis.from_url(
            url,
            socket_timeout=SOCKET_SECONDS,
            socket_connect_timeout=SOCKET_SECONDS,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 1, (ConnectionError,)),  # one that Redis closed meanwhile is opened again at once
        )
    except ValueError as error:
        raise InvalidParameter(f"CURATE_REDIS_URL can't be used: {error}.") from error


def address_of(url: str) -> str:
    """Return an address as it may be shown: without user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def reason_of(error: RedisError) -> str:
    """Return in a few words why Redis can't be used."""
    cause = error.__cause__ or error.__context__
    if isinstance(error, TimeoutError):
        return "it doesn't answer"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return str(error).rstrip(".")


def queue_of(connection: Redis, encoder: str) -> Queue:
    """Return the queue of an encoder: a worker with another encoder never sees its chunks."""
    return Queue(
        f"curate-{encoder}",
        connection=connection,
        job_class=ChunkJob,
        serializer=JSONSerializer,
        default_timeout=CHUNK_SECONDS,
    )
