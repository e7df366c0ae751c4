"""What becomes of each restore point of a resource: rules, holds and people's wishes together.

Pure. What stands higher here beats what stands lower:

1. a *hold* keeps, whatever rules and people say
2. the *last good* restore point of the resource stays
3. what a person wants to be gone goes, once its wait is over
4. the rules of the job that made it keep it, or let it go; what rules kept until a short while ago
   waits; nobody's rules reach what a job left behind that is not there any more
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from strongroom.operations.points import RestorePoint
from strongroom.words.retention import Point, Rules, decide, last_good

GRACE = timedelta(days=7)
"""So long waits what goes by a shorter rule than before, by hand, or because a hold is gone."""


class Fate(StrEnum):
    """What becomes of a restore point. The values are part of the command line contract."""

    STAYS = "stays"
    WAITS = "waits"
    GOES = "goes"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRules:
    """What a job keeps.

    Attributes:
        job: Its name.
        rules: In force now.
        former: Rules before them, when what only they kept may go, and whose days they counted.
        zone: Whose days it counts.
    """

    job: str
    rules: Rules
    former: tuple[tuple[Rules, datetime, tzinfo], ...] = ()
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Something that keeps points.

    Attributes:
        point: Id of the one that it keeps; empty: all.
        reason: Why, in words.
        until: It was taken off, and keeps until then; None: it stands.
    """

    point: str = ""
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A person wants a point to be gone.

    Attributes:
        by: Who, as it is shown.
        not_before: It stays until then.
    """

    by: str
    not_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """All that is said of one resource's restore points.

    Attributes:
        jobs: What each job keeps, by its id. Jobs that keep everything may be left out.
        holds: What is held.
        wishes: What people want to be gone, by the point's id.
        is_append_only: Nothing is deleted in the storage, for as long as it stays so.
        locked_until: Until then nobody can delete files of the resource for good: what goes can be
            brought back, and takes its room.
    """

    jobs: Mapping[str, JobRules] = field(default_factory=dict)
    holds: Sequence[Held] = ()
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    is_append_only: bool = False
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of one restore point, and why.

    Attributes:
        point: Which.
        fate: What becomes of it.
        why: In a few words.
        until: When it may go, if it waits and anybody knows.
    """

    point: RestorePoint
    fate: Fate
    why: str
    until: datetime | None = None


def judge(points: Sequence[RestorePoint], keeping: Keeping, *, now: datetime) -> list[Verdict]:
    """Say what becomes of each restore point of one resource, newest first.

    Args:
        points: All of them, of whatever jobs.
        keeping: What is said of them.
        now: Aware.
    """
    good = last_good(map(as_point, points), now)
    by_rules = _by_rules(points, keeping, now)
    verdicts = [
        _verdict(one, keeping, by_rules[one.id], now, is_last_good=one.id in good) for one in points
    ]
    return sorted(verdicts, key=lambda one: (one.point.time, one.point.id), reverse=True)


def as_point(point: RestorePoint) -> Point:
    """Give a restore point as rules look at it."""
    return Point(id=point.id, time=point.time, status=point.status, items=point.items)


def _verdict(
    point: RestorePoint, keeping: Keeping, by_rules: Verdict, now: datetime, *, is_last_good: bool
) -> Verdict:
    # By its former id too: `restic tag` gives a snapshot another one.
    holds = [one for one in keeping.holds if one.point in {"", point.id, point.original}]
    standing = [one.reason for one in holds if one.until is None]
    if standing:
        return Verdict(point=point, fate=Fate.STAYS, why=f"held: {'; '.join(standing)}")
    if is_last_good:
        return Verdict(point=point, fate=Fate.STAYS, why="the last good restore point")
    wanted = by_rules
    wish = keeping.wishes.get(point.id)
    if wish is not None and by_rules.fate is not Fate.GOES:
        wanted = _wished(point, wish, by_rules, now)
    if wanted.fate is Fate.STAYS:
        return wanted
    # From here on it goes; what makes it wait longest says until when.
    waits = [(wanted.until, wanted.why)] if wanted.until is not None else []
    waits += [
        (one.until, f"{wanted.why}; held until recently: {one.reason}")
        for one in holds
        if one.until is not None and one.until > now
    ]
    if waits:
        until, why = max(waits, key=lambda one: one[0])
        return Verdict(point=point, fate=Fate.WAITS, why=why, until=until)
    return _allowed(wanted, keeping, now)


def _allowed(goes: Verdict, keeping: Keeping, now: datetime) -> Verdict:
    """Say what the storage itself makes of it that a point goes."""
    if keeping.is_append_only:
        return replace(goes, fate=Fate.WAITS, why=f"{goes.why}; the storage is append-only")
    if keeping.locked_until is not None and keeping.locked_until > now:
        until = f"{keeping.locked_until:%Y-%m-%d %H:%M} UTC"
        return replace(goes, why=f"{goes.why}; its files are locked until {until}")
    return goes


def _wished(point: RestorePoint, wish: Wish, by_rules: Verdict, now: datetime) -> Verdict:
    why = f"by hand ({wish.by})"
    if wish.not_before <= now:
        return Verdict(point=point, fate=Fate.GOES, why=why)
    if by_rules.until is not None and by_rules.until < wish.not_before:
        return by_rules
    return Verdict(point=point, fate=Fate.WAITS, why=why, until=wish.not_before)


def _by_rules(
    points: Sequence[RestorePoint], keeping: Keeping, now: datetime
) -> Mapping[str, Verdict]:
    """Say what rules alone do: of each job to what it made."""
    found: dict[str, Verdict] = {}
    of_jobs: dict[str, list[RestorePoint]] = {}
    for point in points:
        if point.job is not None and point.job in keeping.jobs:
            of_jobs.setdefault(point.job, []).append(point)
        else:
            why = "made by no job" if point.job is None else "its job has no rules, or is gone"
            found[point.id] = Verdict(point=point, fate=Fate.STAYS, why=why)
    for job_id, its_own in of_jobs.items():
        found.update(_by_job(its_own, keeping.jobs[job_id], now))
    return found


def _by_job(points: Sequence[RestorePoint], job: JobRules, now: datetime) -> dict[str, Verdict]:
    whole = {one.id: one for one in points}
    bare = [as_point(one) for one in points]
    waits: dict[str, datetime] = {}
    for rules, until, zone in job.former:
        if until > now:
            for one in decide(bare, rules, now=now, zone=zone):
                if not one.goes:
                    waits[one.point.id] = max(until, waits.get(one.point.id, until))
    found: dict[str, Verdict] = {}
    for one in decide(bare, job.rules, now=now, zone=job.zone):
        point, waits_until = whole[one.point.id], waits.get(one.point.id)
        if not one.goes:
            verdict = Verdict(point=point, fate=Fate.STAYS, why=", ".join(one.keeps))
        elif waits_until is not None:
            why = f"kept until recently by rules of {job.job}"
            verdict = Verdict(point=point, fate=Fate.WAITS, why=why, until=waits_until)
        else:
            verdict = Verdict(point=point, fate=Fate.GOES, why=f"no rule of {job.job} keeps it")
        found[point.id] = verdict
    return found
