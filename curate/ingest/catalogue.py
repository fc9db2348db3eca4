"""What an import reads from the catalogue and writes to it: whole tables in, whole chunks out."""

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from curate.ingest.found import FoundFile
from curate.ingest.sidecars import Notes
from curate.store.database import Database, id_table
from curate.store.times import utc_now

ID_LENGTH = 12
UNREMEMBERED = -1
"""The `modified_ns` of a skipped file that is tried again at every import."""


class KnownImage(NamedTuple):
    """An image of the catalogue, as far as an import compares it."""

    id: str
    path: str
    source: str
    size_bytes: int
    modified_ns: int
    content_hash: str
    missing: bool
    embedded: bool
    measured: bool


class SkippedRow(NamedTuple):
    """A row of `skipped_files`, less its source."""

    path: str
    reason: str
    size_bytes: int
    modified_ns: int


class ImageRow(NamedTuple):
    """A row of `images`, less what the database adds."""

    id: str
    path: str
    folder: str
    source: str
    name: str
    size_bytes: int
    modified_ns: int
    content_hash: str
    width: int
    height: int
    format: str
    has_alpha: bool
    perceptual_hash: int
    sharpness: float
    brightness: float
    contrast: float
    information: float | None = None
    black_bars: float | None = None


class Relocation(NamedTuple):
    """An image whose content is as it was, under another path or with another time."""

    id: str
    path: str
    folder: str
    source: str
    name: str
    size_bytes: int
    modified_ns: int


_IMAGE_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("path", pa.string()),
        ("folder", pa.string()),
        ("source", pa.string()),
        ("name", pa.string()),
        ("size_bytes", pa.int64()),
        ("modified_ns", pa.int64()),
        ("content_hash", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("has_alpha", pa.bool_()),
        ("perceptual_hash", pa.uint64()),
        ("sharpness", pa.float32()),
        ("brightness", pa.float32()),
        ("contrast", pa.float32()),
        ("information", pa.float32()),
        ("black_bars", pa.float32()),
    ]
)
_RELOCATION_SCHEMA = pa.schema([_IMAGE_SCHEMA.field(name) for name in Relocation._fields])
_FILE_SCHEMA = pa.schema([("path", pa.string()), ("size_bytes", pa.int64()), ("modified_ns", pa.int64())])
_SKIPPED_SCHEMA = pa.schema([_FILE_SCHEMA.field("path"), ("reason", pa.string()), *list(_FILE_SCHEMA)[1:]])


def known_images(database: Database, folder: str, encoder: str | None) -> list[KnownImage]:
    """Return the images below a folder, whichever source they came with, the missing ones first.

    Without an encoder each counts as embedded.
    """
    sql = """
        SELECT i.id, i.path, i.source, i.size_bytes, i.modified_ns, i.content_hash,
               i.missing_since IS NOT NULL, $1 IS NULL OR e.row_number IS NOT NULL, i.information IS NOT NULL
        FROM images i LEFT JOIN embeddings e ON e.image_id = i.id AND e.encoder = $1
        WHERE starts_with(i.path, $2) ORDER BY i.missing_since IS NULL, i.number
    """
    return [KnownImage(*row) for row in _rows(database.read(), sql, encoder, _prefix(folder))]


def images_of_sizes(database: Database, sizes: Iterable[int], encoder: str | None) -> list[KnownImage]:
    """Return the images, anywhere, whose files have one of these sizes: those that a new file may be a move of."""
    cursor = database.read()
    sql = """
        SELECT i.id, i.path, i.source, i.size_bytes, i.modified_ns, i.content_hash,
               i.missing_since IS NOT NULL, $1 IS NULL OR e.row_number IS NOT NULL, i.information IS NOT NULL
        FROM images i LEFT JOIN embeddings e ON e.image_id = i.id AND e.encoder = $1
        WHERE i.size_bytes IN (SELECT size_bytes FROM new_sizes) ORDER BY i.number
    """
    with registered(cursor, new_sizes=pa.table({"size_bytes": pa.array(set(sizes), pa.int64())})):
        return [KnownImage(*row) for row in _rows(cursor, sql, encoder)]


def skipped_rows(database: Database, folder: str) -> list[SkippedRow]:
    """Return the skipped files below a folder (and the folder itself), sorted by path."""
    sql = """
        SELECT path, reason, size_bytes, modified_ns FROM skipped_files
        WHERE starts_with(path, ?) OR path = ? ORDER BY path
    """
    return [SkippedRow(*row) for row in _rows(database.read(), sql, _prefix(folder), folder)]


