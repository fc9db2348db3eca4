"""Opening a workspace's embeddings."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
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

BLOCK = 50_000
"""Vectors that are made and saved at once: a million of them take 2 GB."""
SAMPLE = 997
"""Every so many vectors one is compared."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What both sides must agree on."""

    ids: str
    """A hash of all ids, in order."""
    sample: np.ndarray
    """(S, D) float32."""
    total: float


def measure(options: Options) -> Iterator[Measurement]:
    """Compare our file beside the database with a column in it, on a hundred thousand vectors."""
    yield from _compare(options, options.size(100_000, 2_000), "open")


def measure_million(options: Options) -> Iterator[Measurement]:
    """Compare the two on a million vectors; takes 5 GB of disk and 5 GB of memory for a while."""
    yield from _compare(options, options.size(1_000_000, 3_000), "million")


def _compare(options: Options, count: int, entry: str) -> Iterator[Measurement]:
    workspace, column = options.scratch / "workspace", options.scratch / "column.duckdb"
    _save_ours(workspace, count)
    _save_column(column, count)
    for read_all, what in (
        (False, "open all embeddings, ready for use by position or id"),
        (True, "open all embeddings, and read every id and value"),
    ):
        ours, theirs = alternate(
            options.rounds, partial(_open_ours, workspace, read_all), partial(_open_column, column, read_all)
        )
        mine, other = ours[0].result, theirs[0].result
        require_same(mine.ids == other.ids, "the ids read")
        require_same(np.array_equal(mine.sample, other.sample), "the vectors read")
        require_same(abs(mine.total - other.total) < 1e-6 * count, "the sum of the values read")
        yield Measurement(
            entry=entry,
            what=what,
            unit=Unit.MILLISECONDS,
            ours=Side("Curate ImageEmbeddingService", _milliseconds(ours)),
            peer=Side(f"DuckDB FLOAT[{DIMENSION}] column, through Arrow", _milliseconds(theirs)),
            same="all ids, the sum of all values, and one vector in a thousand",
            conditions={"vectors": count, "dimension": DIMENSION, "files": "in the page cache"},
        )


def _blocks(count: int) -> Iterator[tuple[list[str], np.ndarray]]:
    ids = image_ids(count)
    for start in range(0, count, BLOCK):
        block = ids[start : start + BLOCK]
        yield block, mixture(len(block), seed=start).vectors


def _save_ours(folder: Path, count: int) -> None:
    with opened(folder, GreyEncoder()) as workspace:
        for ids, vectors in _blocks(count):
            record_images(workspace.database, ids)
            rows = workspace.embeddings.append_vectors(vectors)
            with workspace.database.write() as cursor:
                workspace.embeddings.record(cursor, ids, rows)


def _save_column(path: Path, count: int) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE embeddings (id VARCHAR PRIMARY KEY, vector FLOAT[{DIMENSION}])")
        for ids, vectors in _blocks(count):
            column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), DIMENSION)
            connection.register("given", pa.table({"id": ids, "vector": column}))
            connection.execute("INSERT INTO embeddings SELECT id, vector FROM given")


def _warm(*paths: Path) -> None:
    """Bring files into the page cache: what else the machine does may have pushed them out."""
    for path in paths:
        with path.open("rb", buffering=0) as file:
            while file.read(1 << 24):
                pass


def _open_ours(folder: Path, read_all: bool) -> Run[Opened]:
    _warm(folder / "curate.duckdb", *(folder / "embeddings").iterdir())

    def work() -> tuple[Callable[[], None], Sequence[str], np.ndarray]:
        database = Database(folder / "curate.duckdb")
        service = ImageEmbeddingService(database, GreyEncoder(), folder / "embeddings")
        view = service.get_all_embeddings()
        vectors = view.vectors()
        if read_all:
            vectors.sum()
        ids = view.image_ids if read_all else view

        def close() -> None:
            service.close()
            database.close()

        return close, ids, vectors  # type: ignore[return-value]

    return _checked(timed(work))


def _open_column(path: Path, read_all: bool) -> Run[Opened]:
    _warm(path)

    def work() -> tuple[Callable[[], None], Sequence[str], np.ndarray]:
        connection = duckdb.connect(str(path))
        table = connection.sql("SELECT id, vector FROM embeddings").to_arrow_table()
        # Arrow's own combine_chunks() takes longer than the query.
        chunks = [chunk.flatten().to_numpy() for chunk in table.column("vector").chunks]
        vectors = np.concatenate(chunks).reshape(-1, DIMENSION)
        if read_all:
            vectors.sum()
        ids = table.column("id").to_pylist() if read_all else table.column("id")
        return connection.close, ids, vectors

    return _checked(timed(work))


def _checked(done: Run[tuple[Callable[[], None], Sequence[str], np.ndarray]]) -> Run[Opened]:
    """Return what must agree in place of the vectors: those of all rounds would not fit into memory."""
    close, ids, vectors = done.result
    digest = hashlib.blake2b("\n".join(map(str, ids)).encode()).hexdigest()
    result = Opened(digest, vectors[::SAMPLE].copy(), float(vectors.sum(dtype=np.float64)))
    close()
    return Run(done.seconds, result)


def _milliseconds(runs: list[Run[Opened]]) -> tuple[float, ...]:
    return tuple(run.seconds * 1000 for run in runs)
