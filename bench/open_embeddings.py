"""Opening a workspace's embeddings."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from bench.measurement import Measurement, Options, Side, Unit, require_same
from bench.rounds import Run, alternate, timed
from bench.vectors import DIMENSION, GreyEncoder, image_ids, mixture
from bench.workspace import opened, record_images
from curate.embedding.service import ImageEmbeddingService
from curate.store.database import Database


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening gives, with every value read once."""

    ids: list[str]
    vectors: np.ndarray
    """(N, D) float32."""
    total: float


def measure(options: Options) -> Iterator[Measurement]:
    """Compare our file beside the database with a column in it, from a closed file to a sum over all values."""
    count = options.size(100_000, 2_000)
    vectors = mixture(count).vectors
    workspace, column = options.scratch / "workspace", options.scratch / "column.duckdb"
    _save_ours(workspace, vectors)
    _save_column(column, vectors)
    ours, theirs = alternate(options.rounds, lambda: _open_ours(workspace), lambda: _open_column(column))
    mine, other = ours[0].result, theirs[0].result
    require_same(mine.ids == other.ids and np.array_equal(mine.vectors, other.vectors), "the ids and vectors read")
    yield Measurement(
        entry="open",
        what="open all embeddings and read every value",
        unit=Unit.MILLISECONDS,
        ours=Side("Curate ImageEmbeddingService", _milliseconds(ours)),
        peer=Side(f"DuckDB FLOAT[{DIMENSION}] column, through Arrow", _milliseconds(theirs)),
        same="all ids and vectors",
        conditions={"vectors": count, "dimension": DIMENSION, "files": "in the page cache"},
    )


def _save_ours(folder: Path, vectors: np.ndarray) -> None:
    ids = image_ids(len(vectors))
    with opened(folder, GreyEncoder()) as workspace:
        record_images(workspace.database, ids)
        rows = workspace.embeddings.append_vectors(vectors)
        with workspace.database.write() as cursor:
            workspace.embeddings.record(cursor, ids, rows)


def _save_column(path: Path, vectors: np.ndarray) -> None:
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIMENSION)
    given = pa.table({"id": image_ids(len(vectors)), "vector": column})
    with duckdb.connect(str(path)) as connection:
        connection.register("given", given)
        connection.execute(f"CREATE TABLE embeddings (id VARCHAR PRIMARY KEY, vector FLOAT[{DIMENSION}])")
        connection.execute("INSERT INTO embeddings SELECT id, vector FROM given")


def _open_ours(folder: Path) -> Run[Opened]:
    def work() -> tuple[Database, ImageEmbeddingService, Opened]:
        database = Database(folder / "curate.duckdb")
        service = ImageEmbeddingService(database, GreyEncoder(), folder / "embeddings")
        view = service.get_all_embeddings()
        vectors = view.vectors()
        return database, service, Opened(view.image_ids, vectors, float(vectors.sum()))

    done = timed(work)
    database, service, result = done.result
    service.close()
    database.close()
    return Run(done.seconds, result)


def _open_column(path: Path) -> Run[Opened]:
    def work() -> tuple[duckdb.DuckDBPyConnection, Opened]:
        connection = duckdb.connect(str(path))
        table = connection.sql("SELECT id, vector FROM embeddings").to_arrow_table()
        # Arrow's own combine_chunks() takes longer than the query.
        chunks = [chunk.flatten().to_numpy() for chunk in table.column("vector").chunks]
        vectors = np.concatenate(chunks).reshape(-1, DIMENSION)
        return connection, Opened(table.column("id").to_pylist(), vectors, float(vectors.sum()))

    done = timed(work)
    connection, result = done.result
    connection.close()
    return Run(done.seconds, result)


def _milliseconds(runs: list[Run[Opened]]) -> tuple[float, ...]:
    return tuple(run.seconds * 1000 for run in runs)
