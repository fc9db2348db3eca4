"""Importing a folder, and importing it again after things changed."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from curate.errors import InvalidFolder, JobCancelled, StorageFailed
from curate.ingest.catalogue import derived_id
from curate.ingest.service import ImportService
from curate.models import ImportReport
from curate.settings import Settings
from tests.builders import picture, save_picture
from tests.ingest.importing import Importing, opened
from tests.real_data import labels, real_data


@pytest.fixture
def importing(tmp_path: Path):
    with opened(tmp_path / "workspace") as importing:
        yield importing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three images, one of them in a subfolder."""
    for seed, name in enumerate(("a.png", "b.jpg", "sub/c.png")):
        save_picture(tmp_path / "photos" / name, seed)
    return tmp_path / "photos"


def counts(report: ImportReport) -> dict[str, int]:
    """Return the report's counts that are not 0."""
    kinds = ("added", "changed", "unchanged", "moved", "missing")
    return {kind: getattr(report, kind) for kind in kinds if getattr(report, kind)}


def reasons(report: ImportReport) -> dict[str, str]:
    return {Path(file.path).name: file.reason for file in report.skipped}


def test_an_import_keeps_everything_about_each_image(importing: Importing, folder: Path) -> None:
    report = importing.run(folder)

    assert counts(report) == {"added": 3}
    assert (report.skipped, report.encoder) == ((), "descriptor")
    path = folder / "sub" / "c.png"
    row = importing.rows("SELECT * EXCLUDE (imported_at) FROM images WHERE path = ?", str(path))[0]
    image_id, number, _, where, source, name, size, modified, content_hash, width, height, file_format = row[:12]
    assert image_id == derived_id(str(path), content_hash)
    assert (where, source, name) == (str(path.parent), str(folder), "c.png")
    assert (number, size, modified) == (3, path.stat().st_size, path.stat().st_mtime_ns)
    assert (width, height, file_format) == (96, 64, "PNG")
    assert importing.thumbnails.path(image_id).is_file()
    np.testing.assert_allclose(np.linalg.norm(importing.embeddings.get_embedding(image_id)), 1, rtol=1e-5)
    assert importing.one("SELECT path FROM sources") == str(folder)


