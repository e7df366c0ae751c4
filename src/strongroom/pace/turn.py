"""One request's turn, and what its end tells where no adapter has read more from the answer."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.errors import OutcomeUnknown, ServerUnreachable, TransientError
from strongroom.pace.patience import NoAnswerInTime, TooMuchAtOnce
from strongroom.pace.told import WELL, Told
from strongroom.slots.api import Outcome


@dataclass(slots=True)
class Turn:
    """One request's turn.

    Attributes:
        kind, items, size: What is asked for; may be corrected while the answer is read.
        told: What an adapter read from the answer; None: what became of the block says it.
    """

    kind: str
    items: int
    size: int
    told: Told | None = None

    def tell(self, told: Told) -> None:
        """Say what the answer tells about the server's pace."""
        self.told = told


def told_by(error: BaseException) -> Told:
    """Say what an error tells, where no adapter has read more from the answer."""
    if isinstance(error, TooMuchAtOnce | NoAnswerInTime):
        return Told(outcome=Outcome.TIMEOUT)
    if isinstance(error, TransientError):
        if error.is_throttle or error.retry_after_s is not None:
            return Told(outcome=Outcome.THROTTLED, retry_after_s=error.retry_after_s)
        return Told(outcome=Outcome.BROKEN)
    if isinstance(error, OutcomeUnknown | ServerUnreachable):
        return Told(outcome=Outcome.BROKEN)
    # Whatever else: the server answered, or we ended it ourselves.
    return WELL
