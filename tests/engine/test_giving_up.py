"""What a run changed for its time is put back before it is cancelled, whatever became of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.queued import Asked
from strongroom.control.records import Fault, Run, RunStatus, Task, TaskStatus
from strongroom.engine import arbiter
from strongroom.engine.durable import Parked
from strongroom.engine.faults import LOST
from strongroom.engine.fellows import Alone
from strongroom.engine.giving_up import AGAIN_S, TRIES
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Equipment, Worker
from strongroom.errors import (
    Interrupted,
    OperatorError,
    ServerUnreachable,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from tests.engine.support import MADE, add, look
from tests.fakes.hand_clock import HandClock
from tests.fakes.plain_durable import PlainDurable

KIND = "restore"
WAIT_S = 30.0


@pytest.fixture
def database(control_database: Database) -> Database:
    """On every kind of database."""
    return control_database


class Relaxing:
    """A handler whose runs relax one thing at their beginning and put it back in the end.

    Attributes:
        relaxed: Ids of the runs that have relaxed something.
        planned, tried: Ids of the runs that were planned, and given up, in order.
        meets: What happens in the middle of the work.
        fails: What happens the next times that something is given up.
    """

    def __init__(self) -> None:
        self.relaxed: set[str] = set()
        self.planned: list[str] = []
        self.tried: list[str] = []
        self.meets: Callable[[Run, Desk], None] = lambda _run, _desk: None
        self.fails: list[BaseException] = []
        self.trying: Callable[[Run], None] = lambda _run: None

    def plan(self, run: Run, desk: Desk) -> None:
        self.planned.append(run.id)
        desk.tasks.plan(
            [Task(run_id=run.id, resource_kind="site", resource_id="s", number=0, resource="s")]
        )

    def work(self, run: Run, desk: Desk) -> None:
        with desk.tasks.taken() as todo:
            for task in todo:
                self.relaxed.add(run.id)
                self.meets(run, desk)
                self.relaxed.discard(run.id)
                desk.tasks.end(replace(task, status=TaskStatus.COMPLETE))

    def conclude(self, run: Run) -> Ending:
        return Ending(status=RunStatus.COMPLETE)

    def has_to_give_up(self, run: Run) -> bool:
        return run.id in self.relaxed

    def give_up(self, run: Run, desk: Desk) -> None:
        self.tried.append(run.id)
        self.trying(run)
        if self.fails:
            raise self.fails.pop(0)
        self.relaxed.discard(run.id)


def fail(error: BaseException) -> Callable[[Run, Desk], None]:
    def meet(_run: Run, _desk: Desk) -> None:
        raise error

    return meet


class Stage:
    """A database, a handler, and workers that come and go."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock()
        self.handler = Relaxing()

    def worker(self) -> Worker:
        MADE.append(PlainDurable(self.database.write))
        equipment = Equipment(durable=MADE[-1], fellowship=Alone())
        return Worker(self.database, {KIND: self.handler}, self.clock, equipment)

    def work(self) -> None:
        """Work until nothing is left."""
        worker = self.worker()
        while worker.step():
            worker.wait(0.02)
        worker.close()

    def killed(self, run_id: str = "r1") -> None:
        """Have a run relax something, and its worker die before it puts that back."""
        add(self.database, run_id, "site", self.clock, kind=KIND)
        died = threading.Event()

        def die(_run: Run, _desk: Desk) -> None:
            died.set()
            raise Parked

        self.handler.meets = die
        worker = self.worker()
        worker.step()
        assert died.wait(WAIT_S)
        worker.close()
        self.handler.meets = lambda _run, _desk: None
        assert self.look(run_id).status is RunStatus.RUNNING
        assert self.handler.relaxed == {run_id}

    def paused(self, run_id: str = "r1") -> None:
        """Have a run relax something, and nobody be let in any more."""
        add(self.database, run_id, "site", self.clock, kind=KIND)
        self.handler.meets = fail(SignInEnded("Refused."))
        self.work()
        self.handler.meets = lambda _run, _desk: None
        assert self.look(run_id).status is RunStatus.PAUSED

    def ask_stop(self, run_id: str = "r1") -> None:
        with self.database.write() as db:
            assert runs.ask_stop(db, run_id)

    def give_up(self, run_id: str = "r1") -> None:
        with self.database.write() as db:
            runs.give_up(db, run_id)

    def look(self, run_id: str = "r1") -> Run:
        return look(self.database, run_id)


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


def test_a_killed_run_that_is_cancelled_puts_back_what_it_relaxed(stage: Stage) -> None:
    stage.killed()
    stage.ask_stop()
    stage.work()
    assert stage.look().status is RunStatus.CANCELLED
    assert stage.look().error is None
    assert stage.handler.relaxed == set()
    assert stage.handler.tried == ["r1"]


