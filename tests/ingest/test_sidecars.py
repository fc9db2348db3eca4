"""Reading captions and metadata from the files beside an image."""

import json
from pathlib import Path

import pytest

from curate.ingest.scan import scan_folder
from curate.ingest.sidecars import Notes, SidecarReader


def notes_of(folder: Path, image: str = "cat.jpg") -> tuple[Notes, dict[str, str]]:
    """Return an image's notes, and by file name the reasons for those that could not be read."""
    reader = SidecarReader(scan_folder(folder).sidecars)
    notes = reader.notes(str(folder / image))
    return notes, {Path(path).name: problem.reason for path, problem in reader.problems.items()}


@pytest.mark.parametrize("suffix", ["txt", "caption"])
def test_a_text_beside_an_image_is_its_caption(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"cat.{suffix}").write_text("  a cat, « été » \n", encoding="utf-8")
    (tmp_path / "dog.txt").write_text("a dog")

    assert notes_of(tmp_path) == (Notes("a cat, « été »"), {})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_texts_from_windows_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "cat.txt").write_text("ein Kätzchen", encoding=encoding)

    assert notes_of(tmp_path)[0].caption == "ein Kätzchen"


def test_json_gives_flat_values_and_a_caption(tmp_path: Path) -> None:
    content = {
        "caption": "from json",
        "artist": "M\0e",
        "year": 1999,
        "score": 0.5,
        "ok": True,
        "box": [1, 2],
        "none": None,
    }
    (tmp_path / "cat.json").write_text(json.dumps(content))

    notes, problems = notes_of(tmp_path)

    assert notes.caption == "from json"
    assert notes.metadata == {"artist": "Me", "year": "1999", "score": "0.5", "ok": "true"}
    assert problems == {}


def test_a_metadata_list_covers_its_folder_and_those_below(tmp_path: Path) -> None:
    lines = [
        {"file_name": "cat.jpg", "text": "a cat", "breed": "tabby"},
        {"file_name": "sub/dog.jpg", "caption": "a dog"},
    ]
    (tmp_path / "metadata.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    (tmp_path / "sub").mkdir()

    assert notes_of(tmp_path)[0] == Notes("a cat", {"breed": "tabby"})
    assert notes_of(tmp_path, "sub/dog.jpg")[0].caption == "a dog"
    assert notes_of(tmp_path, "sub/cat.jpg")[0] == Notes()


def test_the_nearest_caption_wins_and_metadata_adds_up(tmp_path: Path) -> None:
    line = {"file_name": "cat.jpg", "text": "from the list", "a": "list", "b": "list"}
    (tmp_path / "metadata.jsonl").write_text(json.dumps(line))
    (tmp_path / "cat.json").write_text('{"caption": "from json", "b": "json", "c": "json"}')
    assert notes_of(tmp_path)[0] == Notes("from json", {"a": "list", "b": "json", "c": "json"})

    (tmp_path / "cat.txt").write_text("from the text")
    assert notes_of(tmp_path)[0].caption == "from the text"

    (tmp_path / "cat.txt").write_text("  \n")
    assert notes_of(tmp_path)[0].caption == "from json"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("cat.txt", b"caf\xe9", "its text is not in UTF-8; save it as UTF-8"),
        ("cat.txt", b"x" * 2_000_000, "the text is longer than 1 MB"),
        ("cat.json", b'{"caption": ', "it is not valid JSON"),
        ("cat.json", b"[" * 100_000, "it is not valid JSON"),
        ("cat.json", b'["a"]', "it holds no JSON object"),
        ("metadata.jsonl", b'{"file_name": "dog.jpg"}\n{oops\n', "line 2: it is not valid JSON"),
        ("metadata.jsonl", b'{"text": "whose?"}\n', "line 1: it has no file_name"),
        ("metadata.jsonl", b'{"file_name": "\xff"}\n', "line 1: its text is not in UTF-8; save it as UTF-8"),
    ],
)
def test_what_cannot_be_read_is_reported_and_says_nothing(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)

    assert notes_of(tmp_path) == (Notes(), {name: reason})


def test_half_a_surrogate_pair_in_json_does_not_reach_the_database(tmp_path: Path) -> None:
    (tmp_path / "cat.json").write_text('{"caption": "a \\ud800 cat"}')

    caption = notes_of(tmp_path)[0].caption

    assert caption is not None
    assert caption.encode("utf-8") == b"a ? cat"
