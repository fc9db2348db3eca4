"""Redis, and workers on it, for the tests of the queue."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.jobs.queueing import WorkerProcess
from tests.redis_server import RedisServer


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(shared_redis: RedisServer) -> str:
    """The address of an empty server."""
    shared_redis.client().flushall()
    return shared_redis.url


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """Starts a worker on a server, in an empty folder, with further CURATE_* settings; all are ended at the end."""
    workers: list[WorkerProcess] = []

    def start(url: str, **environ: str) -> WorkerProcess:
        folder = tmp_path / f"worker-{len(workers)}"
        folder.mkdir()
        workers.append(WorkerProcess(url, folder / "log", environ, folder))
        return workers[-1]

    yield start
    for worker in workers:
        worker.end()
