"""Control databases for tests, on every kind of database that the program knows (a pytest plugin).

``postgres`` is the server, one for each test process; ``postgres_url`` the address of an empty
database in it, new for each test.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.postgres import PostgresServer, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Have a PostgreSQL. A test that restarts it takes it as it finds it afterwards."""
    with running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """Have an empty database in it; give its address."""
    name = postgres.new_database()
    yield postgres.url(name)
    postgres.drop_database(name)
