"""Rows of runs: the queue, and its history. Every function works inside the caller's transaction.

A run's way: waiting → running → complete, partial or failed. A worker that dies leaves its runs
*running*; whoever becomes the worker next puts them back to *waiting*, on their old place.

One that only a person can help is *paused*: it is not in the queue and stands in nobody's way,
whatever happens to workers, until it is told to go on (*waiting* again, on its old place) or ended.

One that is cancelled after it changed something for its time (a restore into a site relaxes
settings) and cannot put that back where it stands, is *given up*: it waits for its turn once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import claims, progress, rows
from strongroom.control.records import Fault, NewRun, Run, RunStatus
from strongroom.control.schema import RUNS
from strongroom.words.json import Json

PRIORITY_MS = 15 * 60 * 1000
"""What a step of priority is worth: as if it had been asked for so much earlier, and no more."""

PUTS_BACK = "a worker that puts back what it relaxed; then it is cancelled"
"""What a run waits for that is given up, as people are told."""

_OPEN = (RunStatus.WAITING, RunStatus.RUNNING)
_NOTHING_ASKED, _STOP_ASKED, _PAUSE_ASKED, _YIELD_ASKED, _GIVE_UP_ASKED = range(5)
ADD = sa.insert(RUNS)
BY_ID = sa.select(RUNS).where(RUNS.c.id == sa.bindparam("wanted"))
BY_ID_PREFIX = sa.select(RUNS).where(
    RUNS.c.id.startswith(sa.func.lower(sa.bindparam("wanted", type_=sa.Text)), autoescape=False)
)
NEWEST_FIRST = sa.select(RUNS).order_by(RUNS.c.position.desc()).limit(sa.bindparam("at_most"))
QUEUE = sa.select(RUNS).where(RUNS.c.status.in_(_OPEN)).order_by(RUNS.c.position)
UNFINISHED_OF_JOB = (
    sa.select(RUNS)
    .where(RUNS.c.job_id == sa.bindparam("job"), RUNS.c.status.in_((*_OPEN, RunStatus.PAUSED)))
    .order_by(RUNS.c.position)
)
LATEST_LIKE = (
    sa.select(RUNS)
    .where(RUNS.c.kind == sa.bindparam("same_kind"), RUNS.c.request == sa.bindparam("same_request"))
    .order_by(RUNS.c.position.desc())
    .limit(1)
)
START = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"), RUNS.c.status == RunStatus.WAITING)
    .values(
        status=RunStatus.RUNNING,
        waits_for=None,
        blocked_by=None,
        started=sa.func.coalesce(RUNS.c.started, sa.bindparam("now")),
        attempts=RUNS.c.attempts + 1,
    )
)
SAY_WAITS_FOR = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"), RUNS.c.status == RunStatus.WAITING)
    .values(waits_for=sa.bindparam("reason"))
)
PUT_BACK = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"), RUNS.c.status == RunStatus.RUNNING)
    .values(status=RunStatus.WAITING, lost=RUNS.c.lost + 1)
)
PUT_BACK_ALL = (
    sa.update(RUNS).where(RUNS.c.status == RunStatus.RUNNING).values(status=RunStatus.WAITING)
)
REOPEN = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"))
    .values(
        status=RunStatus.WAITING,
        finished=None,
        error=None,
        stop_asked=_NOTHING_ASKED,
        planned=None,
        lost=0,
    )
)
PAUSE = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"))
    .values(
        status=RunStatus.PAUSED,
        error=sa.bindparam("fault"),
        waits_for=None,
        blocked_by=None,
        overtaken=0,
        stop_asked=_NOTHING_ASKED,
        planned=None,
        lost=0,
    )
)
RESUME = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"), RUNS.c.status == RunStatus.PAUSED)
    .values(status=RunStatus.WAITING, error=None)
)
FINISH = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"))
    .values(
        status=sa.bindparam("final"),
        finished=sa.bindparam("now"),
        error=sa.bindparam("fault"),
        waits_for=None,
        blocked_by=None,
    )
)
ADD_TRAFFIC = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"))
    .values(
        requests=RUNS.c.requests + sa.bindparam("more_requests"),
        throttled=RUNS.c.throttled + sa.bindparam("more_throttled"),
    )
)
PIN = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"), RUNS.c.pinned.is_(None))
    .values(pinned=sa.bindparam("document", type_=sa.Text))
)
ASK_STOP = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"), RUNS.c.status.in_(_OPEN))
    .values(
        stop_asked=sa.case((RUNS.c.stop_asked == _GIVE_UP_ASKED, _GIVE_UP_ASKED), else_=_STOP_ASKED)
    )
)
GIVE_UP = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"))
    .values(
        # What stands as running is taken up by whoever follows its worker, and ends the same way.
        status=sa.case(
            (RUNS.c.status == RunStatus.RUNNING, RunStatus.RUNNING), else_=RunStatus.WAITING
        ),
        stop_asked=_GIVE_UP_ASKED,
        waits_for=sa.bindparam("reason", type_=sa.Text),
        blocked_by=None,
        finished=None,
        error=None,
        not_before=None,
        lost=0,
    )
)
ASK_PAUSE = (
    sa.update(RUNS)
    .where(
        RUNS.c.id == sa.bindparam("wanted"),
        RUNS.c.status.in_(_OPEN),
        RUNS.c.stop_asked.not_in((_STOP_ASKED, _GIVE_UP_ASKED)),
    )
    .values(stop_asked=_PAUSE_ASKED)
)
SET_PRIORITY = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"), RUNS.c.status.in_((*_OPEN, RunStatus.PAUSED)))
    .values(
        priority=sa.bindparam("wish", type_=sa.Integer),
        sort_ms=RUNS.c.sort_ms
        + (RUNS.c.priority - sa.bindparam("wish", type_=sa.Integer)) * PRIORITY_MS,
    )
)
MAKE_URGENT = sa.update(RUNS).where(RUNS.c.id == sa.bindparam("wanted")).values(is_urgent=1)


def add(db: sa.Connection, new: NewRun, *, run_id: str, now: datetime) -> None:
    """Put a run at the end of the queue."""
    db.execute(
        ADD,
        {
            "id": run_id,
            "job_id": new.job_id,
            "job": new.job,
            "kind": new.kind,
            "request": rows.json_text(new.request),
            "claims": rows.json_text(new.claims),
            "status": RunStatus.WAITING,
            "created": rows.time_text(now),
            "priority": new.priority,
            "is_urgent": int(new.is_urgent),
            "sort_ms": _sort_ms(now, new.priority),
            "due": rows.time_text_or_none(new.due),
            "not_before": rows.time_text_or_none(new.not_before),
            "pinned": None if new.pinned is None else rows.json_text(new.pinned),
        },
    )


def _sort_ms(now: datetime, priority: int) -> int:
    return int(now.timestamp() * 1000) - priority * PRIORITY_MS


def by_id(db: sa.Connection, run_id: str) -> Run | None:
    """Find a run by its whole id."""
    return _one_or_none(db, BY_ID, {"wanted": run_id})


def by_id_prefix(db: sa.Connection, prefix: str) -> list[Run]:
    """Find the runs whose id begins so; the prefix holds letters and digits only."""
    return _many(db, BY_ID_PREFIX, {"wanted": prefix})


def newest_first(db: sa.Connection, *, at_most: int) -> list[Run]:
    """List the history, newest first."""
    return _many(db, NEWEST_FIRST, {"at_most": at_most})


def queue(db: sa.Connection) -> list[Run]:
    """List the runs that wait or run, first come first."""
    return _many(db, QUEUE, {})


def unfinished_of_job(db: sa.Connection, job_id: str) -> Run | None:
    """Find the run of a job that waits, runs or is paused."""
    return next(iter(_many(db, UNFINISHED_OF_JOB, {"job": job_id})), None)


def latest_like(db: sa.Connection, new: NewRun) -> Run | None:
    """Find the newest run that was asked to do exactly the same."""
    return _one_or_none(
        db,
        LATEST_LIKE,
        {"same_kind": new.kind, "same_request": rows.json_text(new.request)},
    )


def start(db: sa.Connection, run_id: str, *, now: datetime) -> bool:
    """Turn a waiting run into a running one; False if it is not waiting any more."""
    return db.execute(START, {"wanted": run_id, "now": rows.time_text(now)}).rowcount == 1


def say_waits_for(db: sa.Connection, run_id: str, reason: str | None) -> None:
    """Tell in words what a waiting run waits for."""
    db.execute(SAY_WAITS_FOR, {"wanted": run_id, "reason": reason})


def put_back(db: sa.Connection, run_id: str) -> None:
    """Let a running run wait again that was lost, on its old place."""
    progress.leave(db, run_id)
    db.execute(PUT_BACK, {"wanted": run_id})


def put_back_all(db: sa.Connection) -> int:
    """Let all runs wait again that a dead worker left running; say how many."""
    progress.leave_all(db)
    return db.execute(PUT_BACK_ALL).rowcount


def reopen(db: sa.Connection, run_id: str) -> None:
    """Let a finished run go on, on its old place in the queue."""
    db.execute(REOPEN, {"wanted": run_id})


def pause(db: sa.Connection, run_id: str, *, fault: Fault | None) -> None:
    """Take a run out of the queue until a person has acted, and keep why."""
    progress.leave(db, run_id)
    db.execute(PAUSE, {"wanted": run_id, "fault": rows.fault_text(fault)})


def resume(db: sa.Connection, run_id: str) -> bool:
    """Let a paused run wait again, on its old place; False if it is not paused."""
    return db.execute(RESUME, {"wanted": run_id}).rowcount == 1


def finish(
    db: sa.Connection, run_id: str, status: RunStatus, *, fault: Fault | None, now: datetime
) -> None:
    """End a run for good."""
    progress.leave(db, run_id)
    db.execute(
        FINISH,
        {
            "wanted": run_id,
            "final": status,
            "fault": rows.fault_text(fault),
            "now": rows.time_text(now),
        },
    )
    claims.drop(db, run_id)


def pin(db: sa.Connection, run_id: str, pinned: Mapping[str, Json]) -> None:
    """Settle what a run's request means, unless that is settled."""
    db.execute(PIN, {"wanted": run_id, "document": rows.json_text(pinned)})


