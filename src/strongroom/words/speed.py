"""How fast a server can be read: what was measured, what follows from it, and what helps.

All of it can be shown to anybody, but for what is called ``private``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Several measurements of one thing, in milliseconds.

    Attributes:
        median_ms: Half of them were quicker.
        lowest_ms: What is always there: distance, and work that never varies.
        highest_ms: The slowest.
        count: How many there were; at least one.
    """

    median_ms: float
    lowest_ms: float
    highest_ms: float
    count: int

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 <= self.lowest_ms <= self.median_ms <= self.highest_ms:
            raise ValueError(f"not a spread: {self}")

    def told(self) -> str:
        """Write it for a person."""
        if self.count == 1:
            return f"{self.median_ms:g} ms (once)"
        return f"{self.median_ms:g} ms ({self.lowest_ms:g} to {self.highest_ms:g} in {self.count})"

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Spread | None:
        """Put measurements together; None if there are none.

        Args:
            seconds: Each, in seconds.
        """
        found = sorted(round(each * 1000, 1) for each in seconds)
        if not found:
            return None
        return cls(
            median_ms=round(median(found), 1),
            lowest_ms=found[0],
            highest_ms=found[-1],
            count=len(found),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The line to one of a connection's servers, as far as its front end; nobody signed in.

    Attributes:
        at: Which server: ``server``, ``ews``, ``graph``, ``site``.
        connect: A TCP connection: one way there and back. Through a proxy: its tunnel.
        tls: The handshake on it: one way there and back more, and arithmetic.
    """

    at: str
    connect: Spread | None = None
    tls: Spread | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How long a server takes to answer the smallest questions, on a connection that stands.

    Attributes:
        at: Which server, as in ``Line``.
        of: What was asked for: ``account`` (nothing that is in a mailbox), ``mailbox``, ``site``.
        whole: From the question to the beginning of its answer.
        server: What of it the server says that it worked; None: it does not say.
        is_elsewhere: Another server than the front end answered; None: it is not told.
    """

    at: str
    of: str
    whole: Spread
    server: Spread | None = None
    is_elsewhere: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Some existing items that were read once more and thrown away.

    Attributes:
        items, byte_count: How many, and their content's bytes.
        requests: In so many requests, one after the other.
        line_bytes: What came over the line for them, in bytes; more, for it is encoded.
        first_byte_s: How long the server took to begin its answers, altogether.
        body_s: How long the rest of the answers took, altogether.
    """

    items: int
    byte_count: int
    requests: int
    line_bytes: int
    first_byte_s: float
    body_s: float

    def __post_init__(self) -> None:
        if self.items < 1 or self.requests < 1 or min(self.first_byte_s, self.body_s) < 0:
            raise ValueError(f"not a download: {self}")

    def __add__(self, other: Download) -> Download:
        """Give both together, the one having come after the other."""
        return Download(
            items=self.items + other.items,
            byte_count=self.byte_count + other.byte_count,
            requests=self.requests + other.requests,
            line_bytes=self.line_bytes + other.line_bytes,
            first_byte_s=self.first_byte_s + other.first_byte_s,
            body_s=self.body_s + other.body_s,
        )


class LimitedBy(StrEnum):
    """What most of the time goes to. The values are shown to scripts."""

    LATENCY = "latency"
    BANDWIDTH = "bandwidth"
    SERVER = "server"
    POLICY = "policy"
    WORKER = "worker"
    """Our own side: what one worker process seals and stores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The likely speed with some slots in use, as a range.

    Attributes:
        slots: Requests at a time.
        items_s_low, items_s_high: Items per second.
        bytes_h_low, bytes_h_high: Bytes of content per hour.
        limited_by: What would have to change for more.
        why: What the range stands on, in a sentence.
    """

    slots: int
    items_s_low: float
    items_s_high: float
    bytes_h_low: int
    bytes_h_high: int
    limited_by: LimitedBy
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a person should know about a connection's speed.

    Attributes:
        code: Stable, for scripts: ``far-mailbox``, ``throttling-policy``, …
        text: What was found, in words that name neither servers nor people.
        remedy: What can be done about it; empty if nothing can.
        commands: What to paste into PowerShell for it; names stand in variables.
        private: The names: of servers, and the variables of the commands.
    """

    code: str
    text: str
    remedy: str = ""
    commands: tuple[str, ...] = ()
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedReport:
    """What a look at a connection's speed found.

    Attributes:
        requests: Requests that it took, the connections that were only opened not counted.
        lines: The lines.
        answers: The answers.
        download: What was read; None: nothing could be, and a finding says why.
        bandwidth_bytes_s: What one connection carried, in bytes per second; None: not known.
        rates: The likely speed; empty: not known.
        findings: What to know, in the order of their weight.
    """

    requests: int = 0
    lines: tuple[Line, ...] = ()
    answers: tuple[Answers, ...] = ()
    download: Download | None = None
    bandwidth_bytes_s: int | None = None
    rates: tuple[Rate, ...] = ()
    findings: tuple[Finding, ...] = ()
