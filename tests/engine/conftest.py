"""A control database with claims that conflict or not, as a test likes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from strongroom.control.database import Database, open_database
from strongroom.control.sqlite import SqliteFile


@pytest.fixture
def database(sqlite_place: SqliteFile) -> Iterator[Database]:
    opened = open_database(sqlite_place)
    yield opened
    opened.close()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