def known_sidecars(database: Database, folder: str) -> dict[str, FoundFile]:
    """Return the sidecars below a folder as they were when last read."""
    sql = "SELECT path, size_bytes, modified_ns FROM sidecars WHERE starts_with(path, ?)"
    return {row[0]: FoundFile(*row) for row in _rows(database.read(), sql, _prefix(folder))}


def add_source(database: Database, folder: str) -> None:
    """Remember a folder as one that was imported."""
    if not database.read().execute("SELECT 1 FROM sources WHERE path = ?", [folder]).fetchall():
        with database.write() as cursor:
            cursor.execute(
                "INSERT INTO sources (path, added_at) VALUES (?, ?) ON CONFLICT DO NOTHING", [folder, utc_now()]
            )


def fresh_ids(database: Database, contents: Sequence[tuple[str, str]]) -> list[str]:
    """Return an id for each new image, given as (absolute path, content hash); none is in use yet."""
    taken = _in_use(database, [derived_id(path, content_hash) for path, content_hash in contents])
    ids: list[str] = []
    for path, content_hash in contents:
        salt = 0
        image_id = derived_id(path, content_hash)
        while image_id in taken or (salt and _in_use(database, [image_id])):
            salt += 1
            image_id = derived_id(path, content_hash, salt)
        taken.add(image_id)
        ids.append(image_id)
    return ids


def derived_id(path: str, content_hash: str, salt: int = 0) -> str:
    """Return 12 lowercase base32 characters of BLAKE2b over path, NUL and content hash (and a salt after a clash)."""
    text = f"{path}\0{content_hash}" + (f"\0{salt}" if salt else "")
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return base64.b32encode(digest).decode().lower()[:ID_LENGTH]


def insert_images(cursor: duckdb.DuckDBPyConnection, rows: Sequence[ImageRow], now: datetime) -> None:
    """Add images, numbered in the order given."""
    columns = ", ".join(ImageRow._fields)
    with registered(cursor, rows=_table(rows, _IMAGE_SCHEMA)):
        cursor.execute(
            f"INSERT INTO images ({columns}, number, imported_at)"
            f" SELECT {columns}, nextval('image_number'), ? FROM rows",
            [now],
        )


def update_images(cursor: duckdb.DuckDBPyConnection, rows: Sequence[ImageRow]) -> None:
    """Overwrite what the files say of images that are known; they are present again."""
    _update(cursor, _table(rows, _IMAGE_SCHEMA))


def relocate_images(cursor: duckdb.DuckDBPyConnection, rows: Sequence[Relocation]) -> None:
    """Set where images are now; they are present again."""
    _update(cursor, _table(rows, _RELOCATION_SCHEMA))


def set_missing(cursor: duckdb.DuckDBPyConnection, image_ids: Iterable[str], since: datetime | None) -> None:
    """Mark images as gone since a moment, or (None) as present."""
    with registered(cursor, rows=id_table(list(image_ids))):
        cursor.execute("UPDATE images SET missing_since = ? FROM rows WHERE images.id = rows.image_id", [since])


def write_notes(cursor: duckdb.DuckDBPyConnection, notes: Mapping[str, Notes], now: datetime) -> None:
    """Set captions and metadata of images to what their sidecars say now.

    A person's own captions stay; what a file says anew is kept beside them.
    """
    captions = {image_id: note.caption for image_id, note in notes.items() if note.caption}
    metadata = [(image_id, key, value) for image_id, note in notes.items() for key, value in note.metadata.items()]
    schema = pa.schema([("image_id", pa.string()), ("key", pa.string()), ("value", pa.string())])
    tables = {
        "subjects": id_table(list(notes)),
        "new_captions": pa.table(
            {"image_id": pa.array(captions.keys(), pa.string()), "text": pa.array(captions.values(), pa.string())}
        ),
        "new_metadata": _table(metadata, schema),
    }
    with registered(cursor, **tables):
        cursor.execute(
            "DELETE FROM captions WHERE origin = 'sidecar' AND image_id IN (SELECT image_id FROM subjects)"
            " AND image_id NOT IN (SELECT image_id FROM new_captions)"
        )
        cursor.execute(
            "INSERT INTO captions (image_id, text, origin, updated_at)"
            " SELECT image_id, text, 'sidecar', ? FROM new_captions"
            " ON CONFLICT (image_id) DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at"
            " WHERE captions.origin = 'sidecar' AND captions.text <> excluded.text",
            [now],
        )
        cursor.execute(_NOTE_CONFLICTS)
        cursor.execute(
            "DELETE FROM metadata WHERE image_id IN (SELECT image_id FROM subjects)"
            " AND NOT EXISTS (FROM new_metadata n WHERE n.image_id = metadata.image_id AND n.key = metadata.key)"
        )
        cursor.execute(
            "INSERT INTO metadata SELECT image_id, key, value FROM new_metadata"
            " ON CONFLICT (image_id, key) DO UPDATE SET value = excluded.value"
            " WHERE metadata.value <> excluded.value"
        )


