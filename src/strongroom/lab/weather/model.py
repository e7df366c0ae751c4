"""What a server's weather consists of. Plain, frozen values; ``stations.py`` says what they do.

Times are seconds since the weather began, sizes bytes, rates bytes per second.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

FOREVER = float("inf")
KB = 1_000
MB = 1_000_000


def mbit(value: float) -> float:
    """Give megabits per second as bytes per second."""
    return value * 125_000.0


class Whose(Enum):
    """Whose requests a rule counts together."""

    SERVER = "server"
    """Everybody's."""
    CALLER = "caller"
    """Those of one account, whatever it asks for."""
    PLACE = "place"
    """Those of one account to one mailbox or site, as Exchange counts under impersonation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackEnd:
    """Workers with a queue in front; the mailboxes or sites are spread over the back ends.

    Attributes:
        workers: Requests worked on at a time.
        share: Relative share of the places that live here.
        slowness: Factor on every service time.
        queue_max: Waiting requests beyond which newcomers are turned away; None: never.
        busy_hint_s: Back-off told when turning away; None: no instruction.
        thrash: Service times grow by this factor per queued request and worker.
        schedule: ``(from, workers, slowness)``: the load of others, in steps.
    """

    workers: int
    share: float = 1.0
    slowness: float = 1.0
    queue_max: int | None = None
    busy_hint_s: float | None = None
    thrash: float = 0.0
    schedule: tuple[tuple[float, int, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Service time on a worker: ``base_s + item_s * items + bytes / rate``, times chance.

    Attributes:
        jitter: Sigma of the lognormal factor, whose mean is 1.
        stall_chance: Of a stall before the work begins, which holds no worker.
        stall_s: Mean length of a stall.
    """

    base_s: float = 0.05
    item_s: float = 0.01
    rate: float = 40 * MB
    jitter: float = 0.3
    stall_chance: float = 0.0
    stall_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The line to the server, shared evenly by all answers on their way.

    Attributes:
        rtt_s: Added to every request.
        handshake_s: Added to the first request of a connection.
        bandwidth: Of the whole line.
        per_connection: The most that one connection carries (TCP window / round trip).
        schedule: ``(from, bandwidth)`` steps.
        break_chance: That an answer breaks on its way, whatever its length.
        bytes_per_break: Mean bytes between breaks, on top of that.
    """

    rtt_s: float = 0.005
    handshake_s: float = 0.02
    bandwidth: float = mbit(1000)
    per_connection: float = mbit(1000)
    schedule: tuple[tuple[float, float], ...] = ()
    break_chance: float = 0.0
    bytes_per_break: float = FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most ``limit`` requests at once, counted until the answer is sent; one more is refused.

    Attributes:
        kind: Only requests of this kind count; None: all.
        hint_s: Back-off told with the refusal; None: no instruction.
    """

    limit: int
    whose: Whose
    kind: str | None = None
    hint_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBudget:
    """Exchange's budget, in seconds of a worker's time.

    The balance grows by ``recharge`` per second up to ``burst_s``. Below zero, requests are
    delayed by ``delay`` seconds per second of debt, ``delay_max_s`` at most. Below ``-cutoff_s``
    they are refused until the debt is down to half of the cut-off, and told how long that takes.
    """

    burst_s: float
    recharge: float
    cutoff_s: float
    whose: Whose
    delay: float = 0.02
    delay_max_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At most ``limit`` units per fixed ``window_s``; those of refused requests count too.

    A request is one unit, unless its protocol says otherwise.

    Attributes:
        announced_from: Share of the limit from which answers tell what is left; None: never.
        extra_s: Told on top of the end of the window.
    """

    limit: int
    window_s: float
    whose: Whose
    announced_from: float | None = None
    extra_s: float = 0.0


class Away(Enum):
    """How it looks when a server is away."""

    REFUSES = "refuses"
    """Connections break at once."""
    HANGS = "hangs"
    """Nothing is answered until it is over."""
    BUSY = "busy"
    """HTTP 503, with the hint if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Nothing works from ``start_s`` until before ``end_s``, and what the server had is gone.

    Attributes:
        known_after_s: Requests that come this long after the start are counted against the
            client: by then it can know.
    """

    start_s: float
    end_s: float
    away: Away = Away.REFUSES
    hint_s: float | None = None
    known_after_s: float = 30.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.start_s < self.end_s:
            raise ValueError(f"not an outage: from {self.start_s} s to {self.end_s} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one server behaves.

    Attributes:
        work_max_s: A worker gives up on a request after this long; None: never.
    """

    back_ends: tuple[BackEnd, ...] = (BackEnd(workers=16),)
    cost: Cost = Cost()
    link: Link = Link()
    caps: tuple[Cap, ...] = ()
    budgets: tuple[TimeBudget, ...] = ()
    quotas: tuple[Quota, ...] = ()
    outages: tuple[Outage, ...] = ()
    work_max_s: float | None = None

    def __post_init__(self) -> None:
        if not self.back_ends:
            raise ValueError("a server needs a back end")
        ends = [0.0, *(outage.end_s for outage in self.outages)]
        if any(one.start_s < end for one, end in zip(self.outages, ends, strict=False)):
            raise ValueError("outages come one after the other")
