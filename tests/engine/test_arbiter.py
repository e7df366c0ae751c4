"""The conflict rule on a control database: the same as on paper, whatever happens."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings

from strongroom.control.database import Database, DatabasePlace, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from tests.engine.histories import HISTORIES, Event, Judge, play

NOT_TOO_TAME = {"ran together", "asked to stand aside", "overtaken", "stop, YIELD", "end, YIELD"}


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


def test_rows_in_a_file_say_what_the_rule_says(sqlite_place: SqliteFile) -> None:
    play_many(sqlite_place, 190)


def test_rows_on_a_server_say_what_the_rule_says(postgres_place: PostgresPlace) -> None:
    play_many(postgres_place, 120)


@pytest.mark.soak
def test_so_they_do_in_many_more_histories(control_place: DatabasePlace) -> None:
    play_many(control_place, 1500)
