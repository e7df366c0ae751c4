"""A run that only stood aside goes on with its plan; one that was paused makes it anew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.records import Run, RunStatus
from strongroom.engine.fellows import Alone
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Equipment, Worker
from strongroom.errors import Interrupted
from tests.engine.support import MADE, Simply, add, look, new_run
from tests.fakes.hand_clock import HandClock
from tests.fakes.plain_durable import PlainDurable

DONE = Ending(status=RunStatus.COMPLETE)
WAIT_S = 30.0
LINES_GONE = sa.text("DELETE FROM plain_lines")


class Backup(Simply):
    """Stops once when it is told to; counts its plans."""

    def __init__(self) -> None:
        super().__init__(self._work)
        self.plans = 0
        self.begun = threading.Event()

    def plan(self, run: Run, desk: Desk) -> None:
        self.plans += 1

    def _work(self, run: Run, desk: Desk) -> Ending:
        if self.begun.is_set():
            return DONE
        self.begun.set()
        while not desk.stop():
            threading.Event().wait(0.001)
        raise Interrupted("Asked to stop.")


class Scene:
    """A backup that has begun. Its worker looks often, since who is asked to stop hears it so."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock()
        self.backup = Backup()
        self.worker = self.new_worker()
        add(database, "b", "same", self.clock, kind="backup")
        self.worker.step()
        assert self.backup.begun.wait(WAIT_S)

    def new_worker(self) -> Worker:
        MADE.append(PlainDurable(self.database.write))
        handlers = {"backup": self.backup, "restore": Simply(lambda *_: DONE)}
        equipment = Equipment(durable=MADE[-1], fellowship=Alone())
        return Worker(self.database, handlers, self.clock, equipment)

    def work_until(self, is_so: Callable[[Run], bool]) -> None:
        for _ in range(1000):
            self.worker.step()
            if is_so(look(self.database, "b")):
                return
            self.worker.wait(0.01)
        raise AssertionError(f"it never came so far: {look(self.database, 'b')}")

    def stand_aside(self, for_s: float) -> None:
        """Have a restore that takes so long."""
        new = replace(new_run("same", kind="restore"), is_urgent=True)
        with self.database.write() as db:
            runs.add(db, new, run_id="r", now=self.clock.now())
        self.work_until(lambda run: run.yields == 1)
        self.clock.move(seconds=for_s)

    def pause(self) -> None:
        with self.database.write() as db:
            assert runs.ask_pause(db, "b")
        self.work_until(lambda run: run.status is RunStatus.PAUSED)
        with self.database.write() as db:
            assert runs.resume(db, "b")

    def cancel_and_ask_again(self) -> None:
        with self.database.write() as db:
            assert runs.ask_stop(db, "b")
        self.work_until(lambda run: run.status is RunStatus.CANCELLED)
        with self.database.write() as db:
            runs.reopen(db, "b")

    def lose(self) -> None:
        """Have the worker end, and the word that the run was in its hands get lost."""
        self.worker.close()
        with self.database.write() as db:
            db.execute(LINES_GONE)
        self.worker = self.new_worker()


@pytest.fixture
def scene(database: Database) -> Iterator[Scene]:
    one = Scene(database)
    yield one
    one.worker.close()  # whatever failed: its body stops only when it is told to


@pytest.mark.parametrize(
    ("happens", "plans"),
    [
        (lambda scene: scene.stand_aside(for_s=60.0), 1),
        (lambda scene: scene.stand_aside(for_s=3500.0), 1),
        (lambda scene: scene.stand_aside(for_s=3700.0), 2),
        # By a clock that was set back, nobody knows how old it is.
        (lambda scene: scene.stand_aside(for_s=-1.0), 2),
        (Scene.lose, 1),
        (Scene.pause, 2),
        (Scene.cancel_and_ask_again, 2),
    ],
)
def test_a_plan_is_kept_for_an_hour_unless_a_person_came_between(
    scene: Scene, happens: Callable[[Scene], None], plans: int
) -> None:
    happens(scene)
    scene.work_until(lambda run: run.status is RunStatus.COMPLETE)
    assert look(scene.database, "b").attempts == 2
    assert scene.backup.plans == plans


def test_a_plan_that_was_cut_short_is_made_again(scene: Scene) -> None:
    with scene.database.write() as db:
        db.execute(sa.text("UPDATE runs SET planned = NULL"))  # it was killed before it had said so
    scene.stand_aside(for_s=60.0)
    scene.work_until(lambda run: run.status is RunStatus.COMPLETE)
    assert scene.backup.plans == 2
