"""The encoders of a workspace in the database: which there are, which one is active, what each has embedded."""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa

from curate.store.database import id_table

MODEL, IMPORT = "model", "import"
"""Where an encoder's vectors come from: a model that embeds images, or a file that a person attached."""

_COLUMNS = "name, label, dimension, origin, added_at, checkpoint, file"


@dataclass(frozen=True, slots=True)
class StoredEncoder:
    """A row of `encoders`."""

    name: str
    label: str
    dimension: int
    origin: str
    added_at: datetime
    checkpoint: str | None = None
    """What loads the model again."""
    file: str | None = None
    """Its file's name, where it isn't `<name>.npy`."""

    @property
    def file_name(self) -> str:
        return self.file or f"{self.name}.npy"


def read_encoders(cursor: duckdb.DuckDBPyConnection) -> list[StoredEncoder]:
    """Return all encoders, in the order in which they came."""
    rows = cursor.execute(f"SELECT {_COLUMNS} FROM encoders ORDER BY added_at, name").fetchall()
    return [StoredEncoder(*row) for row in rows]


def read_encoder(cursor: duckdb.DuckDBPyConnection, name: str) -> StoredEncoder | None:
    """Return one encoder; None where there is none of this name."""
    rows = cursor.execute(f"SELECT {_COLUMNS} FROM encoders WHERE name = ?", [name]).fetchall()
    return StoredEncoder(*rows[0]) if rows else None


def write_encoder(cursor: duckdb.DuckDBPyConnection, encoder: StoredEncoder) -> None:
    """Add an encoder, or overwrite the one of its name, inside the caller's transaction."""
    row = [encoder.name, encoder.label, encoder.dimension, encoder.origin, encoder.added_at]
    cursor.execute(
        f"INSERT OR REPLACE INTO encoders ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [*row, encoder.checkpoint, encoder.file],
    )


def names_without_encoder(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names that embeddings are kept under, but no encoder is registered for."""
    query = "SELECT DISTINCT encoder FROM embeddings WHERE encoder NOT IN (SELECT name FROM encoders) ORDER BY 1"
    return [row[0] for row in cursor.execute(query).fetchall()]


def read_active(cursor: duckdb.DuckDBPyConnection) -> str | None:
    """Return the name of the active encoder; None in a workspace that never had one."""
    rows = cursor.execute("SELECT value FROM meta WHERE key = 'active_encoder'").fetchall()
    return rows[0][0] if rows else None


def write_active(cursor: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make an encoder the active one, inside the caller's transaction."""
    cursor.execute(
        "INSERT INTO meta VALUES ('active_encoder', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", [name]
    )


def count_embedded(cursor: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how many images that are not missing each encoder has a vector of; without those that have none."""
    query = (
        "SELECT encoder, count(*) FROM embeddings"
        " WHERE image_id NOT IN (SELECT id FROM images WHERE missing_since IS NOT NULL) GROUP BY encoder"
    )
    return dict(cursor.execute(query).fetchall())


def read_rows(cursor: duckdb.DuckDBPyConnection, encoder: str) -> tuple[pa.StringArray, np.ndarray]:
    """Return the ids of the present images that an encoder has embedded, and their (N,) int64 rows, rising."""
    query = (
        "SELECT image_id, row_number FROM embeddings WHERE encoder = ?"
        " AND image_id NOT IN (SELECT id FROM images WHERE missing_since IS NOT NULL)"
    )
    # Sorted here: in the database it takes five times as long.
    table: pa.Table = cursor.sql(query, params=[encoder]).to_arrow_table()
    ids, rows = table.column("image_id").combine_chunks(), table.column("row_number").to_numpy()
    if len(rows) and (np.diff(rows) <= 0).any():
        order = np.argsort(rows, kind="stable")
        ids, rows = ids.take(pa.array(order)), rows[order]
    return ids, rows


def read_state(cursor: duckdb.DuckDBPyConnection, encoder: str) -> tuple[int, ...]:
    """Return numbers that change whenever `read_rows` would: rows are only ever added behind the last, or dropped."""
    query = (
        "SELECT count(*), coalesce(max(row_number), -1),"
        " (SELECT count(*) FROM images WHERE missing_since IS NOT NULL),"
        " (SELECT coalesce(bit_xor(hash(id)), 0) FROM images WHERE missing_since IS NOT NULL)"
        " FROM embeddings WHERE encoder = ?"
    )
    return tuple(cursor.execute(query, [encoder]).fetchall()[0])


def count_rows(cursor: duckdb.DuckDBPyConnection, encoder: str) -> int:
    """Return how many rows of an encoder's file are known: one more than the highest in use."""
    query = "SELECT coalesce(max(row_number) + 1, 0) FROM embeddings WHERE encoder = ?"
    return int(cursor.execute(query, [encoder]).fetchall()[0][0])


def write_rows(cursor: duckdb.DuckDBPyConnection, encoder: str, image_ids: pa.Array, rows: pa.Array) -> None:
    """Say which row is whose, inside the caller's transaction; an image that has a row gets the new one."""
    cursor.register("new_embeddings", pa.table({"image_id": image_ids, "row_number": rows}))
    cursor.execute(
        "INSERT INTO embeddings SELECT ?, image_id, row_number FROM new_embeddings "
        "ON CONFLICT DO UPDATE SET row_number = excluded.row_number",
        [encoder],
    )
    cursor.unregister("new_embeddings")  # not after a failure: an aborted transaction refuses it and hides the error


def replace_rows(cursor: duckdb.DuckDBPyConnection, encoder: str, image_ids: pa.Array) -> None:
    """Say, inside the caller's transaction, that an encoder's rows 0 to N − 1 are these images', and that it has no
    other rows, and no map until one is made of them."""
    write_rows(cursor, encoder, image_ids, pa.array(np.arange(len(image_ids))))
    cursor.register("attached", pa.table({"image_id": image_ids}))
    cursor.execute(
        "DELETE FROM embeddings WHERE encoder = ? AND image_id NOT IN (SELECT image_id FROM attached)", [encoder]
    )
    cursor.unregister("attached")
    cursor.execute("DELETE FROM current_runs WHERE encoder = ?", [encoder])


def forget_rows(cursor: duckdb.DuckDBPyConnection, image_ids: list[str]) -> None:
    """Drop, inside the caller's transaction, every encoder's rows of these images."""
    cursor.register("changed", id_table(image_ids))
    cursor.execute("DELETE FROM embeddings WHERE image_id IN (SELECT image_id FROM changed)")
    cursor.unregister("changed")
