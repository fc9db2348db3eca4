"""Captions that people write, beside what caption files say."""

from pathlib import Path

import pytest

from curate.curation.captions import CaptionService
from curate.errors import ImageNotFound, InvalidInput
from curate.store.images import ImageStore
from curate.tagging.filters import parse_filter
from tests.builders import save_picture
from tests.ingest.importing import Importing, opened


class Captioned:
    """One image, its caption file, and what the workspace says of it."""

    def __init__(self, importing: Importing, folder: Path) -> None:
        self.importing = importing
        self.folder = folder
        self.images = ImageStore(importing.database)
        self.captions = CaptionService(importing.database, self.images)
        save_picture(folder / "a.png")
        importing.run(folder)
        self.id = importing.id_of(folder / "a.png")

    def file_says(self, text: str | None) -> None:
        """Write the caption file, or take it away, and import again."""
        if text is None:
            (self.folder / "a.txt").unlink()
        else:
            (self.folder / "a.txt").write_text(text)
        self.importing.run(self.folder)

    def write(self, text: str) -> None:
        self.captions.set(self.id, text)

    @property
    def caption(self) -> str | None:
        return self.images.get(self.id).caption

    @property
    def in_file(self) -> str | None:
        return self.images.get(self.id).caption_in_file

    def kept_by(self, expression: str) -> bool:
        return self.images.find(parse_filter(expression)) == [self.id]


@pytest.fixture
def image(tmp_path: Path):
    with opened(tmp_path / "workspace") as importing:
        yield Captioned(importing, tmp_path / "photos")


def test_a_caption_is_kept_as_written_and_an_empty_one_takes_it_away(image: Captioned) -> None:
    image.write("  a red dress,\r\non a chair\0 ")
    assert image.caption == "a red dress,\non a chair"
    assert not image.kept_by("missing:caption")

    image.write(" ")
    assert image.caption is None
    assert image.kept_by("missing:caption")
    assert image.importing.rows("FROM captions") == []


def test_keeping_what_a_file_with_windows_line_ends_says_leaves_the_caption_to_the_file(image: Captioned) -> None:
    image.file_says("a red dress,\r\non a chair")
    assert image.caption == "a red dress,\non a chair"

    image.write(image.caption)
    image.file_says("a blue dress")
    assert (image.caption, image.in_file) == ("a blue dress", None)


def test_a_file_that_changes_under_a_persons_caption_is_a_conflict_until_they_decide(image: Captioned) -> None:
    image.file_says("from the file")
    image.write("my own")
    assert (image.caption, image.in_file) == ("my own", None)

    image.file_says("from the file, changed")
    assert (image.caption, image.in_file) == ("my own", "from the file, changed")
    assert image.kept_by("is:caption-conflict")

    image.captions.resolve(image.id, use_file=False)
    assert (image.caption, image.in_file) == ("my own", None)
    assert not image.kept_by("is:caption-conflict")

    image.file_says("changed once more")
    image.captions.resolve(image.id, use_file=True)
    assert (image.caption, image.in_file) == ("changed once more", None)
    image.file_says("and followed again")
    assert image.caption == "and followed again"


def test_a_file_that_a_person_has_seen_is_no_conflict_when_the_image_moves_or_changes(image: Captioned) -> None:
    image.file_says("from the file")
    image.write("my own")
    save_picture(image.folder / "a.png", seed=9)
    image.importing.run(image.folder)
    for name in ("a.png", "a.txt"):
        (image.folder / name).rename(image.folder / name.replace("a", "z"))
    image.importing.run(image.folder)

    assert (image.caption, image.in_file) == ("my own", None)


def test_a_conflict_ends_by_itself_when_the_file_goes_back_or_goes(image: Captioned) -> None:
    image.file_says("from the file")
    image.write("my own")
    image.file_says("another text")
    image.write("mine, edited")
    assert image.in_file == "another text"

    image.file_says("from the file")
    assert (image.caption, image.in_file) == ("mine, edited", None)

    image.file_says("a third text")
    image.file_says(None)
    assert (image.caption, image.in_file) == ("mine, edited", None)


def test_a_caption_that_a_person_removed_stays_away_though_its_file_is_read_again(image: Captioned) -> None:
    image.file_says("from the file")
    image.write("")
    save_picture(image.folder / "a.png", seed=9)
    image.importing.run(image.folder)

    assert image.caption is None
    assert image.kept_by("missing:caption")
    assert not image.kept_by("is:caption-conflict")


def test_writing_what_the_file_says_lets_the_file_speak_again(image: Captioned) -> None:
    image.file_says("from the file")
    image.write("my own")
    image.write("from the file")

    image.file_says("the file goes on")
    assert (image.caption, image.in_file) == ("the file goes on", None)


def test_what_cannot_be_a_caption_is_refused(image: Captioned) -> None:
    with pytest.raises(InvalidInput, match="20,000 characters"):
        image.write("x" * 20_001)
    with pytest.raises(ImageNotFound):
        image.captions.set("nobody", "text")
    with pytest.raises(InvalidInput, match="nothing else"):
        image.captions.resolve(image.id, use_file=True)
    assert image.caption is None