def remember_skipped(cursor: duckdb.DuckDBPyConnection, source: str, rows: Sequence[SkippedRow]) -> None:
    """Keep why files were skipped, so that they are not tried again until they change."""
    with registered(cursor, rows=_table(rows, _SKIPPED_SCHEMA)):
        cursor.execute(
            "INSERT INTO skipped_files SELECT path, ?, reason, size_bytes, modified_ns FROM rows"
            " ON CONFLICT (path) DO UPDATE SET reason = excluded.reason, size_bytes = excluded.size_bytes,"
            " modified_ns = excluded.modified_ns",
            [source],
        )


def forget_skipped(cursor: duckdb.DuckDBPyConnection, paths: Iterable[str]) -> None:
    """Drop files that are gone, or imported by now, from the skipped ones."""
    with registered(cursor, rows=pa.table({"path": pa.array(list(paths), pa.string())})):
        cursor.execute("DELETE FROM skipped_files WHERE path IN (SELECT path FROM rows)")


def write_sidecars(cursor: duckdb.DuckDBPyConnection, files: Sequence[FoundFile], gone: Iterable[str]) -> None:
    """Remember which sidecars were read, and drop those that are gone."""
    with registered(
        cursor, files=_table(files, _FILE_SCHEMA), gone=pa.table({"path": pa.array(list(gone), pa.string())})
    ):
        cursor.execute("DELETE FROM sidecars WHERE path IN (SELECT path FROM gone)")
        cursor.execute(
            "INSERT INTO sidecars SELECT * FROM files ON CONFLICT (path) DO UPDATE"
            " SET size_bytes = excluded.size_bytes, modified_ns = excluded.modified_ns"
        )


# A person's own caption, its file's text, and what the file said when they last decided between both.
_NOTE_CONFLICTS = """
UPDATE captions SET file_text = told.conflict
FROM (
    SELECT s.image_id, CASE WHEN n.text <> c.text AND n.text IS DISTINCT FROM c.seen_text THEN n.text END AS conflict
    FROM subjects s JOIN captions c ON c.image_id = s.image_id LEFT JOIN new_captions n ON n.image_id = s.image_id
    WHERE c.origin = 'user'
) told
WHERE captions.image_id = told.image_id AND captions.file_text IS DISTINCT FROM told.conflict
"""


@contextmanager
def registered(cursor: duckdb.DuckDBPyConnection, **tables: pa.Table) -> Iterator[None]:
    """Let a query name Arrow tables, for a while."""
    for name, table in tables.items():
        cursor.register(name, table)
    try:
        yield
    finally:
        for name in tables:
            cursor.unregister(name)


def _update(cursor: duckdb.DuckDBPyConnection, table: pa.Table) -> None:
    values = ", ".join(f"{name} = rows.{name}" for name in table.column_names if name != "id")
    with registered(cursor, rows=table):
        cursor.execute(f"UPDATE images SET {values}, missing_since = NULL FROM rows WHERE images.id = rows.id")


def _in_use(database: Database, image_ids: list[str]) -> set[str]:
    cursor = database.read()
    with registered(cursor, wanted=id_table(image_ids)):
        found = cursor.execute("SELECT id FROM images WHERE id IN (SELECT image_id FROM wanted)").fetchall()
    return {row[0] for row in found}


def _table(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


def _rows(cursor: duckdb.DuckDBPyConnection, sql: str, *parameters: str | None) -> Iterable[tuple[Any, ...]]:
    """Return a whole result by columns: far cheaper than by rows."""
    table: pa.Table = cursor.sql(sql, params=parameters).to_arrow_table()
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _prefix(folder: str) -> str:
    return os.path.join(folder, "")
