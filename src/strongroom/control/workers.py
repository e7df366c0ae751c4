"""The workers that share a control database: one row each, with the time of their last beat.

Nobody is judged by these times, which come from many machines' clocks. What counts is whether a
row changes (``engine.liveness``), and what it says: a worker whose row says *dead*, or is gone, has
lost its place, whatever it thinks itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import WORKERS

_ALIVE, _DEAD = "alive", "dead"

ADD = sa.insert(WORKERS)
BEAT = (
    sa.update(WORKERS)
    .where(WORKERS.c.id == sa.bindparam("worker"), WORKERS.c.state == _ALIVE)
    .values(beat=sa.bindparam("now"))
)
BURY = (
    sa.update(WORKERS)
    .where(
        WORKERS.c.id == sa.bindparam("worker"),
        WORKERS.c.state == _ALIVE,
        # A beat that came after all saves it.
        WORKERS.c.beat == sa.bindparam("last"),
    )
    .values(state=_DEAD)
)
LEAVE = sa.update(WORKERS).where(WORKERS.c.id == sa.bindparam("worker")).values(state=_DEAD)
ALL = sa.select(WORKERS).order_by(WORKERS.c.started, WORKERS.c.id)
FORGET = sa.delete(WORKERS).where(WORKERS.c.state == _DEAD, WORKERS.c.beat < sa.bindparam("before"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """A process that does what runs ask for, or did.

    Attributes:
        id: New for every start of a process.
        host: The name of its machine.
        pid: Its number there.
        started: By its own clock.
        beat: When it last showed that it lives, by its own clock.
        is_alive: Nobody has found it dead, and it has not left.
    """

    id: str
    host: str
    pid: int
    started: datetime
    beat: datetime
    is_alive: bool


def add(db: sa.Connection, *, worker_id: str, host: str, pid: int, now: datetime) -> None:
    """Let the others know of a new worker."""
    at = rows.time_text(now)
    values = {"id": worker_id, "host": host, "pid": pid, "started": at, "beat": at, "state": _ALIVE}
    db.execute(ADD, values)


def beat(db: sa.Connection, worker_id: str, *, now: datetime) -> bool:
    """Show that a worker lives; False if it was found dead before."""
    done = db.execute(BEAT, {"worker": worker_id, "now": rows.time_text(now)})
    return bool(done.rowcount)


def bury(db: sa.Connection, last_beats: Mapping[str, datetime]) -> Sequence[str]:
    """Say of workers that they are dead, unless they have beaten since then; give those that are.

    Args:
        db: A transaction.
        last_beats: Their last beats as they were seen.
    """
    return [
        worker
        for worker, last in last_beats.items()
        if db.execute(BURY, {"worker": worker, "last": rows.time_text(last)}).rowcount
    ]


def leave(db: sa.Connection, worker_id: str) -> None:
    """Say that a worker is gone."""
    db.execute(LEAVE, {"worker": worker_id})


def listed(db: sa.Connection) -> Sequence[WorkerRow]:
    """Give all workers that are known of, those that began first at the front."""
    return [_row(row) for row in db.execute(ALL)]


def alive(db: sa.Connection) -> Mapping[str, datetime]:
    """Give the last beats of those that live."""
    return {one.id: one.beat for one in listed(db) if one.is_alive}


def forget(db: sa.Connection, *, before: datetime) -> int:
    """Remove the dead whose last beat is older than that; say how many."""
    return int(db.execute(FORGET, {"before": rows.time_text(before)}).rowcount)


def _row(row: sa.Row[Any]) -> WorkerRow:
    return WorkerRow(
        id=row.id,
        host=row.host,
        pid=row.pid,
        started=rows.time_of(row.started),
        beat=rows.time_of(row.beat),
        is_alive=row.state == _ALIVE,
    )
