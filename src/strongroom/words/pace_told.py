"""What keeps the pace where it is, in plain sentences.

Nothing in them comes from a server but numbers, so nothing hostile can stand in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from strongroom.words.durations import duration
from strongroom.words.pace import Limit, Limiter, PaceReport

_TOLD_MAX = 2
"""More than two causes at once help nobody to decide what to do."""

_LONG_S = 5 * 86_400.0
"""A server may ask for any wait, also one that no number of hours tells a person anything of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nouns:
    """What a server accounts for separately is called so."""

    one: str
    many: str


PLACES = Nouns(one="mailbox or site", many="mailboxes or sites")
MAILBOXES = Nouns(one="mailbox", many="mailboxes")
SITES = Nouns(one="site", many="sites")


def told(report: PaceReport, nouns: Nouns = PLACES) -> str:
    """Say in a sentence what keeps the pace where it is: the most pressing causes, at most two.

    An empty string if nothing is known yet.
    """
    return limits_told(report.limits, nouns)


def limits_told(limits: Sequence[Limit], nouns: Nouns = PLACES) -> str:
    """Say the same of limits, the most pressing one first."""
    text = "; ".join(_CLAUSES[limit.by](limit, nouns) for limit in limits[:_TOLD_MAX])
    return text[:1].upper() + text[1:] + "." if text else ""


def nouns_of(many: str) -> Nouns:
    """Give the nouns by their plural; those for any place, if it is not known."""
    return next((one for one in (MAILBOXES, SITES) if one.many == many), PLACES)


def mostly(limited_s: Mapping[Limiter, float], nouns: Nouns = PLACES) -> str:
    """Say what kept the pace where it was for most of some time, and for which part of it.

    Args:
        limited_s: For how many seconds each was the most pressing one.
        nouns: See ``Nouns``.
    """
    whole_s = sum(limited_s.values())
    if whole_s <= 0.0:
        return ""
    by, seconds = max(limited_s.items(), key=lambda one: one[1])
    return f"{_CAUSES[by].format(one=nouns.one)} ({seconds / whole_s:.0%} of the time)"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Write a number of things: ``1 slot``, ``1,200 slots``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _left(limit: Limit) -> str:
    """Write how long it is to be, never as nothing: who reads it waits for it."""
    seconds = limit.seconds or 0.0
    return "days" if seconds > _LONG_S else duration(max(1, math.ceil(seconds)))


def _places(limit: Limit, nouns: Nouns) -> str:
    return counted(limit.count or 0, nouns.one, nouns.many)


def _slots(limit: Limit) -> str:
    return counted(limit.slots or 0, "slot")


def _requests(limit: Limit) -> str:
    return counted(limit.slots or 0, "request")


def _slow(limit: Limit, nouns: Nouns) -> str:
    is_one = limit.count == 1
    verbs = ("answers slowly and runs at", "answer slowly and share")
    return f"{_places(limit, nouns)} {verbs[not is_one]} {_slots(limit)}"


_CLAUSES: Mapping[Limiter, Callable[[Limit, Nouns], str]] = {
    Limiter.PAUSE: lambda limit, _: f"the server asked for a pause: {_left(limit)} left",
    Limiter.AWAY: lambda limit, _: (
        f"the server cannot be reached and is looked for again in {_left(limit)}"
    ),
    Limiter.QUOTA: lambda limit, _: (
        f"what the server allows is spread over {_left(limit)}, until it allows more"
    ),
    Limiter.CONNECTIONS: lambda limit, _: (
        f"the server refused more than {_requests(limit)} at once"
    ),
    Limiter.REFUSALS: lambda limit, _: (
        f"the server refused more work than {_slots(limit)} make"
        + ("s" if limit.slots == 1 else "")
    ),
    Limiter.RATE: lambda limit, _: (
        f"the server refused more requests in a time than {limit.count or 0:,} a minute"
    ),
    Limiter.TIMEOUTS: lambda limit, _: (
        f"with more than {_requests(limit)} at once, answers did not come in time"
    ),
    Limiter.RESOURCE_PAUSES: lambda limit, nouns: (
        f"the server asked for a pause for {_places(limit, nouns)}: {_left(limit)} left"
    ),
    Limiter.RESOURCE_CONNECTIONS: lambda limit, nouns: (
        f"the server takes no more than {_requests(limit)} at once for one {nouns.one}"
    ),
    Limiter.SLOW_RESOURCES: _slow,
    Limiter.GROWING: lambda limit, _: f"the pace is still being found, now at {_slots(limit)}",
    Limiter.ANSWERS: lambda limit, _: (
        f"more than {_slots(limit)} would make the server's answers later, not more"
    ),
    Limiter.DEMAND: lambda _limit, _nouns: (
        "the server would take more requests than this run has to ask"
    ),
}

_CAUSES: Mapping[Limiter, str] = {
    Limiter.PAUSE: "pauses that the server asked for",
    Limiter.AWAY: "a server that could not be reached",
    Limiter.QUOTA: "what the server allows in a span of time",
    Limiter.CONNECTIONS: "how many requests the server takes at once",
    Limiter.REFUSALS: "how much work the server takes at once",
    Limiter.RATE: "how many requests the server takes in a time",
    Limiter.TIMEOUTS: "answers that did not come in time with more slots",
    Limiter.RESOURCE_PAUSES: "pauses that the server asked for, for one {one} and another",
    Limiter.RESOURCE_CONNECTIONS: "how many requests the server takes at once for one {one}",
    Limiter.SLOW_RESOURCES: "slow answers for one {one} and another",
    Limiter.GROWING: "a pace that was still being found",
    Limiter.ANSWERS: "how fast the server answers",
    Limiter.DEMAND: "our own side: the server would have taken more requests",
}
