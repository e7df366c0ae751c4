"""Puts together all that is said of a resource's restore points: rules, holds, people's wishes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from strongroom.control import holds as hold_rows
from strongroom.control import retention as retention_rows
from strongroom.control import rows
from strongroom.control import storages as storage_rows
from strongroom.control.database import Database
from strongroom.control.holds import Hold
from strongroom.control.retention import Former, Retention
from strongroom.engine.schedule import UTC_ZONE, zone_of
from strongroom.errors import OperatorError
from strongroom.operations.points import RestorePoint
from strongroom.operations.retaining import GRACE, Held, JobRules, Keeping, Verdict, Wish, judge
from strongroom.service.locating import Located
from strongroom.store.holds import StoredHold
from strongroom.store.keeping import Keeping as Protected
from strongroom.store.keeping import locked_until
from strongroom.store.storage import Storage
from strongroom.words.retention import parse_rules

_FORMER_MAX = 50


def judged(
    database: Database,
    record_id: str,
    storage: Storage,
    located: Located,
    points: Sequence[RestorePoint],
    *,
    protected: Protected,
    now: datetime,
) -> list[Verdict]:
    """Say what becomes of each restore point of a resource, newest first.

    Args:
        database: The control database.
        record_id: Of the storage's row.
        storage: The storage, open.
        located: The resource.
        points: All its restore points.
        protected: How the storage is kept from deletion.
        now: Aware.
    """
    beside = storage.holds(located.kind, located.id)
    stored = beside.all()
    with database.read() as db:
        keeping = keeping_of(db, record_id, located, stored)
    keeping = replace(
        keeping,
        is_append_only=protected.append_only,
        locked_until=locked_until(beside.backend, protected),
    )
    return judge(points, keeping, now=now)


def keeping_of(
    db: sa.Connection, record_id: str, located: Located, stored: Sequence[StoredHold]
) -> Keeping:
    """Read what is said of a resource, here and in the storage itself (``stored``)."""
    storage_id = storage_rows.own_id(record_id)
    here = hold_rows.holds_of(db, storage_id, located.kind, located.id)
    wishes = hold_rows.forgetting_of(db, record_id, located.kind, located.id)
    return Keeping(
        jobs={
            one.job_id: job_rules(one)
            for one in retention_rows.of_storage(db, record_id)
            if one.keep
        },
        holds=[*map(held_here, as_stored(here, stored)), *held_elsewhere(here, stored)],
        wishes={one.point: Wish(by=one.asked_by, not_before=one.not_before) for one in wishes},
    )


def job_rules(retention: Retention) -> JobRules:
    """Give what a job keeps, as it is judged by."""
    return JobRules(
        job=retention.job,
        rules=parse_rules([retention.keep]),
        former=tuple(
            (parse_rules([one.keep]), one.until + GRACE, zone_of(known_zone(one.zone)))
            for one in retention.former
        ),
        zone=zone_of(zone_name(retention)),
    )


def wanted_zone(retention: Retention) -> str:
    """Say whose days a job is to count, whether this machine knows the zone or not."""
    schedule: Mapping[str, Any] = rows.json_or_none(retention.schedule) or {}
    return str(schedule.get("time_zone", UTC_ZONE))


def zone_name(retention: Retention) -> str:
    """Say whose days a job counts: those of its schedule, where it has one."""
    return known_zone(wanted_zone(retention))


def known_zone(name: str) -> str:
    """Give the name of a zone, or UTC where it is not known: another machine knew more of them."""
    try:
        zone_of(name)
    except OperatorError:
        return UTC_ZONE
    return name


def told_of_zones(
    database: Database, record_id: str, jobs: Collection[str | None], now: datetime
) -> tuple[str, ...]:
    """Say of which jobs the days are counted as UTC's, for their zone is not known here.

    Args:
        database: The control database.
        record_id: Of the storage's row.
        jobs: Ids of those that it is asked of.
        now: Aware.
    """
    with database.read() as db:
        kept = [one for one in retention_rows.of_storage(db, record_id) if one.job_id in jobs]
    named = {
        (one.job, zone)
        for one in kept
        if one.keep
        for zone in (
            wanted_zone(one),
            *(former.zone for former in one.former if former.until + GRACE > now),
        )
        if known_zone(zone) != zone
    }
    return tuple(
        f"The time zone {zone} is not known on this machine, so the days that the rules of the job "
        f"{job} count are those of UTC. Install the system's time zones (tzdata), or give another "
        f"zone: strongroom job edit {job} --time-zone ZONE."
        for job, zone in sorted(named)
    )


def follow_zone(db: sa.Connection, before: Retention, now: datetime) -> None:
    """Let what a job kept by the days of another zone wait, if its schedule has changed that.

    Args:
        db: The transaction that has changed the schedule.
        before: What the job kept before that.
        now: Aware.

    Raises:
        OperatorError: it changed too often.
    """
    kept = retention_rows.of_job(db, before.job_id)
    if kept is not None and kept.keep and wanted_zone(kept) != wanted_zone(before):
        former = waiting_rules(before, now, wanted_zone(before))
        retention_rows.put(db, replace(kept, former=former))


def waiting_rules(was: Retention, now: datetime, zone: str) -> tuple[Former, ...]:
    """Say which former rules still let points wait, those that are replaced now among them.

    Raises:
        OperatorError: there are too many.
    """
    waiting = [one for one in was.former if one.until + GRACE > now]
    if len(waiting) >= _FORMER_MAX:
        raise OperatorError(
            "The rules of this job were changed too often this week.",
            hint="Wait some days, or let a second person approve it: --at-once.",
        )
    return (*waiting, Former(keep=was.keep, until=now, zone=zone))


def wait_anew(db: sa.Connection, now: datetime) -> None:
    """Let all that may go wait: of a home from a copy, since whose making anything was decided."""
    for one in retention_rows.everything(db):
        if one.keep:
            kept_all = Former(keep="", until=now, zone=UTC_ZONE)
            retention_rows.put(db, replace(one, former=(*one.former, kept_all)))
    for wish in hold_rows.all_forgetting(db):
        not_before = max(wish.not_before, now + GRACE)
        hold_rows.put_forgetting(db, replace(wish, not_before=not_before))


def as_stored(here: Sequence[Hold], stored: Sequence[StoredHold]) -> list[Hold]:
    """Give the holds of this home, on the points that they hold by now.

    A repository that got another master key has its points under other ids, and the storage knows
    which.
    """
    now_at = {one.id: one.point for one in stored if one.is_readable}
    return [replace(one, point=now_at.get(one.id, one.point)) for one in here]


def held_here(hold: Hold) -> Held:
    """Give a hold as it is judged by; one that was taken off keeps on for a while."""
    grace = timedelta() if hold.is_at_once else GRACE
    until = None if hold.released is None else hold.released + grace
    return Held(point=hold.point, reason=hold.reason, until=until)


def held_elsewhere(here: Sequence[Hold], stored: Sequence[StoredHold]) -> list[Held]:
    """Give the holds that only the storage knows of: another home put them there."""
    known = {one.id for one in here}
    return [
        Held(
            point=one.point,
            reason=one.reason,
            until=None if one.released is None else one.released + GRACE,
        )
        for one in stored
        if one.id not in known
    ]
