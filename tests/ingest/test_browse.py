"""Looking through folders to choose one."""

import os
from pathlib import Path

import pytest

from curate.errors import InvalidFolder
from curate.ingest.browse import FolderListing, list_folder
from curate.settings import Settings


def test_a_listing_names_folders_and_counts_files_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b", "A", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "one.png").touch()
    (tmp_path / ".two.png").touch()

    assert list_folder(tmp_path, Settings()) == FolderListing(tmp_path, tmp_path.parent, ("A", "b"), 1)


def test_a_folder_whose_name_is_not_text_is_left_out(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/x\xff")
    (tmp_path / "good").mkdir()

    listing = list_folder(tmp_path, Settings())

    assert (listing.folders, listing.files) == (("good",), 0)


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("~nosuchuser", "is not the path of a folder"),
        ("a\0b", "is not the path of a folder"),
        ("\ud800", "is not the path of a folder"),
        ("x\udcff", "is not valid text"),
        ("/nowhere/at/all", "There is no folder"),
        (__file__, "is a file, not a folder"),
    ],
)
def test_what_is_no_folder_is_refused_with_a_sentence_that_can_be_printed(folder: str, sentence: str) -> None:
    with pytest.raises(InvalidFolder, match=sentence) as refusal:
        list_folder(folder, Settings())

    assert str(refusal.value).encode("utf-8")


def test_only_folders_inside_the_allowed_ones_are_listed(tmp_path: Path) -> None:
    (tmp_path / "photos" / "sub").mkdir(parents=True)
    (tmp_path / "photos" / "link").symlink_to(tmp_path)
    settings = Settings(import_roots=str(tmp_path / "photos"))

    assert list_folder(tmp_path / "photos", settings).parent is None
    assert list_folder(tmp_path / "photos" / "sub", settings).parent == tmp_path / "photos"
    for outside in (tmp_path, tmp_path / "photos" / "link", tmp_path / "photos" / ".."):
        with pytest.raises(InvalidFolder, match="may not be imported"):
            list_folder(outside, settings)
