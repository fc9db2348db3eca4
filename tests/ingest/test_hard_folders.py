"""A whole import of what folders hold in practice: odd names, links, and what may not be read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import save_picture
from tests.ingest.importing import opened
from tests.ingest.test_importing import counts, reasons

NAMES = [
    "写真.jpg",
    "фото.png",
    "صورة.jpg",
    "תמונה.png",
    "ภาพ.jpg",
    "चित्र.png",
    "사진.jpg",
    "🦊 🏳️‍🌈.jpg",
    "two\nlines.jpg",
    "tab\tand 'quotes\" %20;--.png",
    "e\u0301 and é.jpg",
    "back\\slash.png",
    " spaces around .jpg",
    "x" * 240 + ".png",
    "$(touch here)`.jpg",
    "C:.jpg",
    "s3:.png",
]


def test_names_in_every_script_go_in_with_their_captions_and_keep_their_ids(tmp_path: Path) -> None:
    folder = tmp_path / "お気に入り\n✨"
    for seed, name in enumerate(NAMES):
        path = save_picture(folder / name, seed, 32, 24)
        path.with_suffix(".txt").write_text(f"caption {seed}")
    with opened(tmp_path / "workspace") as importing:
        report = importing.run(folder)

        assert (counts(report), report.skipped) == ({"added": len(NAMES)}, ())
        assert importing.present() == {str(folder / name) for name in NAMES}
        sql = "SELECT i.name, c.text FROM images i JOIN captions c ON c.image_id = i.id"
        assert dict(importing.rows(sql)) == {name: f"caption {seed}" for seed, name in enumerate(NAMES)}
        ids = dict(importing.rows("SELECT name, id FROM images"))
        renamed = folder.rename(tmp_path / "renamed \\ 2")
        assert counts(importing.run(renamed)) == {"moved": len(NAMES)}
        assert dict(importing.rows("SELECT name, id FROM images")) == ids


def test_links_of_every_kind_are_followed_once_or_listed(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    save_picture(folder / "real.png", 1)
    save_picture(tmp_path / "elsewhere" / "far.png", 2)
    (folder / "far").symlink_to(tmp_path / "elsewhere")
    (folder / "loop").symlink_to(folder)
    (folder / "itself").symlink_to("itself")
    (folder / "nowhere.png").symlink_to("nothing")
    (folder / "again.png").symlink_to("real.png")
    with opened(tmp_path / "workspace") as importing:
        report = importing.run(folder)

        assert importing.present() == {str(folder / name) for name in ("real.png", "again.png", "far/far.png")}
        assert reasons(report) == {
            "itself": "the link leads in a circle",
            "loop": "the link leads to a folder that is part of this import already",
            "nowhere.png": "the link leads to a file that does not exist",
        }


def test_what_may_not_be_read_is_listed_and_tried_again(tmp_path: Path) -> None:
    """In a process that permissions bind: root may read everything, unless it gives that right up."""
    give_up = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if give_up and shutil.which("setpriv") is None:
        pytest.skip("there is no setpriv here, and root may read everything")
    folder = tmp_path / "photos"
    for seed, name in enumerate(("open.png", "closed.png", "shut/inside.png")):
        save_picture(folder / name, seed)
    (folder / "open.txt").write_text("a caption")
    (folder / "open.txt").chmod(0)
    (folder / "closed.png").chmod(0)
    (folder / "shut").chmod(0)
    command = [*give_up, sys.executable, "-m", "tests.ingest.importing", str(tmp_path / "workspace"), str(folder)]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        for path in (folder / "open.txt", folder / "closed.png", folder / "shut"):
            path.chmod(0o755)

    assert ended.returncode == 0, ended.stderr
    with opened(tmp_path / "workspace") as importing:
        assert importing.present() == {str(folder / "open.png")}
        listed = dict(importing.rows("SELECT path, reason FROM skipped_files"))
        assert listed == {
            str(folder / "closed.png"): "there is no permission to read it",
            str(folder / "open.txt"): "there is no permission to read it",
            str(folder / "shut"): "the folder cannot be read (Permission denied)",
        }
        report = importing.run(folder)
        assert (counts(report), report.skipped) == ({"added": 2, "unchanged": 1}, ())
        assert importing.rows("SELECT text FROM captions") == [("a caption",)]
