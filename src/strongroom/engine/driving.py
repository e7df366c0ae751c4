"""What a worker does for a run: the bodies of its durable workflow.

    plan → drive (work here, invite the others, wait for them) → conclude
    share: work for a run that another worker drives

A body may be called again, here or in another worker, when the one before it was killed: what it
finds in the control database is the truth. A run that was put back, ended or granted anew meanwhile
is none of its business any more.

Ways out of a body: it returns, and the next one follows; or ``Parked``, and whoever comes next
begins it again. How a run is to end that cannot go on is *settled* in its row, by whichever worker
noticed first; the driver waits until all others have stopped before it says so to the world.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from strongroom.clock import Clock
from strongroom.control import driven, progress, runs, task_queue
from strongroom.control.database import Database
from strongroom.control.outages import OUTAGES
from strongroom.control.records import Run, RunStatus
from strongroom.engine.durable import Parked
from strongroom.engine.ends import Ended, Ends
from strongroom.engine.faults import bug, fault_of
from strongroom.engine.fellows import Fellows
from strongroom.engine.giving_up import GivingUp
from strongroom.engine.hands import Hand, Hands
from strongroom.engine.patience import Patience
from strongroom.engine.tasks import Tasks
from strongroom.engine.work import Desk, Ending, Handler
from strongroom.errors import Interrupted, SignInEnded, StrongroomError

_LOOK_EVERY_S = 0.5
"""How often a driver looks whether other workers are done."""

_PLAN_HOLDS = timedelta(hours=1)
"""So long what was planned is gone by, when a run goes on that was not paused."""

EXCLUSIVE = ("backup", "restore")
"""Kinds of runs that keep others of these kinds from a resource: they work on the server."""


class Driver:
    """The bodies (see ``durable.Bodies``). Safe in many threads.

    Args:
        worker: Our id.
        database: The control database.
        handlers: Who does the work, per kind of run.
        clock: Time.
        fellows: The other workers.
        invite: Asks another worker to share a run: its id, the run's, the attempt.
        ended: Told of runs that have come to rest.
    """

    def __init__(
        self,
        worker: str,
        database: Database,
        handlers: Mapping[str, Handler],
        clock: Clock,
        *,
        fellows: Fellows,
        invite: Callable[[str, str, int], None],
        ended: Ended | None = None,
    ) -> None:
        self._worker = worker
        self._database = database
        self._handlers = handlers
        self._clock = clock
        self._fellows = fellows
        self._invite = invite
        self._hands = Hands()
        self._ends = Ends(
            worker,
            database,
            clock,
            fellows=fellows,
            giving_up=GivingUp(clock=clock, is_closing=lambda: self._hands.is_closing),
            ended=ended,
        )
        self._invited: dict[Hand, set[str]] = {}
        self.patience = Patience(clock, lambda: self._hands.is_closing)

    def plan(self, run_id: str, attempt: int) -> None:
        """Say what is to be done."""
        with self._in_hand(run_id, attempt) as hand:
            if hand is not None:
                self._try(hand, lambda: self._plan(hand))

    def drive(self, run_id: str, attempt: int) -> None:
        """Work until nothing is left to do, or the run is to stop, and everybody has stopped."""
        with self._in_hand(run_id, attempt) as hand:
            if hand is not None:
                self._ends.take_the_wheel(hand)
                self._give_back_of_the_dead(hand)
                self._invited[hand] = set()
                try:
                    self._drive(hand)
                finally:
                    del self._invited[hand]

    def share(self, run_id: str, attempt: int) -> None:
        """Work for a run that another worker drives."""
        with self._in_hand(run_id, attempt) as hand:
            # Its driver died, and we drive it ourselves by now.
            if hand is not None and not self._hands.has_another(hand):
                self._try(hand, lambda: hand.handler.work(hand.run, hand.desk))

    def conclude(self, run_id: str, attempt: int) -> None:
        """Say how the run ended."""
        with self._in_hand(run_id, attempt) as hand:
            if hand is not None:
                self._ends.take_the_wheel(hand)
                self._ends.conclude(hand)

    def look_after(self) -> None:
        """Tell the runs in hand that are to stop, and let those tell how they are that are quiet.

        Whoever became a worker meanwhile is asked to share what we drive: we ourselves are busy
        with it until nothing is left.

        Raises:
            BaseException: what went wrong in a body and could not be kept anywhere.
        """
        for hand in self._hands.all():
            run = self._look(hand.run.id)
            if run is None or _is_to_stop(run) or not _is_same(run, hand.run.attempts):
                hand.desk.ask_stop()
            else:
                self._invite_others(hand)
            hand.desk.look_after()

    @property
    def is_busy(self) -> bool:
        """Whether any run is in hand."""
        return self._hands.has_any

    def wait(self, timeout_s: float) -> None:
        """Wait until a run leaves our hands, or so long."""
        self._hands.wait(timeout_s)

    def close(self) -> None:
        """Let every body stop at its next safe point, and wait until all have."""
        self._hands.close()

    def _plan(self, hand: Hand) -> None:
        run, now = hand.run, self._clock.now()
        as_it_is = self._look(run.id)
        if as_it_is is not None and as_it_is.is_stop_asked:
            return  # it comes to its end only, and may be able to do no more than that
        # Whoever only stood aside goes on: to ask for ten thousand mailboxes again each time would
        # take all the time that it has until it is to stand aside again.
        if run.planned is not None and timedelta() <= now - run.planned < _PLAN_HOLDS:
            return
        hand.handler.plan(run, hand.desk)
        with self._database.write() as db:
            driven.say_planned(db, run.id, run.attempts, now=self._clock.now())

    def _drive(self, hand: Hand) -> None:
        has_worked = False
        while _is_same(self._look(hand.run.id), hand.run.attempts):
            if not self._is_over(hand):
                self._invite_others(hand)
                if self._is_work_left(hand, has_worked=has_worked):
                    has_worked = True
                    self._try(hand, lambda: hand.handler.work(hand.run, hand.desk))
            if self._have_all_stopped(hand, has_worked=has_worked):
                return
            if self._hands.is_closing:
                raise Parked
            self._clock.sleep(_LOOK_EVERY_S)

    def _is_work_left(self, hand: Hand, *, has_worked: bool) -> bool:
        # One that we were asked to share, before its driver died, has what is left in hand already.
        if self._hands.has_another(hand):
            return False
        return not has_worked or bool(hand.desk.tasks.left().waiting)

    def _have_all_stopped(self, hand: Hand, *, has_worked: bool) -> bool:
        left, is_shared = hand.desk.tasks.left(), self._hands.has_another(hand)
        if (left.ours and not is_shared) or not left.holders <= set(self._fellows.others()):
            self._give_back_of_the_dead(hand)
        if left.in_hand or is_shared:
            return False
        return (has_worked and not left.waiting) or self._is_over(hand)

    def _invite_others(self, hand: Hand) -> None:
        invited = self._invited.get(hand)
        if invited is None:  # somebody else drives it, or it is being planned or concluded
            return
        for fellow in set(self._fellows.others()) - invited:
            self._invite(fellow, hand.run.id, hand.run.attempts)
            invited.add(fellow)

    def _give_back_of_the_dead(self, hand: Hand) -> None:
        with self._database.write() as db:
            living = set(self._fellows.living(db))
            progress.leave_of_the_dead(db, hand.run.id, living)
            if not self._hands.has_another(hand):
                # And what we have in hand ourselves without knowing: an answer was lost.
                living.discard(self._worker)
            task_queue.give_back_of_the_dead(db, hand.run.id, list(living))

    def _is_over(self, hand: Hand) -> bool:
        run = self._look(hand.run.id)
        return run is None or _is_to_stop(run)

    def _try(self, hand: Hand, work: Callable[[], None]) -> None:
        """Work, and settle how the run is to end if it cannot go on.

        Raises:
            Parked: we are closing, and it goes on another time.
        """
        try:
            work()
        except Interrupted:
            if self._hands.is_closing:
                raise Parked from None
        except OUTAGES:
            raise
        except SignInEnded as error:
            self._ends.settle(hand, Ending(status=RunStatus.PAUSED, fault=fault_of(error)))
        except StrongroomError as error:
            self._ends.settle(hand, Ending(status=RunStatus.FAILED, fault=fault_of(error)))
        except Exception:  # noqa: BLE001 - the border: our bug ends this run alone
            fault = bug(traceback.format_exc())
            self._ends.settle(hand, Ending(status=RunStatus.FAILED, fault=fault))

    @contextmanager
    def _in_hand(self, run_id: str, attempt: int) -> Iterator[Hand | None]:
        try:
            hand = self._hand(run_id, attempt)
        except OUTAGES:
            raise
        except Exception as error:
            self._ends.note(run_id, attempt, error)
            raise
        if hand is None:
            yield None
            return
        with self._hands.holding(hand):
            yield hand

    def _hand(self, run_id: str, attempt: int) -> Hand | None:
        run = self._look(run_id)
        if run is None or not _is_same(run, attempt):
            return None
        return Hand(run=run, desk=self._desk(run), handler=self._handlers[run.kind])

    def _desk(self, run: Run) -> Desk:
        tasks = Tasks(
            run.id,
            self._worker,
            self._database,
            self.patience,
            kinds=EXCLUSIVE if run.kind in EXCLUSIVE else (),
            workers=lambda: 1 + len(self._fellows.others()),
        )
        return Desk(run.id, tasks, self._database, self._clock)

    def _look(self, run_id: str) -> Run | None:
        with self._database.read() as db:
            return runs.by_id(db, run_id)


def _is_same(run: Run | None, attempt: int) -> bool:
    return run is not None and run.status is RunStatus.RUNNING and run.attempts == attempt


def _is_to_stop(run: Run) -> bool:
    return run.is_stop_asked or run.is_pause_asked or run.is_yield_asked or run.ending is not None
