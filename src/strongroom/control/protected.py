"""Rows of how each resource stands in each storage. Inside the caller's transaction.

They outlive the runs that they were learned from: when history is trimmed, what is protected and
what is not is still known. A resource that disappears keeps its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows, upserts
from strongroom.control.records import Task
from strongroom.control.schema import JOBS, PROTECTED, STORAGES
from strongroom.control.tasks import sums

PAGE = 500
TOTALLED = ("items", "saved", "bytes_read", "bytes_stored")


class Standing(StrEnum):
    """How a resource stands, as the last run that said anything about it left it."""

    WAITING = "waiting"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    EXCLUDED = "excluded"
    GONE = "gone"


LEFT_OUT = (Standing.EXCLUDED, Standing.GONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What all tasks of one backup run have in common."""

    storage_id: str
    storage: str
    connection: str
    job: str | None
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """How one resource stands in one storage.

    Attributes:
        resource: How people name it. Untrusted text, like ``name``.
        storage: Name of the storage when it was last tried, like ``connection`` and ``job``.
        run_id: The last run that knew of it.
        why: Why it stands so, in words; empty where there is nothing to say.
        tried: When it was last tried; None: it was only ever listed.
        good: When the last restore point was begun that lacks nothing.
        point: Which one that is.
        newest: The same of the last one, whatever it lacks.
        items: How many items the newest one holds.
        saved: Items, all runs together; so are ``bytes_read`` and ``bytes_stored``.
    """

    storage_id: str
    resource_kind: str
    resource_id: str
    resource: str
    name: str
    storage: str
    connection: str
    job: str | None
    run_id: str
    status: Standing
    why: str
    tried: datetime | None
    good: datetime | None
    point: str | None
    newest: datetime | None
    newest_point: str | None
    items: int
    saved: int
    bytes_read: int
    bytes_stored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """The part of ``Protected`` that says whether it is protected: no names are in it."""

    storage_id: str
    storage: str
    status: Standing
    job: str | None
    good: datetime | None


_KEY = (PROTECTED.c.storage_id, PROTECTED.c.resource_kind, PROTECTED.c.resource_id)
_BY_NAME = (PROTECTED.c.storage, PROTECTED.c.resource, *_KEY)


def _planned() -> sa.Insert:
    add = upserts.insert(PROTECTED)
    new, old = add.excluded, PROTECTED.c
    was_left_out = _is_one_of(old.status, LEFT_OUT)
    return add.on_conflict_do_update(
        index_elements=_KEY,
        set_={
            **{name: new[name] for name in ("resource", "storage", "connection", "job", "run_id")},
            "name": _kept_if_empty("name", new),
            "status": sa.case((was_left_out, new.status), else_=old.status),
            "why": sa.case((was_left_out, ""), else_=old.why),
        },
    )


def _ended() -> sa.Insert:
    add = upserts.insert(PROTECTED)
    new, old = add.excluded, PROTECTED.c
    replaced = ("resource", "storage", "connection", "job", "run_id", "status", "why")
    has_good, has_newest = new.good.is_not(None), new.newest.is_not(None)
    return add.on_conflict_do_update(
        index_elements=_KEY,
        set_={
            **{name: new[name] for name in replaced},
            "name": _kept_if_empty("name", new),
            "tried": sa.func.coalesce(new.tried, old.tried),
            "good": sa.case((has_good, new.good), else_=old.good),
            "point": sa.case((has_good, new.point), else_=old.point),
            "newest": sa.case((has_newest, new.newest), else_=old.newest),
            "newest_point": sa.case((has_newest, new.newest_point), else_=old.newest_point),
            "items": sa.case((has_newest, new["items"]), else_=old["items"]),
            **{name: old[name] + new[name] for name in ("saved", "bytes_read", "bytes_stored")},
        },
        # A job that leaves a resource out says nothing of one that another job saves.
        where=sa.or_(
            ~_is_one_of(new.status, LEFT_OUT),
            _is_one_of(old.status, (*LEFT_OUT, Standing.WAITING)),
            new.job.is_not_distinct_from(old.job),
        ),
    )


def _is_one_of(
    column: sa.ColumnElement[str], standings: Sequence[Standing]
) -> sa.ColumnElement[bool]:
    # Not ``IN``, whose list the driver could not repeat for many rows at once.
    return sa.or_(*(column == one for one in standings))


