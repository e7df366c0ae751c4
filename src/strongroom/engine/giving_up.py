"""The last thing that is done for a run that ends early: it puts back what it changed for its time.

A run that stops at a safe point does so by itself. One that was killed, or whom nobody let in any
more, cannot; when it is cancelled then, or has failed, whoever concludes it does it in its place.
What cannot be put back becomes the run's fault, so that a person learns of it. It is tried a few
times and not for ever: others wait for what the run claims.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace

from strongroom.clock import Clock
from strongroom.control.outages import OUTAGES
from strongroom.control.records import Fault, Run, RunStatus
from strongroom.engine.durable import Parked
from strongroom.engine.faults import bug, fault_of
from strongroom.engine.hands import Hand
from strongroom.engine.work import Ending, GivesUp, Handler
from strongroom.errors import (
    Interrupted,
    OutcomeUnknown,
    ServerUnreachable,
    StrongroomError,
    TransientError,
)

TRIES = 3
AGAIN_S = 30.0
"""How long a server that does not answer is left alone before it is tried again."""

_LOOK_EVERY_S = 0.5
_MAY_PASS = (TransientError, OutcomeUnknown, ServerUnreachable, Interrupted)


def has_to_give_up(handler: Handler | None, run: Run) -> bool:
    """Say whether a run that is at rest left something that must be put back."""
    return isinstance(handler, GivesUp) and handler.has_to_give_up(run)


def not_given_up(run_id: str, fault: Fault) -> Fault:
    """Say of a run that ends without being given up that it left something that must be put back.

    Args:
        run_id: Its id.
        fault: Why it ends.
    """
    left = "What it had changed for its time has not been put back."
    why = " ".join(filter(None, (fault.why, left)))
    hint = " ".join(filter(None, (fault.hint, _again(run_id, "puts it back"))))
    return replace(fault, why=why, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivingUp:
    """Sees to it. Safe in many threads.

    Attributes:
        clock: Time.
        is_closing: Says whether the worker leaves; then somebody else does it.
    """

    clock: Clock
    is_closing: Callable[[], bool]

    def ended(self, hand: Hand, ending: Ending) -> Ending:
        """Put back what a run left that ends so; say how it ends if that cannot be done.

        Raises:
            Parked: the worker leaves.
            OUTAGES: the control database is away; call again.
        """
        if ending.status not in {RunStatus.CANCELLED, RunStatus.FAILED}:
            return ending
        is_cancelled = ending.status is RunStatus.CANCELLED
        # A failed one has just tried hard enough, and a person looks at it in any case.
        fault = self._fault(hand, tries=TRIES if is_cancelled else 1)
        if fault is None:
            return ending
        return Ending(status=RunStatus.FAILED, fault=_told(hand.run.id, ending.fault, fault))

    def _fault(self, hand: Hand, *, tries: int) -> Fault | None:
        """Put it back; say why it could not be."""
        for left in reversed(range(tries)):
            try:
                if has_to_give_up(hand.handler, hand.run):
                    assert isinstance(hand.handler, GivesUp)
                    hand.handler.give_up(hand.run, hand.desk)
            except OUTAGES:
                raise
            except StrongroomError as error:
                if isinstance(error, _MAY_PASS) and self.is_closing():
                    raise Parked from None
                if not left or not isinstance(error, _MAY_PASS):
                    return fault_of(error)
            except Exception:  # noqa: BLE001 - the border: our bug is told like any other fault
                return bug(traceback.format_exc())
            else:
                return None
            self._wait()
        raise AssertionError("the last try returns")

    def _wait(self) -> None:
        until_s = self.clock.monotonic_s() + AGAIN_S
        while self.clock.monotonic_s() < until_s:
            if self.is_closing():
                raise Parked
            self.clock.sleep(_LOOK_EVERY_S)


def _told(run_id: str, first: Fault | None, fault: Fault) -> Fault:
    """Say what is left as it should not be, beside why the run failed if it did."""
    left = "What it had changed for its time could not be put back."
    again = f"Once that is mended, {_again(run_id, 'tries again to put it back')}"
    why = " ".join(filter(None, (fault.what, fault.why)))
    hint = " ".join(filter(None, (fault.hint, again)))
    if first is None:
        return replace(fault, what=f"The run was cancelled. {left}", why=why, hint=hint)
    why = " ".join(filter(None, (first.why, left, why)))
    return replace(first, why=why, hint=" ".join(filter(None, (first.hint, hint))))


def _again(run_id: str, does: str) -> str:
    return (
        f"`strongroom run cancel {run_id} --wait` {does}; "
        "or give the same restore again: it goes on, and puts it back in the end."
    )
