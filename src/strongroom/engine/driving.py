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

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import driven, progress, runs, task_queue
from strongroom.control.database import Database
from strongroom.control.outages import OUTAGES
from strongroom.control.records import Run, RunStatus
from strongroom.engine import arbiter
from strongroom.engine.durable import Parked
from strongroom.engine.faults import bug, fault_of, paused_by_a_person
from strongroom.engine.fellows import Fellows
from strongroom.engine.hands import Hand, Hands
from strongroom.engine.patience import Patience
from strongroom.engine.tasks import Tasks
from strongroom.engine.work import Desk, Ending, Handler
from strongroom.errors import Interrupted, SignInEnded, StrongroomError

_LOOK_EVERY_S = 0.5
"""How often a driver looks whether other workers are done."""

EXCLUSIVE = ("backup", "restore")
"""Kinds of runs that keep others of these kinds from a resource: they work on the server."""

Ended = Callable[[sa.Connection, Run], None]
"""Told of a run that has come to rest, in the transaction that says so."""


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
        self._ended = ended
        self._hands = Hands()
        self.patience = Patience(clock, lambda: self._hands.is_closing)

    def plan(self, run_id: str, attempt: int) -> None:
        """Say what is to be done."""
        with self._in_hand(run_id, attempt) as hand:
            if hand is not None:
                self._try(hand, lambda: hand.handler.plan(hand.run, hand.desk))

    def drive(self, run_id: str, attempt: int) -> None:
        """Work until nothing is left to do, or the run is to stop, and everybody has stopped."""
        with self._in_hand(run_id, attempt) as hand:
            if hand is not None:
                self._take_the_wheel(hand)
                self._give_back_of_the_dead(hand)
                self._drive(hand)

    def share(self, run_id: str, attempt: int) -> None:
        """Work for a run that another worker drives."""
        with self._in_hand(run_id, attempt) as hand:
            # Its driver died, and we drive it ourselves by now.
            if hand is not None and not self._hands.has_another(hand):
                self._try(hand, lambda: hand.handler.work(hand.run, hand.desk))

    def conclude(self, run_id: str, attempt: int) -> None:
        """Say how the run ended."""
        with self._in_hand(run_id, attempt) as hand:
            if hand is None:
                return
            self._take_the_wheel(hand)
            try:
                ending = self._ending(hand)
            except OUTAGES:
                raise
            except StrongroomError as error:
                ending = Ending(status=RunStatus.FAILED, fault=fault_of(error))
            except Exception:  # noqa: BLE001 - the border: our bug ends this run alone
                ending = Ending(status=RunStatus.FAILED, fault=bug(traceback.format_exc()))
            self._keep(run_id, ending)

    def look_after(self) -> None:
        """Tell the runs in hand that are to stop, and let those tell how they are that are quiet.

        Raises:
            BaseException: what went wrong in a body and could not be kept anywhere.
        """
        for hand in self._hands.all():
            run = self._look(hand.run.id)
            if run is None or _is_to_stop(run) or not _is_same(run, hand.run.attempts):
                hand.desk.ask_stop()
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

    def _drive(self, hand: Hand) -> None:
        has_worked = False
        invited: set[str] = set()
        while _is_same(self._look(hand.run.id), hand.run.attempts):
            if not self._is_over(hand):
                self._invite_others(hand, invited)
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

    def _invite_others(self, hand: Hand, invited: set[str]) -> None:
        for fellow in set(self._fellows.others()) - invited:
            self._invite(fellow, hand.run.id, hand.run.attempts)
            invited.add(fellow)

    def _take_the_wheel(self, hand: Hand) -> None:
        """Be the one who says how a run ends, in the place of whoever drove it before."""
        with self._database.write() as db:
            if self._may_speak(db):
                driven.drive(db, hand.run.id, self._worker)

    def _give_back_of_the_dead(self, hand: Hand) -> None:
        with self._database.write() as db:
            living = set(self._fellows.living(db))
            progress.leave_of_the_dead(db, hand.run.id, living)
            if not self._hands.has_another(hand):
                # And what we have in hand ourselves without knowing: an answer was lost.
                living.discard(self._worker)
            task_queue.give_back_of_the_dead(db, hand.run.id, list(living))

    def _may_speak(self, db: sa.Connection) -> bool:
        """Say whether we are one of the living; else our runs are somebody else's by now."""
        return self._worker in self._fellows.living(db)

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
            self._settle(hand, Ending(status=RunStatus.PAUSED, fault=fault_of(error)))
        except StrongroomError as error:
            self._settle(hand, Ending(status=RunStatus.FAILED, fault=fault_of(error)))
        except Exception:  # noqa: BLE001 - the border: our bug ends this run alone
            fault = bug(traceback.format_exc())
            self._settle(hand, Ending(status=RunStatus.FAILED, fault=fault))

    def _settle(self, hand: Hand, ending: Ending) -> None:
        run = hand.run
        with self._database.write() as db:
            if self._may_speak(db):
                driven.settle(db, run.id, run.attempts, ending.status, fault=ending.fault)
        hand.desk.ask_stop()

    def _ending(self, hand: Hand) -> Ending | None:
        """Say how a run ended; None: it does not end, but stands aside."""
        run = self._look(hand.run.id)
        if run is None:
            return None
        if run.ending is not None and not run.is_stop_asked:
            return Ending(status=run.ending, fault=run.error)
        is_asked = run.is_stop_asked or run.is_pause_asked or run.is_yield_asked
        if not is_asked or self._is_done(hand):
            return hand.handler.conclude(run)
        if run.is_yield_asked:
            return None
        if run.is_pause_asked:
            return Ending(status=RunStatus.PAUSED, fault=paused_by_a_person(run.id))
        return Ending(status=RunStatus.CANCELLED)

    def _is_done(self, hand: Hand) -> bool:
        """Say whether the run was done before it could hear that it was to stop."""
        left = hand.desk.tasks.left()
        return left.has_any and not left.total

    def _keep(self, run_id: str, ending: Ending | None) -> None:
        now = self._clock.now()
        with self._database.write() as db:
            run = runs.by_id(db, run_id)
            if run is None or run.driver != self._worker or not self._may_speak(db):
                return
            if ending is None:
                arbiter.stand_aside(db, run_id, now=now)
            elif ending.status is RunStatus.PAUSED and not run.is_stop_asked:
                runs.pause(db, run_id, fault=ending.fault)
            elif ending.status is RunStatus.PAUSED:
                # Cancelled at the very moment: nobody shall have to do that twice.
                runs.finish(db, run_id, RunStatus.CANCELLED, fault=None, now=now)
            else:
                runs.finish(db, run_id, ending.status, fault=ending.fault, now=now)
            rests = runs.by_id(db, run_id)
            if self._ended is not None and rests is not None and not rests.status.is_under_way:
                self._ended(db, rests)

    @contextmanager
    def _in_hand(self, run_id: str, attempt: int) -> Iterator[Hand | None]:
        run = self._look(run_id)
        if run is None or not _is_same(run, attempt):
            yield None
            return
        hand = Hand(run=run, desk=self._desk(run), handler=self._handlers[run.kind])
        with self._hands.holding(hand):
            yield hand

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
