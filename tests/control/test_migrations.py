"""A database of every released version opens, and each row in it is there afterwards as it was.

The rows are made up from the tables as they were then, so that a later version is tried as soon as
there is one: two rows in each table, referring to each other as the tables say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control.database import HEAD, DatabasePlace, open_database
from strongroom.control.migrations import steps
from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from strongroom.errors import IntegrityError

VERSIONS = [f"{number:04}" for number in range(1, int(HEAD) + 1)]

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> DatabasePlace:
    if request.param == "sqlite":
        return SqliteFile(path=tmp_path / "control.db")
    return PostgresPlace(url=request.getfixturevalue("postgres_url"))


@contextmanager
def begun(place: DatabasePlace) -> Iterator[sa.Connection]:
    place.create()
    engine = place.engine(for_migrations=True)
    try:
        with engine.begin() as db:
            yield db
    finally:
        engine.dispose()


def make(place: DatabasePlace, version: str) -> Rows:
    """Make a database as the program of that version left it, with rows; give them."""
    with begun(place) as db:
        steps.upgrade(db, version)
        for table in tables(db):
            db.execute(sa.insert(table), [row(table, number) for number in (1, 2)])
        return rows(db)


def tables(db: sa.Connection) -> list[sa.Table]:
    found = sa.MetaData()
    found.reflect(db)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def row(table: sa.Table, number: int) -> dict[str, Any]:
    return {column.name: value(column, number) for column in table.columns}


def value(column: sa.Column[Any], number: int) -> Any:
    if column.foreign_keys:
        return value(next(iter(column.foreign_keys)).column, number)
    match column.type:
        case sa.LargeBinary():
            return f"box {number}\0".encode()
        case sa.Integer():
            return number
    return f"{column.name} {number}"


def rows(db: sa.Connection) -> Rows:
    return {
        table.name: [dict(row) for row in db.execute(sa.select(table)).mappings()]
        for table in tables(db)
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_released_version_is_brought_up_to_date_and_keeps_its_rows(
    place: DatabasePlace, version: str
) -> None:
    before = make(place, version)
    opened = open_database(place)
    with opened.read() as db:
        after = rows(db)
    opened.close()
    for table, kept in before.items():
        assert len(kept) == 2, table
        same = [{name: row[name] for name in kept[0]} for row in after[table]]
        assert sorted(same, key=str) == sorted(kept, key=str), table


@pytest.mark.parametrize("version", VERSIONS[-2:-1])
def test_an_upgrade_that_fails_leaves_the_old_version_as_it_was(
    place: DatabasePlace, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = make(place, version)
    real = steps.upgrade

    def upgrade_and_fail(db: sa.Connection, to: str) -> None:
        real(db, to)
        raise RuntimeError("killed")

    monkeypatch.setattr(steps, "upgrade", upgrade_and_fail)
    with pytest.raises(RuntimeError, match="killed"):
        open_database(place)
    with begun(place) as db:
        assert rows(db) == before
        assert db.execute(sa.text("SELECT version_num FROM alembic_version")).all() == [(version,)]


def test_rows_that_refer_to_nothing_are_told_and_nothing_is_changed(tmp_path: Path) -> None:
    place = SqliteFile(path=tmp_path / "control.db")
    make(place, "0006")
    with sqlite3.connect(place.path) as raw:  # which does not look at references
        raw.execute("DELETE FROM storages WHERE id = 'id 1'")
    raw.close()
    with pytest.raises(IntegrityError, match="does not fit together") as caught:
        open_database(place)
    assert "jobs" in caught.value.why
    with sqlite3.connect(place.path) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [("0006",)]
    raw.close()
