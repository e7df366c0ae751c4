"""Databases for what carries runs: one of SQLite, one of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.control.database import open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from tests.contracts.durable import Write
from tests.fakes.postgres import PostgresServer


@pytest.fixture
def sqlite_write(sqlite_place: SqliteFile) -> Iterator[Write]:
    """Write to it as the program does."""
    database = open_database(sqlite_place)
    yield database.write
    database.close()


@pytest.fixture(scope="session")
def dbos_template(postgres: PostgresServer, postgres_template: str) -> str:
    """Have a control database that DBOS has made its tables in: once, it takes a while."""
    from strongroom.engine.dbos_durable import DbosDurable  # noqa: PLC0415 - it takes a while

    name = postgres.new_database(postgres_template)
    lines = DbosDurable(PostgresPlace(url=postgres.url(name)))
    lines._migrate()
    lines.close(0.0)
    return name


@pytest.fixture
def dbos_place(postgres: PostgresServer, dbos_template: str) -> Iterator[PostgresPlace]:
    """Have a control database on PostgreSQL with DBOS's tables, new for each test."""
    name = postgres.new_database(dbos_template)
    yield PostgresPlace(url=postgres.url(name))
    postgres.drop_database(name)


@pytest.fixture
def postgres_write(dbos_place: PostgresPlace) -> Iterator[Write]:
    """Write to it as the program does."""
    database = open_database(dbos_place)
    yield database.write
    database.close()
