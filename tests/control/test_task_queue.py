"""Tasks go to one worker at a time, the largest first, and only that one can end them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import runs, task_queue, tasks
from strongroom.control.database import Database, open_database
from strongroom.control.records import FIRST, NewRun, Task, TaskStatus
from strongroom.control.sqlite import SqliteFile
from strongroom.words.json import Json

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PLACE = {"address": "ann@x.example"}


def planned(name: str, number: int, *, weight: int = 0, run_id: str = "r1") -> Task:
    return Task(
        run_id=run_id,
        resource_kind="mailbox",
        resource_id=name,
        number=number,
        resource=f"{name}@x.example",
        place=PLACE,
        weight=weight,
    )


@pytest.fixture
def database(control_database: Database) -> Database:
    with control_database.write() as db:
        runs.add(db, NewRun(kind="backup", request={}), run_id="r1", now=NOW)
    return control_database


def put(database: Database, *those: Task) -> None:
    with database.write() as db:
        task_queue.plan(db, "r1", those)


def take(database: Database, worker: str, at_most: int, bytes_max: int = 1000) -> list[Task]:
    with database.write() as db:
        return task_queue.take(
            db, "r1", worker, at_most=at_most, bytes_max=bytes_max, kinds=("backup",)
        )


def names(those: Sequence[Task]) -> list[str]:
    return [one.resource_id for one in those]


def stored(database: Database, name: str) -> Task:
    with database.read() as db:
        return next(one for one in tasks.of_run(db, "r1") if one.resource_id == name)


def test_the_largest_are_taken_first_and_the_others_as_they_were_planned(
    database: Database,
) -> None:
    put(database, planned("a", 0), planned("b", 1, weight=7), planned("c", 2), planned("d", 3))
    assert names(take(database, "w1", 3)) == ["b", "a", "c"]
    assert names(take(database, "w2", 3)) == ["d"]
    assert take(database, "w2", 3) == []


def test_large_ones_are_taken_by_themselves(database: Database) -> None:
    sizes = {"a": 900, "b": 600, "c": 300, "d": 200, "e": 10}
    those = [planned(name, n, weight=size) for n, (name, size) in enumerate(sizes.items())]
    put(database, *those)
    assert names(take(database, "w1", 5, 500)) == ["a"]
    assert names(take(database, "w1", 5, 500)) == ["b"]
    assert names(take(database, "w1", 5, 500)) == ["c", "d"]


def test_the_rest_of_a_resource_waits_for_its_first_part_and_for_no_others(
    database: Database,
) -> None:
    put(
        database,
        *(planned(f"{name}{FIRST}", number) for number, name in enumerate("ab")),
        *(planned(name, number) for number, name in enumerate("abc", 2)),
    )
    first_of_a, _ = taken = take(database, "w1", 2)
    assert names(taken) == [f"a{FIRST}", f"b{FIRST}"]
    assert names(take(database, "w2", 5)) == ["c"]
    with database.write() as db:
        ended = replace(first_of_a, status=TaskStatus.FAILED, started=NOW, finished=NOW)
        assert task_queue.end(db, ended, "w1")
    assert names(take(database, "w2", 5)) == ["a"], "also after one that failed"
    with database.write() as db:
        task_queue.give_back(db, "r1", "w1")
    assert names(take(database, "w2", 5)) == [f"b{FIRST}"]


@pytest.mark.parametrize(("held", "wanted"), [("a", f"a{FIRST}"), (f"a{FIRST}", "a")])
def test_what_another_run_has_in_hand_is_known_by_whichever_part(
    database: Database, held: str, wanted: str
) -> None:
    with database.write() as db:
        runs.add(db, NewRun(kind="backup", request={}), run_id="r2", now=NOW)
        db.execute(sa.text("UPDATE runs SET status = 'running' WHERE id = 'r2'"))
        task_queue.plan(db, "r2", [planned(held, 0, run_id="r2")])
        kinds = ("backup",)
        assert task_queue.take(db, "r2", "w2", at_most=1, bytes_max=1, kinds=kinds)
    put(database, planned(wanted, 0), planned("b", 1))
    assert names(take(database, "w1", 5)) == ["b"]


def test_only_who_has_a_task_in_hand_ends_it(database: Database) -> None:
    put(database, planned("a", 4, weight=9))
    (task,) = take(database, "w1", 1)
    ledger: dict[str, Json] = {"totals": {"saved": 3, "bytes_read": 30}, "folders": []}
    ended = replace(task, status=TaskStatus.COMPLETE, started=NOW, finished=NOW, coverage=ledger)
    with database.write() as db:
        assert not task_queue.end(db, ended, "w2")
    assert stored(database, "a").status is TaskStatus.RUNNING
    with database.write() as db:
        assert task_queue.end(db, ended, "w1")
        assert not task_queue.end(db, ended, "w1"), "it has ended"
    kept = stored(database, "a")
    assert kept == replace(ended, worker=None, attempts=1), "what was planned is still known"
    with database.read() as db:
        row = db.execute(sa.text("SELECT saved, bytes_read FROM tasks")).one()
    assert tuple(row) == (3, 30)


def test_waiting_tasks_are_counted_no_further_than_asked(database: Database) -> None:
    put(database, *(planned(f"m{n}", n) for n in range(5)))
    take(database, "w1", 1)
    with database.read() as db:
        assert task_queue.waiting(db, "r1", at_most=3) == 3
        assert task_queue.waiting(db, "r1", at_most=30) == 4


def test_many_are_planned_and_listed_without_what_takes_the_most_room(database: Database) -> None:
    ledger: dict[str, Json] = {"totals": {"saved": 3}, "folders": []}
    many = [replace(planned(f"m{n:04}", n), coverage=ledger) for n in range(1203)]
    put(database, *many)
    with database.read() as db:
        assert tasks.of_run(db, "r1") == many
        listed = tasks.without_ledgers(db, "r1")
    assert listed == [replace(one, coverage=None, place=None) for one in many]


def test_who_takes_twenty_of_ten_thousand_neither_sorts_nor_reads_the_others(
    sqlite_place: SqliteFile,
) -> None:
    database = open_database(sqlite_place)
    with database.read() as db:
        wanted = {"of_run": "r1", "at_most": 20, "kinds": ["backup"]}
        sa.event.listen(db, "before_cursor_execute", _explained, retval=True)
        told = [row[-1] for row in db.execute(task_queue.NEXT, wanted).all()]
    database.close()
    assert any("tasks_to_do" in line for line in told), told
    assert not any("TEMP B-TREE" in line for line in told), told


def _explained(_db: object, _cursor: object, text: str, values: Any, *_: object) -> tuple[str, Any]:
    return f"EXPLAIN QUERY PLAN {text}", values
