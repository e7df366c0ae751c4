"""Databases for what carries runs: one of SQLite, one of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.control.database import open_database
from tests.contracts.durable import Write
from tests.fakes.postgres import PostgresServer


@pytest.fixture
def sqlite_url(tmp_path: Path) -> sa.URL:
    """Have a control database, as the program makes it."""
    path = tmp_path / "control.db"
    open_database(path).close()
    return sa.make_url(f"sqlite:///{path}")


@pytest.fixture
def sqlite_write(sqlite_url: sa.URL) -> Iterator[Write]:
    """Write to it as the program does."""
    database = open_database(Path(str(sqlite_url.database)))
    yield database.write
    database.close()


@pytest.fixture(scope="session")
def dbos_template(postgres: PostgresServer) -> str:
    """Have a database that DBOS has made its tables in: once, it takes a while."""
    from strongroom.engine.dbos_durable import DbosDurable  # noqa: PLC0415 - it takes a while

    name = postgres.new_database()
    lines = DbosDurable(sa.make_url(postgres.url(name)))
    lines._migrate()
    lines.close(0.0)
    return name


@pytest.fixture
def postgres_lines(postgres: PostgresServer, dbos_template: str) -> Iterator[sa.URL]:
    """Have a database with DBOS's tables, new for each test."""
    name = postgres.new_database(dbos_template)
    yield sa.make_url(postgres.url(name))
    postgres.drop_database(name)


@pytest.fixture
def postgres_write(postgres_lines: sa.URL) -> Iterator[Write]:
    """Write to it."""
    engine = sa.create_engine(postgres_lines.set(drivername="postgresql+psycopg"))
    yield engine.begin
    engine.dispose()
