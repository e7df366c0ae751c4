"""A control database with claims that conflict or not, as a test likes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from strongroom.control.database import Database, open_database
from strongroom.control.sqlite import SqliteFile
from tests.engine.support import MADE

_JOIN_S = 20.0


@pytest.fixture
def database(sqlite_place: SqliteFile) -> Iterator[Database]:
    opened = open_database(sqlite_place)
    yield opened
    opened.close()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_worker_left(database: Database) -> Iterator[None]:
    """Leave no thread of a worker behind that would wait for a database that is gone."""
    del database  # closed after this
    yield
    made = [MADE.pop() for _ in range(len(MADE))]
    for one in made:
        one.abandon()
    never_ending = [one for one in made if not one.join(_JOIN_S)]
    assert not never_ending, "a body of this test never ends"