def test_a_paused_run_that_is_cancelled_does_so_before_others_have_its_site(stage: Stage) -> None:
    stage.paused()
    add(stage.database, "r2", "site", stage.clock, kind=KIND)
    seen: list[tuple[RunStatus, RunStatus]] = []
    stage.handler.trying = lambda _: seen.append((stage.look("r1").status, stage.look("r2").status))
    stage.give_up()
    assert stage.look().is_giving_up
    assert "puts back" in str(stage.look().waits_for)
    stage.work()
    assert seen == [(RunStatus.RUNNING, RunStatus.WAITING)]
    assert stage.handler.planned == ["r1", "r2"], "to plan may be more than it is able to do"
    assert stage.look("r1").status is RunStatus.CANCELLED
    assert not stage.look("r1").is_giving_up
    assert stage.look("r2").status is RunStatus.COMPLETE


def test_one_that_waits_and_is_cancelled_is_granted_once_more(stage: Stage) -> None:
    """It was killed, and lost by whatever carries runs: it waits, and has relaxed something."""
    stage.killed()
    with stage.database.write() as db:
        runs.put_back(db, "r1")
    stage.ask_stop()
    stage.work()
    assert (stage.look().status, stage.look().attempts) == (RunStatus.CANCELLED, 2)
    assert stage.handler.relaxed == set()


def test_one_that_has_nothing_to_put_back_is_not_granted_again(stage: Stage) -> None:
    stage.killed()
    stage.handler.relaxed.clear()
    with stage.database.write() as db:
        runs.put_back(db, "r1")
    stage.ask_stop()
    stage.work()
    assert (stage.look().status, stage.look().attempts) == (RunStatus.CANCELLED, 1)
    assert stage.handler.tried == []


def test_cancelled_at_the_moment_of_its_pause_it_puts_back_as_well(stage: Stage) -> None:
    def cancelled(run: Run, _desk: Desk) -> None:
        stage.ask_stop(run.id)
        raise SignInEnded("Refused.")

    add(stage.database, "r1", "site", stage.clock, kind=KIND)
    stage.handler.meets = cancelled
    stage.work()
    assert stage.look().status is RunStatus.CANCELLED
    assert stage.handler.relaxed == set()


def test_a_server_that_does_not_answer_is_tried_again(stage: Stage) -> None:
    stage.killed()
    stage.ask_stop()
    stage.handler.fails = [TransientError("Busy."), ServerUnreachable("Away.")]
    before_s = stage.clock.monotonic_s()
    stage.work()
    assert stage.look().status is RunStatus.CANCELLED
    assert stage.handler.tried == ["r1"] * 3
    assert stage.clock.monotonic_s() - before_s >= 2 * AGAIN_S


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (TransientError("It does not answer.", why="It is away.", hint="Look at it."), TRIES),
        (SignInEnded("It does not answer.", why="It is away.", hint="Look at it."), 1),
        (OperatorError("It does not answer.", why="It is away.", hint="Look at it."), 1),
    ],
)
def test_what_cannot_be_put_back_is_told_and_keeps_nobody_waiting_for_ever(
    stage: Stage, error: StrongroomError, tries: int
) -> None:
    stage.killed()
    add(stage.database, "r2", "site", stage.clock, kind=KIND)
    stage.ask_stop()
    stage.handler.fails = [error] * 10
    stage.work()
    run = stage.look()
    assert run.status is RunStatus.FAILED
    assert run.error is not None
    assert run.error.exit_code == error.exit_code
    assert "cancelled" in run.error.what
    assert "could not be put back" in run.error.what
    assert run.error.why == "It does not answer. It is away."
    assert "Look at it." in run.error.hint
    assert "run cancel r1" in run.error.hint
    assert stage.handler.tried == ["r1"] * tries
    assert stage.look("r2").status is RunStatus.COMPLETE


def test_it_can_be_cancelled_again_when_that_is_mended(stage: Stage) -> None:
    stage.killed()
    stage.ask_stop()
    stage.handler.fails = [OperatorError("No right.")]
    stage.work()
    assert stage.look().status is RunStatus.FAILED
    stage.give_up()
    assert (stage.look().finished, stage.look().error) == (None, None)
    stage.work()
    assert (stage.look().status, stage.look().error) == (RunStatus.CANCELLED, None)
    assert stage.handler.relaxed == set()


