"""How runs end: settled by whichever worker notices first, said to the world by the driver.

A worker that was taken for dead is not heard: its runs are somebody else's by then.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import driven, runs
from strongroom.control.database import Database
from strongroom.control.outages import OUTAGES
from strongroom.control.records import Run, RunStatus
from strongroom.engine import arbiter
from strongroom.engine.faults import bug, fault_of, paused_by_a_person
from strongroom.engine.fellows import Fellows
from strongroom.engine.giving_up import GivingUp
from strongroom.engine.hands import Hand
from strongroom.engine.work import Ending, GivesUp
from strongroom.errors import StrongroomError

Ended = Callable[[sa.Connection, Run], None]
"""Told of a run that has come to rest, in the transaction that says so."""

_log = logging.getLogger("strongroom.engine")


class Ends:
    """What one worker says of how runs end. Safe in many threads.

    Args:
        worker: Our id.
        database: The control database.
        clock: Time.
        fellows: The other workers.
        giving_up: Puts back what runs left that end early.
        ended: Told of runs that have come to rest.
    """

    def __init__(
        self,
        worker: str,
        database: Database,
        clock: Clock,
        *,
        fellows: Fellows,
        giving_up: GivingUp,
        ended: Ended | None = None,
    ) -> None:
        self._worker = worker
        self._database = database
        self._clock = clock
        self._fellows = fellows
        self._giving_up = giving_up
        self._ended = ended

    def take_the_wheel(self, hand: Hand) -> None:
        """Be the one who says how a run ends, in the place of whoever drove it before."""
        with self._database.write() as db:
            if self._may_speak(db):
                driven.drive(db, hand.run.id, self._worker)

    def settle(self, hand: Hand, ending: Ending) -> None:
        """Keep how a run is to end that cannot go on, and let it stop here."""
        run = hand.run
        with self._database.write() as db:
            if self._may_speak(db):
                driven.settle(db, run.id, run.attempts, ending.status, fault=ending.fault)
        hand.desk.ask_stop()

    def conclude(self, hand: Hand) -> None:
        """Say how a run ended, or that it stands aside.

        Raises:
            Parked: the worker leaves before what the run left was put back.
        """
        try:
            ending = self._ending(hand)
        except OUTAGES:
            raise
        except StrongroomError as error:
            ending = Ending(status=RunStatus.FAILED, fault=fault_of(error))
        except Exception:  # noqa: BLE001 - the border: our bug ends this run alone
            ending = Ending(status=RunStatus.FAILED, fault=bug(traceback.format_exc()))
        if ending is not None:
            ending = self._giving_up.ended(hand, ending)
        self._keep(hand, ending)

    def note(self, run_id: str, attempt: int, error: Exception) -> None:
        """Keep why a run could not even be taken in hand; it is tried again a few times."""
        told = "".join(traceback.format_exception(error))
        _log.error("run %s could not be taken in hand: %s", run_id, told)
        fault = fault_of(error) if isinstance(error, StrongroomError) else bug(told)
        with self._database.write() as db:
            if self._may_speak(db):
                driven.note(db, run_id, attempt, fault=fault)

    def _may_speak(self, db: sa.Connection) -> bool:
        return self._worker in self._fellows.living(db)

    def _ending(self, hand: Hand) -> Ending | None:
        """Say how a run ended; None: it does not end, but stands aside."""
        with self._database.read() as db:
            run = runs.by_id(db, hand.run.id)
        if run is None:
            return None
        if run.ending is not None and not run.is_stop_asked:
            return Ending(status=run.ending, fault=run.error)
        is_asked = run.is_stop_asked or run.is_pause_asked or run.is_yield_asked
        if not is_asked or _is_done(hand):
            return hand.handler.conclude(run)
        if run.is_yield_asked:
            return None
        if run.is_pause_asked:
            return Ending(status=RunStatus.PAUSED, fault=paused_by_a_person(run.id))
        return Ending(status=RunStatus.CANCELLED)

    def _keep(self, hand: Hand, ending: Ending | None) -> None:
        run_id, now = hand.run.id, self._clock.now()
        with self._database.write() as db:
            run = runs.by_id(db, run_id)
            if run is None or run.driver != self._worker or not self._may_speak(db):
                return
            if ending is None:
                arbiter.stand_aside(db, run_id, now=now)
            elif ending.status is RunStatus.PAUSED and not run.is_stop_asked:
                runs.pause(db, run_id, fault=ending.fault)
            elif ending.status is RunStatus.PAUSED and isinstance(hand.handler, GivesUp):
                runs.give_up(db, run_id)
                runs.put_back(db, run_id)
            elif ending.status is RunStatus.PAUSED:
                # Cancelled at the very moment: nobody shall have to do that twice.
                runs.finish(db, run_id, RunStatus.CANCELLED, fault=None, now=now)
            else:
                runs.finish(db, run_id, ending.status, fault=ending.fault, now=now)
            rests = runs.by_id(db, run_id)
            if self._ended is not None and rests is not None and not rests.status.is_under_way:
                self._ended(db, rests)


def _is_done(hand: Hand) -> bool:
    """Say whether the run was done before it could hear that it was to stop."""
    left = hand.desk.tasks.left()
    return left.has_any and not left.total
