"""Whose rows a foreign file holds: its keys are image ids, absolute paths, or paths relative to an imported folder."""

import os
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from curate.errors import InvalidEmbeddings
from curate.store.database import Database, id_table

# How keys may be meant: what to call it, and the condition. Of two images that had one path, the present one is meant.
_WAYS = {
    "image id": "i.id = k.key",
    "absolute path": "i.path = k.key",
    "path relative to an imported folder": r"substr(i.path, length(rtrim(i.source, '/\')) + 2) = k.relative",
}
_MATCH = """
    SELECT k.position, i.id FROM keys k JOIN images i ON {condition}
    QUALIFY row_number() OVER (PARTITION BY k.position, i.path ORDER BY i.missing_since IS NOT NULL, i.number) = 1
    ORDER BY k.position
"""


def match(database: Database, file: Path, keys: Sequence[str]) -> tuple[str, list[str]]:
    """Return how the keys are meant, one way for all of them, and the image id of each.

    Raises:
        InvalidEmbeddings: one names no image, two images, or an image that another one names too.
    """
    cursor = database.read()
    relative = [key.removeprefix("./").replace("/", os.sep) for key in keys]
    columns = [pa.array(range(len(keys)), pa.int64()), pa.array(keys, pa.string()), pa.array(relative, pa.string())]
    cursor.register("keys", pa.table(columns, names=["position", "key", "relative"]))
    ways = {way: _matched(cursor, condition) for way, condition in _WAYS.items()}
    way = max(ways, key=lambda name: len(np.unique(ways[name][0])))
    positions, ids = ways[way]
    _check_each_once(file, keys, positions, ids)
    return way, ids


def paths_of(cursor: duckdb.DuckDBPyConnection, image_ids: list[str]) -> list[str]:
    """Return the path of each image, in the order of the ids."""
    cursor.register("wanted", id_table(image_ids))
    paths = dict(cursor.execute("SELECT id, path FROM images JOIN wanted ON image_id = id").fetchall())
    return [paths[image_id] for image_id in image_ids]


def _matched(cursor: duckdb.DuckDBPyConnection, condition: str) -> tuple[np.ndarray, list[str]]:
    """Return (K,) int64 positions among the keys, rising, and the image id of each."""
    found: pa.Table = cursor.sql(_MATCH.format(condition=condition)).to_arrow_table()
    return found.column("position").to_numpy(), found.column("id").to_pylist()


def _check_each_once(file: Path, keys: Sequence[str], positions: np.ndarray, ids: Sequence[str]) -> None:
    unknown = np.setdiff1d(np.arange(len(keys)), positions)
    if len(unknown):
        raise InvalidEmbeddings(
            f"{len(unknown):,} of the {len(keys):,} ids for {file} name no image of this workspace, such as "
            f"“{keys[unknown[0]][:80]}” (row {unknown[0] + 1:,}). Leave them out, or import their folder first."
        )
    twice = positions[1:][np.diff(positions) == 0]
    if len(twice):
        raise InvalidEmbeddings(
            f"“{keys[twice[0]]}” (row {twice[0] + 1:,} of {file}) is in two imported folders. Give absolute paths."
        )
    rows: dict[str, int] = {}
    for row, image_id in enumerate(ids):
        before = rows.setdefault(image_id, row)
        if before != row:
            raise InvalidEmbeddings(
                f"Rows {before + 1:,} and {row + 1:,} of {file} are of the same image, “{keys[row][:80]}”. "
                "Leave one of them out."
            )
