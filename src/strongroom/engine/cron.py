"""When a cron text is due: times on the wall clock of a time zone, across clock changes. Pure.

Five fields: minute, hour, day of the month, month, day of the week. As in Debian's cron, a day must
match both day fields if one of them begins with ``*``, and either of them if none does.

A text that **names hours** means the clock on the wall. A time that the clock leaves out in spring
is due as soon as the clock has jumped, once, however many were left out; a time that the clock
shows twice in autumn is due the first time alone.

A text that means **every hour** keeps an even pace, because hours that the clock repeats are hours
like others: every quarter of an hour is every quarter of an hour that night as well. (Where clocks
are changed by half an hour, an hourly turn comes half an hour early or late that night.)
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from strongroom.errors import OperatorError

_FIELDS = 5
_TEXT_MAX = 200
_HOURS_OF_DAY = 24
_MINUTE = timedelta(minutes=1)
_SOME_DAY = datetime(2026, 1, 1)  # noqa: DTZ001 - a wall clock's time, of no zone
_HINT = "Write it as: 30 22 * * mon-fri (minute, hour, day of the month, month, day of the week)."


def tidied(cron: str) -> str:
    """Write a cron text with one space between its fields.

    Raises:
        OperatorError: it is none, or is never due.
    """
    tidy = " ".join(cron.split())
    if len(tidy) > _TEXT_MAX or len(tidy.split()) != _FIELDS:
        raise _refused("It has to have five fields.")
    try:
        walls = CronSim(tidy, _SOME_DAY)
    except CronSimError as error:
        raise _refused(f"{error}.") from error
    if next(walls, None) is None:
        raise _refused("There is no such day in the next 50 years.")
    return tidy


def _refused(why: str) -> OperatorError:
    return OperatorError("This cron text cannot be understood.", why=why, hint=_HINT)


def next_turn(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Say when a text is due next.

    Args:
        cron: What ``tidied`` gave.
        zone: Whose wall clock counts.
        after: Aware; the turn is later than this.

    Returns:
        Aware, UTC, a whole minute; None: not within 50 years.
    """
    try:
        if _is_every_hour(cron):
            return _next_at_even_pace(cron, zone, after)
        return _next_on_the_wall(cron, zone, after)
    except (OverflowError, ValueError):  # beyond the year 9999
        return None


@functools.lru_cache(maxsize=256)
def _is_every_hour(cron: str) -> bool:
    return len(CronSim(cron, _SOME_DAY).hours) == _HOURS_OF_DAY


def _next_at_even_pace(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    minute, _, *days = cron.split()
    # With a star for the hour the library counts in real time.
    found = next(CronSim(" ".join((minute, "*", *days)), after.astimezone(zone)), None)
    return None if found is None else found.astimezone(UTC)


def _next_on_the_wall(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    # Times of no zone: the library goes from one to the next as if no clock were ever changed.
    for wall in CronSim(cron, after.astimezone(zone).replace(tzinfo=None)):
        moment = _moment(wall, zone)
        # Not later: shown a second time, or left out together with the one before.
        if moment > after:
            return moment
    return None


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """Say when a clock shows a time first, or, if it leaves it out, when it has jumped over it."""
    while True:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
        wall += _MINUTE


def in_words(cron: str) -> str:
    """Describe when a text is due: ``at 22:00 every day``."""
    told = CronSim(cron, _SOME_DAY).explain()
    return told[:1].lower() + told[1:]
