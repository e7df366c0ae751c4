"""A home's database is moved to a PostgreSQL and joined from another machine."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.control import journals, moving, runs
from strongroom.control.chosen_database import choose_database, chosen_database
from strongroom.control.database import HEAD, open_database
from strongroom.control.home import Home, prepare
from strongroom.control.postgres import PostgresPlace
from strongroom.control.records import NewRun, RunStatus
from strongroom.control.schema import METADATA, RUNS, WORKERS
from strongroom.control.sqlite import SqliteFile
from strongroom.engine.filelock import FileLock
from strongroom.errors import IntegrityError, OperatorError, ResourceLocked
from strongroom.operations.journal import FileJournal
from strongroom.service.application import Application
from strongroom.service.callers import own_account
from strongroom.service.databases import HomeDatabase
from strongroom.service.journals import DatabaseJournals
from strongroom.service.session import Session
from strongroom.vault.service_key import FileKey
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import STORAGE_URL, World, storage_password
from tests.fakes.postgres import PostgresServer
from tests.service.support import add_job, audited, check_storage

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return prepare(tmp_path / "home")


@pytest.fixture
def to(postgres_place: PostgresPlace) -> PostgresPlace:
    """Have where to move to; that tables are made there is tried with the command line."""
    return postgres_place


def database_of(home: Home) -> HomeDatabase:
    session = Session(own_account(), why="ticket 7")
    return HomeDatabase(home, holder=FileKey(home.path), clock=HandClock(), session=session)


@pytest.fixture
def filled(ready: Application, home: Home) -> Home:
    """Have a home that is in use, with runs of which one was in hand and one is a restore."""
    add_job(ready, "ann@contoso.example")
    with closing(open_database(home.database)) as opened, opened.write() as db:
        for number in range(1, 4):
            runs.add(db, NewRun(kind="restore", request={}), run_id=f"r{number}", now=NOW)
        db.execute(sa.update(RUNS).where(RUNS.c.id == "r2").values(status="running", driver="w"))
        db.execute(
            sa.insert(WORKERS),
            {"id": "w", "host": "", "pid": 1, "started": "", "beat": "", "state": ""},
        )
    ready.__exit__(None, None, None)
    for run_id in ("r2", "gone"):
        with FileJournal(home.journal(run_id)) as journal:
            journal.append({"n": 1}, {"text": "ü\n"})
            journal.append({"n": 2})
    path = home.journal("r2")
    path.write_bytes(path.read_bytes() + b'{"cut sho')
    return home


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    with engine.connect() as db:
        return {
            table.name: sorted((tuple(row) for row in db.execute(sa.select(table))), key=str)
            for table in METADATA.sorted_tables
            if table.name not in {"workers", "progress"}
        }


def test_everything_is_there_after_a_move(filled: Home, to: PostgresPlace, world: World) -> None:
    before = rows_of(filled.database)
    moved = database_of(filled).move(to)
    assert moved.rows == {name: len(rows) for name, rows in before.items()}
    with Application(filled.path, world.ports()) as application:
        assert [one.name for one in application.connections.all()] == ["office"]
        assert [one.name for one in application.storages.all()] == ["disk"]
        assert [one.name for one in application.jobs.all()] == ["nightly"]
        assert check_storage(application, "disk", read_data=False) == [], (
            "its key is opened with the service key"
        )
        assert application.audit.problems() == []
        assert ("database.move", "allowed") in [one[1:] for one in audited(application)]
    with closing(open_database(chosen_database(filled))) as opened, opened.write() as db:
        found = {run.id: run.status for run in runs.queue(db)}
        assert found == dict.fromkeys(("r1", "r2", "r3"), RunStatus.WAITING)
        runs.add(db, NewRun(kind="restore", request={}), run_id="r4", now=NOW)
        assert [run.position for run in runs.newest_first(db, at_most=2)] == [4, 3]


def test_what_was_used_before_stays_as_it_was_and_is_used_by_nobody(
    filled: Home, to: PostgresPlace
) -> None:
    before = rows_of(filled.database)
    kept = database_of(filled).move(to).kept
    assert kept == filled.path / "control.db.moved"
    assert rows_of(kept) == before
    assert not filled.database.exists()
    assert not list(filled.path.glob("*-wal"))
    shutil.copy(kept, filled.database)
    with pytest.raises(OperatorError, match="were moved"):
        open_database(filled.database)


def test_journals_of_restores_that_are_not_over_go_along(filled: Home, to: PostgresPlace) -> None:
    with FileJournal(filled.journal("r2", 3)) as third:
        third.append({"n": "of the third"})
    assert database_of(filled).move(to).journals == 2
    with closing(open_database(to)) as opened:
        with DatabaseJournals(opened).open("r2") as journal:
            assert list(journal.lines()) == [{"n": 1}, {"text": "ü\n"}, {"n": 2}]
            journal.append({"n": 3})
        with DatabaseJournals(opened).open("r2", 3) as journal:
            assert list(journal.lines()) == [{"n": "of the third"}]
        with opened.read() as db:
            assert journals.newest(db, "gone") == 0


def test_the_home_says_where_its_database_is_and_nothing_secret(
    home: Home, to: PostgresPlace, tmp_path: Path
) -> None:
    place = replace(to, password_file=tmp_path / "password")
    choose_database(home, place)
    choose_database(home, place)
    assert chosen_database(home) == place
    assert stat.S_IMODE(home.chosen_database.stat().st_mode) == 0o600
    said = json.loads(home.chosen_database.read_text())
    assert said == {"url": to.url, "password_file": str(tmp_path / "password")}
    assert [one.name for one in home.path.iterdir()] == ["database.json"], "nothing is left over"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"url": 7, "password_file": null}', "\xff"])
def test_a_damaged_choice_is_refused_and_no_other_database_is_used(home: Home, text: str) -> None:
    home.chosen_database.write_bytes(text.encode("latin-1"))
    with pytest.raises(OperatorError) as caught:
        chosen_database(home)
    assert caught.value.hint


def fails_with(moment: str) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(moment)

    return fail


@pytest.mark.parametrize("moment", ["copy_rows", "copy_journal", "choose_database"])
def test_a_move_that_fails_changes_nothing(
    filled: Home, to: PostgresPlace, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    before = rows_of(filled.database)
    with monkeypatch.context() as patched:
        if moment == "choose_database":
            patched.setattr(f"strongroom.service.databases.{moment}", fails_with(moment))
        else:
            patched.setattr(moving, moment, fails_with(moment))
        with pytest.raises(RuntimeError, match=moment):
            database_of(filled).move(to)
    assert chosen_database(filled) == SqliteFile(path=filled.database)
    open_database(filled.database).close()
    assert rows_of(filled.database) == before


def test_rows_that_did_not_arrive_are_noticed(
    filled: Home, to: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = moving._batches
    monkeypatch.setattr(moving, "_batches", lambda *a: (one[1:] for one in whole(*a) if one[1:]))
    with pytest.raises(IntegrityError, match="Not all rows"):
        database_of(filled).move(to)
    assert chosen_database(filled) == SqliteFile(path=filled.database)


def test_nothing_is_moved_into_a_database_that_is_in_use(filled: Home, to: PostgresPlace) -> None:
    with closing(open_database(to)) as opened, opened.write() as db:
        runs.add(db, NewRun(kind="backup", request={}), run_id="r9", now=NOW)
    with pytest.raises(OperatorError, match="rows in this database already") as caught:
        database_of(filled).move(to)
    assert "join" in caught.value.hint
    open_database(filled.database).close()


def test_nothing_is_moved_while_somebody_works_in_the_home(filled: Home, to: PostgresPlace) -> None:
    lock = FileLock(filled.worker_lock)
    assert lock.try_acquire()
    with pytest.raises(ResourceLocked, match="Somebody works"):
        database_of(filled).move(to)
    with pytest.raises(ResourceLocked, match="Somebody works"):
        database_of(filled).join(to)
    lock.release()


def test_nothing_is_moved_while_a_command_has_the_database_open(
    filled: Home, to: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "_PATIENCE_S", 0)
    with closing(open_database(filled.database)) as opened:
        with opened.read() as db:
            runs.queue(db)
        with pytest.raises(ResourceLocked, match="in use") as caught:
            database_of(filled).move(to)
        assert "unlock" in caught.value.why
        with opened.write() as db:
            runs.add(db, NewRun(kind="backup", request={}), run_id="r9", now=NOW)
    assert database_of(filled).move(to).rows["runs"] == 4, "nothing was left at the other end"


def test_a_home_that_has_moved_is_not_moved_again(filled: Home, to: PostgresPlace) -> None:
    database_of(filled).move(to)
    with pytest.raises(OperatorError, match="on a PostgreSQL already"):
        database_of(filled).move(to)


def test_an_earlier_file_is_not_overwritten(filled: Home, to: PostgresPlace) -> None:
    (filled.path / "control.db.moved").write_text("precious")
    with pytest.raises(OperatorError, match="in the way"):
        database_of(filled).move(to)
    assert (filled.path / "control.db.moved").read_text() == "precious"


class TestJoining:
    """A second machine, once the first one's database is shared."""

    @pytest.fixture
    def shared(self, filled: Home, to: PostgresPlace) -> Home:
        database_of(filled).move(to)
        return filled

    @pytest.fixture
    def second(self, tmp_path: Path) -> Home:
        return prepare(tmp_path / "second")

    def test_with_the_same_key_all_is_there(
        self, shared: Home, second: Home, to: PostgresPlace, world: World
    ) -> None:
        shutil.copy(shared.path / "service.key", second.path)
        database_of(second).join(to)
        with Application(second.path, world.ports()) as application:
            assert check_storage(application, "disk", read_data=False) == []
            assert audited(application)[-1][1:] != ("database.move", "allowed")
            assert ("database.join", "allowed") in [one[1:] for one in audited(application)]

    def test_without_the_key_it_says_how_to_bring_it(
        self, shared: Home, second: Home, to: PostgresPlace
    ) -> None:
        with pytest.raises(OperatorError, match="no service key yet") as caught:
            database_of(second).join(to)
        assert str(second.path / "service.key") in caught.value.hint
        assert not (second.path / "service.key").exists(), "none is made"
        assert not second.chosen_database.exists()

    def test_with_another_key_it_does_not_join(
        self, shared: Home, second: Home, to: PostgresPlace
    ) -> None:
        FileKey(second.path).create()
        with pytest.raises(OperatorError, match="does not open") as caught:
            database_of(second).join(to)
        assert "another machine" in caught.value.hint
        assert not second.chosen_database.exists()

    def test_a_home_that_is_in_use_does_not_join(
        self, shared: Home, to: PostgresPlace, world: World, tmp_path: Path
    ) -> None:
        other = prepare(tmp_path / "other")
        with Application(other.path, world.ports()) as application:
            application.storages.add("disk", STORAGE_URL, storage_password())
        shutil.copy(shared.path / "service.key", other.path)
        with pytest.raises(OperatorError, match="of its own"):
            database_of(other).join(to)
        assert chosen_database(other) == SqliteFile(path=other.database)

    @pytest.mark.parametrize(
        ("statement", "said"),
        [
            ("UPDATE strongroom.alembic_version SET version_num = '0001'", "another version"),
            ("DROP SCHEMA strongroom CASCADE", "yet"),
        ],
        ids=["of another version", "none"],
    )
    def test_a_database_of_another_version_or_none_is_left_alone(
        self,
        shared: Home,
        second: Home,
        to: PostgresPlace,
        postgres: PostgresServer,
        statement: str,
        said: str,
    ) -> None:
        shutil.copy(shared.path / "service.key", second.path)
        name = to.shown.rpartition("/")[2]
        postgres.sql(statement, name)
        with pytest.raises(OperatorError, match=said):
            database_of(second).join(to)
        assert not second.chosen_database.exists()

    def test_another_address_of_the_same_database_is_taken(
        self, shared: Home, to: PostgresPlace
    ) -> None:
        again = replace(to, url=to.url.replace("postgresql://", "postgres://"))
        database_of(shared).join(again)
        assert chosen_database(shared) == again


def test_it_shows_a_file(filled: Home) -> None:
    view = database_of(filled).show()
    assert (view.kind, view.where, view.version) == ("sqlite", str(filled.database), HEAD)
    assert view.size_bytes is not None
    assert view.trouble is None


def test_it_shows_that_there_is_none_yet_and_makes_none(home: Home) -> None:
    view = database_of(home).show()
    assert (view.version, view.size_bytes, view.trouble) == (None, None, None)
    assert not home.database.exists()


def test_it_shows_a_postgresql_and_that_it_does_not_answer(
    filled: Home, to: PostgresPlace, postgres: PostgresServer
) -> None:
    database_of(filled).move(to)
    view = database_of(filled).show()
    assert (view.kind, view.where, view.version) == ("postgresql", to.shown, HEAD)
    assert view.trouble is None
    postgres.stop()
    try:
        view = database_of(filled).show()
    finally:
        postgres.start()
    assert view.trouble is not None
    assert view.version is None
