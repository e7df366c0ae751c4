"""The same promises for the fake and for DBOS on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from strongroom.engine.dbos_durable import DbosDurable
from tests.contracts.durable import DurableContract, Lines, Write
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
    def lines(self, sqlite_url: sa.URL) -> Lines:
        return lambda: DbosDurable(sqlite_url, poll_s=_SELDOM_S)


class TestDbosOnPostgres(DurableContract):
    @pytest.fixture
    def write(self, postgres_write: Write) -> Write:
        return postgres_write

    @pytest.fixture
    def lines(self, postgres_lines: sa.URL) -> Lines:
        return lambda: DbosDurable(postgres_lines, poll_s=_SELDOM_S)
