"""The one DuckDB file of a workspace: opening, migrating, reading and writing it."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path

import duckdb
import pyarrow as pa

from curate.errors import StorageFailed, WorkspaceBusy

SCHEMA_VERSION = 2
CLOSING_TRIES = 100
"""Tenths of a second to wait for questions under way before giving up on closing."""
MIGRATIONS = resources.files("curate.store") / "migrations"


class Database:
    """A DuckDB file that this process alone holds.

    Every question has a cursor of its own (a connection shared between threads raises); writes take one lock, so
    that a bulk change is never half seen. `version` rises with every commit: what was computed from the tables is
    fresh as long as it stays the same.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the file, and bring its schema up to date.

        Raises:
            WorkspaceBusy: another process has it open.
            StorageFailed: it is damaged, not ours, or made by a newer Curate.
        """
        self.path = path
        self.version = 0
        self._connection = _connect(path)
        self._write_lock = threading.RLock()
        try:
            _bring_up_to_date(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def read(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor of its own, which sees every committed change.

        A new one for each question: a cursor whose answer is not fetched to its end refuses the next question.
        """
        return self._connection.cursor()

    @contextmanager
    def write(self, *, content: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction: committed to disk when the block ends, rolled back when it raises.

        `content=False` is for what no answer depends on, such as a job's progress: `version` stays as it is.
        """
        with self._write_lock:
            cursor = self._connection.cursor()
            try:
                cursor.begin()
                try:
                    yield cursor
                    cursor.commit()
                except BaseException as error:
                    _roll_back(cursor)
                    if isinstance(error, duckdb.IOException):
                        raise StorageFailed(f"The workspace could not be written: {_first_line(error)}") from error
                    raise
                self.version += content
            finally:
                cursor.close()

    def close(self) -> None:
        """Write the log into the file and let go of it, once the questions under way are answered."""
        with self._write_lock:
            for _ in range(CLOSING_TRIES):
                try:
                    self._connection.close()
                except duckdb.ResourceInUseException:
                    time.sleep(0.1)
                else:
                    return
        raise StorageFailed(f"The database {self.path} is still being read, and could not be closed.")


def id_table(image_ids: list[str]) -> pa.Table:
    """Return ids as an Arrow table with one column, `image_id`, to join a query with."""
    return pa.table({"image_id": pa.array(image_ids, pa.string())})


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(
            str(path), config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
        )
    except duckdb.IOException as error:
        holder = re.search(r"PID (\d+)", str(error))
        if holder or "lock" in str(error).lower():
            who = f"process {holder[1]}" if holder else "another process"
            raise WorkspaceBusy(
                f"The workspace {path.parent} is open in {who}. Use that app (or its API), or close it first."
            ) from error
        raise StorageFailed(f"The database {path} could not be opened: {_first_line(error)}") from error
    except duckdb.Error as error:
        raise StorageFailed(f"The database {path} could not be opened: {_first_line(error)}") from error


def _bring_up_to_date(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schema in a new file, or run the migrations that an older one lacks."""
    tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        _run_in_transaction(connection, (resources.files("curate.store") / "schema.sql").read_text(), SCHEMA_VERSION)
        return
    if "meta" not in tables:
        raise StorageFailed("This DuckDB file was not made by Curate. Choose another workspace folder.")
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    version = int(row[0]) if row else 0
    if version > SCHEMA_VERSION:
        raise StorageFailed(
            f"This workspace was made by a newer Curate (schema {version}; this one knows {SCHEMA_VERSION}). "
            "Update Curate."
        )
    for step in range(version + 1, SCHEMA_VERSION + 1):
        _run_in_transaction(connection, (MIGRATIONS / f"{step:04}.sql").read_text(), step)


def _run_in_transaction(connection: duckdb.DuckDBPyConnection, sql: str, version: int) -> None:
    connection.begin()
    try:
        connection.execute(sql)
        connection.execute(
            "INSERT INTO meta VALUES ('schema_version', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [str(version)],
        )
        connection.commit()
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # DuckDB may have ended it by itself; the first error is the one to report
        cursor.rollback()


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0]
