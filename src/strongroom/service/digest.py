"""The daily digest: when it goes, and what it says. Pure; the figures come from ``gather``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

import sqlalchemy as sa

from strongroom.control import day as rows
from strongroom.control import growth
from strongroom.control.day import PausedRun, Troubled
from strongroom.control.outbox import NewMessage
from strongroom.control.protected import LEFT_OUT, Standing
from strongroom.control.records import RunStatus
from strongroom.engine.schedule import zone_of
from strongroom.errors import OperatorError
from strongroom.service.happenings import Event, told, when
from strongroom.service.plain_words import plain
from strongroom.words.json import Json

RULE = "digest"
"""Its name among the rules."""

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_LISTED_MAX = 20
_AT = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRule:
    """When the digest goes.

    Attributes:
        at: Hour and minute on the clock of the zone, ``07:00``.
        time_zone: Name of the zone.
        since: From when on it holds, aware: none goes for an hour that was over then.

    Raises:
        OperatorError: it is no time, or there is no such zone.
    """

    at: str
    time_zone: str
    since: datetime

    def __post_init__(self) -> None:
        if not _AT.fullmatch(self.at):
            raise OperatorError("This is no time of day.", hint="Write it as 07:00 or 18:30.")
        zone_of(self.time_zone)

    def newest(self, now: datetime) -> tuple[date, datetime]:
        """Say which digest was due last: its day, and when that was, aware, UTC.

        Each day has one, on days when the clocks change as well.
        """
        zone = zone_of(self.time_zone)
        hour = time.fromisoformat(self.at)
        today = now.astimezone(zone).date()
        due = datetime.combine(today, hour, tzinfo=zone).astimezone(UTC)
        if due <= now:
            return today, due
        before = today - _DAY
        return before, datetime.combine(before, hour, tzinfo=zone).astimezone(UTC)

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept."""
        return {"at": self.at, "time_zone": self.time_zone, "since": self.since.isoformat()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | None) -> Self:
        """Read what ``to_json`` wrote; None: what holds as long as nobody decides."""
        if document is None:
            return cls(at="07:00", time_zone="UTC", since=datetime.min.replace(tzinfo=UTC))
        since = datetime.fromisoformat(document["since"])
        return cls(at=document["at"], time_zone=document["time_zone"], since=since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a digest says.

    Attributes:
        since, until: The day that it is about, aware.
        runs: How many ended in it, by how.
        standings: How many resources stand how, now.
        good_in_day, good_in_week: How many have a restore point of the day (of the last seven) that
            lacks nothing; the day's are among the week's.
        never_good: How many never had one.
        troubled: The first ones that are not protected as they should be, the worst first.
        paused: The first runs that wait for a person.
        grown_on: The last whole day (UTC) before, and what came in on it: items, bytes read and
            stored.
        unsent: Channels that cannot be sent to, by name.
    """

    since: datetime
    until: datetime
    runs: Mapping[RunStatus, int]
    standings: Mapping[Standing, int]
    good_in_day: int
    good_in_week: int
    never_good: int
    troubled: Sequence[Troubled]
    paused: Sequence[PausedRun]
    grown_on: str
    grown: Mapping[str, int]
    unsent: Sequence[str] = ()

    @property
    def wanted(self) -> int:
        """How many resources are to be protected."""
        return sum(n for status, n in self.standings.items() if status not in LEFT_OUT)

    @property
    def lacking(self) -> int:
        """How many of them are not as they should be."""
        return self.wanted - self.standings.get(Standing.COMPLETE, 0)


def gather(
    db: sa.Connection, since: datetime, until: datetime, unsent: Sequence[str] = ()
) -> Figures:
    """Read the figures of a day."""
    yesterday = (until.astimezone(UTC) - _DAY).date().isoformat()
    grown = [one for one in growth.by_day(db, since=yesterday) if one.day == yesterday]
    return Figures(
        since=since,
        until=until,
        runs=rows.runs_ended(db, since, until),
        standings=rows.standings(db),
        good_in_day=rows.good_since(db, since),
        good_in_week=rows.good_since(db, until - _WEEK),
        never_good=rows.never_good(db),
        troubled=rows.troubled(db, at_most=_LISTED_MAX),
        paused=rows.paused(db, at_most=_LISTED_MAX),
        grown_on=yesterday,
        grown={
            name: sum(getattr(one, name) for one in grown)
            for name in ("items", "bytes_read", "bytes_stored")
        },
        unsent=unsent,
    )


def message(day: date, figures: Figures, known: frozenset[str]) -> NewMessage:
    """Write the digest of a day.

    Args:
        day: On the clock of the rule.
        figures: See there.
        known: Names of connections, storages and jobs: they may be told.
    """
    lines = [
        f"From {when(figures.since)} to {when(figures.until)}.",
        *_runs(figures),
        *_protected(figures),
        *_troubled(figures, known),
        *_paused(figures),
        *_growth(figures),
        *_unsent(figures),
    ]
    return NewMessage(
        event=Event.DIGEST,
        about=day.isoformat(),
        title=f"Strongroom, {day.isoformat()}: {_headline(figures)}",
        body="\n".join(lines),
    )


def _headline(figures: Figures) -> str:
    if not figures.wanted:
        return "nothing is backed up yet"
    if figures.lacking:
        return f"{figures.lacking} of {figures.wanted} resources are not as they should be"
    return f"all {figures.wanted} resources are protected"


def _runs(figures: Figures) -> Iterator[str]:
    parts = [f"{n} {status}" for status, n in sorted(figures.runs.items()) if n]
    yield f"Runs that ended: {', '.join(parts) or 'none'}."


def _protected(figures: Figures) -> Iterator[str]:
    if not figures.wanted:
        return
    week = figures.good_in_week - figures.good_in_day
    older = figures.wanted - figures.good_in_week - figures.never_good
    yield (
        f"Last restore point that lacks nothing: {figures.good_in_day} of this day, {week} of the "
        f"last 7 days, {older} older, {figures.never_good} never."
    )
    excluded = figures.standings.get(Standing.EXCLUDED, 0)
    gone = figures.standings.get(Standing.GONE, 0)
    if excluded or gone:
        yield f"Left out by the jobs: {excluded}. Not listed by the server any more: {gone}."


def _troubled(figures: Figures, known: frozenset[str]) -> Iterator[str]:
    if not figures.lacking:
        return
    yield "Not protected as they should be:"
    for one in figures.troubled:
        good = "never" if one.good is None else _age(figures.until - one.good)
        yield plain(
            f"- {one.resource}, storage {one.storage}: {_why(one, known)} Last good: {good}."
        )
    more = figures.lacking - len(figures.troubled)
    if more > 0:
        yield f"- and {more} more"


def _why(one: Troubled, known: frozenset[str]) -> str:
    if one.status is Standing.WAITING:
        return "never tried."
    if one.status is Standing.PARTIAL:
        return f"partial: {one.failed} items failed, {one.skipped} skipped."
    return f"failed: {told(one.error, 'backup', known)}" if one.error is not None else "failed."


def _age(age: timedelta) -> str:
    days = max(age, timedelta(0)).days
    return "within a day" if days == 0 else "1 day ago" if days == 1 else f"{days} days ago"


def _paused(figures: Figures) -> Iterator[str]:
    if figures.paused:
        yield "Runs that wait for a person:"
    for one in figures.paused:
        name = f"a {one.kind}" if one.job is None else f"the {one.kind} {one.job}"
        yield plain(f"- {name}: strongroom run show {one.id}")


def _growth(figures: Figures) -> Iterator[str]:
    grown = figures.grown
    if any(grown.values()):
        yield (
            f"New on {figures.grown_on} (UTC): {grown['items']:,} items, "
            f"{_size(grown['bytes_read'])} read, {_size(grown['bytes_stored'])} stored."
        )


def _unsent(figures: Figures) -> Iterator[str]:
    if figures.unsent:
        names = ", ".join(figures.unsent)
        yield plain(f"Messages do not reach: {names}. See: strongroom notify list")


def _size(byte_count: int) -> str:
    value, unit = float(byte_count), _UNITS[0]
    for unit in _UNITS:  # noqa: B007 - the one that fits is used after the loop
        if value < 1000:
            break
        value /= 1000
    return f"{byte_count} bytes" if unit == _UNITS[0] else f"{value:.1f} {unit}"
