"""The control database, of each kind: its tables, its transactions, and what it refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from strongroom.control import database as program
from strongroom.control import drafts, runs
from strongroom.control.database import HEAD, Database, DatabasePlace, open_database
from strongroom.control.drafts import Draft
from strongroom.control.outages import DatabaseHeld
from strongroom.control.postgres import PostgresPlace
from strongroom.control.records import NewRun
from strongroom.control.retention_schema import ALL_TABLES
from strongroom.control.schema import RULES
from strongroom.control.sqlite import SqliteFile
from strongroom.errors import IntegrityError, OperatorError

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
RUN = NewRun(kind="backup", request={"a": 1})


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> DatabasePlace:
    """Have a place with nothing in it, not even tables."""
    if request.param == "sqlite":
        return SqliteFile(path=tmp_path / "empty.db")
    return PostgresPlace(url=request.getfixturevalue("postgres_url"))


@contextmanager
def begun(place: DatabasePlace) -> Iterator[sa.Connection]:
    """Change a place as migrations do."""
    place.create()
    engine = place.engine(for_migrations=True)
    with engine.begin() as db:
        yield db
    engine.dispose()


def add(opened: Database, run_id: str) -> None:
    with opened.write() as db:
        runs.add(db, RUN, run_id=run_id, now=NOW)


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
    empty_place: DatabasePlace,
) -> None:
    open_database(empty_place).close()
    with begun(empty_place) as db:
        migrated = shape(db)
        ALL_TABLES.drop_all(db)
        ALL_TABLES.create_all(db)
        assert migrated == shape(db)


def test_the_newest_migration_is_the_one_that_the_program_expects() -> None:
    config = Config()
    config.set_main_option("script_location", "strongroom.control:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_what_was_written_is_there_after_opening_again(control_place: DatabasePlace) -> None:
    first = open_database(control_place)
    with first.write() as db:
        runs.add(db, RUN, run_id="r1", now=NOW)
    first.close()
    again = open_database(control_place)
    with again.read() as db:
        run = runs.by_id(db, "r1")
    again.close()
    assert run is not None
    assert run.created == NOW
    assert run.request == {"a": 1}


def test_a_write_that_fails_in_the_middle_changes_nothing(control_database: Database) -> None:
    def fail_half_way() -> None:
        with control_database.write() as db:
            runs.add(db, RUN, run_id="r1", now=NOW)
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail_half_way()
    with control_database.read() as db:
        assert runs.by_id(db, "r1") is None


def test_writers_come_one_after_the_other_and_see_what_was_done(
    control_place: DatabasePlace,
) -> None:
    count = sa.select(sa.func.count()).select_from(RULES)
    processes = [open_database(control_place) for _ in range(4)]

    def add_the_next(turn: int) -> None:
        with processes[turn % 4].write() as db:
            number = db.execute(count).scalar_one()
            db.execute(sa.insert(RULES), {"name": f"rule {number}", "value": ""})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add_the_next, range(60)))  # two of the same name would be refused
    with processes[0].read() as db:
        assert db.execute(count).scalar_one() == 60
    for one in processes:
        one.close()


def test_a_reader_sees_one_state_until_the_end(control_database: Database) -> None:
    with control_database.read() as reader:
        assert runs.queue(reader) == []
        with control_database.write() as db:
            runs.add(db, RUN, run_id="r1", now=NOW)
        assert runs.queue(reader) == []
    with control_database.read() as reader:
        assert [run.id for run in runs.queue(reader)] == ["r1"]


def test_a_database_of_a_newer_program_is_refused_and_left_alone(
    control_place: DatabasePlace,
) -> None:
    with begun(control_place) as db:
        db.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(OperatorError, match="newer Strongroom") as caught:
        open_database(control_place)
    assert "9999" in caught.value.why
    assert "newer program" in caught.value.hint
    with begun(control_place) as db:
        assert db.execute(sa.text("SELECT version_num FROM alembic_version")).all() == [("9999",)]


def test_a_database_of_something_else_is_refused_and_left_alone(
    empty_place: DatabasePlace,
) -> None:
    with begun(empty_place) as db:
        db.execute(sa.text("CREATE TABLE recipes (name TEXT)"))
    with pytest.raises(IntegrityError, match="not a control database"):
        open_database(empty_place)
    with begun(empty_place) as db:
        assert sa.inspect(db).get_table_names() == ["recipes"]


def test_of_one_process_a_single_connection_waits_for_its_turn(
    control_database: Database,
) -> None:
    """A frozen process would keep all others from their turn once for each of them."""
    begun: list[int] = []
    may_begin, second = threading.Event(), threading.Event()

    def wait(_: sa.Connection) -> None:
        begun.append(threading.get_ident())
        if len(begun) > 1:
            second.set()
        assert may_begin.wait(30.0)

    sa.event.listen(control_database._writers, "begin", wait, insert=True)
    with ThreadPoolExecutor(20) as threads:
        added = [threads.submit(add, control_database, f"r{number}") for number in range(20)]
        assert not second.wait(0.2), "so many connections there may not even be"
        may_begin.set()
        assert [one.result() for one in added] == [None] * 20


def test_a_thread_does_not_wait_for_ever_for_the_others_of_its_process(
    control_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "_TURN_WAIT_S", 0.01)
    with (
        control_database.write(),
        pytest.raises(DatabaseHeld, match="in use"),
    ):
        add(control_database, "r1")
    add(control_database, "r1")


def test_threads_that_open_it_first_at_the_same_time_all_succeed(
    empty_place: DatabasePlace,
) -> None:
    together = threading.Barrier(6)

    def open_it(_: int) -> str:
        together.wait(60)
        opened = open_database(empty_place)
        with opened.read() as db:
            found: str = db.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        opened.close()
        return found

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(open_it, range(6))) == [HEAD] * 6


def test_an_error_of_the_driver_that_means_nothing_special_is_our_bug(
    control_database: Database,
) -> None:
    with pytest.raises(sa.exc.DBAPIError), control_database.read() as db:
        db.execute(sa.text("SELECT * FROM no_such_table"))


def test_text_is_ordered_by_code_points(control_database: Database) -> None:
    names = ["ann", "Zoe", "_x", "ärger", "Bob", "a n", "a-n", "10", "9", "ann@x", "日"]
    with control_database.write() as db:
        for name in names:
            drafts.save(db, Draft(account=name, sealed=b"", wrapped_key=b"", saved=NOW))
        found = [draft.account for draft in drafts.everything(db)]
    assert found == sorted(names)


@pytest.mark.parametrize("account", ["plain", "Ünïcode 日本 🔒", "quote ' \" % \\ :x", "a\0b", ""])
def test_any_text_is_kept_and_found_again(control_database: Database, account: str) -> None:
    with control_database.write() as db:
        for sealed in (b"first", b"\0\xff"):
            drafts.save(db, Draft(account=account, sealed=sealed, wrapped_key=b"", saved=NOW))
    with control_database.read() as db:
        found = drafts.of_account(db, account)
    assert found is not None
    assert found.sealed == b"\0\xff"
    assert found.account.replace("\N{REPLACEMENT CHARACTER}", "\0") == account


def test_half_a_letter_is_an_operators_matter(control_database: Database) -> None:
    with pytest.raises(OperatorError, match="in no database"), control_database.read() as db:
        drafts.of_account(db, "\ud83d")


def test_it_says_how_large_it_is(control_database: Database) -> None:
    with control_database.read() as db:
        assert 100_000 < control_database.place.size_bytes(db) < 10_000_000
