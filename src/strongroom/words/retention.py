"""Retention: which restore points stay, which go, and why. Rules as restic's ``forget`` has them.

Pure: no storage, no clock. A *rule* is one word (``daily:14``); the *rules* of a job are several,
and a point stays if any of them keeps it. Of each period (an hour, a day, an ISO week, a month, a
year of the given time zone) the newest point stays; while a rule has periods left at the oldest
point, that one stays too, so that young backups keep their whole history.

``within`` counts back from the newest point, not from now: where backups have stopped, nothing
vanishes by the mere passing of time.

Source:
    https://restic.readthedocs.io/en/stable/060_forget.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from strongroom.errors import OperatorError
from strongroom.words.coverage import Status

COUNT_MAX: Final = 100_000
"""No rule counts further; nobody has so many restore points."""

_WITHIN = "within"
_LAST = "last"
_WORD = re.compile(r"([a-z]+):(\d{1,6})(h|d|w|m|y)?", re.ASCII)
_HOURS: Final[Mapping[str, int]] = {"h": 1, "d": 24, "w": 7 * 24, "m": 31 * 24, "y": 366 * 24}
_SHORT: Final = {24: "d", 1: "h"}

Period = tuple[int, ...]

_PERIODS: Final[Mapping[str, Callable[[datetime], Period]]] = {
    "hourly": lambda at: (at.year, at.month, at.day, at.hour),
    "daily": lambda at: (at.year, at.month, at.day),
    "weekly": lambda at: tuple(at.isocalendar()[:2]),
    "monthly": lambda at: (at.year, at.month),
    "yearly": lambda at: (at.year,),
}
_KINDS: Final = (_LAST, *_PERIODS, _WITHIN)
_HINT = (
    "Rules are last:N, hourly:N, daily:N, weekly:N, monthly:N, yearly:N and within:90d"
    " (h, d, w, m or y)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A restore point, as far as rules look at it.

    Attributes:
        id: Its id.
        time: When the backup ended: aware.
        status: How it ended.
        items: How many items it holds.
    """

    id: str
    time: datetime
    status: Status = Status.COMPLETE
    items: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a job keeps of each resource. None at all: everything stays.

    Attributes:
        counts: How many of each kind: ``(("last", 30), ("daily", 14))``, each kind once.
        within: Everything as young as this, seen from the newest point.
    """

    counts: tuple[tuple[str, int], ...] = ()
    within: timedelta | None = None

    @property
    def keeps_all(self) -> bool:
        """There is no rule, so nothing ever goes."""
        return not self.counts and self.within is None

    def __str__(self) -> str:
        """Write them as they are typed, in one fixed order."""
        given = dict(self.counts)
        words = [f"{kind}:{given[kind]}" for kind in _KINDS if kind in given]
        if self.within is not None:
            words.append(f"{_WITHIN}:{_span(self.within)}")
        return " ".join(words)


KEEP_ALL = Rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one point.

    Attributes:
        point: Which.
        keeps: Why it stays, each reason in a few words; empty: it goes.
    """

    point: Point
    keeps: tuple[str, ...]

    @property
    def goes(self) -> bool:
        """Nothing keeps it."""
        return not self.keeps


def parse_rules(words: Iterable[str]) -> Rules:
    """Read rules as people type them: one a word, several in one text, with spaces or commas.

    Raises:
        OperatorError: one is no rule, counts nothing, or its kind was given twice.
    """
    counts: dict[str, int] = {}
    within: timedelta | None = None
    for word in (one for text in words for one in re.split(r"[\s,]+", text) if one):
        kind, number, unit = _parts(word)
        if kind in counts or (kind == _WITHIN and within is not None):
            raise OperatorError(f"The rule {kind} is given twice.", hint="Give each kind once.")
        if kind == _WITHIN:
            within = timedelta(hours=number * _HOURS[unit])
        else:
            counts[kind] = number
    return Rules(
        counts=tuple((kind, counts[kind]) for kind in _KINDS if kind in counts), within=within
    )


