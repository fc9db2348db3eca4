"""Tagging in bulk, with a journal that takes every change back."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from curate.errors import InvalidInput, InvalidTag, NothingToUndo, OperationNotFound
from curate.models import Count, Operation
from curate.store.database import Database, id_table
from curate.store.images import ImageStore
from curate.store.times import utc_now

MAX_TAG_LENGTH = 100


class TaggingService:
    """Tags on images. Every change is on disk, and in the journal, before the call returns."""

    def __init__(self, database: Database, images: ImageStore) -> None:
        self._database = database
        self._images = images

    def tag_images(self, image_ids: list[str], tag: str) -> None:
        """Put `tag` on these images; see `apply`."""
        self.apply(image_ids, tag)

    def apply(self, image_ids: Sequence[str], tag: str) -> Operation:
        """Put `tag` on these images, as one undoable operation.

        Images that have it already are left as they are and aren't counted.

        Raises:
            InvalidTag: the tag is empty, too long, or has line breaks.
            InvalidInput: no images were given.
            ImageNotFound: one of the ids is not an image; nothing is tagged then.
        """
        return self._change("tag", image_ids, clean_tag(tag))

    def remove(self, image_ids: Sequence[str], tag: str) -> Operation:
        """Take `tag` off these images, as one undoable operation; raises what `apply` raises."""
        return self._change("untag", image_ids, clean_tag(tag))

    def undo(self, operation_id: int | None = None) -> Operation:
        """Take an operation back; by default the newest that still holds.

        Each image that it changed gets back what the newest of its other operations on this tag says; where there is
        none, what it had before the first. So changes can be undone in any order. The returned count is how many
        images changed now.

        Raises:
            OperationNotFound: there is no such operation.
            NothingToUndo: it was undone before, or there is none left.
        """
        with self._database.write() as cursor:
            operation = self._undoable(cursor, operation_id)
            undone_at = utc_now()
            cursor.execute("UPDATE operations SET undone_at = ? WHERE id = ?", [undone_at, operation.id])
            cursor.execute(_RESTORED, [operation.id, operation.tag])
            removed = cursor.execute(_TAKE_OFF, [operation.tag]).fetchall()
            added = cursor.execute(_PUT_BACK, [operation.tag, undone_at, operation.tag]).fetchall()
            cursor.execute("DROP TABLE restored")
        return replace(operation, count=int(removed[0][0]) + int(added[0][0]), undone_at=undone_at)

    def history(self, limit: int = 100) -> list[Operation]:
        """Return the newest operations first, without those that changed nothing."""
        rows = (
            self._database.read()
            .execute(f"SELECT {_COLUMNS} FROM operations WHERE count > 0 ORDER BY id DESC LIMIT ?", [limit])
            .fetchall()
        )
        return [Operation(*row) for row in rows]

    def images_with(self, tag: str) -> list[str]:
        """Return the ids of the images that have `tag`, in order of import."""
        rows = (
            self._database.read()
            .execute(
                "SELECT i.id FROM image_tags t JOIN images i ON i.id = t.image_id WHERE t.tag = ? ORDER BY i.number",
                [tag],
            )
            .fetchall()
        )
        return [row[0] for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many present images have each tag, most used first."""
        return {count.value: count.total for count in self._images.facet("tag")}

    def counts_within(self, image_ids: Sequence[str]) -> list[Count]:
        """Return every tag with its count among `image_ids` and in all; the most used in `image_ids` first."""
        cursor = self._database.read()
        cursor.register("chosen", id_table(list(image_ids)))
        rows = cursor.execute(
            "SELECT t.tag, t.tag, count(c.image_id), count(*) FROM image_tags t"
            " JOIN images i ON i.id = t.image_id AND i.missing_since IS NULL"
            " LEFT JOIN (SELECT DISTINCT image_id FROM chosen) c ON c.image_id = t.image_id"
            " GROUP BY t.tag ORDER BY 3 DESC, 4 DESC, 1"
        ).fetchall()
        cursor.close()
        return [Count(*row) for row in rows]

    def _change(self, kind: str, image_ids: Sequence[str], tag: str) -> Operation:
        if not image_ids:
            raise InvalidInput("No images are selected. Select some, then apply the tag again.")
        self._images.require(image_ids)
        created_at = utc_now()
        with self._database.write() as cursor:
            operation_id = int(cursor.execute("SELECT nextval('operation_id')").fetchall()[0][0])
            cursor.register("chosen", id_table(list(dict.fromkeys(image_ids))))
            presence = "NOT IN" if kind == "tag" else "IN"
            cursor.execute(
                "INSERT INTO operation_images SELECT ?, image_id FROM chosen"
                f" WHERE image_id {presence} (SELECT image_id FROM image_tags WHERE tag = ?)",
                [operation_id, tag],
            )
            cursor.execute(_APPLY[kind], [*([tag, created_at] if kind == "tag" else [tag]), operation_id])
            count = int(
                cursor.execute(
                    "SELECT count(*) FROM operation_images WHERE operation_id = ?", [operation_id]
                ).fetchall()[0][0]
            )
            cursor.execute(
                "INSERT INTO operations VALUES (?, ?, ?, ?, ?, NULL)", [operation_id, kind, tag, count, created_at]
            )
        return Operation(operation_id, kind, tag, count, created_at)

    def _undoable(self, cursor: object, operation_id: int | None) -> Operation:
        if operation_id is None:
            where, parameters = "undone_at IS NULL AND count > 0 ORDER BY id DESC LIMIT 1", []
        else:
            where, parameters = "id = ?", [operation_id]
        row = cursor.execute(f"SELECT {_COLUMNS} FROM operations WHERE {where}", parameters).fetchone()  # type: ignore[attr-defined]
        if row is None and operation_id is not None:
            raise OperationNotFound(operation_id)
        if row is None:
            raise NothingToUndo("There is nothing to undo.")
        operation = Operation(*row)
        if operation.undone_at is not None:
            raise NothingToUndo(f"The change “{operation.tag}” on {operation.count:,} images was already undone.")
        return operation


