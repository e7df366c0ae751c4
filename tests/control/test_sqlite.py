"""The control database in a file: made for us alone, and honest when something is wrong with it."""

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
from sqlalchemy.exc import OperationalError

from strongroom.control import audit_sink, runs, sqlite
from strongroom.control.database import Database, open_database
from strongroom.control.outages import DatabaseBusy, DatabaseFull, DatabaseHeld
from strongroom.control.records import NewRun
from strongroom.control.sqlite import SqliteFile
from strongroom.errors import IntegrityError, OperatorError

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
RUN = NewRun(kind="backup", request={"a": 1})


@pytest.fixture
def path(sqlite_place: SqliteFile) -> Path:
    return sqlite_place.path


@pytest.fixture
def opened(path: Path) -> Iterator[Database]:
    opened = open_database(path)
    yield opened
    opened.close()


def test_foreign_keys_and_the_write_ahead_log_are_on(opened: Database) -> None:
    with opened.read() as db:
        assert db.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert db.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2, "FULL"


@pytest.mark.skipif(os.name == "nt", reason="rights are kept elsewhere on Windows")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    opened = open_database(tmp_path / "new.db")
    with opened.write() as db:
        runs.add(db, RUN, run_id="r1", now=NOW)
    files = list(tmp_path.glob("new.db*"))
    assert len(files) > 1
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    opened.close()


def test_what_is_refused_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(OperatorError, match="newer Strongroom"):
        open_database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["text", "flip", "cut"])
def test_a_damaged_database_says_so_and_what_to_do(path: Path, damage: str) -> None:
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

    with pytest.raises(DatabaseFull, match="full"):
        fill()
    with opened.read() as db:
        assert runs.queue(db) == []


def test_a_disk_that_fails_is_told_as_such_and_may_be_tried_again(opened: Database) -> None:
    failed = sqlite3.OperationalError("disk I/O error")
    failed.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    with pytest.raises(DatabaseBusy, match="could not be read or written"), opened.write():
        raise OperationalError("INSERT", {}, failed)


def test_a_database_that_another_program_holds_is_told_as_such(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_WAIT_S", 0)
    opened = open_database(path)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseHeld, match="in use"), opened.write():
            pass
    other.close()
    opened.close()


def test_a_place_that_is_no_file_is_an_operators_matter(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be"):
        open_database(tmp_path / "missing" / "control.db")


def test_programs_that_open_it_first_at_the_same_time_all_succeed(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from strongroom.control.database import open_database\n"
        "sys.stdin.readline()\n"
        "open_database(pathlib.Path(sys.argv[1])).close()\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "new.db")], stdin=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
    assert [process.wait(60) for process in started] == [0, 0, 0]


def test_an_up_to_date_database_opens_without_alembic_and_the_other_databases_driver(
    path: Path,
) -> None:
    program = (
        "import sys, pathlib\n"
        "from strongroom.control.database import open_database\n"
        "open_database(pathlib.Path(sys.argv[1])).close()\n"
        "sys.exit('alembic' in sys.modules or 'psycopg' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, str(path)], check=False).returncode == 0


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
