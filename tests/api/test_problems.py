"""Every error is a problem document with a sentence; bad input never is the server's fault."""

import json
import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient

from curate.errors import WorkspaceBusy
from curate.workspace import Workspace
from tests.api.conftest import client_of

HUGE = 10**40
LONG = "x" * 1_000_000
ODD_VALUES = [
    None, True, 0, -1, 1.5, 10**9, HUGE, "", "x", "\0", "\ud800", "x" * 10_000, LONG, [], [1], ["\ud800"], ["x"], {},
    f"cluster:{HUGE}", 'tag:"', "missing:x", "-", "../../etc/passwd", "'; DROP TABLE images; --",
]  # fmt: skip
FIELDS = {
    "/api/similarity/find": ["image_id", "top_k", "text", "positives", "negatives", "filter", "unknown"],
    "/api/tagging/apply": ["image_ids", "tag", "filter", "cluster_id", "remove"],
    "/api/tagging/undo": ["operation_id"],
    "/api/import": ["folder", "encoder"],
    "/api/cluster/run": ["algorithm", "reducer", "min_cluster_size", "n_neighbors", "min_dist", "unknown"],
}
NEEDED: dict[str, dict[str, Any]] = {
    "/api/tagging/apply": {"tag": "red"},
    "/api/import": {"folder": "/nowhere"},
    "/api/cluster/run": {"n_clusters": 1000, "algorithm": "kmeans"},
}


def problem_of(answer: Any) -> dict[str, Any]:
    """Check that an answer is a problem document that a person can read."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:300]
    found: dict[str, Any] = answer.json()
    assert set(found) >= {"type", "title", "status", "detail"}
    assert found["status"] == answer.status_code
    assert found["detail"].endswith(".")
    assert len(found["detail"]) < 700
    assert "Traceback" not in answer.text
    return found


@pytest.mark.parametrize(("path", "field"), [(path, field) for path, fields in FIELDS.items() for field in fields])
def test_odd_values_are_refused_or_used_but_never_break_the_server(client: TestClient, path: str, field: str) -> None:
    for value in ODD_VALUES:
        body = json.dumps({**NEEDED.get(path, {}), field: value})
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500, (field, str(value)[:50], answer.text[:300])
        if answer.status_code >= 400:
            problem_of(answer)


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b"\xff\xfe", b"\0", b"[" * 100_000, b'{"top_k":' + b"9" * 5000])
@pytest.mark.parametrize("path", ["/api/similarity/find", "/api/tagging/apply", "/api/import"])
def test_a_body_that_is_no_json_object_is_a_problem(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})

    assert problem_of(answer)["status"] in (400, 422)


@pytest.mark.parametrize("top_k", ["0", "-1", "1001", "1000000000", "9" * 40, "x", "1.5", ""])
def test_top_k_outside_its_range_is_refused(client: TestClient, image_ids: list[str], top_k: str) -> None:
    answer = client.post("/api/similarity/find", params={"image_id": image_ids[0], "top_k": top_k})

    assert problem_of(answer)["status"] == 422
    assert answer.json()["errors"][0]["field"] == "top_k"


@pytest.mark.parametrize("tag", ["", "   ", "a\nb", "\0", "x" * 101, "x" * 10_000])
def test_a_tag_that_cannot_be_kept_is_refused(client: TestClient, image_ids: list[str], tag: str) -> None:
    answer = client.post("/api/tagging/apply", json={"image_ids": image_ids, "tag": tag})

    assert problem_of(answer)["status"] == 422


@pytest.mark.parametrize(
    "body",
    [
        {"tag": "red"},
        {"tag": "red", "image_ids": []},
        {"tag": "red", "filter": ""},
        {"tag": "red", "filter": "tag:nothing-has-it"},
        {"tag": "red", "filter": "name:a", "cluster_id": 0},
    ],
)
def test_tagging_needs_exactly_one_way_to_name_images(client: TestClient, body: dict[str, Any]) -> None:
    assert problem_of(client.post("/api/tagging/apply", json=body))["status"] == 422


def test_one_unknown_image_tags_nothing(client: TestClient, workspace: Workspace, image_ids: list[str]) -> None:
    answer = client.post("/api/tagging/apply", json={"image_ids": [*image_ids, "nonexistent0"], "tag": "red"})

    assert problem_of(answer)["status"] == 404
    assert workspace.tagging.counts() == {}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/images/nonexistent0", None, 404),
        ("GET", "/api/jobs/999", None, 404),
        ("GET", f"/api/jobs/{HUGE}", None, 422),
        ("DELETE", "/api/jobs/999", None, 404),
        ("POST", "/api/similarity/find", {"image_id": "nonexistent0"}, 404),
        ("POST", "/api/similarity/find", {}, 422),
        ("POST", "/api/similarity/find", {"text": "a cat"}, 422),
        ("POST", "/api/tagging/apply", {"tag": "red", "cluster_id": 0}, 409),
        ("POST", "/api/tagging/undo", None, 409),
        ("POST", "/api/tagging/undo", {"operation_id": 999}, 404),
        ("POST", "/api/import", {"folder": "/nowhere"}, 422),
        ("POST", "/api/import", {"folder": ""}, 422),
        ("POST", "/api/import", {"folder": "/tmp", "encoder": "other"}, 422),
        ("POST", "/api/cluster/run", {"n_clusters": 7, "algorithm": "kmeans"}, 422),
        ("POST", "/api/cluster/run", {"algorithm": "dbscan"}, 422),
        ("GET", "/api/images?limit=1001", None, 422),
        ("GET", "/api/images?limit=0", None, 422),
        ("GET", "/api/images?sort=colour", None, 422),
        ("GET", "/api/images?filter=colour:red", None, 422),
        ("GET", "/api/nothing/here", None, 404),
        ("GET", "/api/", None, 404),
        ("PUT", "/api/images", None, 405),
    ],
)
def test_each_family_of_errors_has_its_status(
    client: TestClient, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    assert problem_of(client.request(method, path, json=body))["status"] == status


def test_a_misread_filter_names_the_place(client: TestClient) -> None:
    found = problem_of(client.get("/api/images", params={"filter": "tag:red colour:blue"}))

    assert found["position"] == 8


def test_a_workspace_that_another_process_holds_is_unavailable() -> None:
    def refuse() -> Workspace:
        raise WorkspaceBusy("The workspace is open in process 1. Close it first.")

    answer = client_of(refuse).get("/api/health")

    assert problem_of(answer)["status"] == 503


def test_an_unexpected_error_is_a_sentence_here_and_a_traceback_in_the_log(
    client: TestClient, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    workspace.database.close()

    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/tags")

    assert problem_of(answer)["status"] == 500
    assert "duckdb" not in answer.text.lower()
    assert "Traceback" in caplog.text
