"""What a worker tidies up by and by."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

from strongroom.control import progress
from strongroom.control.database import Database
from strongroom.control.records import Run, RunStatus
from strongroom.engine.fellows import Alone
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Equipment, Worker
from tests.engine.support import MADE, Body, Simply, add, look
from tests.fakes.hand_clock import HandClock
from tests.fakes.plain_durable import PlainDurable

DONE = Ending(status=RunStatus.COMPLETE)
WAIT_S = 30.0
DAY_S = 24 * 3600.0


class Forgetful(PlainDurable):
    """Notes what it is told to forget."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.write)
        self.forgotten: list[datetime] = []

    def forget(self, before: datetime, /) -> int:
        self.forgotten.append(before)
        return super().forget(before)


def make(
    database: Database, clock: HandClock, body: Body = lambda *_: DONE
) -> tuple[Worker, Forgetful]:
    durable = Forgetful(database)
    MADE.append(durable)
    handler = Simply(body)
    equipment = Equipment(durable=durable, fellowship=Alone())
    return Worker(database, {"test": handler}, clock, equipment), durable


def test_attempts_that_were_over_a_week_ago_are_forgotten_once_a_day(database: Database) -> None:
    clock = HandClock()
    worker, durable = make(database, clock)
    began = clock.now()
    for _ in range(3):
        worker.step()
    clock.move(seconds=DAY_S - 60.0)
    worker.step()
    assert durable.forgotten == [began - timedelta(days=7)]
    clock.move(seconds=60.0)
    worker.step()
    worker.step()
    assert durable.forgotten[1:] == [began + timedelta(days=1) - timedelta(days=7)]
    worker.close()


def told(items: int) -> dict[str, Any]:
    return {
        "resources": {"ann@x": {"items": items}},
        "notes": [],
        "notes_at_s": [],
        "notes_before": 0,
        "pace": None,
        "worked": {"items": items, "bytes": 0, "tasks": 0},
        "spans_s": [[0.0, 8.0]],
    }


def test_what_a_dead_worker_told_is_not_shown_for_as_long_as_the_run_lasts(
    database: Database,
) -> None:
    clock = HandClock()
    begun, release = threading.Event(), threading.Event()

    def hold(_run: Run, _desk: Desk) -> Ending:
        begun.set()
        assert release.wait(WAIT_S)
        return DONE

    worker, _ = make(database, clock, hold)
    add(database, "r1", "a", clock)
    worker.step()
    assert begun.wait(WAIT_S)
    ours = look(database, "r1").driver
    assert ours is not None
    with database.write() as db:
        progress.say(db, "r1", "dead", told(7))
        progress.say(db, "r1", ours, told(5))
    clock.move(seconds=30.0)
    worker.step()
    with database.read() as db:
        assert progress.of_run(db, "r1") == {ours: told(5)}
    earlier: Any = look(database, "r1").earlier
    assert earlier["worked"]["items"] == 7, "its figures stay"
    release.set()
    worker.close()
