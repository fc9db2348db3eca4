"""Questions about the images that an encoder has no vector of."""

import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import duckdb
import pyarrow as pa

from curate.store.database import Database, id_table


class UnembeddedImage(NamedTuple):
    """An image without a vector, and its file as the last import found it."""

    id: str
    path: str
    size_bytes: int
    content_hash: str


def unembedded_among(database: Database, encoder: str, image_ids: Sequence[str]) -> list[UnembeddedImage]:
    """Return those of some images that are not missing and have no vector of this encoder."""
    cursor = database.read()
    cursor.register("wanted", id_table(list(image_ids)))
    rows = cursor.execute(
        "SELECT id, path, size_bytes, content_hash FROM images JOIN wanted ON wanted.image_id = id"
        " WHERE missing_since IS NULL AND id NOT IN (SELECT image_id FROM embeddings WHERE encoder = ?)"
        " ORDER BY number",
        [encoder],
    ).fetchall()
    cursor.close()
    return [UnembeddedImage(*row) for row in rows]


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
    cursor.register("made", pa.table({"image_id": list(content), "made_from": list(content.values())}))
    rows = cursor.execute(
        "SELECT id FROM images JOIN made ON made.image_id = id AND made_from = content_hash"
        " WHERE id NOT IN (SELECT image_id FROM embeddings WHERE encoder = ?)",
        [encoder],
    ).fetchall()
    cursor.unregister("made")
    return {row[0] for row in rows}


def workspace_mark(database: Database) -> str:
    """Return what tells this workspace's entries on a shared server from others'; made when first asked for."""
    with database.write(content=False) as cursor:
        cursor.execute("INSERT INTO meta VALUES ('queue_mark', ?) ON CONFLICT DO NOTHING", [uuid.uuid4().hex])
        rows = cursor.execute("SELECT value FROM meta WHERE key = 'queue_mark'").fetchall()
    return str(rows[0][0])
