"""The conflict rule on a control database: the same as on paper, whatever happens."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from strongroom.control import runs
from strongroom.control.database import Database, DatabasePlace, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.queued import Asked
from strongroom.control.records import NewRun, RunStatus
from strongroom.control.sqlite import SqliteFile
from strongroom.engine import arbiter
from strongroom.engine.claims import Claims
from tests.engine.histories import BUSY, HISTORIES, START, Event, Judge, New, On, play

NOT_TOO_TAME = {
    "ran together",
    "asked to stand aside",
    "overtaken",
    "stop, YIELD",
    "end, YIELD",
    "stop, GIVE_UP",
}


class Undone(Exception):
    """What was written is thrown away."""


def played(database: Database, events: list[Event]) -> Judge:
    """Play a history in a transaction that comes to nothing."""
    judge = Judge()
    with suppress(Undone), database.write() as db:
        play(db, events, judge)
        raise Undone
    return judge


def play_many(place: DatabasePlace, how_many: int) -> None:
    """Play so many histories, and see that enough happened in them."""
    seen: Counter[str] = Counter()
    database = open_database(place)

    @settings(max_examples=how_many, suppress_health_check=list(HealthCheck))
    @given(events=HISTORIES)
    def check(events: list[Event]) -> None:
        seen["histories"] += 1
        seen.update(played(database, events).seen)

    try:
        check()
    finally:
        database.close()
    assert seen["histories"] >= how_many
    assert min(seen[what] for what in NOT_TOO_TAME) > 3, seen


@pytest.mark.parametrize("how_many", [130, pytest.param(500, marks=pytest.mark.soak)])
def test_rows_in_a_file_say_what_the_rule_says(sqlite_place: SqliteFile, how_many: int) -> None:
    play_many(sqlite_place, how_many)


@pytest.mark.parametrize("how_many", [80, pytest.param(300, marks=pytest.mark.soak)])
def test_rows_on_a_server_say_what_the_rule_says(
    postgres_place: PostgresPlace, how_many: int
) -> None:
    play_many(postgres_place, how_many)


def restores(first: int, how_many: int, claims: Claims = BUSY) -> list[Event]:
    """Ask for a restore, end the one before it, and so on; the first one runs already."""
    events: list[Event] = []
    for number in range(first, first + how_many):
        events.append(New(claims=claims, kind="restore", is_urgent=True))
        events.append(On("end", f"r{number - 1:03d}"))
    return events


def test_rows_bound_how_often_urgent_runs_pass_another(control_database: Database) -> None:
    urgent = New(claims=BUSY, kind="restore", is_urgent=True)
    before: list[Event] = [New(claims=BUSY), New(claims=BUSY), urgent, On("stop", "r001")]
    judge = played(control_database, [*before, *restores(4, 14)])
    assert judge.seen["overtaken"] == 10 + 1, "when r001 has ended, the last restore passes r002"


def test_rows_keep_the_bound_within_one_decision(control_database: Database) -> None:
    urgent = New(claims=BUSY, kind="restore", is_urgent=True)
    storage = New(claims=Claims(storage=BUSY.storage), kind="restore", is_urgent=True)
    connection = New(claims=Claims(connection=BUSY.connection), kind="restore", is_urgent=True)
    before: list[Event] = [urgent, New(claims=BUSY), urgent, On("end", "r001"), *restores(4, 8)]
    judge = played(control_database, [*before, storage, connection, On("end", "r011")])
    assert judge.seen["overtaken"] == 10


def test_rows_notice_that_a_run_has_got_before_the_one_it_waited_for(
    control_database: Database,
) -> None:
    held = New(claims=Claims(connection="c9"), kind="prune")
    both = Claims(connection="c9", storage=BUSY.storage)
    waits = New(claims=both, kind="restore", is_urgent=True)  # and r003 waits for it
    passes = Claims(connection=BUSY.connection)
    first = New(claims=passes, kind="restore", is_urgent=True)
    before: list[Event] = [held, waits, New(claims=BUSY, priority=1), first]
    assert played(control_database, [*before, *restores(5, 12, passes)]).seen["overtaken"] >= 10


def test_a_run_that_is_put_back_need_not_stand_aside_any_more(control_database: Database) -> None:
    new = NewRun(kind="backup", request={}, claims=BUSY.to_json())
    with control_database.write() as db:
        runs.add(db, new, run_id="a", now=START)
        arbiter.grant(db, START)
        runs.add(db, replace(new, kind="restore", is_urgent=True), run_id="u", now=START)
        arbiter.grant(db, START)
        assert [one.asked for one in arbiter.queue(db) if one.id == "a"] == [Asked.YIELD]
        runs.put_back(db, "a")
        runs.finish(db, "u", RunStatus.CANCELLED, fault=None, now=START)
        assert arbiter.grant(db, START) == ("a",)
        assert [one.asked for one in arbiter.queue(db)] == [Asked.NOTHING]


@pytest.mark.soak
def test_so_they_do_in_many_more_histories(control_place: DatabasePlace) -> None:
    play_many(control_place, 1500)
