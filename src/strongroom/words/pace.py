"""How fast a server is used at the moment, and what keeps it from being used faster."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Limiter(StrEnum):
    """What keeps the pace where it is; the most pressing ones come first in a report."""

    PAUSE = "pause"
    """The server asked for a pause: ``seconds`` are left of it."""
    AWAY = "away"
    """Nothing gets through to the server; it is looked for again in ``seconds``."""
    QUOTA = "quota"
    """An announced quota is spread over the ``seconds`` until it is refilled."""
    CONNECTIONS = "connections"
    """The server refused more than ``slots`` requests at once."""
    REFUSALS = "refusals"
    """The server refused more work than ``slots`` make."""
    RATE = "rate"
    """The server refused more requests in a time; ``count`` a minute are sent."""
    TIMEOUTS = "timeouts"
    """With more than ``slots`` at once, answers did not come in time."""
    RESOURCE_PAUSES = "resource-pauses"
    """The server asked for a pause for ``count`` mailboxes or sites."""
    RESOURCE_CONNECTIONS = "resource-connections"
    """The server takes no more than ``slots`` requests at once for one mailbox or site."""
    SLOW_RESOURCES = "slow-resources"
    """``count`` mailboxes or sites answer slowly and share ``slots`` slots."""
    GROWING = "growing"
    """The pace is still being found."""
    ANSWERS = "answers"
    """More slots would make the server's answers later, not more."""
    DEMAND = "demand"
    """Fewer requests are wanted than the server would take: what limits is on our side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One thing that keeps the pace where it is. Which attributes count, ``Limiter`` says."""

    by: Limiter
    seconds: float | None = None
    slots: int | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PacePoint:
    """What a stretch of time was like.

    Attributes:
        at_s: Its end, in seconds since the pace was first asked for.
        slots: Open at its end.
        requests: Requests that ended in it.
        items, byte_count: What they brought or took.
        throttled: How many of them told us to go slower.
        failed: How many broke, or were not answered in time.
    """

    at_s: float
    slots: int
    requests: int = 0
    items: int = 0
    byte_count: int = 0
    throttled: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceReport:
    """How one server is used by this process, by all its runs together.

    Attributes:
        server: Host and port.
        slots: Requests that may be in flight now.
        in_flight: Requests that are.
        waiting: Requests that wait for a slot.
        requests, items, byte_count: Totals since the process began to speak with it.
        throttled: Answers that told us to go slower, altogether.
        failed: Requests that broke or were not answered in time, altogether.
        latency_s: A typical answer takes so long, in seconds; None: there was none yet.
        line_s, flight_s: How long requests have waited for a slot, and had one, added up over all
            of them, in seconds.
        answered_s, head_s: How long those took that were answered, and how long until their answer
            began; where nobody told that, the whole time counts.
        limits: What keeps the pace where it is, the most pressing first.
        history: The stretches up to now, oldest first; at most some hundred, so each is longer in
            a longer run.
    """

    server: str
    slots: int
    in_flight: int = 0
    waiting: int = 0
    requests: int = 0
    items: int = 0
    byte_count: int = 0
    throttled: int = 0
    failed: int = 0
    latency_s: float | None = None
    line_s: float = 0.0
    flight_s: float = 0.0
    answered_s: float = 0.0
    head_s: float = 0.0
    limits: tuple[Limit, ...] = ()
    history: tuple[PacePoint, ...] = ()
