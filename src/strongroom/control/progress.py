"""Rows of progress: how far each worker is with a run, and what stays of that when it ends.

Every function works inside the caller's transaction. A worker's row is there while it works on a
run; when it stops, or is given up for dead, the row goes and its figures join those of earlier
attempts, which stay with the run (``Run.earlier``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.records import RunStatus
from strongroom.control.schema import PROGRESS, RUNS
from strongroom.words.json import Json
from strongroom.words.merging import left, side_by_side

_ITS_RUN = PROGRESS.c.run_id == sa.bindparam("run")
_ITS_WORKER = PROGRESS.c.worker == sa.bindparam("by")
_IS_RUNNING = sa.and_(RUNS.c.id == sa.bindparam("run"), RUNS.c.status == RunStatus.RUNNING)
UPDATE = (
    sa.update(PROGRESS)
    .where(_ITS_RUN, _ITS_WORKER, sa.exists(sa.select(RUNS.c.id).where(_IS_RUNNING)))
    .values(document=sa.bindparam("told"))
)
ADD = sa.insert(PROGRESS).from_select(
    ["run_id", "worker", "document"],
    sa.select(
        RUNS.c.id,
        sa.bindparam("by", type_=sa.Text),
        sa.bindparam("told", type_=sa.Text),
    ).where(_IS_RUNNING),
)
OF_RUN = sa.select(PROGRESS.c.worker, PROGRESS.c.document).where(_ITS_RUN).order_by("worker")
OF_THE_DEAD = sa.select(PROGRESS.c.worker).where(
    _ITS_RUN, PROGRESS.c.worker.not_in(sa.bindparam("living", expanding=True))
)
OF_WORKER = sa.select(PROGRESS.c.run_id).where(_ITS_WORKER)
ALL = sa.select(PROGRESS.c.run_id).distinct()
TELLERS = sa.select(PROGRESS.c.worker).distinct()
REMOVE = sa.delete(PROGRESS).where(_ITS_RUN)
REMOVE_ONE = sa.delete(PROGRESS).where(_ITS_RUN, _ITS_WORKER)
EARLIER = sa.select(RUNS.c.live).where(RUNS.c.id == sa.bindparam("run"))
KEEP_EARLIER = (
    sa.update(RUNS).where(RUNS.c.id == sa.bindparam("run")).values(live=sa.bindparam("kept"))
)


def say(db: sa.Connection, run_id: str, worker: str, document: Mapping[str, Json]) -> None:
    """Tell how far a worker is with a running run; of one that does not run, nothing is told."""
    values = {"run": run_id, "by": worker, "told": rows.json_text(document)}
    if not db.execute(UPDATE, values).rowcount:
        db.execute(ADD, values)


def of_run(db: sa.Connection, run_id: str) -> dict[str, Mapping[str, Json]]:
    """Give what each worker told of a run last, by the workers' ids."""
    found = db.execute(OF_RUN, {"run": run_id}).all()
    return {worker: rows.json_of(document) for worker, document in found}


def leave(db: sa.Connection, run_id: str, worker: str | None = None) -> None:
    """Keep the figures of what a worker told, and forget the rest; None: of what all told."""
    told = of_run(db, run_id)
    ended = [document for by, document in told.items() if worker in {None, by}]
    if not ended:
        return
    earlier = rows.json_or_none(db.execute(EARLIER, {"run": run_id}).scalar_one())
    kept = left(earlier, side_by_side(ended))
    db.execute(KEEP_EARLIER, {"run": run_id, "kept": rows.json_text(kept or {})})
    if worker is None:
        db.execute(REMOVE, {"run": run_id})
    else:
        db.execute(REMOVE_ONE, {"run": run_id, "by": worker})


def tellers(db: sa.Connection) -> frozenset[str]:
    """Name the workers that have told of any run and did not leave it."""
    return frozenset(db.execute(TELLERS).scalars())


def leave_all(db: sa.Connection) -> None:
    """Do the same for every run: nobody works any more."""
    for run_id in db.execute(ALL).scalars().all():
        leave(db, run_id)


def forget_worker(db: sa.Connection, worker: str) -> None:
    """Do the same for every run that a worker told of: it works no more."""
    for run_id in db.execute(OF_WORKER, {"by": worker}).scalars().all():
        leave(db, run_id, worker)


def leave_of_the_dead(db: sa.Connection, run_id: str, living: Collection[str]) -> None:
    """Do the same for every worker that told of a run and is not among the living."""
    told = db.execute(OF_THE_DEAD, {"run": run_id, "living": list(living)})
    for worker in told.scalars().all():
        leave(db, run_id, worker)