def add_traffic(db: sa.Connection, run_id: str, *, requests: int, throttled: int) -> None:
    """Add to what a run has asked of its server."""
    db.execute(
        ADD_TRAFFIC, {"wanted": run_id, "more_requests": requests, "more_throttled": throttled}
    )


def ask_stop(db: sa.Connection, run_id: str) -> bool:
    """Ask a run to end at its next safe point; False if it has ended."""
    return db.execute(ASK_STOP, {"wanted": run_id}).rowcount == 1


def give_up(db: sa.Connection, run_id: str) -> None:
    """Let a run end as cancelled that must put something back first, whatever it is now.

    It is granted once more for that: so nobody else works on what it claims meanwhile.
    """
    db.execute(GIVE_UP, {"wanted": run_id, "reason": PUTS_BACK})


def set_priority(db: sa.Connection, run_id: str, priority: int) -> bool:
    """Give a run another priority, and the place that it is worth; False if it is over."""
    return db.execute(SET_PRIORITY, {"wanted": run_id, "wish": priority}).rowcount == 1


def make_urgent(db: sa.Connection, run_id: str) -> None:
    """Let others stand aside for a run from now on."""
    db.execute(MAKE_URGENT, {"wanted": run_id})


def ask_pause(db: sa.Connection, run_id: str) -> bool:
    """Ask a run to pause; False if it has ended, rests already, or is to end."""
    return db.execute(ASK_PAUSE, {"wanted": run_id}).rowcount == 1


