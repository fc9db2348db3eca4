"""Images over HTTP: the catalogue, thumbnails and files."""

import base64
import io
import json
import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from curate.workspace import Workspace
from tests.builders import save_picture


def test_an_image_is_described_with_its_tags(client: TestClient, workspace: Workspace, image_ids: list[str]) -> None:
    workspace.tagging.apply([image_ids[0]], "red")

    found = client.get(f"/api/images/{image_ids[0]}").json()

    assert (found["name"], found["width"], found["height"]) == ("picture-0.jpg", 96, 64)
    assert (found["tags"], found["cluster_id"], found["missing"]) == (["red"], None, False)


def test_pages_joined_together_are_the_whole_list_in_order(client: TestClient, image_ids: list[str]) -> None:
    seen, cursor = [], None
    while True:
        page = client.get("/api/images", params={"sort": "name", "limit": 4} | ({"cursor": cursor} if cursor else {}))
        seen += [image["id"] for image in page.json()["images"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break

    assert seen == image_ids


@pytest.mark.parametrize("sort", ["imported", "newest", "name", "largest", "smallest", "sharpest", "darkest"])
def test_every_order_can_be_paged_one_by_one(client: TestClient, workspace: Workspace, sort: str) -> None:
    seen, cursor = [], None
    for _ in range(6):
        params = {"sort": sort, "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/images", params=params).json()
        seen += [image["id"] for image in page["images"]]
        cursor = page["next_cursor"]

    assert seen == workspace.images.find(sort=sort)
    assert cursor is None


def test_images_that_come_in_between_do_not_shift_the_pages(
    client: TestClient, workspace: Workspace, pictures: Path, image_ids: list[str]
) -> None:
    first = client.get("/api/images", params={"sort": "name", "limit": 3}).json()
    save_picture(pictures / "a-new-first.jpg", seed=99)
    workspace.importing.run(pictures)

    second = client.get("/api/images", params={"sort": "name", "limit": 3, "cursor": first["next_cursor"]}).json()

    assert [image["id"] for image in second["images"]] == image_ids[3:]
    assert second["total"] == 7


def test_a_filter_narrows_the_list(client: TestClient, workspace: Workspace, image_ids: list[str]) -> None:
    workspace.tagging.apply(image_ids[:2], "red")

    found = client.get("/api/images", params={"filter": "tag:red -name:picture-0"}).json()

    assert [image["id"] for image in found["images"]] == [image_ids[1]]
    assert found["total"] == 1


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense", "WzFd", "bnVsbA", "é", "WyJuYW1lIiwgMV0",
        *map(encoded, ([[1], "a"], [{}, "a" * 12], ["imported", "\ud800"], ["imported", "A" * 12])),
    ],
)  # fmt: skip
def test_a_cursor_that_is_not_ours_is_refused(client: TestClient, cursor: str) -> None:
    answer = client.get("/api/images", params={"cursor": cursor})

    assert answer.status_code == 422
    assert "cursor" in answer.json()["detail"]


def test_a_cursor_of_another_order_is_refused(client: TestClient) -> None:
    cursor = client.get("/api/images", params={"sort": "name", "limit": 1}).json()["next_cursor"]

    answer = client.get("/api/images", params={"sort": "newest", "cursor": cursor})

    assert answer.status_code == 422
    assert "“name”" in answer.json()["detail"]


def test_a_thumbnail_with_a_version_is_kept_for_good(client: TestClient, image_ids: list[str]) -> None:
    versioned = client.get(f"/api/images/{image_ids[0]}/thumbnail?v=1a2b")
    plain = client.get(f"/api/images/{image_ids[0]}/thumbnail")

    assert Image.open(io.BytesIO(versioned.content)).format == "JPEG"
    assert "immutable" in versioned.headers["cache-control"]
    assert "immutable" not in plain.headers["cache-control"]


def test_a_thumbnail_that_the_browser_has_is_not_sent_again(client: TestClient, image_ids: list[str]) -> None:
    first = client.get(f"/api/images/{image_ids[0]}/thumbnail")

    again = client.get(f"/api/images/{image_ids[0]}/thumbnail", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("number", "media_type"), [(0, "image/jpeg"), (2, "image/png")])
def test_a_file_that_browsers_show_is_sent_as_it_is(
    client: TestClient, pictures: Path, image_ids: list[str], number: int, media_type: str
) -> None:
    answer = client.get(f"/api/images/{image_ids[number]}/file")

    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == next(pictures.glob(f"picture-{number}.*")).read_bytes()


def test_a_file_that_browsers_do_not_show_is_converted(client: TestClient, image_ids: list[str]) -> None:
    answer = client.get(f"/api/images/{image_ids[4]}/file")

    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (96, 64)


def test_a_file_that_turned_into_a_page_is_not_sent(client: TestClient, pictures: Path, image_ids: list[str]) -> None:
    (pictures / "picture-0.jpg").write_text("<script>alert(1)</script>")

    answer = client.get(f"/api/images/{image_ids[0]}/file")

    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_a_file_that_is_gone_is_a_problem_that_names_it(
    client: TestClient, pictures: Path, image_ids: list[str]
) -> None:
    (pictures / "picture-1.jpg").unlink()

    answer = client.get(f"/api/images/{image_ids[1]}/file")

    assert answer.status_code == 404
    assert "picture-1.jpg" in answer.json()["detail"]


@pytest.mark.parametrize("image_id", ["nonexistent0", "..", "%2e%2e%2f%2e%2e%2fcurate", "x" * 5000, "%00"])
@pytest.mark.parametrize("part", ["", "/thumbnail", "/file"])
def test_only_catalogued_images_are_served(client: TestClient, image_id: str, part: str) -> None:
    answer = client.get(f"/api/images/{image_id}{part}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_file_that_turned_into_a_pipe_is_not_waited_for(
    client: TestClient, pictures: Path, image_ids: list[str]
) -> None:
    (pictures / "picture-0.jpg").unlink()
    os.mkfifo(pictures / "picture-0.jpg")

    answer = client.get(f"/api/images/{image_ids[0]}/file")

    assert answer.status_code == 404
    assert "no regular file" in answer.json()["detail"]
