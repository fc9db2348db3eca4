"""Encoders through the API: the list, the switch, and what is refused."""

import os
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from curate.workspace import Workspace
from tests.api.conftest import client_of


@pytest.fixture
def attached(workspace: Workspace, image_ids: list[str], tmp_path: Path) -> str:
    """The name of vectors from a file, of the first four images."""
    np.save(tmp_path / "vectors.npy", np.random.default_rng(0).normal(size=(4, 8)))
    (tmp_path / "ids.txt").write_text("\n".join(image_ids[:4]))
    return workspace.exchange.attach(tmp_path / "vectors.npy", tmp_path / "ids.txt", "From afar").name


def test_the_list_says_what_each_encoder_has_embedded(client: TestClient, attached: str) -> None:
    answer = client.get("/api/encoders").json()

    assert (answer["active"], answer["images"]) == ("descriptor", 6)
    assert [(one["name"], one["images"], one["active"], one["embeds"]) for one in answer["encoders"]] == [
        ("descriptor", 6, True, True),
        (attached, 4, False, False),
    ]


def test_a_switch_is_followed_by_searches_and_clusters(
    client: TestClient, attached: str, clustered: dict[str, int], image_ids: list[str]
) -> None:
    assert client.get("/api/clusters").json()["run"]["id"] == clustered["run_id"]

    answer = client.post("/api/encoders/activate", json={"name": attached})

    assert (answer.status_code, answer.json()["active"]) == (200, attached)
    assert client.get("/api/health").json()["encoder"] == attached
    assert client.get("/api/clusters").json() == {"run": None, "clusters": []}
    found = client.post("/api/similarity/find", json={"image_id": image_ids[0]}).json()
    assert found["encoder"] == attached
    assert len(found["results"]) == 3


def test_what_an_encoder_lacks_is_embedded_in_the_background(client: TestClient, workspace: Workspace) -> None:
    with workspace.database.write() as cursor:
        cursor.execute("DELETE FROM embeddings WHERE row_number > 2")

    answer = client.post("/api/encoders/embed")

    assert answer.status_code == 202
    assert workspace.jobs.wait(answer.json()["job_id"], 60).result is not None
    assert client.get("/api/encoders").json()["encoders"][0]["images"] == 6


@pytest.mark.parametrize(
    ("call", "body", "status", "words"),
    [
        ("activate", {"name": "nobody"}, 404, "There is no encoder “nobody”"),
        ("activate", {}, 422, "name is missing"),
        ("embed", {"name": "nobody"}, 404, "There is no encoder “nobody”"),
        ("embed", {"name": "from-afar"}, 422, "“From afar” came from a file"),
    ],
)
def test_what_cannot_be_is_a_problem(
    client: TestClient, attached: str, call: str, body: dict[str, str], status: int, words: str
) -> None:
    answer = client.post(f"/api/encoders/{call}", json=body)

    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_text_needs_an_encoder_that_reads_it(client: TestClient, attached: str) -> None:
    client.post("/api/encoders/activate", json={"name": attached})

    answer = client.post("/api/similarity/find", json={"text": "red"})

    assert answer.status_code == 422
    assert "From afar" in answer.json()["detail"]


def test_vectors_are_attached_from_a_file_on_the_server(
    client: TestClient, image_ids: list[str], tmp_path: Path
) -> None:
    np.save(tmp_path / "vectors.npy", np.random.default_rng(0).normal(size=(2, 8)))
    (tmp_path / "ids.txt").write_text("\n".join(image_ids[:2]))
    body = {"file": str(tmp_path / "vectors.npy"), "ids": str(tmp_path / "ids.txt"), "name": "From afar"}

    answer = client.post("/api/encoders/import", json=body)

    assert answer.status_code == 200, answer.text
    assert (answer.json()["name"], answer.json()["images"]) == ("from-afar", 2)
    again = client.post("/api/encoders/import", json=body)
    assert (again.status_code, "Choose another name" in again.json()["detail"]) == (422, True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such device")
def test_a_device_is_no_list_of_ids(client: TestClient, tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", np.ones((2, 8)))
    body = {"file": str(tmp_path / "vectors.npy"), "ids": "/dev/null", "name": "From afar"}

    answer = client.post("/api/encoders/import", json=body)

    assert (answer.status_code, "no such file" in answer.json()["detail"]) == (422, True)


def test_an_import_for_another_encoder_than_the_active_one_is_refused(
    client: TestClient, attached: str, pictures: Path
) -> None:
    client.post("/api/encoders/activate", json={"name": attached})

    answer = client.post("/api/import", json={"folder": str(pictures), "encoder": "descriptor"})

    assert answer.status_code == 422
    assert "The encoder in use is from-afar, not descriptor" in answer.json()["detail"]


@pytest.mark.parametrize("file", ["nowhere.npy", "/nowhere/vectors.npy", "a\0b.npy", "", "/etc/passwd"])
def test_only_files_in_folders_that_may_be_imported_are_read(
    workspace: Workspace, pictures: Path, image_ids: list[str], file: str
) -> None:
    settings = workspace.settings.model_copy(update={"import_roots": str(pictures)})
    workspace.settings = settings
    path = file if file.startswith("/") or not file else str(pictures / file)

    answer = client_of(lambda: workspace).post("/api/encoders/import", json={"file": path, "name": "mine"})

    assert answer.status_code == 422
    assert answer.json()["detail"]
