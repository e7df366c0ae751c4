"""A run that stood aside goes on with its plan; one that was paused makes it anew."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.records import Run, RunStatus
from strongroom.engine.fellows import Alone
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Equipment, Worker
from strongroom.errors import Interrupted
from tests.engine.support import Simply, add, look, new_run
from tests.fakes.hand_clock import HandClock
from tests.fakes.plain_durable import PlainDurable

DONE = Ending(status=RunStatus.COMPLETE)
WAIT_S = 30.0
HOUR_S = 3600.0


class Backup(Simply):
    """Stops once when it is told to; counts its plans."""

    def __init__(self) -> None:
        super().__init__(self._work)
        self.plans = 0
        self.begun = threading.Event()

    def plan(self, run: Run, desk: Desk) -> None:
        self.plans += 1

    def _work(self, run: Run, desk: Desk) -> Ending:
        self.begun.set()
        if run.attempts == 1:
            while not desk.stop():
                threading.Event().wait(0.001)
            raise Interrupted("Asked to stop.")
        return DONE


class Scene:
    """A backup that has begun, and a restore that takes as long as a test says."""

    def __init__(self, database: Database, restore_s: float = 0.0) -> None:
        self.database = database
        self.clock = HandClock()
        self.backup = Backup()

        def restore(_run: Run, _desk: Desk) -> Ending:
            self.clock.move(seconds=restore_s)
            return DONE

        self.worker = Worker(
            database,
            {"backup": self.backup, "restore": Simply(restore)},
            self.clock,
            Equipment(durable=PlainDurable(database.write), fellowship=Alone()),
        )
        add(database, "b", "same", self.clock, kind="backup")
        self.worker.step()
        assert self.backup.begun.wait(WAIT_S)

    def ask_for_restore(self) -> None:
        new = replace(new_run("same", kind="restore"), is_urgent=True)
        with self.database.write() as db:
            runs.add(db, new, run_id="r", now=self.clock.now())

    def work_until_empty(self) -> None:
        while self.worker.step():
            self.worker.wait(WAIT_S)


@pytest.mark.parametrize(("restore_s", "plans"), [(60.0, 1), (HOUR_S, 2)])
def test_who_stood_aside_plans_anew_only_after_a_long_time(
    database: Database, restore_s: float, plans: int
) -> None:
    scene = Scene(database, restore_s)
    scene.ask_for_restore()
    scene.work_until_empty()
    backup = look(database, "b")
    assert (backup.status, backup.yields) == (RunStatus.COMPLETE, 1)
    assert scene.backup.plans == plans
    scene.worker.close()


def test_who_was_paused_plans_anew(database: Database) -> None:
    scene = Scene(database)
    with database.write() as db:
        assert runs.ask_pause(db, "b")
    scene.work_until_empty()
    assert look(database, "b").status is RunStatus.PAUSED
    with database.write() as db:
        assert runs.resume(db, "b")
    scene.work_until_empty()
    assert look(database, "b").status is RunStatus.COMPLETE
    assert scene.backup.plans == 2
    scene.worker.close()
