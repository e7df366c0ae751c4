"""The same promises for the fake and for DBOS on both databases."""

from __future__ import annotations

import pytest

from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from strongroom.engine.dbos_durable import DbosDurable
from tests.contracts.durable import Desk, DurableContract, Lines, Write
from tests.fakes.plain_durable import PlainDurable

_SELDOM_S = 60.0
"""What is begun is taken up because of ``wake``, not because somebody looks by and by."""


class TestPlain(DurableContract):
    @pytest.fixture
    def write(self, sqlite_write: Write) -> Write:
        return sqlite_write

    @pytest.fixture
    def lines(self, write: Write) -> Lines:
        return lambda: PlainDurable(write)


class TestDbosOnSqlite(DurableContract):
    @pytest.fixture
    def write(self, sqlite_write: Write) -> Write:
        return sqlite_write

    @pytest.fixture
    def lines(self, sqlite_place: SqliteFile) -> Lines:
        return lambda: DbosDurable(sqlite_place, poll_s=_SELDOM_S)


class TestDbosOnPostgres(DurableContract):
    @pytest.fixture
    def write(self, postgres_write: Write) -> Write:
        return postgres_write

    @pytest.fixture
    def lines(self, dbos_place: PostgresPlace) -> Lines:
        return lambda: DbosDurable(dbos_place, poll_s=_SELDOM_S)


def test_a_process_is_one_worker_at_a_time(sqlite_place: SqliteFile) -> None:
    first, second = DbosDurable(sqlite_place), DbosDurable(sqlite_place)
    first.launch("a", Desk())
    try:
        with pytest.raises(RuntimeError, match="already"):
            second.launch("b", Desk())
    finally:
        second.close(0.0)
        first.close(0.0)
