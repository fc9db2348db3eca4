"""Tagging many images at once, and taking it back."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import count

from bench.measurement import Measurement, Options, Side, Unit, require_same
from bench.rounds import Run, alternate, timed
from bench.vectors import GreyEncoder, image_ids
from bench.workspace import opened, record_images
from curate.store.database import Database
from curate.store.times import utc_now
from curate.tagging.service import TaggingService

INSERT = "INSERT INTO image_tags VALUES (?, ?, ?)"
DELETE = "DELETE FROM image_tags WHERE image_id = ? AND tag = ?"
SELECT = "SELECT image_id, tag FROM image_tags ORDER BY 1, 2"
SQLITE_TABLE = """
CREATE TABLE image_tags (
    image_id TEXT NOT NULL, tag TEXT NOT NULL, tagged_at TEXT NOT NULL, PRIMARY KEY (image_id, tag)
) WITHOUT ROWID
"""

Rows = list[tuple[str, str]]
Runs = tuple[Run[Rows], Run[Rows]]
"""Putting a tag on, and taking it off again; with the rows of the tag table after each."""


def measure(options: Options) -> Iterator[Measurement]:
    """Compare one undoable operation with plain rows, inserted and deleted one by one, in the same kind of table."""
    images = options.size(10_000, 200)
    ids = image_ids(images)
    with (
        opened(options.scratch / "ours", GreyEncoder()) as workspace,
        opened(options.scratch / "plain", GreyEncoder()) as plain,
        closing(sqlite3.connect(options.scratch / "plain.sqlite")) as sqlite,
    ):
        record_images(workspace.database, ids)
        sqlite.execute(SQLITE_TABLE)
        ours, *theirs = alternate(
            options.rounds,
            _ours(workspace.database, workspace.tagging, ids),
            row_by_row(ids, _into_duckdb(plain.database), lambda: _rows(plain.database)),
            row_by_row(ids, _into_sqlite(sqlite), lambda: sqlite.execute(SELECT).fetchall()),
        )
    for name, runs in zip(("DuckDB", "SQLite"), theirs, strict=True):
        yield compared("tag images", 0, images, ours, f"{name} executemany, INSERT row by row, no journal", runs)
        yield compared("undo it", 1, images, ours, f"{name} executemany, DELETE row by row, no journal", runs)


def compared(what: str, step: int, images: int, ours: list[Runs], peer: str, theirs: list[Runs]) -> Measurement:
    """Return the figures of one step: 0 puts the tag on, 1 takes it off.

    Raises:
        ResultsDiffer: after it, a round's tables hold different rows.
    """
    expected = 0 if step else images
    tables = [(mine[step].result, other[step].result) for mine, other in zip(ours, theirs, strict=True)]
    same = all(len(mine) == expected and mine == other for mine, other in tables)
    require_same(same, "the tags that there are")
    return Measurement(
        entry="tag",
        what=what,
        unit=Unit.MILLISECONDS,
        ours=Side("Curate TaggingService, with a journal for undo", _milliseconds(ours, step)),
        peer=Side(peer, _milliseconds(theirs, step)),
        same="the rows of the tag table",
        conditions={"images": images, "every side": "one transaction, on disk when it returns"},
    )


def _ours(database: Database, tagging: TaggingService, ids: Sequence[str]) -> Callable[[], Runs]:
    numbers = count()

    def run() -> Runs:
        tag = f"tag-{next(numbers)}"
        tagged = timed(lambda: tagging.apply(ids, tag))
        after = _rows(database)
        undone = timed(lambda: tagging.undo(tagged.result.id))
        return Run(tagged.seconds, after), Run(undone.seconds, _rows(database))

    return run


Write = Callable[[str, Sequence[tuple[str, ...]]], None]


def row_by_row(ids: Sequence[str], write: Write, read: Callable[[], Rows]) -> Callable[[], Runs]:
    """Return work that inserts the rows one by one, and deletes them again."""
    numbers = count()

    def run() -> Runs:
        tag, now = f"tag-{next(numbers)}", utc_now().isoformat()
        inserted = timed(lambda: write(INSERT, [(image_id, tag, now) for image_id in ids]))
        after = read()
        deleted = timed(lambda: write(DELETE, [(image_id, tag) for image_id in ids]))
        return Run(inserted.seconds, after), Run(deleted.seconds, read())

    return run


def _into_duckdb(database: Database) -> Write:
    def write(sql: str, rows: Sequence[tuple[str, ...]]) -> None:
        with database.write() as cursor:
            cursor.executemany(sql, rows)

    return write


def _into_sqlite(connection: sqlite3.Connection) -> Write:
    def write(sql: str, rows: Sequence[tuple[str, ...]]) -> None:
        with connection:
            connection.executemany(sql, rows)

    return write


def _rows(database: Database) -> Rows:
    return database.read().execute(SELECT).fetchall()


def _milliseconds(rounds: list[Runs], step: int) -> tuple[float, ...]:
    return tuple(runs[step].seconds * 1000 for runs in rounds)
