"""Tagging many images at once, and taking it back."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count

from bench.measurement import Measurement, Options, Side, Unit, require_same
from bench.rounds import Run, alternate, timed
from bench.vectors import GreyEncoder, image_ids
from bench.workspace import opened, record_images
from curate.store.database import Database
from curate.store.times import utc_now
from curate.tagging.service import TaggingService

Rows = list[tuple[str, str]]
Runs = tuple[Run[Rows], Run[Rows]]
"""Putting a tag on, and taking it off again; with the rows of `image_tags` after each."""


def measure(options: Options) -> Iterator[Measurement]:
    """Compare one undoable operation with plain rows, inserted and deleted one by one, in the same kind of table."""
    images = options.size(10_000, 200)
    ids = image_ids(images)
    with (
        opened(options.scratch / "ours", GreyEncoder()) as workspace,
        opened(options.scratch / "plain", GreyEncoder()) as plain,
    ):
        record_images(workspace.database, ids)
        sides = _ours(workspace.database, workspace.tagging, ids), _row_by_row(plain.database, ids)
        ours, theirs = alternate(options.rounds, *sides)
    for step, what in enumerate(("tag images", "undo it")):
        after = [[runs[step].result for runs in side] for side in (ours, theirs)]
        require_same(after[0] == after[1] and len(after[0][0]) == (0 if step else images), "the tags that there are")
        yield Measurement(
            entry="tag",
            what=what,
            unit=Unit.MILLISECONDS,
            ours=Side("Curate TaggingService, with a journal for undo", _milliseconds(ours, step)),
            peer=Side(
                f"DuckDB executemany, {'DELETE' if step else 'INSERT'} row by row, no journal",
                _milliseconds(theirs, step),
            ),
            same="the rows of the tag table",
            conditions={"images": images, "one transaction": "both"},
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


def _row_by_row(database: Database, ids: Sequence[str]) -> Callable[[], Runs]:
    numbers = count()

    def write(sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        with database.write() as cursor:
            cursor.executemany(sql, rows)

    def run() -> Runs:
        tag, now = f"tag-{next(numbers)}", utc_now()
        inserted = timed(lambda: write("INSERT INTO image_tags VALUES (?, ?, ?)", [(i, tag, now) for i in ids]))
        after = _rows(database)
        deletion = "DELETE FROM image_tags WHERE image_id = ? AND tag = ?"
        deleted = timed(lambda: write(deletion, [(i, tag) for i in ids]))
        return Run(inserted.seconds, after), Run(deleted.seconds, _rows(database))

    return run


def _rows(database: Database) -> Rows:
    return database.read().execute("SELECT image_id, tag FROM image_tags ORDER BY ALL").fetchall()


def _milliseconds(rounds: list[Runs], step: int) -> tuple[float, ...]:
    return tuple(runs[step].seconds * 1000 for runs in rounds)
