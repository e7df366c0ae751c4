"""When a job runs by itself, and when it may run at all. Pure: what time it is comes in."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from strongroom.engine import cron as crons
from strongroom.engine import hours as grids
from strongroom.errors import OperatorError
from strongroom.words.durations import duration
from strongroom.words.json import Json

ALWAYS = "always"
UTC_ZONE = "UTC"
IDLE_MIN_S = 60
"""A server is not to be asked without any pause, least of all one that answers with errors."""

IDLE_MAX_S = 366 * 24 * 3600
_STEPS_MAX = 3 * grids.HOURS_OF_WEEK
"""Hours to look ahead: the only permitted one may be left out by the clock once in a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What an operator decided; by default never, but at any time when somebody asks for it.

    Attributes:
        cron: When it is due (see ``engine.cron``), or None.
        idle_s: A continuous job: how many seconds after a run ends the next one is due; or None.
        time_zone: Whose wall clock ``cron`` and ``hours`` mean; a name like ``Europe/Berlin``.
        hours: The only hours of the week in which it runs (see ``engine.hours``); None: all.

    Raises:
        OperatorError: one of them cannot be understood, or it is both due by cron and continuous.
    """

    cron: str | None = None
    idle_s: int | None = None
    time_zone: str = UTC_ZONE
    hours: str | None = None

    def __post_init__(self) -> None:
        if self.cron is not None and self.idle_s is not None:
            raise OperatorError(
                "A job runs either by cron or continuously.", hint="Give one of the two."
            )
        if self.idle_s is not None and not IDLE_MIN_S <= self.idle_s <= IDLE_MAX_S:
            raise OperatorError(
                "This is no time for a continuous job to rest between its runs.",
                why="It rests for a minute at least, and for a year at the most.",
                hint="Write it as 15m, 2h or 1d.",
            )
        zone_of(self.time_zone)
        if self.cron is not None:
            object.__setattr__(self, "cron", crons.tidied(self.cron))
        if self.hours is not None:
            is_always = self.hours.strip().lower() == ALWAYS
            object.__setattr__(self, "hours", None if is_always else grids.tidied(self.hours))

    @property
    def is_continuous(self) -> bool:
        """The end of a run says when the next one is due."""
        return self.idle_s is not None

    @property
    def is_empty(self) -> bool:
        """It decides nothing: never due, permitted at any time."""
        return self.cron is None and self.idle_s is None and self.hours is None

    def next_due(self, after: datetime) -> datetime | None:
        """Say which turn comes next, later than ``after``; None: none, or only a run's end says so.

        Args:
            after: Aware.

        Returns:
            Aware, UTC.
        """
        return None if self.cron is None else crons.next_turn(self.cron, self._zone, after)

    def due_after_run(self, ended: datetime | None, *, now: datetime) -> datetime:
        """Say when a continuous job is due.

        Args:
            ended: When its last run ended; None: there was none.
            now: The time. A run that ended later than that was seen by a clock that was wrong, and
                does not hold the job up any longer than one that ends now.
        """
        if self.idle_s is None:
            raise AssertionError("only a continuous job is due after a run")
        return now if ended is None else min(ended, now) + timedelta(seconds=self.idle_s)

    def is_permitted(self, at: datetime) -> bool:
        """Say whether it may run at a moment (aware)."""
        if self.hours is None:
            return True
        local = at.astimezone(self._zone)
        return local.weekday() * 24 + local.hour in grids.hours_of(self.hours)

    def next_permitted(self, at: datetime) -> datetime:
        """Say when it may run: at once, or when its permitted hours begin.

        Args:
            at: Aware, UTC.

        Returns:
            Aware, UTC; ``at`` itself if it may run then.
        """
        moment = at
        for _ in range(_STEPS_MAX):
            if self.is_permitted(moment):
                return moment
            local = moment.astimezone(self._zone)
            into_hour = timedelta(
                minutes=local.minute, seconds=local.second, microseconds=local.microsecond
            )
            moment += timedelta(hours=1) - into_hour
        raise AssertionError("a grid of hours has at least one hour")

    def hours_begin(self, at: datetime) -> str:
        """Say when its permitted hours begin: ``Mon 20:00 (Europe/Berlin)``."""
        begins = self.next_permitted(at).astimezone(self._zone)
        return f"{begins:%a %H:%M} ({self.time_zone})"

    def in_words(self) -> str:
        """Describe it in one line."""
        if self.cron is not None:
            told = crons.in_words(self.cron)
        elif self.idle_s is not None:
            told = f"continuously, {duration(self.idle_s)} after each run"
        else:
            told = "never by itself"
        if self.hours is not None:
            told += f"; only in these hours: {self.hours}"
        uses_clock = self.cron is not None or self.hours is not None
        return f"{told} ({self.time_zone})" if uses_clock else told

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with the job."""
        return {
            "cron": self.cron,
            "idle_s": self.idle_s,
            "time_zone": self.time_zone,
            "hours": self.hours,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | None) -> Schedule:
        """Read what ``to_json`` wrote; None is the empty one.

        Raises:
            OperatorError: it cannot be understood (any more): time zones come and go.
        """
        return cls(**document) if document is not None else cls()

    @property
    def _zone(self) -> ZoneInfo:
        return zone_of(self.time_zone)


@functools.lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """Find a time zone by its name.

    Raises:
        OperatorError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise OperatorError(
            "There is no such time zone.",
            why=f"'{name[:80]}' is in no list of the IANA.",
            hint="Write it as Europe/Berlin, America/New_York or UTC.",
        ) from error
