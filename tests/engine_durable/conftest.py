"""Databases for what carries runs, with DBOS's tables in them: making those takes a while."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.control.database import DatabasePlace, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from tests.contracts.durable import Write
from tests.fakes.postgres import PostgresServer

_TABLES = sa.text(
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'dbos'"
    " AND tablename <> 'dbos_migrations'"
)


def _make_tables(place: DatabasePlace) -> None:
    from strongroom.engine.dbos_durable import DbosDurable  # noqa: PLC0415 - it takes a while

    lines = DbosDurable(place)
    lines._migrate()
    lines.close(0.0)


@pytest.fixture(scope="session")
def dbos_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dbos") / "control.db"
    shutil.copy(sqlite_template, path)
    _make_tables(SqliteFile(path=path))
    return path


@pytest.fixture
def sqlite_place(dbos_file: Path, tmp_path: Path) -> SqliteFile:
    """Have a control database in a file, new for each test."""
    return SqliteFile(path=Path(shutil.copy(dbos_file, tmp_path / "control.db")))


@pytest.fixture
def sqlite_write(sqlite_place: SqliteFile) -> Iterator[Write]:
    """Write to it as the program does."""
    database = open_database(sqlite_place)
    yield database.write
    database.close()


@pytest.fixture(scope="session")
def dbos_server(postgres: PostgresServer, postgres_template: str) -> PostgresPlace:
    place = PostgresPlace(url=postgres.url(postgres.new_database(postgres_template)))
    _make_tables(place)
    return place


@pytest.fixture
def dbos_place(dbos_server: PostgresPlace) -> PostgresPlace:
    """Have a control database on PostgreSQL without any worker or run; emptied, which is fast."""
    database = open_database(dbos_server)
    with database.write() as db:
        for table in ["workers", *db.execute(_TABLES).scalars()]:
            db.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - the server's own names
    database.close()
    return dbos_server


@pytest.fixture
def postgres_write(dbos_place: PostgresPlace) -> Iterator[Write]:
    """Write to it as the program does."""
    database = open_database(dbos_place)
    yield database.write
    database.close()
