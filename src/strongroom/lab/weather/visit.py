"""One request on its way through a server's weather, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from strongroom.lab.weather.model import Cap, Whose

Key = tuple[Whose, str, str]
"""Whose requests are counted together: the rule's scope, the caller and the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, in words that no protocol has.

    Attributes:
        caller: The account that signed in.
        place: The mailbox or site that it is about.
        kind: What sort of request, for rules about one sort.
        units: What it takes off a quota.
    """

    caller: str
    place: str
    kind: str = ""
    units: int = 1

    def key(self, whose: Whose) -> Key:
        """Say whom a rule of that scope counts this request with."""
        caller = "" if whose is Whose.SERVER else self.caller
        return whose, caller, self.place if whose is Whose.PLACE else ""


class Reason(Enum):
    """Why a request was turned away."""

    TOO_MANY = "too many at once"
    OVER_BUDGET = "time budget"
    OVER_QUOTA = "quota"
    QUEUE_FULL = "queue"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The server's word for a request that it does not take.

    Attributes:
        whose: What it speaks about.
        wait_s: Seconds to stay away; None: no instruction.
        cap: The cap that was met.
    """

    reason: Reason
    whose: Whose
    wait_s: float | None = None
    cap: Cap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What answers tell of a quota.

    Attributes:
        limit: Units per window.
        left: Of them unspent.
        reset_s: Seconds until the window ends.
    """

    limit: int
    left: int
    reset_s: float


class Stage(Enum):
    """Where a request is. The last five are ends of the wait for an answer or for its sending."""

    ARRIVING = auto()
    DELAYED = auto()
    QUEUED = auto()
    HUNG = auto()
    AT_WORK = auto()
    """A worker has it, and it is to be carried out now."""
    FINISHING = auto()
    """It was carried out; the worker is held until its time is over."""
    ANSWERED = auto()
    SENDING = auto()
    SENT = auto()
    REFUSED = auto()
    TIMED_OUT = auto()
    BROKEN = auto()
    LOST = auto()


@dataclass(slots=True, eq=False)
class Visit:
    """One request. Owned by the stations; others read it under the same lock.

    Attributes:
        stage: Where it is.
        refusal: Why it was turned away.
        items, size: What the answer holds, once it is known.
        began_s: When a worker took it.
        factor: What chance, slowness and thrashing do to its service time.
        amount: Bytes on the line until it is sent, or breaks.
        goal: The line's measure at which the last of them has passed.
    """

    asked: Asked
    back_end: int
    stage: Stage = Stage.ARRIVING
    refusal: Refusal | None = None
    items: int = 0
    size: int = 0
    is_inside: bool = False
    began_s: float = 0.0
    work_s: float = 0.0
    factor: float = 1.0
    breaks: bool = False
    amount: float = 0.0
    goal: float = 0.0