def _kept_if_empty(name: str, new: Any) -> sa.Case[str]:  # noqa: ANN401 - the upsert's new row
    return sa.case((new[name] == "", PROTECTED.c[name]), else_=new[name])


PLANNED = _planned()
ENDED = _ended()
_NOT_PLANNED = (
    PROTECTED.c.storage_id == sa.bindparam("of_storage"),
    PROTECTED.c.job.is_not_distinct_from(sa.bindparam("of_job", type_=PROTECTED.c.job.type)),
    PROTECTED.c.run_id != sa.bindparam("of_run"),
)
FORGET_UNSAVED = sa.delete(PROTECTED).where(*_NOT_PLANNED, PROTECTED.c.newest.is_(None))
SAY_DROPPED = (
    sa.update(PROTECTED)
    .where(*_NOT_PLANNED, PROTECTED.c.status.not_in(LEFT_OUT))
    .values(status=Standing.EXCLUDED, why=sa.bindparam("reason"))
)
FORGET_UNWANTED = sa.delete(PROTECTED).where(
    PROTECTED.c.newest.is_(None), PROTECTED.c.job.not_in(sa.select(JOBS.c.name))
)
FORGET_ELSEWHERE = sa.delete(PROTECTED).where(
    PROTECTED.c.storage_id.not_in(sa.select(STORAGES.c.id)),
    sa.func.coalesce(PROTECTED.c.tried, "") < sa.bindparam("long_ago"),
)
JOBS_WITH_ROWS = sa.select(PROTECTED.c.job).distinct().where(PROTECTED.c.job.is_not(None))
_SEVERAL = sa.select(*_KEY[1:]).group_by(*_KEY[1:]).having(sa.func.count() > 1).subquery("several")
IN_SEVERAL = sa.select(PROTECTED).join(
    _SEVERAL,
    sa.and_(
        PROTECTED.c.resource_kind == _SEVERAL.c.resource_kind,
        PROTECTED.c.resource_id == _SEVERAL.c.resource_id,
    ),
)
STANDS = sa.select(
    PROTECTED.c.storage_id,
    PROTECTED.c.storage,
    PROTECTED.c.status,
    PROTECTED.c.job,
    PROTECTED.c.good,
)
TOTALS = (
    sa.select(
        PROTECTED.c.storage_id,
        sa.func.max(PROTECTED.c.storage).label("storage"),
        *(sa.func.sum(PROTECTED.c[name]).label(name) for name in TOTALLED),
    )
    .group_by(PROTECTED.c.storage_id)
    .order_by("storage")
)
SIZES = sa.select(*_KEY[1:], PROTECTED.c.bytes_read).where(
    PROTECTED.c.storage_id == sa.bindparam("of_storage"), PROTECTED.c.newest.is_not(None)
)
NAMES = sa.select(PROTECTED.c.storage_id, PROTECTED.c.resource, PROTECTED.c.resource_id)
FIRST_PAGE = sa.select(PROTECTED).order_by(*_BY_NAME).limit(sa.bindparam("rows_max"))
NEXT_PAGE = FIRST_PAGE.where(
    sa.tuple_(*_BY_NAME) > sa.tuple_(*(sa.bindparam(f"after_{one.name}") for one in _BY_NAME))
)


def plan(db: sa.Connection, origin: Origin, tasks: Sequence[Task]) -> None:
    """Know of resources that a run is going to try; how they stood so far stays."""
    new = {"status": Standing.WAITING, "why": ""}
    for start in range(0, len(tasks), PAGE):
        some = tasks[start : start + PAGE]
        db.execute(PLANNED, [{**_named(origin, task), **new} for task in some])


def end(
    db: sa.Connection,
    origin: Origin,
    task: Task,
    *,
    standing: Standing,
    why: str,
    tried: datetime | None,
) -> None:
    """Keep what came of one resource in one run.

    Args:
        db: The transaction in which the task's own end is kept.
        origin: Of the run.
        task: With its ledger, if there is one.
        standing: How the resource stands now.
        why: In words.
        tried: When it was begun; None: it was not tried.
    """
    ledger: Any = task.coverage or {}
    counted = sums(task)
    begun = rows.time_text_or_none(tried)
    newest = begun if standing in {Standing.COMPLETE, Standing.PARTIAL} else None
    good = begun if standing is Standing.COMPLETE else None
    point = ledger.get("point")
    db.execute(
        ENDED,
        {
            **_named(origin, task),
            "status": standing,
            "why": why,
            "tried": begun,
            "good": good,
            "point": point if good else None,
            "newest": newest,
            "newest_point": point if newest else None,
            "items": counted["saved"] + counted["unchanged"],
            **{name: counted[name] for name in ("saved", "bytes_read", "bytes_stored")},
        },
    )