def test_each_image_gets_its_own_vector(importing: Importing, folder: Path) -> None:
    importing.run(folder)

    encoder = importing.embeddings.encoder
    drawn = encoder.embed_images([encoder.preparation.prepare(picture(seed)) for seed in range(3)])
    kept = [
        importing.embeddings.get_embedding(importing.id_of(folder / name)) for name in ("a.png", "b.jpg", "sub/c.png")
    ]
    assert (np.stack(kept) @ drawn.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_a_second_import_touches_nothing(importing: Importing, folder: Path) -> None:
    (folder / "a.txt").write_text("a caption")
    (folder / "broken.png").write_bytes(b"\x89PNG broken")
    first = importing.run(folder)
    thumbnails = sorted(importing.thumbnails.folder.rglob("*.jpg"))
    before = [path.stat().st_mtime_ns for path in thumbnails]
    tables = ("images", "captions", "metadata", "skipped_files", "sidecars", "embeddings", "sources")
    rows = {table: importing.rows(f"FROM {table} ORDER BY ALL") for table in tables}
    version = importing.database.version

    second = importing.run(folder)

    assert (counts(second), second.skipped) == ({"unchanged": 3}, first.skipped)
    assert [path.stat().st_mtime_ns for path in thumbnails] == before
    assert {table: importing.rows(f"FROM {table} ORDER BY ALL") for table in tables} == rows
    assert importing.database.version == version


def test_a_changed_file_keeps_its_id_and_gets_a_new_vector_and_thumbnail(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    image_id = importing.id_of(folder / "a.png")
    vector, thumbnail = (
        importing.embeddings.get_embedding(image_id).copy(),
        importing.thumbnails.path(image_id).read_bytes(),
    )

    save_picture(folder / "a.png", seed=99, width=128)
    report = importing.run(folder)

    assert counts(report) == {"changed": 1, "unchanged": 2}
    assert importing.id_of(folder / "a.png") == image_id
    assert importing.one("SELECT width FROM images WHERE id = ?", image_id) == 128
    assert not np.allclose(importing.embeddings.get_embedding(image_id), vector)
    assert importing.thumbnails.path(image_id).read_bytes() != thumbnail
    assert counts(importing.run(folder)) == {"unchanged": 3}


def test_a_touched_file_is_unchanged_and_not_read_a_third_time(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    os.utime(folder / "a.png", ns=(1, 1))

    assert counts(importing.run(folder)) == {"unchanged": 3}
    version = importing.database.version
    assert counts(importing.run(folder)) == {"unchanged": 3}
    assert importing.database.version == version


def test_a_moved_file_keeps_its_id(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    image_id = importing.id_of(folder / "a.png")
    (folder / "sub" / "deeper").mkdir()
    moved = (folder / "a.png").rename(folder / "sub" / "deeper" / "new name.png")

    report = importing.run(folder)

    assert counts(report) == {"moved": 1, "unchanged": 2}
    assert importing.id_of(moved) == image_id
    assert importing.one("SELECT name FROM images WHERE id = ?", image_id) == "new name.png"
    assert importing.one("SELECT count(*) FROM images") == 3


def test_a_renamed_folder_keeps_all_ids(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    before = dict(importing.rows("SELECT name, id FROM images"))
    renamed = folder.rename(folder.parent / "renamed")

    assert counts(importing.run(renamed)) == {"moved": 3}
    assert dict(importing.rows("SELECT name, id FROM images WHERE source = ?", str(renamed))) == before


def test_a_copy_is_another_image(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    shutil.copy(folder / "a.png", folder / "copy.png")

    assert counts(importing.run(folder)) == {"added": 1, "unchanged": 3}
    assert importing.id_of(folder / "a.png") != importing.id_of(folder / "copy.png")


def test_of_two_copies_of_a_lost_image_one_is_it_and_the_other_is_new(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    image_id = importing.id_of(folder / "a.png")
    shutil.copy(folder / "a.png", folder / "copy 1.png")
    (folder / "a.png").rename(folder / "copy 2.png")

    assert counts(importing.run(folder)) == {"moved": 1, "added": 1, "unchanged": 2}
    assert importing.id_of(folder / "copy 1.png") == image_id
    new = importing.id_of(folder / "copy 2.png")
    assert importing.embeddings.get_embedding(new) == pytest.approx(importing.embeddings.get_embedding(image_id))


def test_an_image_where_another_one_used_to_be_gets_an_id_of_its_own(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    image_id = importing.id_of(folder / "a.png")
    moved = (folder / "a.png").rename(folder / "moved.png")
    importing.run(folder)
    shutil.copy(moved, folder / "a.png")

    importing.run(folder)

    assert importing.id_of(moved) == image_id
    assert importing.id_of(folder / "a.png") not in ("", image_id)


def test_a_file_that_is_gone_is_missing_until_it_is_back(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    image_id = importing.id_of(folder / "b.jpg")
    aside = (folder / "b.jpg").rename(folder.parent / "aside.jpg")

    assert counts(importing.run(folder)) == {"missing": 1, "unchanged": 2}
    assert importing.one("SELECT missing_since IS NOT NULL FROM images WHERE id = ?", image_id)
    assert counts(importing.run(folder)) == {"unchanged": 2}

    aside.rename(folder / "b.jpg")
    assert counts(importing.run(folder)) == {"unchanged": 3}
    assert importing.id_of(folder / "b.jpg") == image_id


@pytest.mark.parametrize("inside", [".hidden", "workspace/demo-images"])
def test_images_in_a_folder_that_an_import_passes_over_are_not_missing(
    importing: Importing, tmp_path: Path, inside: str
) -> None:
    own = save_picture(tmp_path / inside / "own.png", seed=5)
    importing.run(own.parent)
    image_id = importing.id_of(own)
    shutil.copy(own, tmp_path / "copy.png")

    assert counts(importing.run(tmp_path)) == {"added": 1}
    assert importing.id_of(own) == image_id

    own.unlink()
    assert counts(importing.run(tmp_path)) == {"unchanged": 1, "missing": 1}


def test_a_workspaces_own_files_are_not_imported_however_its_folder_is_named(
    importing: Importing, folder: Path, tmp_path: Path
) -> None:
    save_picture(tmp_path / "workspace" / "demo-images" / "demo.png")
    settings = Settings(workspace=Path("~/workspace"))
    service = ImportService(importing.database, importing.embeddings, importing.thumbnails, settings)

    assert service.run(tmp_path).added == 3
    assert importing.present() == {str(path) for path in folder.rglob("*.*")}


def test_images_in_a_folder_that_cannot_be_read_just_now_are_not_missing(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    (folder / "sub").chmod(0)
    try:
        if os.access(folder / "sub", os.R_OK):
            pytest.skip("this user may read every folder")
        shutil.copy(folder / "a.png", folder / "copy.png")
        report = importing.run(folder)
    finally:
        (folder / "sub").chmod(0o700)

    assert counts(report) == {"unchanged": 2, "added": 1}
    assert reasons(report) == {"sub": "the folder cannot be read (Permission denied)"}
    assert counts(importing.run(folder)) == {"unchanged": 4}


def test_an_image_whose_name_a_folder_or_a_dead_link_has_taken_is_missing(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    (folder / "a.png").unlink()
    (folder / "a.png").mkdir()
    (folder / "b.jpg").unlink()
    (folder / "b.jpg").symlink_to("nothing")

    assert counts(importing.run(folder)) == {"missing": 2, "unchanged": 1}


def test_a_folder_inside_an_imported_one_shares_its_images(importing: Importing, folder: Path) -> None:
    importing.run(folder)

    assert counts(importing.run(folder / "sub")) == {"unchanged": 1}
    assert importing.one("SELECT count(*) FROM images") == 3


def test_identical_files_are_two_images(importing: Importing, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        save_picture(tmp_path / "twins" / name)

    assert counts(importing.run(tmp_path / "twins")) == {"added": 2}
    assert len({row[0] for row in importing.rows("SELECT content_hash FROM images")}) == 1
    assert importing.embeddings.count() == 2


def test_what_cannot_be_read_is_listed_and_the_rest_goes_in(importing: Importing, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    (folder / "empty.png").touch()
    (folder / "notes.docx").write_text("hello")
    (folder / "nowhere.png").symlink_to("nothing")

    report = importing.run(folder)

    assert counts(report) == {"added": 3}
    assert reasons(report) == {
        "broken.jpg": "the file is damaged",
        "empty.png": "the file is empty",
        "notes.docx": "it is not an image",
        "nowhere.png": "the link leads to a file that does not exist",
    }


def test_a_skipped_file_is_tried_again_once_it_changed(importing: Importing, folder: Path) -> None:
    (folder / "late.png").write_bytes(b"")
    importing.run(folder)
    save_picture(folder / "late.png", seed=7)

    report = importing.run(folder)

    assert (counts(report), report.skipped) == ({"added": 1, "unchanged": 3}, ())


def test_an_image_whose_file_breaks_is_missing_and_listed_until_it_is_whole_again(
    importing: Importing, folder: Path
) -> None:
    importing.run(folder)
    image_id, whole = importing.id_of(folder / "a.png"), (folder / "a.png").read_bytes()
    (folder / "a.png").write_bytes(whole[:60])

    assert reasons(importing.run(folder)) == {"a.png": "the file is cut off"}
    assert str(folder / "a.png") not in importing.present()

    (folder / "a.png").write_bytes(whole)
    assert importing.run(folder).skipped == ()
    assert importing.id_of(folder / "a.png") == image_id


def test_an_unchanged_image_that_cannot_be_read_just_now_is_listed_not_missing(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "photos" / "large.png", 1, 1200, 900)
    with opened(tmp_path / "workspace") as importing:
        importing.run(path.parent)
        with importing.database.write() as cursor:
            cursor.execute("DELETE FROM embeddings")
    with opened(tmp_path / "workspace", max_megapixels=1) as importing:
        assert set(reasons(importing.run(path.parent))) == {"large.png"}
        assert importing.present() == {str(path)}
    with opened(tmp_path / "workspace") as importing:
        report = importing.run(path.parent)
        assert (counts(report), report.skipped) == ({"unchanged": 1}, ())
        assert importing.embeddings.count() == 1


def test_a_file_over_a_limit_goes_in_once_the_limit_is_raised(tmp_path: Path) -> None:
    save_picture(tmp_path / "photos" / "big.png", width=1100, height=1000)
    with opened(tmp_path / "workspace", max_megapixels=1) as importing:
        assert list(reasons(importing.run(tmp_path / "photos"))) == ["big.png"]
    with opened(tmp_path / "workspace") as importing:
        assert counts(importing.run(tmp_path / "photos")) == {"added": 1}


def test_captions_and_metadata_come_from_sidecars_and_follow_them(importing: Importing, folder: Path) -> None:
    (folder / "a.txt").write_text("first")
    (folder / "a.json").write_text('{"artist": "Ann", "year": 1999}')
    importing.run(folder)
    image_id = importing.id_of(folder / "a.png")
    assert importing.rows("SELECT image_id, text, origin FROM captions") == [(image_id, "first", "sidecar")]
    assert dict(importing.rows("SELECT key, value FROM metadata")) == {"artist": "Ann", "year": "1999"}

    (folder / "a.txt").write_text("the second")
    (folder / "a.json").write_text('{"artist": "Bea"}')
    (folder / "b.caption").write_text("new")
    assert counts(importing.run(folder)) == {"unchanged": 3}
    assert {row[0] for row in importing.rows("SELECT text FROM captions")} == {"the second", "new"}
    assert importing.rows("SELECT key, value FROM metadata") == [("artist", "Bea")]

    (folder / "a.txt").unlink()
    importing.run(folder)
    assert importing.rows("SELECT text FROM captions") == [("new",)]


def test_a_changed_image_loses_the_caption_whose_file_was_deleted(importing: Importing, folder: Path) -> None:
    (folder / "a.txt").write_text("of the old picture")
    (folder / "b.txt").write_text("of b")
    importing.run(folder)

    (folder / "a.txt").unlink()
    save_picture(folder / "a.png", seed=99, width=128)
    save_picture(folder / "b.jpg", seed=98, width=128)
    assert counts(importing.run(folder)) == {"changed": 2, "unchanged": 1}

    assert importing.rows("SELECT text FROM captions") == [("of b",)]


def test_a_caption_deleted_after_its_folder_was_passed_over_is_dropped(importing: Importing, folder: Path) -> None:
    hidden = folder.rename(folder.parent / ".photos")
    (hidden / "a.txt").write_text("a caption")
    importing.run(hidden)
    save_picture(hidden.parent / "beside.png", seed=5)
    importing.run(hidden.parent)

    (hidden / "a.txt").unlink()
    importing.run(hidden)

    assert importing.rows("FROM captions") == []


def test_a_changed_image_that_moved_before_keeps_its_caption(importing: Importing, folder: Path) -> None:
    (folder / "a.txt").write_text("a caption")
    importing.run(folder)
    (folder / "a.png").rename(folder / "z.png")
    importing.run(folder)
    save_picture(folder / "z.png", seed=99, width=128)
    importing.run(folder)

    assert importing.rows("SELECT text FROM captions") == [("a caption",)]


def test_sidecars_with_upper_case_suffixes_are_read_and_followed(importing: Importing, folder: Path) -> None:
    save_picture(folder / "D.PNG", seed=7)
    (folder / "D.TXT").write_text("shouted")
    (folder / "D.JSON").write_text('{"year": 1999}')
    (folder / "a.Json").write_text("{")
    assert reasons(importing.run(folder)) == {"a.Json": "it is not valid JSON"}
    assert importing.rows("SELECT text FROM captions") == [("shouted",)]
    assert importing.rows("SELECT key, value FROM metadata") == [("year", "1999")]

    (folder / "D.TXT").write_text("shouted again")
    (folder / "D.JSON").unlink()
    importing.run(folder)
    assert importing.rows("SELECT text FROM captions") == [("shouted again",)]
    assert importing.rows("FROM metadata") == []


def test_a_persons_caption_is_never_overwritten(importing: Importing, folder: Path) -> None:
    (folder / "a.txt").write_text("from the file")
    importing.run(folder)
    with importing.database.write() as cursor:
        cursor.execute("UPDATE captions SET text = 'my own', origin = 'user'")

    (folder / "a.txt").write_text("from the file, changed")
    importing.run(folder)
    (folder / "a.txt").unlink()
    importing.run(folder)

    assert importing.rows("SELECT text, origin FROM captions") == [("my own", "user")]


def test_a_moved_image_keeps_the_caption_whose_file_stayed_behind(importing: Importing, folder: Path) -> None:
    (folder / "a.txt").write_text("a caption")
    importing.run(folder)
    (folder / "a.png").rename(folder / "z.png")
    importing.run(folder)
    importing.run(folder)

    assert importing.rows("SELECT image_id, text FROM captions") == [(importing.id_of(folder / "z.png"), "a caption")]


def test_a_broken_sidecar_is_listed_until_it_is_mended_and_its_image_goes_in(
    importing: Importing, folder: Path
) -> None:
    (folder / "a.json").write_text("{")
    for _ in range(2):
        assert reasons(importing.run(folder)) == {"a.json": "it is not valid JSON"}
    assert importing.one("SELECT count(*) FROM images") == 3

    (folder / "a.json").write_text('{"caption": "mended"}')
    assert importing.run(folder).skipped == ()
    assert importing.one("SELECT text FROM captions") == "mended"


def test_an_image_without_its_thumbnail_or_vector_gets_them_again(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    first, second = importing.id_of(folder / "a.png"), importing.id_of(folder / "b.jpg")
    importing.thumbnails.remove(first)
    with importing.database.write() as cursor:
        cursor.execute("DELETE FROM embeddings WHERE image_id = ?", [second])

    assert counts(importing.run(folder)) == {"unchanged": 3}
    assert importing.thumbnails.path(first).is_file()
    assert importing.embeddings.get_embedding(second).shape == (importing.embeddings.dimension,)


def test_a_file_among_the_thumbnails_that_is_none_keeps_no_import_from_going_on(
    importing: Importing, folder: Path
) -> None:
    importing.run(folder)
    (importing.thumbnails.folder / ".DS_Store").write_bytes(b"a file manager was here")

    assert counts(importing.run(folder)) == {"unchanged": 3}


def test_a_cancelled_import_keeps_what_it_did_and_goes_on_later(importing: Importing, tmp_path: Path) -> None:
    for seed in range(600):
        save_picture(tmp_path / "many" / f"{seed:03}.png", seed, 32, 32)
    reported: list[int] = []

    with pytest.raises(JobCancelled):
        importing.service.run(
            tmp_path / "many", lambda done, total, message: reported.append(done), lambda: max(reported, default=0) > 0
        )

    kept = importing.one("SELECT count(*) FROM images")
    assert 0 < kept == reported[-1] < 600
    assert counts(importing.run(tmp_path / "many")) == {"unchanged": kept, "added": 600 - kept}
    assert importing.embeddings.count() == 600


def test_progress_tells_what_is_on_disk(importing: Importing, tmp_path: Path) -> None:
    for seed in range(300):
        save_picture(tmp_path / "many" / f"{seed:03}.png", seed, 16, 16)
    seen: list[tuple[int, int, int]] = []

    def note(done: int, total: int, message: str) -> None:
        seen.append((done, total, importing.one("SELECT count(*) FROM images")))

    importing.service.run(tmp_path / "many", note)

    assert all(done == stored for done, _, stored in seen)
    assert seen[-1] == (300, 300, 300)
    assert len(seen) > 3


def test_folders_that_cannot_be_imported_are_refused_with_a_sentence(importing: Importing, tmp_path: Path) -> None:
    (tmp_path / "file.jpg").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").touch()
    sentences = {
        tmp_path / "nothing": "There is no folder",
        tmp_path / "file.jpg": "is a file, not a folder",
        tmp_path / "empty": "holds no files that could be images",
        tmp_path / "texts": "holds no files that could be images",
        "": "No folder was named",
        "a\0b": "is not the path of a folder",
        "x" * 5000: "There is no folder",
        "x\udcff": "is not valid text",
    }
    for folder, sentence in sentences.items():
        for refuse in (importing.service.run, importing.service.check_folder):
            with pytest.raises(InvalidFolder, match=sentence):
                refuse(folder)
    assert importing.rows("FROM sources") == []


def test_only_folders_inside_the_allowed_ones_are_imported(tmp_path: Path, folder: Path) -> None:
    with opened(tmp_path / "workspace", import_roots=f"{folder}{os.pathsep}{tmp_path / 'other'}") as importing:
        assert importing.service.check_folder(folder / "sub") == str(folder / "sub")
        for outside in (tmp_path, Path("/"), Path(f"{folder}-2"), folder / ".." / "workspace"):
            with pytest.raises(InvalidFolder, match="may not be imported"):
                importing.run(outside)


def test_a_folder_that_was_emptied_makes_its_images_missing(importing: Importing, folder: Path) -> None:
    importing.run(folder)
    shutil.rmtree(folder)
    folder.mkdir()

    assert counts(importing.run(folder)) == {"missing": 3}


def test_a_disk_that_cannot_be_written_ends_in_storage_failed_and_keeps_what_was_done(
    importing: Importing, folder: Path
) -> None:
    importing.run(folder)
    shutil.rmtree(importing.thumbnails.folder)
    importing.thumbnails.folder.write_text("in the way")
    save_picture(folder / "new.png", seed=8)

    with pytest.raises(StorageFailed, match="could not be"):
        importing.run(folder)

    assert importing.one("SELECT count(*) FROM images") == 3
    assert importing.embeddings.count() == 3


def test_every_real_image_goes_in(importing: Importing) -> None:
    root = real_data("real")

    report = importing.run(root)

    assert report.added == len(labels(root))
    assert {Path(file.path).suffix for file in report.skipped} <= {".npy"}
    assert importing.embeddings.count() == report.added
    upright = "SELECT count(*) FROM images WHERE name LIKE ? AND (width > height) = ?"
    assert importing.one(upright, "Landscape%.jpg", False) == importing.one(upright, "Portrait%.jpg", True) == 0
    assert importing.one(upright, "Landscape%.jpg", True) >= 8


def test_every_bad_file_goes_in_or_is_listed_with_a_reason(importing: Importing) -> None:
    root = real_data("bad")

    report = importing.run(root)

    listed = {file.path for file in report.skipped}
    rows = [row for row in labels(root) if Path(row["path"]).suffix != ".txt"]
    assert all(file.reason for file in report.skipped)
    assert importing.present() | listed == {str(root / row["path"]) for row in rows}
    assert not importing.present() & listed
    readable = {str(root / row["path"]) for row in rows if row["pillow13"] == "ok" and row["fmt"] != "EPS"}
    assert readable - importing.present() == set()
