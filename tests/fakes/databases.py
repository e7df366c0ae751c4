"""Control databases for tests, on every kind of database that the program knows (a pytest plugin).

``control_database`` is one, open and new; a test that asks for it runs once on each kind.
``control_place`` is where it is kept, for those who open it themselves, several times as several
processes would. Their tables are copied, which is ten times as fast as making them.

``undone`` is a transaction on one of each kind that is rolled back when the test ends, for tests of
rows: their module has one database of each kind, which stays as new.

``postgres`` is the server, one for each test process; ``postgres_url`` the address of an empty
database in it, as new for each test; ``postgres_place`` one with tables.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.control.database import Database, DatabasePlace, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from tests.fakes.postgres import PostgresServer, running
from tests.fakes.postgres_pool import DatabasePool

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Have a PostgreSQL. A test that restarts it takes it as it finds it afterwards."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def _empty_databases(postgres: PostgresServer) -> DatabasePool:
    return DatabasePool(postgres)


@pytest.fixture
def postgres_url(postgres: PostgresServer, _empty_databases: DatabasePool) -> Iterator[str]:
    """Have an empty database in it; give its address."""
    name = _empty_databases.take()
    yield postgres.url(name)
    _empty_databases.give_back(name)


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """Have a database with the newest tables, to copy; give its name."""
    name = postgres.new_database()
    open_database(PostgresPlace(url=postgres.url(name))).close()
    return name


@pytest.fixture(scope="session")
def _databases_with_tables(postgres: PostgresServer, postgres_template: str) -> DatabasePool:
    return DatabasePool(postgres, postgres_template)


@pytest.fixture
def postgres_place(
    postgres: PostgresServer, _databases_with_tables: DatabasePool
) -> Iterator[PostgresPlace]:
    """Have a control database on PostgreSQL, with the newest tables and nothing in them."""
    name = _databases_with_tables.take()
    yield PostgresPlace(url=postgres.url(name))
    _databases_with_tables.give_back(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Have a file with the newest tables, to copy."""
    path = tmp_path_factory.mktemp("template") / "control.db"
    open_database(path).close()
    return path


@pytest.fixture
def sqlite_place(sqlite_template: Path, tmp_path: Path) -> SqliteFile:
    """Have a control database in a file, with the newest tables and nothing in them."""
    return SqliteFile(path=Path(shutil.copy(sqlite_template, tmp_path / "control.db")))


@pytest.fixture
def new_home(sqlite_template: Path, tmp_path: Path) -> Path:
    """Have a home that was opened once and never used."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(sqlite_template, home / "control.db")
    return home


@pytest.fixture(params=KINDS)
def control_place(request: pytest.FixtureRequest) -> DatabasePlace:
    """Have a control database of each kind, not open yet."""
    kind = {"sqlite": "sqlite_place", "postgresql": "postgres_place"}[request.param]
    place: DatabasePlace = request.getfixturevalue(kind)
    return place


@pytest.fixture
def control_database(control_place: DatabasePlace) -> Iterator[Database]:
    """Have a control database of each kind, open."""
    opened = open_database(control_place)
    yield opened
    opened.close()


class _UndoneError(Exception):
    """Rolls a transaction back."""


@pytest.fixture(scope="module", params=KINDS)
def lasting_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Have a control database of each kind, open, for all tests of a module."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        copy = tmp_path_factory.mktemp("lasting") / "control.db"
        opened = open_database(Path(shutil.copy(template, copy)))
        yield opened
        opened.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.new_database(request.getfixturevalue("postgres_template"))
    opened = open_database(PostgresPlace(url=server.url(name)))
    yield opened
    opened.close()
    server.drop_database(name)


@pytest.fixture
def undone(lasting_database: Database) -> Iterator[sa.Connection]:
    """Have a transaction that can write; nothing of it is kept."""
    with contextlib.suppress(_UndoneError), lasting_database.write() as db:
        yield db
        raise _UndoneError