def settle(db: sa.Connection, origin: Origin, *, why: str) -> None:
    """Say of what the job covered before that it does not any more, once a run's plan is whole.

    Of what nothing was ever saved there is nothing left to tell.
    """
    which = {"of_storage": origin.storage_id, "of_job": origin.job, "of_run": origin.run_id}
    db.execute(FORGET_UNSAVED, which)
    db.execute(SAY_DROPPED, {**which, "reason": why})


def forget(db: sa.Connection, *, before: datetime) -> int:
    """Remove rows that say nothing any more; say how many.

    They are of resources of which nothing was saved and that no job wants, and of storages that
    are not known here any more and were last written to before that time.
    """
    unwanted = db.execute(FORGET_UNWANTED).rowcount
    elsewhere = db.execute(FORGET_ELSEWHERE, {"long_ago": rows.time_text(before)}).rowcount
    return unwanted + elsewhere


def page(
    db: sa.Connection,
    after: Protected | None,
    *,
    storage_id: str | None = None,
    job: str | None = None,
    rows_max: int = PAGE,
) -> Sequence[Protected]:
    """List a page of rows by storage and name, from behind one of them; empty at the end."""
    statement, values = (FIRST_PAGE, {}) if after is None else (NEXT_PAGE, _after(after))
    values["rows_max"] = rows_max
    if storage_id is not None:
        statement = statement.where(PROTECTED.c.storage_id == storage_id)
    if job is not None:
        statement = statement.where(PROTECTED.c.job == job)
    return [_record(row) for row in db.execute(statement, values).mappings()]


def stands(db: sa.Connection) -> Iterator[Stand]:
    """Give all rows without their names."""
    for row in db.execute(STANDS, execution_options={"yield_per": PAGE}):
        yield Stand(
            storage_id=row.storage_id,
            storage=row.storage,
            status=Standing(row.status),
            job=row.job,
            good=rows.time_or_none(row.good),
        )


def totals(db: sa.Connection) -> list[tuple[str, dict[str, int]]]:
    """Give the sums (``TOTALLED``) over all resources of each storage, with its name."""
    return [
        (row["storage"], {name: int(row[name]) for name in TOTALLED})
        for row in db.execute(TOTALS).mappings()
    ]


def sizes(db: sa.Connection, storage_id: str) -> dict[tuple[str, str], int]:
    """Say how large the resources are that a storage has: all that was ever read of each."""
    found = db.execute(SIZES, {"of_storage": storage_id})
    return {(row.resource_kind, row.resource_id): row.bytes_read for row in found}


def in_several_storages(db: sa.Connection) -> Iterator[Protected]:
    """Give the rows of resources that have more than one."""
    for row in db.execute(IN_SEVERAL, execution_options={"yield_per": PAGE}).mappings():
        yield _record(row)


def names(db: sa.Connection) -> frozenset[tuple[str, str]]:
    """Give what everything can be called, in small letters, each with its storage's id."""
    found: set[tuple[str, str]] = set()
    for row in db.execute(NAMES, execution_options={"yield_per": PAGE}):
        found |= {(row.storage_id, one.lower()) for one in (row.resource, row.resource_id)}
    return frozenset(found)


def jobs_with_rows(db: sa.Connection) -> frozenset[str]:
    """Name the jobs that a run has planned for at least once."""
    return frozenset(db.execute(JOBS_WITH_ROWS).scalars())


def _named(origin: Origin, task: Task) -> dict[str, object]:
    return {
        "storage_id": origin.storage_id,
        "resource_kind": task.resource_kind,
        "resource_id": task.resource_id,
        "resource": task.resource,
        "name": task.name,
        "storage": origin.storage,
        "connection": origin.connection,
        "job": origin.job,
        "run_id": origin.run_id,
    }


def _after(last: Protected) -> dict[str, object]:
    return {f"after_{one.name}": getattr(last, one.name) for one in _BY_NAME}


def _record(row: sa.RowMapping) -> Protected:
    fields: dict[str, Any] = dict(row)
    times = {name: rows.time_or_none(fields[name]) for name in ("tried", "good", "newest")}
    return Protected(**{**fields, **times, "status": Standing(fields["status"])})
