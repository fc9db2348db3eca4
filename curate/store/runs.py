"""Clustering runs in the database: the run, its clusters, and where each image lies on its map."""

import json
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from curate.models import NOISE, Cluster, ClusterRun
from curate.store.database import id_table

RUN_COLUMNS = "id, algorithm, reducer, encoder, parameters, images, clusters, noise, seconds, created_at"

_PRESENT_POINTS = (
    "SELECT p.run_id, p.position, p.image_id, p.cluster_id FROM map_points p"
    " JOIN images i ON i.id = p.image_id AND i.missing_since IS NULL"
)
# What the tables say of counts was so when the run was made; images come and go since.
_RUNS = f"""
SELECT r.id, algorithm, reducer, encoder, parameters, coalesce(n.images, 0), coalesce(n.clusters, 0),
       coalesce(n.noise, 0), seconds, created_at
FROM cluster_runs r LEFT JOIN (
    SELECT run_id, count(*) AS images, count(DISTINCT cluster_id) FILTER (cluster_id <> ?) AS clusters,
           count(*) FILTER (cluster_id = ?) AS noise
    FROM ({_PRESENT_POINTS}) GROUP BY run_id
) n ON n.run_id = r.id
"""


@dataclass(frozen=True, slots=True, eq=False)
class MapPoints:
    """The map of one run as arrays; an image's index in them is its position."""

    run_id: int
    image_ids: list[str]
    x: np.ndarray
    """(N,) float32, within −1 to 1."""
    y: np.ndarray
    """(N,) float32, within −1 to 1."""
    cluster_ids: np.ndarray
    """(N,) int16; -1 is noise."""

    def __len__(self) -> int:
        return len(self.image_ids)

    @property
    def xy(self) -> np.ndarray:
        """(N, 2) float32."""
        return np.column_stack([self.x, self.y])


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How each of N images stands to its cluster, and to all images; see `curate.clustering.membership`."""

    membership: np.ndarray
    """(N,) float32, 0 to 1."""
    outlier_score: np.ndarray
    """(N,) float32, 0 to 1."""


def next_run_id(cursor: duckdb.DuckDBPyConnection) -> int:
    """Take the next run's number."""
    return int(cursor.execute("SELECT nextval('run_id')").fetchall()[0][0])


