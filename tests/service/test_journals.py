"""Journals of restores, in files and in the database: the same promise."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.control import runs
from strongroom.control.database import Database, open_database
from strongroom.control.home import Home
from strongroom.control.outages import DatabaseUnreachable
from strongroom.control.postgres import PostgresPlace
from strongroom.control.records import NewRun
from strongroom.control.schema import JOURNALS
from strongroom.errors import Interrupted
from strongroom.service.journals import DatabaseJournals, HomeJournals, Journals, journals_of
from tests.contracts.journal import OTHER_RUN, RUN, JournalContract, lines_of
from tests.fakes.postgres import PostgresServer

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def with_runs(database: Database) -> DatabaseJournals:
    with database.write() as db:
        for run_id in (RUN, OTHER_RUN):
            runs.add(db, NewRun(kind="restore", request={}), run_id=run_id, now=NOW)
    return DatabaseJournals(database)


class TestHomeJournals(JournalContract):
    @pytest.fixture
    def journals(self, tmp_path: Path) -> HomeJournals:
        return HomeJournals(Home(path=tmp_path))

    def spoil(self, journals: Journals) -> None:
        assert isinstance(journals, HomeJournals)
        path = journals.home.journal(RUN)
        path.write_bytes(path.read_bytes().replace(b'{"n":1}', b'{"n":'))


class TestDatabaseJournals(JournalContract):
    @pytest.fixture
    def journals(self, control_database: Database) -> DatabaseJournals:
        return with_runs(control_database)

    def spoil(self, journals: Journals) -> None:
        assert isinstance(journals, DatabaseJournals)
        with journals.database.write() as db:
            db.execute(sa.update(JOURNALS).where(JOURNALS.c.position == 2).values(lines='{"n":'))

    def test_who_was_not_seen_cannot_go_on_beside_another(self, journals: DatabaseJournals) -> None:
        with journals.open(RUN) as frozen, journals.open(RUN) as second:
            frozen.append({"n": 1})
            with pytest.raises(Interrupted, match="Another worker"):
                second.append({"n": "taken over too early"})
            with journals.open(RUN) as other:
                other.append({"n": 2})
                with pytest.raises(Interrupted, match="Another worker"):
                    frozen.append({"n": "thawed"})
                other.append({"n": 3})
        assert lines_of(journals) == [{"n": 1}, {"n": 2}, {"n": 3}]

    def test_it_goes_with_its_run(self, journals: DatabaseJournals) -> None:
        with journals.open(RUN) as journal:
            journal.append({"n": 1})
        with journals.database.write() as db:
            db.execute(sa.text("DELETE FROM runs WHERE id = 'r1'"))
            assert db.execute(sa.select(sa.func.count()).select_from(JOURNALS)).scalar_one() == 0


def test_what_was_appended_survives_a_crash_of_the_server_and_another_machine_reads_it(
    postgres: PostgresServer, postgres_place: PostgresPlace
) -> None:
    here, there = open_database(postgres_place), open_database(postgres_place)
    with with_runs(here).open(RUN) as journal:
        journal.append({"n": 1})
        postgres.stop(signal.SIGQUIT)
        try:
            with pytest.raises(DatabaseUnreachable):
                journal.append({"n": 2})
        finally:
            postgres.start()
    assert lines_of(DatabaseJournals(there)) == [{"n": 1}]
    here.close()
    there.close()


def test_they_are_where_all_machines_reach_them(control_database: Database, tmp_path: Path) -> None:
    chosen = journals_of(Home(path=tmp_path), control_database)
    is_postgres = isinstance(control_database.place, PostgresPlace)
    assert type(chosen) is (DatabaseJournals if is_postgres else HomeJournals)
