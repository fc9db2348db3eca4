"""Walking a folder: what is a candidate, what is passed over, what is skipped with a reason."""

import os
import sys
from pathlib import Path

import pytest

from curate.ingest.scan import FolderScan, scan_folder
from tests.builders import save_picture


def names(scan: FolderScan, folder: Path) -> list[str]:
    return [os.path.relpath(file.path, folder) for file in scan.candidates]


def reasons(scan: FolderScan, folder: Path) -> dict[str, str]:
    return {os.path.relpath(file.path, folder): file.reason for file in scan.skipped}


def touch(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_hidden_files_lists_and_litter_are_passed_over(tmp_path: Path) -> None:
    for name in (".hidden.jpg", ".git/a.jpg", "Thumbs.db", "desktop.ini", "__MACOSX/a.jpg", "labels.csv", "README.md"):
        touch(tmp_path / name)
    for name in ("a.jpg", "b", "c.docx", "sub/d.png"):
        touch(tmp_path / name)
    touch(tmp_path / "a.txt")

    scan = scan_folder(tmp_path)

    assert names(scan, tmp_path) == ["a.jpg", "b", "c.docx", "sub/d.png"]
    assert list(scan.sidecars) == [str(tmp_path / "a.txt")]
    assert scan.skipped == []


def test_files_come_with_their_size_and_time(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.png")

    (file,) = scan_folder(tmp_path).candidates

    assert (file.path, file.size_bytes, file.modified_ns) == (str(path), path.stat().st_size, path.stat().st_mtime_ns)


@pytest.mark.parametrize(
    "name", ["写真.jpg", "фото.png", "صورة.jpg", "🦊.jpg", "two\nlines.jpg", "a 'b\" %20;--.jpg", "e\u0301.jpg"]
)
def test_names_in_every_script_are_found(tmp_path: Path, name: str) -> None:
    touch(tmp_path / name)

    assert names(scan_folder(tmp_path), tmp_path) == [name]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_text_is_skipped_with_its_bytes_written_out(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/caf\xe9.jpg", "wb"):
        pass

    assert reasons(scan_folder(tmp_path), tmp_path) == {r"caf\xe9.jpg": "its name is not valid text (UTF-8); rename it"}


def test_links_to_files_are_followed_and_broken_ones_explained(tmp_path: Path) -> None:
    target = touch(tmp_path / "elsewhere" / "real.jpg")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.jpg").symlink_to(target)
    (folder / "dangling.jpg").symlink_to(tmp_path / "nothing")
    (folder / "circle.jpg").symlink_to(folder / "circle.jpg")

    scan = scan_folder(folder)

    assert names(scan, folder) == ["link.jpg"]
    assert reasons(scan, folder) == {
        "circle.jpg": "the link leads in a circle",
        "dangling.jpg": "the link leads to a file that does not exist",
    }


def test_a_loop_of_folders_is_walked_once(tmp_path: Path) -> None:
    touch(tmp_path / "z" / "deep" / "a.jpg")
    (tmp_path / "z" / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "z")

    scan = scan_folder(tmp_path)

    assert names(scan, tmp_path) == ["z/deep/a.jpg"]
    assert set(reasons(scan, tmp_path)) == {"again", "z/deep/up"}


def test_a_link_to_a_folder_outside_is_followed_unless_it_leaves_the_allowed_ones(tmp_path: Path) -> None:
    touch(tmp_path / "outside" / "a.jpg")
    touch(tmp_path / "folder" / "b.jpg")
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "outside")

    free = scan_folder(tmp_path / "folder")
    bound = scan_folder(tmp_path / "folder", roots=[tmp_path / "folder"])

    assert names(free, tmp_path / "folder") == ["b.jpg", "link/a.jpg"]
    assert names(bound, tmp_path / "folder") == ["b.jpg"]
    assert list(reasons(bound, tmp_path / "folder")) == ["link"]


def test_pipes_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")

    assert list(reasons(scan_folder(tmp_path), tmp_path)) == ["pipe.jpg"]


def test_the_workspaces_own_folder_is_not_entered(tmp_path: Path) -> None:
    touch(tmp_path / "workspace" / "thumbnails" / "a.jpg")
    touch(tmp_path / "b.jpg")

    assert names(scan_folder(tmp_path, never=[tmp_path / "workspace"]), tmp_path) == ["b.jpg"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_listed(tmp_path: Path) -> None:
    touch(tmp_path / "closed" / "a.jpg")
    (tmp_path / "closed").chmod(0)
    try:
        assert list(reasons(scan_folder(tmp_path), tmp_path)) == ["closed"]
    finally:
        (tmp_path / "closed").chmod(0o700)
