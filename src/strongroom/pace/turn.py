"""One request's turn, and what its end tells where no adapter has read more from the answer."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.errors import Interrupted, OutcomeUnknown, ServerUnreachable, TransientError
from strongroom.pace.patience import NoAnswerInTime, TooMuchAtOnce
from strongroom.pace.told import WELL, Told
from strongroom.slots.api import Outcome


@dataclass(slots=True)
class Turn:
    """One request's turn.

    Attributes:
        kind, items, size: What is asked for; may be corrected while the answer is read.
        slots: How many of the server's slots it takes: a batch's questions run side by side there.
        requests: As how many the server counts it: as each question of a batch.
        told: What an adapter read from the answer; None: what became of the block says it.
        head_s: So long after it was sent the answer began; None: nobody told.
    """

    kind: str
    items: int
    size: int
    slots: int = 1
    requests: int = 1
    told: Told | None = None
    head_s: float | None = None

    def tell(self, told: Told) -> None:
        """Say what the answer tells about the server's pace."""
        self.told = told


def told_by(error: BaseException) -> Told | None:
    """Say what an error tells, where no adapter has read more from the answer.

    ======================================  =================================================
    error                                   tells
    ======================================  =================================================
    ``TooMuchAtOnce``, ``NoAnswerInTime``   a timeout
    ``TransientError``, a throttle or with  a refusal
    a time to wait
    any other ``TransientError``,           a broken connection
    ``OutcomeUnknown``,
    ``ServerUnreachable``
    ``Interrupted``, Ctrl-C, an exit        nothing: we ended it ourselves
    any other                               that the server answered: with a no, and in good time
    ======================================  =================================================

    Returns:
        What it tells; None: nothing at all.
    """
    if isinstance(error, TooMuchAtOnce | NoAnswerInTime):
        return Told(outcome=Outcome.TIMEOUT)
    if isinstance(error, TransientError):
        if error.is_throttle or error.retry_after_s is not None:
            return Told(outcome=Outcome.THROTTLED, retry_after_s=error.retry_after_s)
        return Told(outcome=Outcome.BROKEN)
    if isinstance(error, OutcomeUnknown | ServerUnreachable):
        return Told(outcome=Outcome.BROKEN)
    if isinstance(error, Interrupted) or not isinstance(error, Exception):
        return None
    return WELL
