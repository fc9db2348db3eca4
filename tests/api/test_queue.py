"""The queue through the API, and the files that workers fetch."""

import os
from pathlib import Path

from fastapi.testclient import TestClient

from curate.settings import Settings
from curate.workspace import Workspace
from tests.api.conftest import client_of


def test_a_queue_without_redis_and_without_work_is_empty(client: TestClient) -> None:
    answer = client.get("/api/queue").json()

    assert (answer["remote"], answer["images"], answer["workers"], answer["problem"]) == (False, 0, [], None)
    assert answer["encoder"] == "descriptor"


def test_the_metrics_count_what_waits(client: TestClient, workspace: Workspace, image_ids: list[str]) -> None:
    workspace.embedding_queue.enqueue(image_ids[:4])

    lines = client.get("/api/metrics").text.splitlines()

    assert "curate_queue_images 4" in lines
    assert "curate_queue_workers 0" in lines


def test_a_worker_gets_every_file_byte_for_byte(client: TestClient, pictures: Path, image_ids: list[str]) -> None:
    for image_id, path in zip(image_ids, sorted(pictures.iterdir()), strict=True):
        answer = client.get(f"/api/queue/images/{image_id}")

        assert answer.content == path.read_bytes()
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == "attachment"


def test_a_file_that_is_gone_or_a_pipe_by_now_is_told_of(
    client: TestClient, pictures: Path, image_ids: list[str]
) -> None:
    first, second = sorted(pictures.iterdir())[:2]
    first.unlink()
    second.unlink()
    os.mkfifo(second)

    for image_id in (*image_ids[:2], "unknown"):
        answer = client.get(f"/api/queue/images/{image_id}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_queue_and_its_files_want_the_token(workspace: Workspace, image_ids: list[str]) -> None:
    client = client_of(lambda: workspace, settings=Settings(api_token="secret"))
    token = {"Authorization": "Bearer secret"}

    for path in ("/api/queue", f"/api/queue/images/{image_ids[0]}"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=token).status_code == 200
