"""The control database: made, brought up to date, refused, and honest when it is damaged."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from strongroom.control import audit_sink, runs, sqlite
from strongroom.control.database import HEAD, Database, open_database
from strongroom.control.records import NewRun
from strongroom.control.schema import METADATA
from strongroom.errors import IntegrityError, OperatorError, ResourceLocked, StorageFull

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
RUN = NewRun(kind="backup", request={"a": 1})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Database]:
    opened = open_database(path)
    yield opened
    opened.close()


def shape(connection: sa.Connection) -> dict[str, object]:
    """Describe all tables, so that two ways to the same database can be compared."""
    inspector = sa.inspect(connection)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)],
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted(str(sorted(k.items(), key=str)) for k in inspector.get_foreign_keys(table)),
            sorted(tuple(u["column_names"]) for u in inspector.get_unique_constraints(table)),
            sorted(str(i["column_names"]) for i in inspector.get_indexes(table)),
        )
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_the_migrations_lead_to_the_tables_that_the_program_uses(
    opened: Database, tmp_path: Path
) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    METADATA.create_all(engine)
    with engine.connect() as declared, opened.read() as migrated:
        assert shape(migrated) == shape(declared)
    engine.dispose()


def test_the_newest_migration_is_the_one_that_the_program_expects() -> None:
    config = Config()
    config.set_main_option("script_location", "strongroom.control:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_what_was_written_is_there_after_opening_again(path: Path) -> None:
    first = open_database(path)
    with first.write() as db:
        runs.add(db, RUN, run_id="r1", now=NOW)
    first.close()
    again = open_database(path)
    with again.read() as db:
        run = runs.by_id(db, "r1")
    again.close()
    assert run is not None
    assert run.created == NOW
    assert run.request == {"a": 1}


def test_a_write_that_fails_in_the_middle_changes_nothing(opened: Database) -> None:
    def fail_half_way() -> None:
        with opened.write() as db:
            runs.add(db, RUN, run_id="r1", now=NOW)
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail_half_way()
    with opened.read() as db:
        assert runs.by_id(db, "r1") is None


def test_foreign_keys_and_the_write_ahead_log_are_on(opened: Database) -> None:
    with opened.read() as db:
        assert db.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert db.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2, "FULL"


@pytest.mark.skipif(os.name == "nt", reason="rights are kept elsewhere on Windows")
def test_only_its_owner_may_read_it(opened: Database, path: Path) -> None:
    with opened.write() as db:
        runs.add(db, RUN, run_id="r1", now=NOW)
    for file in path.parent.glob("control.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_database_of_a_newer_program_is_refused_and_left_alone(path: Path) -> None:
    open_database(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(OperatorError, match="newer Strongroom") as caught:
        open_database(path)
    assert "9999" in caught.value.why
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE recipes (name TEXT)")
    raw.close()
    with pytest.raises(IntegrityError, match="not a control database"):
        open_database(path)
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    raw.close()


@pytest.mark.parametrize("damage", ["text", "flip", "cut"])
def test_a_damaged_database_says_so_and_what_to_do(path: Path, damage: str) -> None:
    open_database(path).close()
    content = bytearray(path.read_bytes())
    match damage:
        case "text":
            content = bytearray(b"no database at all, but long enough to look like one\n" * 40)
        case "flip":
            content[100:108] = b"\xff" * 8  # the head of the first page, which every reader needs
        case _:
            del content[len(content) // 2 :]
    path.write_bytes(content)

    def use() -> None:
        opened = open_database(path)
        try:
            with opened.write() as db:
                runs.add(db, RUN, run_id="r1", now=NOW)
                runs.queue(db)
        finally:
            opened.close()

    with pytest.raises(IntegrityError, match="damaged") as caught:
        use()
    assert "no backup is lost" in caught.value.hint


def test_a_full_disk_is_told_as_such_and_nothing_is_changed(opened: Database) -> None:
    def fill() -> None:
        with opened.write() as db:
            pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
            db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            for number in range(10_000):
                runs.add(db, RUN, run_id=f"r{number}", now=NOW)

    with pytest.raises(StorageFull, match="full"):
        fill()
    with opened.read() as db:
        assert runs.queue(db) == []


def test_a_database_that_another_program_holds_is_told_as_such(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_WAIT_S", 0)
    opened = open_database(path)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ResourceLocked, match="in use"), opened.write():
            pass
    other.close()
    opened.close()


def test_a_place_that_is_no_file_is_an_operators_matter(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be"):
        open_database(tmp_path / "missing" / "control.db")


def test_two_programs_that_open_it_first_at_the_same_time_both_succeed(path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from strongroom.control.database import open_database\n"
        "sys.stdin.readline()\n"
        "open_database(pathlib.Path(sys.argv[1])).close()\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
    assert [process.wait(60) for process in started] == [0, 0, 0]


def test_an_up_to_date_database_opens_without_alembic(path: Path) -> None:
    open_database(path).close()
    program = (
        "import sys, pathlib\n"
        "from strongroom.control.database import open_database\n"
        "open_database(pathlib.Path(sys.argv[1])).close()\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, str(path)], check=False).returncode == 0


def test_an_error_of_the_driver_that_means_nothing_special_is_our_bug(opened: Database) -> None:
    with pytest.raises(sa.exc.OperationalError), opened.read() as db:
        db.execute(sa.text("SELECT * FROM no_such_table"))


def test_text_that_is_none_in_place_of_a_box_is_damage_and_no_error_of_ours(
    opened: Database,
) -> None:
    with opened.write() as db:
        db.execute(
            sa.text(
                "INSERT INTO audit_sink (id, sealed, wrapped_key, sent, why) "
                "VALUES (1, CAST(x'ff' AS TEXT), x'00', 0, '')"
            )
        )
    with pytest.raises(IntegrityError, match="damaged"), opened.read() as db:
        audit_sink.get(db)
