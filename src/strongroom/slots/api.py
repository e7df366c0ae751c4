"""The contract between the loop that sends requests and the logic that steers it.

Two decision makers: a ``SlotController`` says how many requests may be in flight, in total and per
lane; a ``BatchSizer`` says how many items go into the next one. Both are pure: no threads, no
clock, no I/O, no settings. Time comes in as ``now`` (seconds, monotonic, any origin), so the same
object runs in a simulator and in production. The caller makes its calls one after the other and
does the waiting.

A *lane* is whatever the server accounts for separately: a mailbox, an archive, a public-folder
tree, a site. One controller serves one server; everything in the process that talks to it shares
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

FOREVER = float("inf")


class Outcome(StrEnum):
    """How a request ended. Compare with ``==``: others may bring an enumeration of their own."""

    OK = "ok"
    THROTTLED = "throttled"
    """The server asked for less: ErrorServerBusy, HTTP 429 or 503."""

    CONNECTION_LIMIT = "connection limit"
    """Too many at once: ErrorExceededConnectionCount, MailboxConcurrency."""

    TIMEOUT = "timeout"
    """No complete answer within the deadline."""

    BROKEN = "broken"
    """Refused, reset, cut short, or a 5xx without instructions."""


class Scope(StrEnum):
    """What a refusal speaks about, as the protocol's adapter understands it."""

    SERVER = "server"
    LANE = "lane"


class Sample(NamedTuple):
    """One finished request.

    Attributes:
        lane: What it was for.
        started, finished: Seconds.
        outcome: How it ended.
        items, size: How much it asked for, in items and bytes; delivered only when OK.
        in_flight: Requests of this controller in flight when it started, itself included.
        scope: What a refusal speaks about.
        retry_after: Seconds that we were told to stay away (Retry-After, BackOffMilliseconds).
        quota_left: Share of an announced quota that is unspent (RateLimit-Remaining over -Limit).
        quota_reset: Seconds until it is refilled (RateLimit-Reset).
        kind: What sort of request it was (``ExportItems``); each sort has a cost of its own.
        in_lane: Requests of the lane in flight when it started, itself included; 0: not known.
        is_counted: A refusal speaks of the number of requests in a time (HTTP 429), not of the work
            that they make.
    """

    lane: str
    started: float
    finished: float
    outcome: Outcome
    items: int
    size: int
    in_flight: int
    scope: Scope = Scope.SERVER
    retry_after: float | None = None
    quota_left: float | None = None
    quota_reset: float | None = None
    kind: str = ""
    in_lane: int = 0
    is_counted: bool = False

    @property
    def latency(self) -> float:
        """Seconds from start to end."""
        return self.finished - self.started


def is_counted(sample: Sample) -> bool:
    """Say whether a refusal speaks of the number of requests; samples of others do not tell."""
    return getattr(sample, "is_counted", False)


class SlotController(Protocol):
    """Decides how many requests may be in flight."""

    def limit(self, now: float) -> int:
        """Say how many slots are open; 0 while nothing may be started at all."""

    def lane_limit(self, now: float, lane: str) -> int:
        """Say how many slots are open for one lane; the total limit holds as well."""

    def wake_at(self, now: float) -> float:
        """Say when a limit may rise without a further result; ``FOREVER`` if never."""

    def on_start(self, now: float, lane: str) -> None:
        """Hear that a request was sent."""

    def on_result(self, sample: Sample) -> None:
        """Hear that a request ended, at ``sample.finished``."""


class BatchSizer(Protocol):
    """Decides how many items go into the next request."""

    def take(self, now: float, lane: str, sizes: Sequence[int]) -> int:
        """Say how many of the next items to put into one request, at least one.

        Args:
            now: The time.
            lane: What it is for.
            sizes: Bytes of the items that wait, in order, at least one, at most as many as the
                protocol allows in one request.
        """

    def on_result(self, sample: Sample) -> None:
        """Hear that a request ended, at ``sample.finished``."""
