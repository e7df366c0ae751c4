"""A report about speed, put together from what was measured of one server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from strongroom.sources.speed.distance import distance_findings
from strongroom.sources.speed.likely import bandwidth_bytes_s, likely_rates
from strongroom.words.speed import Answers, Download, Finding, Line, SpeedReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """How many requests at a time a server is known to take for one mailbox.

    Attributes:
        slots: So many.
        why: Where that number is from.
    """

    slots: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was measured of one server.

    Attributes:
        requests: Requests that it took.
        throttled: How many of the answers told us to go slower.
        answers: The last one is about what jobs read.
        download: What was read; None: nothing.
        unread: Why nothing was read, in words that name nobody.
        private: Names of the servers that answered.
    """

    requests: int
    throttled: int
    answers: tuple[Answers, ...] = ()
    download: Download | None = None
    unread: str = ""
    private: tuple[str, ...] = ()


def report_of(
    seen: Seen,
    lines: Sequence[Line],
    *,
    at: str,
    allowed: Allowed | None = None,
    more: Sequence[Finding] = (),
) -> SpeedReport:
    """Say what it means.

    Args:
        seen: What was measured.
        lines: The lines to all servers of the connection.
        at: Which of them this server is at the end of.
        allowed: How many requests at a time are known to be taken; None: nothing is known.
        more: What else there is to know of this kind of server.
    """
    line = next((one for one in lines if one.at == at), None)
    asked = seen.answers[-1] if seen.answers else None
    found = distance_findings(line, seen.answers)
    if found:
        found[-1] = replace(found[-1], private=seen.private)
    rates = (
        likely_rates(asked.whole, seen.download, allowed.slots, allowed.why)
        if asked is not None and seen.download is not None and allowed is not None
        else []
    )
    bandwidth = bandwidth_bytes_s(seen.download) if seen.download else None
    return SpeedReport(
        requests=seen.requests,
        lines=tuple(lines),
        answers=seen.answers,
        download=seen.download,
        bandwidth_bytes_s=bandwidth,
        rates=tuple(rates),
        findings=(*found, *_unknown(seen, bandwidth), *_throttled(seen), *more),
    )


def _unknown(seen: Seen, bandwidth: int | None) -> list[Finding]:
    """Say what could not be measured, in place of guessing it."""
    if seen.download is None:
        return [
            Finding(
                code="nothing-read",
                text="Bandwidth and likely speed were not measured, since nothing was read. "
                f"{seen.unread}",
            )
        ]
    if bandwidth is None:
        return [
            Finding(
                code="bandwidth-unknown",
                text=f"{seen.download.line_bytes:,} bytes came sooner than could be timed: the "
                "line is not what limits, and how much more it carries is not known.",
            )
        ]
    return []


def _throttled(seen: Seen) -> list[Finding]:
    if not seen.throttled:
        return []
    return [
        Finding(
            code="throttled",
            text=f"{seen.throttled} of {seen.requests} answers asked us to go slower, which was "
            "obeyed. What was measured may be slower than usual.",
            remedy="Measure again while no backup runs.",
        )
    ]