def _one_or_none(
    db: sa.Connection, statement: sa.Select[Any], values: Mapping[str, object]
) -> Run | None:
    row = db.execute(statement, values).mappings().one_or_none()
    return None if row is None else _record(row)


def _many(db: sa.Connection, statement: sa.Select[Any], values: Mapping[str, object]) -> list[Run]:
    return [_record(row) for row in db.execute(statement, values).mappings()]


def _record(row: sa.RowMapping) -> Run:
    fields: dict[str, Any] = dict(row)
    earlier: Mapping[str, Any] | None = rows.json_or_none(fields["live"])
    return Run(
        position=fields["position"],
        id=fields["id"],
        job_id=fields["job_id"],
        job=fields["job"],
        kind=fields["kind"],
        request=rows.json_of(fields["request"]),
        claims=rows.json_of(fields["claims"]),
        status=RunStatus(fields["status"]),
        waits_for=fields["waits_for"],
        is_stop_asked=fields["stop_asked"] in {_STOP_ASKED, _GIVE_UP_ASKED},
        is_pause_asked=fields["stop_asked"] == _PAUSE_ASKED,
        attempts=fields["attempts"],
        requests=fields["requests"],
        throttled=fields["throttled"],
        created=rows.time_of(fields["created"]),
        started=rows.time_or_none(fields["started"]),
        finished=rows.time_or_none(fields["finished"]),
        error=rows.fault_of(fields["error"]),
        earlier=earlier,
        pace=None if earlier is None else earlier.get("pace"),
        priority=fields["priority"],
        is_urgent=bool(fields["is_urgent"]),
        sort_ms=fields["sort_ms"],
        overtaken=fields["overtaken"],
        is_yield_asked=fields["stop_asked"] == _YIELD_ASKED,
        blocked_by=fields["blocked_by"],
        granted=rows.time_or_none(fields["granted"]),
        stands_since=rows.time_or_none(fields["stands_since"]),
        yields_from=rows.time_or_none(fields["yields_from"]),
        yields=fields["yields"],
        driver=fields["driver"],
        ending=None if fields["ending"] is None else RunStatus(fields["ending"]),
        due=rows.time_or_none(fields["due"]),
        joined=fields["joined"],
        not_before=rows.time_or_none(fields["not_before"]),
        planned=rows.time_or_none(fields["planned"]),
        pinned=rows.json_or_none(fields["pinned"]),
        is_giving_up=fields["stop_asked"] == _GIVE_UP_ASKED and fields["finished"] is None,
    )
