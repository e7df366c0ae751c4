"""A run that was in hand when its database moved to a PostgreSQL goes on there, to its end."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from strongroom.clock import SystemClock
from strongroom.control import moving, progress, runs, tasks
from strongroom.control.database import Database, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.records import NewRun, Run, RunStatus, Task, TaskStatus
from strongroom.control.sqlite import SqliteFile
from strongroom.engine.dbos_durable import DbosDurable
from strongroom.engine.fellows import Alone
from strongroom.engine.membership import Membership
from strongroom.engine.queue import put
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Equipment, Worker
from strongroom.errors import Interrupted

CLOCK = SystemClock()
WAIT_S = 30.0
NAMES = [f"m{number}" for number in range(5)]
WORKFLOWS = "SELECT workflow_uuid, status FROM {}workflow_status WHERE name = 'run' ORDER BY 1"


class Pieces:
    """Does one task after the other, some before it is to stop."""

    def __init__(self, *, stops_after: int) -> None:
        self.done: list[str] = []
        self.is_half_way = threading.Event()
        self._stops_after = stops_after

    def plan(self, run: Run, desk: Desk) -> None:
        desk.tasks.plan(
            [
                Task(
                    run_id=run.id, resource_kind="mailbox", resource_id=name, number=number,
                    resource=name,
                )
                for number, name in enumerate(NAMES)
            ]
        )  # fmt: skip

    def work(self, run: Run, desk: Desk) -> None:
        with desk.tasks.taken() as todo:
            for task in todo:
                if len(self.done) == self._stops_after:
                    self._stop(desk)
                desk.tasks.end(replace(task, status=TaskStatus.COMPLETE))
                self.done.append(task.resource_id)

    def conclude(self, run: Run) -> Ending:
        return Ending(status=RunStatus.COMPLETE)

    def _stop(self, desk: Desk) -> None:
        worked = {"items": 7, "bytes": 0, "tasks": 2}
        document: dict[str, Any] = {
            "resources": {}, "notes": [], "notes_at_s": [], "notes_before": 0, "pace": None,
            "worked": worked, "spans_s": [[0.0, 8.0]],
        }  # fmt: skip
        desk.say_live(document, is_urgent=True)
        self.is_half_way.set()
        while not desk.stop():
            threading.Event().wait(0.001)
        raise Interrupted("Asked to stop.")


def test_a_run_that_was_running_when_the_database_moved_ends_complete_on_postgresql(
    sqlite_place: SqliteFile, postgres_place: PostgresPlace
) -> None:
    before = Pieces(stops_after=2)
    with closing(open_database(sqlite_place)) as database:
        with database.write() as db:
            run_id = put(db, NewRun(kind="backup", request={}), clock=CLOCK).id
        worker = worker_of(
            database, before, Equipment(durable=DbosDurable(sqlite_place), fellowship=Alone())
        )
        worker.step()
        assert before.is_half_way.wait(WAIT_S)
        worker.close()
        assert workflows(database) == [(f"{run_id}/1", "PENDING")]
        with database.write() as db:  # as if it had been killed in the middle of the third task
            db.execute(
                sa.text("UPDATE tasks SET status = 'running', worker = 'dead' WHERE number = 2")
            )

    with closing(open_database(postgres_place)) as database:
        with moving.held(sqlite_place.path) as source, database.write() as db:
            moving.copy_rows(source, db, sqlite_place)
        with database.read() as db:
            moved = runs.by_id(db, run_id)
            assert moved is not None
            assert moved.status is RunStatus.WAITING, "nobody is said to work on it"
            assert {one.status for one in tasks.of_run(db, run_id)} == {
                TaskStatus.COMPLETE,
                TaskStatus.WAITING,
            }
            assert progress.tellers(db) == frozenset()
        after = Pieces(stops_after=9)
        fellowship = Membership(
            postgres_place, host="here", pid=os.getpid(), clock=CLOCK, lost=lost
        )
        equipment = Equipment(durable=DbosDurable(postgres_place), fellowship=fellowship, lost=lost)
        worker = worker_of(database, after, equipment)
        while worker.step():
            worker.wait(0.1)
        with database.read() as db:
            run = runs.by_id(db, run_id)
            states = {one.resource_id: one.status for one in tasks.of_run(db, run_id)}
        worker.close()
        assert workflows(database) == [(f"{run_id}/2", "SUCCESS")]
    assert run is not None
    assert (run.status, run.attempts) == (RunStatus.COMPLETE, 2)
    assert states == dict.fromkeys(NAMES, TaskStatus.COMPLETE)
    assert sorted(before.done + after.done) == NAMES, "what was done is not done again"
    earlier: Any = run.earlier
    assert earlier["worked"] == {"items": 7, "bytes": 0, "tasks": 2}


def worker_of(database: Database, handler: Pieces, equipment: Equipment) -> Worker:
    return Worker(database, {"backup": handler}, CLOCK, equipment)


def workflows(database: Database) -> list[tuple[Any, ...]]:
    schema = "dbos." if database.place.is_shared else ""
    with database.read() as db:
        return [tuple(row) for row in db.execute(sa.text(WORKFLOWS.format(schema)))]


def lost(why: str) -> None:
    raise AssertionError(why)
