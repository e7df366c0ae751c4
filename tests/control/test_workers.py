"""The rows of workers, on each kind of database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from strongroom.control import workers
from strongroom.control.database import Database

_T0 = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
_LATER = _T0 + timedelta(seconds=5)


@pytest.fixture
def database(control_database: Database) -> Database:
    with control_database.write() as db:
        for name in ("a", "b"):
            workers.add(db, worker_id=name, host=f"host-{name}", pid=7, now=_T0)
    return control_database


def test_they_are_listed(database: Database) -> None:
    with database.write() as db:
        assert workers.beat(db, "b", now=_LATER)
        workers.leave(db, "a")
    with database.read() as db:
        listed = workers.listed(db)
        assert workers.alive(db) == {"b": _LATER}
    assert [(one.id, one.host, one.pid, one.is_alive) for one in listed] == [
        ("a", "host-a", 7, False),
        ("b", "host-b", 7, True),
    ]
    assert (listed[1].started, listed[1].beat) == (_T0, _LATER)


def test_who_was_found_dead_learns_it_from_its_next_beat(database: Database) -> None:
    with database.write() as db:
        assert workers.bury(db, {"a": _T0}) == ["a"]
        assert not workers.beat(db, "a", now=_LATER)
        assert not workers.beat(db, "nobody", now=_LATER)
        assert workers.bury(db, {"a": _T0}) == []


def test_a_beat_that_came_after_all_saves_it(database: Database) -> None:
    with database.write() as db:
        assert workers.beat(db, "a", now=_LATER)
        assert workers.bury(db, {"a": _T0, "b": _T0}) == ["b"]
        assert workers.beat(db, "a", now=_LATER)


def test_the_dead_are_forgotten_after_a_while_and_the_living_never(database: Database) -> None:
    with database.write() as db:
        workers.leave(db, "a")
        assert workers.forget(db, before=_T0) == 0
        assert workers.forget(db, before=_LATER) == 1
        assert [one.id for one in workers.listed(db)] == ["b"]
