"""Importing from addresses: fsspec's memory and local file systems stand for object storage."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFile

from curate.errors import InvalidFolder
from curate.ingest import remote
from curate.ingest.folders import checked_source
from curate.ingest.sources import normal_path, parts_of
from curate.settings import Settings
from tests.builders import save_picture
from tests.ingest.importing import Importing, opened
from tests.ingest.test_importing import counts, reasons


class Bucket:
    """A place at an address, and what a person does to it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.files, self.root = fsspec.url_to_fs(address)

    def put(self, name: str, content: bytes | str) -> str:
        """Write a file and return its address."""
        place = f"{self.root}/{name}"
        self.files.makedirs(os.path.dirname(place), exist_ok=True)
        self.files.pipe_file(place, content.encode() if isinstance(content, str) else content)
        return f"{self.address}/{name}"

    def move(self, name: str, to: str) -> str:
        self.files.makedirs(os.path.dirname(f"{self.root}/{to}"), exist_ok=True)
        self.files.mv(f"{self.root}/{name}", f"{self.root}/{to}")
        return f"{self.address}/{to}"

    def remove(self, name: str) -> None:
        self.files.rm(f"{self.root}/{name}")


@pytest.fixture(params=["memory", "file"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    """Three images, one of them in a folder, and one caption."""
    place = {"memory": f"memory://{tmp_path.name}/pictures", "file": f"file://{tmp_path}/pictures"}[request.param]
    bucket = Bucket(place)
    for seed, name in enumerate(("a.png", "b.jpg", "sub/c.png")):
        bucket.put(name, save_picture(tmp_path / "drawn" / name, seed).read_bytes())
    bucket.put("a.txt", "a caption")
    return bucket


@pytest.fixture
def importing(tmp_path: Path) -> Iterator[Importing]:
    with opened(tmp_path / "workspace") as importing:
        yield importing


def id_at(importing: Importing, address: str) -> str:
    return str(importing.one("SELECT id FROM images WHERE path = ? AND missing_since IS NULL", address))


def test_images_at_an_address_go_in_like_those_in_a_folder(
    importing: Importing, bucket: Bucket, tmp_path: Path
) -> None:
    assert counts(importing.run(bucket.address + "/")) == {"added": 3}

    assert importing.present() == {f"{bucket.address}/{name}" for name in ("a.png", "b.jpg", "sub/c.png")}
    assert importing.rows("SELECT DISTINCT source FROM images") == [(bucket.address,)]
    assert importing.rows("SELECT folder, name FROM images WHERE name = 'c.png'") == [
        (f"{bucket.address}/sub", "c.png")
    ]
    assert importing.rows("SELECT text FROM captions") == [("a caption",)]
    with opened(tmp_path / "local") as local:
        local.run(tmp_path / "drawn")
        for name in ("a.png", "b.jpg", "sub/c.png"):
            wanted = local.embeddings.get_embedding(local.id_of(tmp_path / "drawn" / name))
            found = importing.embeddings.get_embedding(id_at(importing, f"{bucket.address}/{name}"))
            np.testing.assert_array_equal(found, wanted)

    version = importing.database.version
    assert counts(importing.run(bucket.address)) == {"unchanged": 3}
    assert importing.database.version == version


def test_changes_moves_and_deletions_at_an_address_are_followed(
    importing: Importing, bucket: Bucket, tmp_path: Path
) -> None:
    importing.run(bucket.address)
    ids = {name: id_at(importing, f"{bucket.address}/{name}") for name in ("a.png", "b.jpg", "sub/c.png")}
    bucket.put("a.png", save_picture(tmp_path / "other.png", 9, 120).read_bytes())
    bucket.put("a.txt", "another caption")
    moved = bucket.move("b.jpg", "deep/er/moved.jpg")
    bucket.remove("sub/c.png")

    assert counts(importing.run(bucket.address)) == {"changed": 1, "moved": 1, "missing": 1}
    assert id_at(importing, f"{bucket.address}/a.png") == ids["a.png"]
    assert id_at(importing, moved) == ids["b.jpg"]
    assert importing.rows("SELECT id FROM images WHERE missing_since IS NOT NULL") == [(ids["sub/c.png"],)]
    assert importing.rows("SELECT text FROM captions") == [("another caption",)]


def test_a_folder_that_is_uploaded_keeps_its_ids(importing: Importing, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "here" / "a.png", 3)
    importing.run(tmp_path / "here")
    image_id = importing.id_of(path)
    there = Bucket(f"memory://{tmp_path.name}/there")
    address = there.put("a.png", path.read_bytes())
    path.unlink()

    assert counts(importing.run(there.address)) == {"moved": 1}
    assert id_at(importing, address) == image_id


def test_what_cannot_be_read_at_an_address_is_listed(
    importing: Importing, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "LARGEST_BYTES", 20_000)
    bucket.put("broken.jpg", b"\xff\xd8\xff broken")
    bucket.put("empty.png", b"")
    bucket.put("film.mp4", bytes(30_000))
    bucket.put(".hidden/x.png", b"x")
    bucket.put("list.csv", b"x")
    bucket.put("a.json", "{")

    report = importing.run(bucket.address)

    assert counts(report) == {"added": 3}
    assert reasons(report) == {
        "a.json": "it is not valid JSON",
        "broken.jpg": "the file is damaged",
        "empty.png": "the file is empty",
        "film.mp4": "it is larger than 0 MB",
    }


def test_a_metadata_list_at_an_address_names_images_below_it(importing: Importing, bucket: Bucket) -> None:
    bucket.put("metadata.jsonl", json.dumps({"file_name": "sub/../sub/c.png", "text": "from the list", "year": 1999}))
    importing.run(bucket.address)

    captioned = importing.rows("SELECT i.name, c.text FROM captions c JOIN images i ON i.id = c.image_id ORDER BY 1")
    assert captioned == [("a.png", "a caption"), ("c.png", "from the list")]
    assert importing.rows("SELECT key, value FROM metadata") == [("year", "1999")]


def test_links_at_a_file_address_are_not_followed(importing: Importing, tmp_path: Path) -> None:
    save_picture(tmp_path / "pictures" / "a.png")
    (tmp_path / "pictures" / "loop").symlink_to(tmp_path / "pictures")
    (tmp_path / "pictures" / "link.png").symlink_to(tmp_path / "pictures" / "a.png")

    report = importing.run(f"file://{tmp_path}/pictures")

    assert counts(report) == {"added": 1}
    assert set(reasons(report)) == {"loop", "link.png"}


def test_a_workspace_is_no_part_of_a_file_address(importing: Importing, tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png")
    for _ in range(2):
        report = importing.run(f"file://{tmp_path}")

    assert counts(report) == {"unchanged": 1}


def test_the_roots_bound_addresses_and_folders_alike(tmp_path: Path) -> None:
    inside, outside = Bucket(f"memory://{tmp_path.name}/in"), Bucket(f"memory://{tmp_path.name}/inner")
    local = tmp_path / "local"
    local.mkdir()
    roots = Settings(import_roots=f"{inside.address}{os.pathsep}https://host:8443/x{os.pathsep}{local}")

    assert checked_source(f"{inside.address}/sub/", roots) == f"{inside.address}/sub"
    assert checked_source(local, roots) == str(local)
    for refused in (outside.address, f"file://{local}", "https://host/x", f"memory://{tmp_path.name}"):
        with pytest.raises(InvalidFolder, match="may not be imported"):
            checked_source(refused, roots)
    for hostile in (f"{inside.address}/../inner", f"{inside.address}/%2e%2e/inner", f"zip://x::{inside.address}"):
        with pytest.raises(InvalidFolder, match="not an address"):
            checked_source(hostile, roots)


def test_a_link_leads_out_of_no_root(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
    (inside / "link").symlink_to(outside)
    (tmp_path / "door").symlink_to(inside)
    roots = Settings(import_roots=f"file://{tmp_path}/door")

    assert checked_source(f"file://{inside}", roots) == f"file://{inside}"
    with pytest.raises(InvalidFolder, match="may not be imported"):
        checked_source(f"file://{inside}/link", roots)


def test_caption_files_whose_server_fails_halfway_are_read_at_the_next_import(
    importing: Importing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket(f"memory://{tmp_path.name}/pictures")
    bucket.put("a.png", save_picture(tmp_path / "a.png").read_bytes())
    bucket.put("a.txt", "a caption")
    bucket.put("metadata.jsonl", json.dumps({"file_name": "a.png", "year": 1999}))

    def fail(*_: object) -> None:
        raise RuntimeError("the connection was lost")

    with monkeypatch.context() as failing:
        failing.setattr(MemoryFile, "read", fail)
        report = importing.run(bucket.address)
    assert counts(report) == {"added": 1}
    assert set(reasons(report).values()) == {"it cannot be read (the connection was lost)"}

    importing.run(bucket.address)
    assert importing.rows("SELECT text FROM captions") == [("a caption",)]
    assert importing.rows("SELECT value FROM metadata") == [("1999",)]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nosuch://bucket/x", "nosuch:// is no kind of address"),
        ("reference://bucket/x", "can’t be reached"),
        ("memory://nothing/here", "holds no files that could be images"),
        ("file:///nowhere/at/all", "holds no files that could be images"),
        ("s3://b\0/x", "is not an address"),
    ],
)
def test_an_address_that_cannot_be_imported_is_refused_with_a_sentence(
    importing: Importing, address: str, sentence: str
) -> None:
    for refuse in (importing.service.run, importing.service.check_folder):
        with pytest.raises(InvalidFolder, match=sentence):
            refuse(address)


def test_s3_says_what_to_install_where_its_package_is_missing() -> None:
    try:
        import s3fs  # noqa: F401
    except ImportError:
        with pytest.raises(InvalidFolder, match=r"pip install -r requirements-s3\.txt"):
            checked_source("s3://bucket/pictures", Settings())
    else:
        pytest.skip("s3fs is installed")


def test_the_tag_of_a_content_tells_two_changes_of_one_second_apart() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    one, other = ({"LastModified": now, "ETag": tag} for tag in ("one", "other"))

    assert remote._modified_ns(one) != remote._modified_ns(other)
    assert remote._modified_ns(one) // 10**9 == int(now.timestamp())


def test_addresses_are_shortened_by_their_parts() -> None:
    assert parts_of("s3://bucket/a/b") == ("s3://bucket", "a", "b")
    assert parts_of("/a/b") == ("/", "a", "b")
    assert normal_path("s3://bucket/a/./b/../c.png") == "s3://bucket/a/c.png"


def test_images_at_an_address_are_embedded_again_and_by_another_encoder(importing: Importing, bucket: Bucket) -> None:
    importing.run(bucket.address)
    image_id = id_at(importing, f"{bucket.address}/a.png")
    before = importing.embeddings.get_embedding(image_id).copy()
    with importing.database.write() as cursor:
        cursor.execute("DELETE FROM embeddings WHERE image_id = ?", [image_id])

    importing.embeddings.update_embeddings([image_id])

    np.testing.assert_array_equal(importing.embeddings.get_embedding(image_id), before)
