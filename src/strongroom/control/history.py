"""Trimming the history of runs by rule. Every function works inside the caller's transaction.

What later runs need stays however old it is: whatever has not ended; of each job its newest end,
its newest complete end, and the newest run that lists what it covers; and a restore that did not
come to its end, since giving the same command again goes on with it. What resources are protected,
what was taken note of and what came in on each day lies in tables of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from strongroom.control import growth, protected, rows, rules
from strongroom.control.records import RunStatus
from strongroom.control.schema import RUNS, TASKS

RULE = "history"
KEEP_USUALLY = timedelta(days=400)
"""A year, and some weeks to look at it."""

ROWS_AT_ONCE = 500
"""So that a slice is done in some hundredths of a second, and nobody waits for it."""

_RUNS_AT_ONCE = 100
_FINAL = tuple(one for one in RunStatus if one.is_final)
_GOES_ON = (RunStatus.FAILED, RunStatus.CANCELLED)
_ENDED = sa.func.coalesce(RUNS.c.finished, RUNS.c.created)


def _newest(*which: sa.ColumnElement[bool]) -> sa.Select[tuple[int]]:
    """Find the newest end of each job, among those."""
    return (
        sa.select(sa.func.max(RUNS.c.position))
        .where(RUNS.c.job_id.is_not(None), RUNS.c.status.in_(_FINAL), *which)
        .group_by(RUNS.c.job_id)
    )


_HAS_TASKS = sa.exists().where(TASKS.c.run_id == RUNS.c.id)
_MAY_GO_ON = sa.and_(
    RUNS.c.status.in_(_GOES_ON),
    RUNS.c.position.in_(
        sa.select(sa.func.max(RUNS.c.position))
        .where(RUNS.c.job_id.is_(None))
        .group_by(RUNS.c.kind, RUNS.c.request)
    ),
)
_IS_NEEDED = sa.or_(
    RUNS.c.position.in_(_newest()),
    RUNS.c.position.in_(_newest(RUNS.c.status == RunStatus.COMPLETE)),
    RUNS.c.position.in_(_newest(_HAS_TASKS)),
    _MAY_GO_ON,
)
_NUMBERED = (
    sa.select(
        RUNS.c.id,
        RUNS.c.position,
        _ENDED.label("ended"),
        sa.func.row_number()
        .over(
            partition_by=(RUNS.c.kind, sa.func.coalesce(RUNS.c.job_id, RUNS.c.job)),
            order_by=RUNS.c.position.desc(),
        )
        .label("number"),
        _IS_NEEDED.label("is_needed"),
    )
    .where(RUNS.c.status.in_(_FINAL))
    .subquery("numbered")
)
_TOO_OLD = sa.and_(
    ~_NUMBERED.c.is_needed,
    sa.or_(
        _NUMBERED.c.ended < sa.bindparam("long_ago"),
        _NUMBERED.c.number > sa.bindparam("runs_max", type_=sa.BigInteger),
    ),
)
TO_REMOVE = (
    sa.select(_NUMBERED.c.id)
    .where(_TOO_OLD)
    .order_by(_NUMBERED.c.position)
    .limit(sa.bindparam("rows_max"))
)
HOW_MANY_TO_REMOVE = sa.select(sa.func.count()).select_from(_NUMBERED).where(_TOO_OLD)
SIZE = sa.select(
    sa.func.count().label("runs"),
    sa.func.min(RUNS.c.created).label("oldest"),
)
_TASK_KEY = (TASKS.c.run_id, TASKS.c.resource_kind, TASKS.c.resource_id)
REMOVE_TASKS = sa.delete(TASKS).where(
    sa.tuple_(*_TASK_KEY).in_(
        sa.select(*_TASK_KEY)
        .where(TASKS.c.run_id == sa.bindparam("of_run"))
        .limit(sa.bindparam("rows_max"))
    )
)
REMOVE_RUN = sa.delete(RUNS).where(RUNS.c.id == sa.bindparam("which"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRule:
    """How long the history of runs is kept.

    Attributes:
        keep: So long after a run's end.
        keep_runs: And at most so many runs of each job; those without a job count by their kind.
            None: as many as there are.
    """

    keep: timedelta = KEEP_USUALLY
    keep_runs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """What one slice removed.

    Attributes:
        rows: How many rows of whatever; 0: nothing is left to be removed.
        runs: Ids of the runs that are gone.
    """

    rows: int
    runs: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySize:
    """How much history there is.

    Attributes:
        runs: All that are kept, whether they have ended or not.
        oldest: When the oldest was asked for.
        to_remove: How many of them the rule does not keep.
    """

    runs: int
    oldest: datetime | None
    to_remove: int


def rule(db: sa.Connection) -> HistoryRule:
    """Give the rule that holds."""
    kept: Any = rules.get(db, RULE)
    if kept is None:
        return HistoryRule()
    return HistoryRule(keep=timedelta(seconds=kept["keep_s"]), keep_runs=kept["keep_runs"])


def change(db: sa.Connection, new: HistoryRule) -> None:
    """Let another rule hold from now on."""
    keep_s = int(new.keep.total_seconds())
    rules.put(db, RULE, {"keep_s": keep_s, "keep_runs": new.keep_runs})


def size(db: sa.Connection, now: datetime) -> HistorySize:
    """Say how much history there is, and how much of it the rule does not keep."""
    found = db.execute(SIZE).one()
    return HistorySize(
        runs=found.runs,
        oldest=rows.time_or_none(found.oldest),
        to_remove=db.execute(HOW_MANY_TO_REMOVE, _limits(rule(db), now)).scalar_one(),
    )


def trim(db: sa.Connection, now: datetime, *, rows_max: int = ROWS_AT_ONCE) -> Trimmed:
    """Remove a slice of what the rule does not keep, oldest first; call it until nothing is left.

    Args:
        db: The transaction: a short one, for others write too.
        now: The time, aware.
        rows_max: How many rows at most.
    """
    holds = rule(db)
    before = now - holds.keep
    runs, removed = _trim_runs(db, _limits(holds, now), rows_max)
    if not removed:
        month_ends = now - max(holds.keep, KEEP_USUALLY)
        removed = growth.sum_up(db, before=f"{month_ends:%Y-%m-%d}", rows_max=rows_max)
    if not removed:
        removed = protected.forget(db, before=before) + growth.forget(db)
    return Trimmed(rows=removed, runs=runs)


def _trim_runs(
    db: sa.Connection, limits: dict[str, object], rows_max: int
) -> tuple[list[str], int]:
    left, gone = rows_max, []
    at_most = min(_RUNS_AT_ONCE, rows_max)
    for run_id in db.execute(TO_REMOVE, {**limits, "rows_max": at_most}).scalars().all():
        left -= db.execute(REMOVE_TASKS, {"of_run": run_id, "rows_max": left}).rowcount
        if left <= 0:  # the rest of this run is for the next slice
            break
        db.execute(REMOVE_RUN, {"which": run_id})
        gone.append(run_id)
        left -= 1
        if not left:
            break
    return gone, rows_max - left


def _limits(holds: HistoryRule, now: datetime) -> dict[str, object]:
    return {
        "long_ago": rows.time_text(now - holds.keep),
        "runs_max": holds.keep_runs or 2**62,
    }
