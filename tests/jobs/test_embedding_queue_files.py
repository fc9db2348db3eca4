"""Workers that see other files than the app: they fetch them, with its token."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from curate.api.cluster_manager import ClusterManagerAPI
from curate.embedding.descriptor import DescriptorEncoder
from curate.ingest.decode import DecodedFile, decode
from curate.settings import Settings
from curate.workspace import Workspace
from tests.builders import save_picture
from tests.jobs.queueing import WorkerProcess, until
from tests.redis_server import free_port

TOKEN = "open sesame"
HERE = Path("/proc/self/cwd")
"""The folder that a process is in: another place for a worker than for the app."""

pytestmark = pytest.mark.skipif(not HERE.exists(), reason="needs /proc, to give two processes different files")

StartWorker = Callable[..., WorkerProcess]


@contextmanager
def served(workspace: Workspace, port: int) -> Iterator[str]:
    """The API of a workspace at an address."""
    app = Starlette(routes=[Mount("/api", app=ClusterManagerAPI(lambda: workspace).app)])
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def workspace(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Three images without vectors, at paths that lead to files in this process's folder only."""
    home = tmp_path / "home"
    for number, ending in enumerate(("jpg", "png", "tif")):
        save_picture(home / "pictures" / f"picture-{number}.{ending}", seed=number)
    monkeypatch.chdir(home)
    settings = Settings(
        workspace=tmp_path / "workspace", encoder="descriptor", redis_url=redis_url, api_token=TOKEN, app_url=""
    )
    with Workspace(settings.workspace, settings) as workspace:
        workspace.importing.run(home / "pictures")
        with workspace.database.write() as cursor:
            cursor.execute("DELETE FROM embeddings")
            cursor.execute("UPDATE images SET path = ? || name", [f"{HERE}/pictures/"])
        workspace.embedding_queue.start()
        yield workspace


def check(workspace: Workspace) -> None:
    """Check that each image has the vector of its file."""
    for image in workspace.images.get_many(workspace.images.find()):
        path = Path(image.path)
        decoded = decode(path, path.name, DescriptorEncoder().preparation)
        assert isinstance(decoded, DecodedFile)
        expected = DescriptorEncoder().embed_images([decoded.prepared])[0]
        assert (workspace.embeddings.get_embedding(image.id) == expected).all()


def test_a_worker_that_sees_no_file_fetches_it_and_waits_while_the_app_is_away(
    workspace: Workspace, redis_url: str, start_worker: StartWorker
) -> None:
    port = free_port()
    worker = start_worker(redis_url, CURATE_APP_URL=f"http://127.0.0.1:{port}", CURATE_API_TOKEN=TOKEN)
    until(lambda: "can't be reached" in worker.said())

    with served(workspace, port):
        until(lambda: workspace.embeddings.count() == 3)
        until(lambda: not workspace.embedding_queue.busy)

    check(workspace)


def test_a_worker_with_a_wrong_token_ends_and_gives_its_chunk_back(
    workspace: Workspace, redis_url: str, start_worker: StartWorker
) -> None:
    with served(workspace, free_port()) as url:
        wrong = start_worker(redis_url, CURATE_APP_URL=url, CURATE_API_TOKEN="open barley")
        assert wrong.process.wait(20) == 1
        assert "CURATE_API_TOKEN" in wrong.said()

        start_worker(redis_url, CURATE_APP_URL=url, CURATE_API_TOKEN=TOKEN)
        until(lambda: workspace.embeddings.count() == 3)

    check(workspace)
    assert "CURATE_API_TOKEN" in (workspace.embedding_queue.status().last_error or "")


def test_a_worker_that_can_get_no_file_says_which_setting_it_needs(
    workspace: Workspace, redis_url: str, start_worker: StartWorker
) -> None:
    worker = start_worker(redis_url)

    assert worker.process.wait(20) == 1
    assert "CURATE_APP_URL" in worker.said()
    until(lambda: workspace.embedding_queue.status().last_error)
    assert (workspace.embedding_queue.status().images, workspace.embedding_queue.status().set_aside) == (3, 0)
