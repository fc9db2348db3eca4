"""Images whose files are exactly the same."""

import shutil
from pathlib import Path

import pytest

from curate.errors import InvalidFilter
from curate.store.images import ImageStore
from curate.tagging.filters import parse_filter
from tests.builders import save_picture
from tests.ingest.importing import opened


def test_identical_files_are_marked_counted_and_found_until_they_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    save_picture(folder / "a.png", 1)
    save_picture(folder / "other.png", 2)
    for name in ("b.png", "c.png"):
        shutil.copy(folder / "a.png", folder / name)
    with opened(tmp_path / "workspace") as importing:
        images = ImageStore(importing.database)
        importing.run(folder)
        a, b, c, other = (importing.id_of(folder / name) for name in ("a.png", "b.png", "c.png", "other.png"))
        assert [image.copies for image in images.get_many([a, b, c, other])] == [2, 2, 2, 0]
        assert images.find(parse_filter("is:duplicate")) == [a, b, c]
        assert images.find(parse_filter("-is:duplicate")) == [other]
        assert images.find(parse_filter(f"copies:{b}")) == [a, b, c]
        assert images.find(parse_filter(f"copies:{other}")) == [other]

        (folder / "b.png").unlink()
        (folder / "c.png").unlink()
        importing.run(folder)
        assert images.get(a).copies == 0
        assert images.get(b).copies == 0
        assert images.find(parse_filter("is:duplicate")) == []


def test_is_takes_only_what_it_knows() -> None:
    with pytest.raises(InvalidFilter, match="duplicate, caption-conflict"):
        parse_filter("is:blurry")