def _parts(word: str) -> tuple[str, int, str]:
    match = _WORD.fullmatch(word.lower())
    if match is None or match[1] not in _KINDS or (match[3] is None) == (match[1] == _WITHIN):
        raise OperatorError(f"Not a rule of what to keep: {word!a}.", hint=_HINT)
    number = int(match[2])
    if not 1 <= number <= COUNT_MAX:
        raise OperatorError(
            f"The rule {word!a} keeps {'nothing' if number < 1 else 'too much to count'}.",
            hint=f"Leave it out, or count from 1 to {COUNT_MAX:,}.",
        )
    return match[1], number, match[3] or ""


def decide(points: Sequence[Point], rules: Rules, *, now: datetime, zone: tzinfo) -> list[Decision]:
    """Say of each restore point of one resource and one job whether it stays, and why.

    The last good one stays whatever the rules say (see ``last_good``).

    Args:
        points: All of them, in any order.
        rules: Of the job.
        now: Aware. A point from later than now (a clock was wrong) counts for no rule, and stays.
        zone: Whose days and weeks.

    Returns:
        One decision for each point, newest first.
    """
    ordered = sorted(points, key=lambda one: (one.time, one.id), reverse=True)
    if rules.keeps_all:
        return [Decision(point=one, keeps=("no rules",)) for one in ordered]
    reasons: dict[str, list[str]] = {one.id: [] for one in ordered}
    for one in ordered:
        if one.time > now:
            reasons[one.id].append("from the future")
    past = [one for one in ordered if one.time <= now]
    for kind, count in rules.counts:
        for one, why in _counted(past, kind, count, zone):
            reasons[one.id].append(why)
    if rules.within is not None and past:
        for one in past:
            if past[0].time - one.time < rules.within:
                reasons[one.id].append(f"within {_span(rules.within)}")
    for good in last_good(ordered, now):
        reasons[good].append("last good")
    return [Decision(point=one, keeps=tuple(reasons[one.id])) for one in ordered]


def last_good(points: Iterable[Point], now: datetime) -> frozenset[str]:
    """Name the restore points that are never forgotten: the newest complete one, mostly.

    Where that one is empty (something emptied what it is of), it is the newest complete one that
    holds anything as well. Where none is complete, it is the newest that holds anything; where none
    does, the newest. A point from later than now may be older than all others (a clock was wrong),
    so it is looked for once more without those.
    """
    everything = list(points)
    good: set[str] = set()
    for known in (everything, [one for one in everything if one.time <= now]):
        complete = [one for one in known if one.status is Status.COMPLETE]
        found = (max(complete, key=_age, default=None), max(known, key=_worth, default=None))
        good.update(one.id for one in found if one is not None)
    return frozenset(good)


def _age(point: Point) -> tuple[datetime, str]:
    return point.time, point.id


def _worth(point: Point) -> tuple[bool, bool, datetime, str]:
    return point.status is Status.COMPLETE, point.items > 0, point.time, point.id


def _counted(
    points: Sequence[Point], kind: str, count: int, zone: tzinfo
) -> Iterable[tuple[Point, str]]:
    """Give what one rule keeps, newest first."""
    if kind == _LAST:
        yield from ((one, f"last {count}") for one in points[:count])
        return
    period_of, before, left = _PERIODS[kind], None, count
    for number, one in enumerate(points):
        if not left:
            return
        period = period_of(one.time.astimezone(zone))
        is_oldest = number == len(points) - 1
        if period != before or is_oldest:
            yield one, f"oldest {kind}" if period == before else f"{kind} {count}"
            before, left = period, left - 1


def _span(span: timedelta) -> str:
    hours = round(span.total_seconds() / 3600)
    unit = next(size for size in _SHORT if hours % size == 0)
    return f"{hours // unit}{_SHORT[unit]}"
