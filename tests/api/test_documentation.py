"""The OpenAPI document and the page that shows it."""

import re

from fastapi.testclient import TestClient

CALLS = {
    ("post", "/api/cluster/run"),
    ("post", "/api/similarity/find"),
    ("post", "/api/tagging/apply"),
    ("post", "/api/tagging/undo"),
    ("post", "/api/import"),
    ("get", "/api/encoders"),
    ("post", "/api/encoders/activate"),
    ("post", "/api/encoders/embed"),
    ("post", "/api/encoders/import"),
    ("get", "/api/images"),
    ("get", "/api/images/{image_id}"),
    ("put", "/api/images/{image_id}/caption"),
    ("get", "/api/images/{image_id}/thumbnail"),
    ("get", "/api/images/{image_id}/file"),
    ("get", "/api/clusters"),
    ("get", "/api/tags"),
    ("get", "/api/jobs"),
    ("get", "/api/jobs/{job_id}"),
    ("delete", "/api/jobs/{job_id}"),
    ("get", "/api/queue"),
    ("get", "/api/queue/images/{image_id}"),
    ("get", "/api/health"),
    ("get", "/api/metrics"),
}


def test_the_document_holds_every_call_and_no_inner_one(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    paths = document["paths"]

    assert "servers" not in document  # their addresses would come before the paths, which are whole
    assert {(method, path) for path, methods in paths.items() for method in methods} == CALLS


def test_every_call_says_in_words_what_it_does_and_that_errors_are_problems(client: TestClient) -> None:
    for path, methods in client.get("/api/openapi.json").json()["paths"].items():
        for call in methods.values():
            assert call["summary"], path
            assert call["description"], path
            assert list(call["responses"]["default"]["content"]) == ["application/problem+json"], path


def test_the_documentation_page_loads_from_this_server_only(client: TestClient) -> None:
    page = client.get("/api/docs").text

    assert not re.findall(r"https?://", page)
    scripts = re.findall(r'(?:src|href)="(/[^"]+)"', page)
    assert "/api/assets/swagger-ui-bundle.js" in scripts
    assert all(client.get(address).status_code == 200 for address in scripts)
    assert "/api/openapi.json" in page
