"""A long run stands aside for a restore that a person waits for, and goes on afterwards."""

from __future__ import annotations

import threading
from dataclasses import replace

from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.records import Run, RunStatus
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Worker
from strongroom.errors import Interrupted
from tests.engine.support import add, look, make_worker, new_run
from tests.fakes.hand_clock import HandClock

DONE = Ending(status=RunStatus.COMPLETE)
WAIT_S = 30.0


class Scene:
    """A backup that works until it is to stop, and then once more; a restore that is quick."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock()
        self.order: list[str] = []
        self.begun = threading.Event()
        bodies = {"backup": self._back_up, "restore": self._restore}
        self.worker: Worker = make_worker(database, bodies, self.clock)

    def _back_up(self, run: Run, desk: Desk) -> Ending:
        self.order.append("backup begins")
        self.begun.set()
        if run.attempts == 1:
            while not desk.stop():
                threading.Event().wait(0.001)
            self.order.append("backup stops")
            raise Interrupted("Asked to stop.")
        self.order.append("backup ends")
        return DONE

    def _restore(self, _run: Run, _desk: Desk) -> Ending:
        self.order.append("restore")
        return DONE

    def begin_backup(self) -> None:
        add(self.database, "b", "same", self.clock, kind="backup")
        self.worker.step()
        assert self.begun.wait(WAIT_S)

    def ask_for_restore(self) -> None:
        new = replace(new_run("same", kind="restore"), is_urgent=True)
        with self.database.write() as db:
            runs.add(db, new, run_id="r", now=self.clock.now())
        self.worker.step()

    def work_until_empty(self) -> None:
        while self.worker.step():
            self.worker.wait(WAIT_S)
        self.worker.close()


def test_a_backup_stands_aside_for_a_restore_and_goes_on(database: Database) -> None:
    scene = Scene(database)
    scene.begin_backup()
    scene.ask_for_restore()
    assert look(database, "r").waits_for == "run b: same storage"
    scene.work_until_empty()
    assert scene.order == [
        "backup begins", "backup stops", "restore", "backup begins", "backup ends"
    ]  # fmt: skip
    backup = look(database, "b")
    assert (backup.status, backup.attempts, backup.yields) == (RunStatus.COMPLETE, 2, 1)
    assert look(database, "r").status is RunStatus.COMPLETE


def test_a_backup_that_is_cancelled_when_it_is_to_stand_aside_is_over(database: Database) -> None:
    scene = Scene(database)
    scene.begin_backup()
    scene.ask_for_restore()
    with database.write() as db:
        assert runs.ask_stop(db, "b")
    scene.work_until_empty()
    assert look(database, "b").status is RunStatus.CANCELLED
    assert look(database, "r").status is RunStatus.COMPLETE
    assert scene.order[-1] == "restore"