def write_run(
    cursor: duckdb.DuckDBPyConnection,
    run: ClusterRun,
    clusters: list[Cluster],
    points: MapPoints,
    standing: Standing | None = None,
) -> None:
    """Write a run with its clusters and its map, and make it its encoder's current one, in the caller's transaction."""
    row = [run.id, run.algorithm, run.reducer, run.encoder, json.dumps(dict(run.parameters)), run.images]
    row += [run.clusters, run.noise, run.seconds, run.created_at]
    cursor.execute(f"INSERT INTO cluster_runs ({RUN_COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)
    table = pa.table(
        {
            "run_id": pa.array([run.id] * len(clusters), pa.int64()),
            "id": pa.array([cluster.id for cluster in clusters], pa.int32()),
            "name": pa.array([cluster.name for cluster in clusters], pa.string()),
            "size": pa.array([cluster.size for cluster in clusters], pa.int64()),
        }
    )
    _insert(cursor, "clusters", table)
    add_points(cursor, points, first_position=0, standing=standing)
    cursor.execute("INSERT OR REPLACE INTO current_runs VALUES (?, ?)", [run.encoder, run.id])


def add_points(
    cursor: duckdb.DuckDBPyConnection, points: MapPoints, first_position: int, standing: Standing | None = None
) -> None:
    """Write points to their run's map, from this position on, inside the caller's transaction."""
    known = {} if standing is None else {"membership": standing.membership, "outlier_score": standing.outlier_score}
    table = pa.table(
        {
            "run_id": pa.array(np.full(len(points), points.run_id, np.int64)),
            "position": pa.array(np.arange(first_position, first_position + len(points), dtype=np.int32)),
            "image_id": pa.array(points.image_ids, pa.string()),
            "x": pa.array(points.x),
            "y": pa.array(points.y),
            "cluster_id": pa.array(points.cluster_ids.astype(np.int32)),
            **{name: pa.array(values, pa.float32()) for name, values in known.items()},
        }
    )
    _insert(cursor, "map_points", table)


def read_runs(cursor: duckdb.DuckDBPyConnection) -> list[ClusterRun]:
    """Return all runs, the latest first, with the counts of images that are present now."""
    rows = cursor.execute(f"{_RUNS} ORDER BY id DESC", [NOISE, NOISE]).fetchall()
    return [_run(row) for row in rows]


def read_current_run(cursor: duckdb.DuckDBPyConnection, encoder: str | None = None) -> ClusterRun | None:
    """Return the run whose map is shown under an encoder, the active one by default; None before its first.

    Its counts are of the images that are present now.
    """
    current = "FROM current_run" if encoder is None else "SELECT run_id FROM current_runs WHERE encoder = ?"
    values = [NOISE, NOISE] if encoder is None else [NOISE, NOISE, encoder]
    rows = cursor.execute(f"{_RUNS} WHERE r.id = ({current})", values).fetchall()
    return _run(rows[0]) if rows else None


def run_exists(cursor: duckdb.DuckDBPyConnection, run_id: int) -> bool:
    return bool(cursor.execute("SELECT 1 FROM cluster_runs WHERE id = ?", [run_id]).fetchall())


def read_clusters(cursor: duckdb.DuckDBPyConnection, run_id: int) -> list[Cluster]:
    """Return a run's clusters by the present images in them, the largest first; without those that have none."""
    query = (
        f"SELECT c.id, c.name, count(*) AS size FROM clusters c JOIN ({_PRESENT_POINTS}) p"
        " ON p.run_id = c.run_id AND p.cluster_id = c.id WHERE c.run_id = ?"
        " GROUP BY c.id, c.name ORDER BY size DESC, c.id"
    )
    return [Cluster(*row) for row in cursor.execute(query, [run_id]).fetchall()]


def read_points(cursor: duckdb.DuckDBPyConnection, run_id: int) -> MapPoints:
    """Return a run's map; positions are 0 to N − 1 without a gap."""
    query = (
        "SELECT image_id, x, y, cluster_id::SMALLINT AS cluster_id FROM map_points WHERE run_id = ? ORDER BY position"
    )
    found = cursor.execute(query, [run_id]).fetchnumpy()
    return MapPoints(run_id, found["image_id"].tolist(), found["x"], found["y"], found["cluster_id"])


def read_members(cursor: duckdb.DuckDBPyConnection, run_id: int, cluster_id: int) -> list[str]:
    """Return the ids of a cluster's present images, in the order of the map."""
    query = f"SELECT image_id FROM ({_PRESENT_POINTS}) WHERE run_id = ? AND cluster_id = ? ORDER BY position"
    return [row[0] for row in cursor.execute(query, [run_id, cluster_id]).fetchall()]


def read_cluster_of(cursor: duckdb.DuckDBPyConnection, run_id: int, image_id: str) -> int | None:
    """Return an image's cluster on a run's map; None where it isn't on it."""
    query = "SELECT cluster_id FROM map_points WHERE run_id = ? AND image_id = ?"
    rows = cursor.execute(query, [run_id, image_id]).fetchall()
    return int(rows[0][0]) if rows else None


def read_texts(cursor: duckdb.DuckDBPyConnection, image_ids: list[str]) -> dict[str, list[str]]:
    """Return what is written about each image: its caption, tags, metadata values and the folders below its source."""
    cursor.register("wanted", id_table(image_ids))
    try:
        rows = cursor.execute(
            "SELECT image_id, text FROM wanted JOIN captions USING (image_id) "
            "UNION ALL SELECT image_id, tag FROM wanted JOIN image_tags USING (image_id) "
            "UNION ALL SELECT image_id, value FROM wanted JOIN metadata USING (image_id) "
            "UNION ALL SELECT image_id, unnest(regexp_split_to_array(substr(folder, length(source) + 1), '[/\\\\]')) "
            "FROM wanted JOIN images ON id = image_id WHERE starts_with(folder, source)"
        ).fetchall()
    finally:
        cursor.unregister("wanted")
    texts: dict[str, list[str]] = {}
    for image_id, text in rows:
        if text:
            texts.setdefault(image_id, []).append(text)
    return texts


def _run(row: tuple) -> ClusterRun:
    values = dict(zip(RUN_COLUMNS.split(", "), row, strict=True))
    return ClusterRun(**{**values, "parameters": json.loads(values["parameters"])})


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    cursor.register("new_rows", rows)
    cursor.execute(f"INSERT INTO {table} BY NAME SELECT * FROM new_rows")
    cursor.unregister("new_rows")  # not after a failure: an aborted transaction refuses it, which would hide the error
