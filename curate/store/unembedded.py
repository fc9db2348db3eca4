"""Questions about the images that an encoder has no vector of."""

import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import duckdb

from curate.store.database import Database

LOOKED_UP = 64
"""Ids that are named in one question: so few are found through the index, 20 times as fast as by a join."""


class UnembeddedImage(NamedTuple):
    """An image without a vector, and its file as the last import found it."""

    id: str
    path: str
    size_bytes: int
    content_hash: str


def unembedded_among(database: Database, encoder: str, image_ids: Sequence[str]) -> list[UnembeddedImage]:
    """Return those of some images that are not missing and have no vector of this encoder."""
    return _lacking(database.read(), encoder, image_ids, "AND missing_since IS NULL")


def never_embedded(database: Database) -> list[str]:
    """Return the ids of the images, not missing, that no encoder has a vector of, in the order of import."""
    query = (
        "SELECT id FROM images WHERE missing_since IS NULL AND id NOT IN (SELECT image_id FROM embeddings)"
        " ORDER BY number"
    )
    return [row[0] for row in database.read().execute(query).fetchall()]


def still_lacking(cursor: duckdb.DuckDBPyConnection, encoder: str, content: Mapping[str, str]) -> set[str]:
    """Return, inside the caller's transaction, the ids in `content` (id → content hash) that lack a vector.

    An image whose content is another one by now is left out.
    """
    images = _lacking(cursor, encoder, list(content))
    return {image.id for image in images if image.content_hash == content[image.id]}


def workspace_mark(database: Database) -> str:
    """Return what tells this workspace's entries on a shared server from others'; made when first asked for."""
    with database.write(content=False) as cursor:
        cursor.execute("INSERT INTO meta VALUES ('queue_mark', ?) ON CONFLICT DO NOTHING", [uuid.uuid4().hex])
        rows = cursor.execute("SELECT value FROM meta WHERE key = 'queue_mark'").fetchall()
    return str(rows[0][0])


def _lacking(
    cursor: duckdb.DuckDBPyConnection, encoder: str, image_ids: Sequence[str], condition: str = ""
) -> list[UnembeddedImage]:
    found: list[UnembeddedImage] = []
    for start in range(0, len(image_ids), LOOKED_UP):
        ids = image_ids[start : start + LOOKED_UP]
        places = ", ".join("?" * len(ids))
        embedded = f"SELECT image_id FROM embeddings WHERE encoder = ? AND image_id IN ({places})"
        done = {row[0] for row in cursor.execute(embedded, [encoder, *ids]).fetchall()}
        images = f"SELECT id, path, size_bytes, content_hash FROM images WHERE id IN ({places}) {condition}"
        rows = {row[0]: row for row in cursor.execute(images, list(ids)).fetchall()}
        found += [UnembeddedImage(*rows[image_id]) for image_id in ids if image_id in rows and image_id not in done]
    return found
