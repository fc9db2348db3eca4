import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from curate.errors import StorageFailed, WorkspaceBusy
from curate.store.database import SCHEMA_VERSION, Database


def test_a_new_file_gets_the_whole_schema_and_its_version(tmp_path: Path) -> None:
    database = Database(tmp_path / "curate.duckdb")

    row = database.read().execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()

    assert row == (str(SCHEMA_VERSION),)
    assert database.read().execute("SELECT count(*) FROM images").fetchone() == (0,)


def test_a_write_that_raises_leaves_nothing_behind(database: Database) -> None:
    version = database.version

    with suppress(ZeroDivisionError), database.write() as cursor:
        cursor.execute("INSERT INTO meta VALUES ('half', 'done')")
        _ = 1 / 0

    assert database.read().execute("SELECT * FROM meta WHERE key = 'half'").fetchall() == []
    assert database.version == version


def test_a_committed_write_is_there_after_opening_again(tmp_path: Path) -> None:
    database = Database(tmp_path / "curate.duckdb")
    with database.write() as cursor:
        cursor.execute("INSERT INTO meta VALUES ('colour', 'teal')")
    database.close()

    again = Database(tmp_path / "curate.duckdb")

    assert again.read().execute("SELECT value FROM meta WHERE key = 'colour'").fetchone() == ("teal",)


def test_a_committed_write_survives_the_death_of_the_process(tmp_path: Path) -> None:
    path = tmp_path / "curate.duckdb"
    program = (
        "import os, signal, pathlib\n"
        "from curate.store.database import Database\n"
        f"database = Database(pathlib.Path({str(path)!r}))\n"
        "with database.write() as cursor:\n"
        "    cursor.execute(\"INSERT INTO meta VALUES ('last', 'words')\")\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    subprocess.run([sys.executable, "-c", program], check=False)

    assert Database(path).read().execute("SELECT value FROM meta WHERE key = 'last'").fetchone() == ("words",)


def test_a_second_process_is_told_who_holds_the_workspace(tmp_path: Path) -> None:
    path = tmp_path / "curate.duckdb"
    program = (
        "import pathlib, sys\nfrom curate.store.database import Database\n"
        f"database = Database(pathlib.Path({str(path)!r}))\nprint('open', flush=True)\nsys.stdin.read()\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"

        with pytest.raises(WorkspaceBusy, match=f"open in process {holder.pid}"):
            Database(path)
    finally:
        holder.communicate()


def test_a_file_that_is_no_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "curate.duckdb").write_bytes(b"not a database at all" * 1000)

    with pytest.raises(StorageFailed, match="could not be opened"):
        Database(tmp_path / "curate.duckdb")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "curate.duckdb")) as foreign:
        foreign.execute("CREATE TABLE orders (id INTEGER)")

    with pytest.raises(StorageFailed, match="not made by Curate"):
        Database(tmp_path / "curate.duckdb")


def test_a_workspace_of_a_newer_curate_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path / "curate.duckdb")
    with database.write() as cursor:
        cursor.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
    database.close()

    with pytest.raises(StorageFailed, match="newer Curate"):
        Database(tmp_path / "curate.duckdb")


def test_an_older_schema_is_brought_up_to_date_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database(tmp_path / "curate.duckdb").close()
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / f"{SCHEMA_VERSION + 1:04}.sql").write_text("ALTER TABLE images ADD COLUMN camera VARCHAR;")
    (migrations / f"{SCHEMA_VERSION + 2:04}.sql").write_text("UPDATE images SET camera = 'unknown';")
    monkeypatch.setattr("curate.store.database.MIGRATIONS", migrations)
    monkeypatch.setattr("curate.store.database.SCHEMA_VERSION", SCHEMA_VERSION + 2)

    database = Database(tmp_path / "curate.duckdb")

    assert database.read().execute("SELECT camera FROM images").fetchall() == []
    row = database.read().execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    assert row == (str(SCHEMA_VERSION + 2),)


def test_a_workspace_of_the_first_version_gets_the_schema_of_a_new_one(tmp_path: Path) -> None:
    old = tmp_path / "old.duckdb"
    with duckdb.connect(str(old)) as first:
        first.execute(Path(__file__).with_name("schema_1.sql").read_text())
        first.execute("INSERT INTO meta VALUES ('schema_version', '1')")
        first.execute(
            "INSERT INTO cluster_runs SELECT id, '', '', 'tiny', '{}', 1, 1, 0, 1, '2026-01-01' FROM range(1, 4) r(id)"
        )

    columns = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    migrated = Database(old).read()
    fresh = Database(tmp_path / "new.duckdb").read()

    assert migrated.execute(columns).fetchall() == fresh.execute(columns).fetchall()
    assert migrated.execute("SELECT * FROM current_runs").fetchall() == [("tiny", 3)]


def test_many_threads_read_and_write_at_once(database: Database) -> None:
    def write(number: int) -> None:
        for step in range(20):
            with database.write() as cursor:
                cursor.execute("INSERT INTO meta VALUES (?, '')", [f"{number}-{step}"])
            database.read().execute("SELECT count(*) FROM meta").fetchall()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert database.read().execute("SELECT count(*) FROM meta WHERE value = ''").fetchone() == (160,)
