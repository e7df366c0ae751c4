"""A run whose attempts end without a word is begun again a few times, and then it has failed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from strongroom.control import claims, runs
from strongroom.control.database import Database
from strongroom.control.driven import Held, held
from strongroom.control.records import Fault, Run, RunStatus
from strongroom.engine.faults import LOST
from strongroom.engine.fellows import Alone
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Equipment, Worker
from tests.engine.support import MADE, Simply, add, look
from tests.fakes.hand_clock import HandClock
from tests.fakes.plain_durable import PlainDurable

DONE = Ending(status=RunStatus.COMPLETE)
DAMAGE = sa.text("UPDATE runs SET request = '{' WHERE id = 'bad'")


class Scene:
    """A worker that knows one kind of run; the clock moves as fast as it looks."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock()
        self.told: list[str] = []
        MADE.append(PlainDurable(database.write))
        equipment = Equipment(
            durable=MADE[-1],
            fellowship=Alone(),
            ended=lambda _, run: self.told.append(run.id),
        )
        self.worker = Worker(database, {"test": Simply(self._body)}, self.clock, equipment)

    def _body(self, _run: Run, _desk: Desk) -> Ending:
        return DONE

    def held(self, run_id: str) -> Held:
        with self.database.read() as db:
            found = held(db, run_id)
        assert found is not None
        return found

    def work_until_over(self, run_id: str) -> Held:
        for _ in range(2000):
            self.worker.step()
            self.worker.wait(0.005)
            if self.held(run_id).status.is_final:
                return self.held(run_id)
            self.clock.move(seconds=5)
        raise AssertionError("it is begun again for ever")


@pytest.fixture
def scene(database: Database) -> Scene:
    return Scene(database)


def test_a_run_that_nobody_can_begin_fails_after_a_few_attempts_and_says_why(scene: Scene) -> None:
    add(scene.database, "bad", "a", scene.clock, kind="of another time")
    over = scene.work_until_over("bad")
    assert (over.status, over.attempts) == (RunStatus.FAILED, 5)
    assert over.error is not None
    assert "an error in Strongroom itself" in over.error.what
    assert "KeyError: 'of another time'" in over.error.why
    assert scene.told == ["bad"]
    scene.worker.close()


def test_a_run_whose_row_is_damaged_fails_alone_and_hinders_no_other(scene: Scene) -> None:
    for run_id, thing in (("bad", "a"), ("good", "b")):
        add(scene.database, run_id, thing, scene.clock)
    with scene.database.write() as db:
        db.execute(DAMAGE)
    assert scene.work_until_over("good").status is RunStatus.COMPLETE
    over = scene.work_until_over("bad")
    assert over.status is RunStatus.FAILED
    assert over.error is not None
    assert "JSONDecodeError" in over.error.why
    assert scene.told == ["good"], "of the other one nothing can be told"
    scene.worker.close()


def test_a_run_whose_row_is_damaged_can_be_cancelled_while_it_waits(scene: Scene) -> None:
    add(scene.database, "bad", "a", scene.clock)
    with scene.database.write() as db:
        db.execute(DAMAGE)
        assert runs.ask_stop(db, "bad")
    assert scene.work_until_over("bad").status is RunStatus.CANCELLED
    scene.worker.close()


@pytest.mark.parametrize("why", [None, Fault(exit_code=2, what="Nobody can.")])
def test_the_last_lost_attempt_says_what_is_known(scene: Scene, why: Fault | None) -> None:
    add(scene.database, "bad", "a", scene.clock)
    with scene.database.write() as db:
        runs.start(db, "bad", now=scene.clock.now())
        text = None if why is None else '{"exit_code":2,"what":"Nobody can.","why":"","hint":""}'
        db.execute(sa.text("UPDATE runs SET lost = 4, error = :text"), {"text": text})
    scene.worker.step()
    run = look(scene.database, "bad")
    assert (run.status, run.error) == (RunStatus.FAILED, why or LOST)
    scene.worker.close()


@pytest.mark.parametrize("way", ["stood aside", "paused", "reopened"])
def test_attempts_that_came_to_an_end_of_theirs_are_not_counted(
    database: Database, way: str
) -> None:
    clock = HandClock()
    add(database, "r", "a", clock)
    with database.write() as db:
        runs.start(db, "r", now=clock.now())
        runs.put_back(db, "r")
        runs.start(db, "r", now=clock.now())
        before = held(db, "r")
        if way == "stood aside":
            claims.stand_aside(db, "r", now=clock.now())
        elif way == "paused":
            runs.pause(db, "r", fault=None)
        else:
            runs.reopen(db, "r")
        after = held(db, "r")
    assert before is not None
    assert after is not None
    assert (before.lost, after.lost) == (1, 0)
