"""Whatever happens to a folder, in whatever order, the catalogue is equal to it after the next import."""

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from PIL import Image

from curate.ingest import chunk
from curate.store.times import utc_now
from tests.builders import picture
from tests.ingest.importing import Importing

NAMES = ("a.png", "b.png", "c.png", "d.png", "sub/a.png", "sub/b.png", "sub/deep/e.png")
CONTENTS = 12
FIRST_TIME = 1_600_000_000


class Died(Exception):
    """The process ends here."""


class Row(NamedTuple):
    id: str
    path: str
    content_hash: str
    missing: bool


class FolderHistory(RuleBasedStateMachine):
    """A folder that is changed by hand, and a workspace that imports it; some imports die at a commit."""

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="curate-history-"))
        self.folder = self.base / "photos"
        self.aside = self.base / "aside"
        self.lives = 0
        self.time = FIRST_TIME
        self.tags: dict[str, str] = {}
        self.folder.mkdir()
        self.aside.mkdir()
        self.importing = Importing(self.base / "workspace", decode_workers=1)

    def teardown(self) -> None:
        try:
            self.check_vectors()
        finally:
            self.importing.close()
            shutil.rmtree(self.base)

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.png"))

    def stamp(self, path: Path) -> None:
        """Give a file a time of its own, as files that are written one after another have."""
        self.time += 1
        os.utime(path, (self.time, self.time))

    def write(self, name: str, content: int) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(content, 24, 16).save(path, compress_level=0)  # all of one size: only content tells them apart
        self.stamp(path)

    def move_file(self, name: str, to: str) -> None:
        (self.folder / to).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).replace(self.folder / to)

    @initialize(contents=st.lists(st.integers(0, CONTENTS), min_size=2, max_size=len(NAMES), unique=True))
    def begin(self, contents: list[int]) -> None:
        for name, content in zip(NAMES, contents, strict=False):
            self.write(name, content)

    @rule(name=st.sampled_from(NAMES), content=st.integers(0, CONTENTS))
    def add_or_change(self, name: str, content: int) -> None:
        self.write(name, content)

    @precondition(lambda self: self.files())
    @rule(data=st.data(), to=st.sampled_from(NAMES))
    def move(self, data: st.DataObject, to: str) -> None:
        self.move_file(data.draw(st.sampled_from(self.files())), to)

    @precondition(lambda self: len(self.files()) > 1)
    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        one, other = data.draw(st.lists(st.sampled_from(self.files()), min_size=2, max_size=2, unique=True))
        (self.folder / one).replace(self.base / "swapped")
        (self.folder / other).replace(self.folder / one)
        (self.base / "swapped").replace(self.folder / other)

    @precondition(lambda self: self.files())
    @rule(data=st.data(), to=st.sampled_from(NAMES), content=st.integers(0, CONTENTS))
    def move_away_and_put_another_in_its_place(self, data: st.DataObject, to: str, content: int) -> None:
        source = data.draw(st.sampled_from(self.files()))
        self.move_file(source, to)
        self.write(source, content)

    @precondition(lambda self: (self.folder / "sub").is_dir() and not (self.folder / "renamed").exists())
    @rule()
    def rename_a_folder(self) -> None:
        (self.folder / "sub").rename(self.folder / "renamed")

    @precondition(lambda self: self.files())
    @rule(data=st.data(), to=st.sampled_from(NAMES))
    def duplicate(self, data: st.DataObject, to: str) -> None:
        source = data.draw(st.sampled_from(self.files()))
        content = (self.folder / source).read_bytes()
        (self.folder / to).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / to).write_bytes(content)
        self.stamp(self.folder / to)

    @precondition(lambda self: self.files())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.files()))
        (self.folder / name).replace(self.aside / name.replace("/", "-"))

    @precondition(lambda self: any(self.aside.iterdir()))
    @rule(data=st.data(), to=st.sampled_from(NAMES))
    def restore(self, data: st.DataObject, to: str) -> None:
        kept = data.draw(st.sampled_from(sorted(self.aside.iterdir())))
        (self.folder / to).parent.mkdir(parents=True, exist_ok=True)
        kept.replace(self.folder / to)

    @precondition(lambda self: self.files())
    @rule(data=st.data())
    def break_a_file(self, data: st.DataObject) -> None:
        path = self.folder / data.draw(st.sampled_from(self.files()))
        path.write_bytes(path.read_bytes()[:50])
        self.stamp(path)

    @precondition(lambda self: self.files())
    @rule(commits=st.integers(1, 4))
    def an_import_that_dies(self, commits: int) -> None:
        """Go on with what is on disk at one of the commits, as if the process had been killed there."""
        after = self.base / f"life-{self.lives}"
        left = commits

        def die(done: int, total: int, message: str) -> None:
            nonlocal left
            left -= total > 0
            if left == 0:
                shutil.copytree(self.importing.database.path.parent, after)
                raise Died

        try:
            self.importing.service.run(self.folder, die)
        except Died:
            self.importing.close()
            self.lives += 1
            self.importing = Importing(after, decode_workers=1)
            self.check_ids_and_tags(self.rows())
        else:
            self.check_everything()

    @precondition(lambda self: self.files())
    @rule()
    def an_import(self) -> None:
        before = self.rows()
        self.importing.run(self.folder)
        self.check_everything()
        self.check_identities(before)

    def check_everything(self) -> None:
        """Paths, contents and missing marks are those of the folder; nothing is forgotten."""
        rows = self.rows()
        present = {row.path: row.content_hash for row in rows if not row.missing}
        assert len(present) == sum(not row.missing for row in rows), "two images share a path"
        readable = {str(self.folder / name) for name in self.files() if is_whole(self.folder / name)}
        assert present.keys() == readable
        skipped = {row[0] for row in self.importing.rows("SELECT path FROM skipped_files")}
        assert skipped == {str(self.folder / name) for name in self.files()} - readable
        assert {path: content_of(Path(path)) for path in present} == present
        assert len(self.importing.embeddings.get_all_embeddings()) == len(present)
        assert all(self.importing.thumbnails.path(row.id).is_file() for row in rows)
        self.check_ids_and_tags(rows)

    def check_ids_and_tags(self, rows: list[Row]) -> None:
        """Every id that there ever was is there, with the tag that it got; new ones get theirs."""
        skipped = {row[0] for row in self.importing.rows("SELECT path FROM skipped_files")}
        assert not skipped & {row.path for row in rows if not row.missing}
        kept = dict(self.importing.rows("SELECT image_id, tag FROM image_tags"))
        assert kept == self.tags
        ids = {row.id for row in rows}
        assert ids >= self.tags.keys()
        for image_id in ids - self.tags.keys():
            with self.importing.database.write() as cursor:
                cursor.execute("INSERT INTO image_tags VALUES (?, ?, ?)", [image_id, f"of {image_id}", utc_now()])
            self.tags[image_id] = f"of {image_id}"

    def check_identities(self, before: list[Row]) -> None:
        """Content that one image had, and one file has, is still that image; a file changed in place is its own."""
        had = Counter(row.content_hash for row in before)
        after = [row for row in self.rows() if not row.missing]
        has = Counter(row.content_hash for row in after)
        by_content = {row.content_hash: row.id for row in before}
        present_before = {row.path: row for row in before if not row.missing}
        for row in after:
            was = present_before.get(row.path)
            if had[row.content_hash] == has[row.content_hash] == 1:
                assert row.id == by_content[row.content_hash], f"{row.path} is not what its content was"
            elif was and was.content_hash == row.content_hash:
                assert row.id == was.id, f"{row.path} did not change, and is another image"
            elif was and not had[row.content_hash] and not has[was.content_hash]:
                assert row.id == was.id, f"{row.path} was changed in place, and is another image"

    def check_vectors(self) -> None:
        """Vectors are those that a workspace of its own gets of the folder as it is."""
        if not any(is_whole(self.folder / name) for name in self.files()):
            return
        self.importing.run(self.folder)
        fresh = Importing(self.base / "fresh", decode_workers=1)
        try:
            fresh.run(self.folder)
            assert vectors_by_path(self.importing).keys() == vectors_by_path(fresh).keys()
            for path, vector in vectors_by_path(fresh).items():
                np.testing.assert_array_equal(vectors_by_path(self.importing)[path], vector)
        finally:
            fresh.close()

    def rows(self) -> list[Row]:
        sql = "SELECT id, path, content_hash, missing_since IS NOT NULL FROM images ORDER BY number"
        return [Row(*row) for row in self.importing.rows(sql)]


def is_whole(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except OSError:
        return False
    return True


def content_of(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


def vectors_by_path(importing: Importing) -> dict[str, np.ndarray]:
    vectors = importing.embeddings.get_all_embeddings()
    rows = importing.rows("SELECT path, id FROM images WHERE missing_since IS NULL")
    return {path: vectors[image_id] for path, image_id in rows}


def test_the_catalogue_is_equal_to_the_folder_after_any_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "_MOST_FILES", 1)  # a commit a file, so that an import can die between any two
    run_state_machine_as_test(
        FolderHistory,
        settings=settings(
            max_examples=int(os.environ.get("CURATE_TEST_EXAMPLES", "5")),
            stateful_step_count=25,
            deadline=None,
            derandomize="CURATE_TEST_EXAMPLES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate] if "CURATE_TEST_EXAMPLES" not in os.environ else [Phase.generate, Phase.shrink],
        ),
    )