_COLUMNS = "id, kind, tag, count, created_at, undone_at"
# What every image of an operation should have, once it counts no longer. An image's operations on one tag take turns:
# each recorded only images that it really changed, so before the first there was its opposite.
_RESTORED = """
CREATE TEMP TABLE restored AS
WITH theirs AS (
    SELECT m.image_id, o.id, o.kind, o.undone_at IS NULL AS stands
    FROM operation_images m JOIN operations o ON o.id = m.operation_id
    WHERE m.image_id IN (SELECT image_id FROM operation_images WHERE operation_id = ?) AND o.tag = ?
)
SELECT image_id, coalesce(arg_max(kind, id) FILTER (stands) = 'tag', arg_min(kind, id) = 'untag') AS tagged
FROM theirs GROUP BY image_id
"""
_TAKE_OFF = "DELETE FROM image_tags WHERE tag = ? AND image_id IN (SELECT image_id FROM restored WHERE NOT tagged)"
_PUT_BACK = """
INSERT INTO image_tags
SELECT image_id, ?, ? FROM restored
WHERE tagged AND image_id NOT IN (SELECT image_id FROM image_tags WHERE tag = ?)
"""
_APPLY = {
    "tag": "INSERT INTO image_tags SELECT image_id, ?, ? FROM operation_images WHERE operation_id = ?",
    "untag": "DELETE FROM image_tags WHERE tag = ?"
    " AND image_id IN (SELECT image_id FROM operation_images WHERE operation_id = ?)",
}


def clean_tag(tag: str) -> str:
    """Return the tag as it is kept: trimmed, in Unicode's composed form.

    Raises:
        InvalidTag: it is empty, longer than 100 characters, or has line breaks or other control characters.
    """
    cleaned = unicodedata.normalize("NFC", tag).strip()
    if not cleaned:
        raise InvalidTag("A tag needs at least one character. Type one, such as style_001.")
    if len(cleaned) > MAX_TAG_LENGTH:
        raise InvalidTag(
            f"A tag may have {MAX_TAG_LENGTH} characters; this one has {len(cleaned):,}. Choose a shorter one."
        )
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in cleaned):
        raise InvalidTag("A tag can't hold line breaks or control characters. Write it on one line.")
    return cleaned
