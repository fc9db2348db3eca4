"""Captions and exact copies over HTTP, and the files of images at an address."""

import io
from pathlib import Path

import fsspec
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from curate.workspace import Workspace
from tests.builders import save_picture


def test_a_caption_is_written_over_http_and_taken_away(client: TestClient, image_ids: list[str]) -> None:
    address = f"/api/images/{image_ids[0]}/caption"

    assert client.put(address, json={"text": " a red dress "}).json()["caption"] == "a red dress"
    assert client.get(f"/api/images/{image_ids[0]}").json()["caption"] == "a red dress"
    assert client.put(address, json={"text": ""}).json()["caption"] is None


def test_a_conflict_with_the_file_is_told_and_decided(
    client: TestClient, workspace: Workspace, pictures: Path, image_ids: list[str]
) -> None:
    address = f"/api/images/{image_ids[0]}"
    client.put(f"{address}/caption", json={"text": "mine"})
    (pictures / "picture-0.txt").write_text("the file's")
    workspace.importing.run(pictures)

    assert client.get(address).json()["caption_in_file"] == "the file's"
    found = client.get("/api/images", params={"filter": "is:caption-conflict"}).json()
    assert [image["id"] for image in found["images"]] == [image_ids[0]]
    decided = client.put(f"{address}/caption", json={"keep": "file"}).json()
    assert (decided["caption"], decided["caption_in_file"]) == ("the file's", None)


@pytest.mark.parametrize("body", [{}, {"text": "a", "keep": "mine"}, {"keep": "mine"}, {"text": "x" * 20_001}])
def test_what_is_no_caption_is_refused_with_a_sentence(
    client: TestClient, image_ids: list[str], body: dict[str, str]
) -> None:
    answer = client.put(f"/api/images/{image_ids[0]}/caption", json=body)

    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.put("/api/images/nobody/caption", json={"text": "a"}).status_code == 404


def test_an_image_tells_how_many_exact_copies_it_has(client: TestClient, workspace: Workspace, pictures: Path) -> None:
    save_picture(pictures / "again.jpg", seed=0)
    workspace.importing.run(pictures)

    found = client.get("/api/images", params={"filter": "is:duplicate"}).json()["images"]

    assert {(image["name"], image["copies"]) for image in found} == {("picture-0.jpg", 1), ("again.jpg", 1)}


def test_the_files_of_images_at_an_address_are_served(
    client: TestClient, workspace: Workspace, pictures: Path, tmp_path: Path
) -> None:
    bucket = f"memory://{tmp_path.name}/pictures"
    files = fsspec.filesystem("memory")
    for name in ("picture-0.jpg", "picture-4.tif"):
        files.put_file(str(pictures / name), f"{bucket}/{name}")
    workspace.importing.run(bucket)
    jpeg, tiff = (workspace.images.id_for_path(f"{bucket}/{name}") for name in ("picture-0.jpg", "picture-4.tif"))

    answer = client.get(f"/api/images/{jpeg}/file")
    assert (answer.headers["content-type"], answer.content) == ("image/jpeg", (pictures / "picture-0.jpg").read_bytes())
    again = client.get(f"/api/images/{jpeg}/file", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    converted = client.get(f"/api/images/{tiff}/file")
    assert Image.open(io.BytesIO(converted.content)).format == "JPEG"

    files.rm(bucket, recursive=True)
    gone = client.get(f"/api/images/{jpeg}/file")
    assert gone.status_code == 404
    assert bucket in gone.json()["detail"]