def test_a_mistake_of_ours_is_told_like_any_other_fault(stage: Stage) -> None:
    stage.killed()
    stage.ask_stop()
    stage.handler.fails = [ZeroDivisionError("ours")]
    stage.work()
    run = stage.look()
    assert run.status is RunStatus.FAILED
    assert run.error is not None
    assert run.error.exit_code == 1
    assert "ZeroDivisionError: ours" in run.error.why


def test_one_that_failed_is_given_up_once_and_says_both(stage: Stage) -> None:
    add(stage.database, "r1", "site", stage.clock, kind=KIND)
    stage.handler.meets = fail(ServerUnreachable("Gone.", why="Nobody answers."))
    stage.handler.fails = [ServerUnreachable("Still gone.")]
    stage.work()
    assert stage.handler.tried == ["r1"]
    error = stage.look().error
    assert error is not None
    assert error.what == "Gone."
    assert error.why.startswith("Nobody answers. What it had changed")
    assert error.why.endswith("Still gone.")
    assert "the same restore again" in error.hint


def test_one_that_failed_and_could_put_back_only_says_why_it_failed(stage: Stage) -> None:
    add(stage.database, "r1", "site", stage.clock, kind=KIND)
    stage.handler.meets = fail(ServerUnreachable("Gone.", why="Nobody answers."))
    stage.work()
    assert stage.handler.relaxed == set()
    assert stage.look().error == Fault(exit_code=5, what="Gone.", why="Nobody answers.")


@pytest.mark.parametrize("is_relaxed", [True, False])
def test_one_that_is_lost_once_too_often_says_what_puts_back_what_it_left(
    stage: Stage, *, is_relaxed: bool
) -> None:
    stage.killed()
    if not is_relaxed:
        stage.handler.relaxed.clear()
    with stage.database.write() as db:
        db.execute(sa.text("UPDATE runs SET lost = 4"))
        db.execute(sa.text("DELETE FROM plain_lines"))  # whatever carries runs has lost it
    worker = stage.worker()
    worker.step()
    worker.close()
    run = stage.look()
    assert run.status is RunStatus.FAILED
    assert run.error is not None
    assert run.error.what == LOST.what
    assert ("has not been put back" in run.error.why) is is_relaxed
    assert ("`strongroom run cancel r1 --wait` puts it back" in run.error.hint) is is_relaxed
    stage.give_up()
    stage.work()
    assert stage.look().status is RunStatus.CANCELLED
    assert stage.handler.relaxed == set()


def test_giving_up_that_is_killed_is_done_by_the_next_worker(stage: Stage) -> None:
    stage.killed()
    stage.ask_stop()
    trying = threading.Event()
    stage.handler.trying = lambda _: trying.set()
    stage.handler.fails = [Parked()]
    worker = stage.worker()
    worker.step()
    assert trying.wait(WAIT_S)
    worker.close()
    assert stage.look().status is RunStatus.RUNNING, "what it claims stays its own"
    stage.work()
    assert stage.look().status is RunStatus.CANCELLED
    assert stage.handler.tried == ["r1", "r1"]


@pytest.mark.parametrize("error", [TransientError("Busy."), Interrupted("Another one does it.")])
def test_a_worker_that_leaves_meanwhile_leaves_it_to_the_next(
    stage: Stage, error: StrongroomError
) -> None:
    stage.killed()
    stage.ask_stop()
    trying, leaves = threading.Event(), threading.Event()

    def stay(_: Run) -> None:
        trying.set()
        assert leaves.wait(WAIT_S)

    stage.handler.trying = stay
    stage.handler.fails = [error]
    worker = stage.worker()
    worker.step()
    assert trying.wait(WAIT_S)
    closing = threading.Thread(target=worker.close)
    closing.start()
    while not worker.patience.is_leaving():
        closing.join(0.001)
    leaves.set()
    closing.join(WAIT_S)
    assert stage.look().status is RunStatus.RUNNING
    stage.work()
    assert stage.look().status is RunStatus.CANCELLED


def test_one_that_is_given_up_is_not_paused_and_stays_so_when_cancelled_again(
    stage: Stage,
) -> None:
    stage.paused()
    stage.give_up()
    with stage.database.write() as db:
        assert not runs.ask_pause(db, "r1")
        assert runs.ask_stop(db, "r1")
        assert not runs.resume(db, "r1")
        (entry,) = arbiter.queue(db)
    assert entry.asked is Asked.GIVE_UP
    assert stage.look().is_stop_asked


def test_a_restore_given_again_after_it_was_given_up_goes_on(stage: Stage) -> None:
    stage.killed()
    stage.ask_stop()
    stage.work()
    with stage.database.write() as db:
        runs.reopen(db, "r1")
    assert not stage.look().is_giving_up
    stage.work()
    assert stage.look().status is RunStatus.COMPLETE
