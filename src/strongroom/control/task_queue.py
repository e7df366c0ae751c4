"""Tasks on their way through workers: taken by one, given back, ended.

Every function works inside the caller's transaction. A task is *waiting* until a worker takes it;
then it is *running*, in that worker's hands, until it ends or is given back. Whoever lost it
(another worker was told that we are dead) cannot end it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate

import sqlalchemy as sa

from strongroom.control import rows, tasks
from strongroom.control.records import FIRST, RunStatus, Task, TaskStatus
from strongroom.control.schema import RUNS, TASKS

_OTHER = TASKS.alias("other")
_IS_IN_HAND = (
    sa.select(sa.literal(1))
    .select_from(_OTHER.join(RUNS, RUNS.c.id == _OTHER.c.run_id))
    .where(
        _OTHER.c.resource_kind == TASKS.c.resource_kind,
        _OTHER.c.resource_id.in_(
            (
                TASKS.c.resource_id,
                TASKS.c.resource_id + FIRST,
                sa.func.replace(TASKS.c.resource_id, FIRST, ""),
            )
        ),
        _OTHER.c.status == TaskStatus.RUNNING,
        _OTHER.c.run_id != TASKS.c.run_id,
        RUNS.c.status == RunStatus.RUNNING,
        RUNS.c.kind.in_(sa.bindparam("kinds", expanding=True)),
    )
    .exists()
)
_FIRST = TASKS.alias("first")
_IS_ITS_FIRST_OPEN = (
    sa.select(sa.literal(1))
    .where(
        _FIRST.c.run_id == TASKS.c.run_id,
        _FIRST.c.resource_kind == TASKS.c.resource_kind,
        _FIRST.c.resource_id == TASKS.c.resource_id + FIRST,
        _FIRST.c.status.in_((TaskStatus.WAITING, TaskStatus.RUNNING)),
    )
    .exists()
)
_WAITING = sa.select(TASKS).where(
    TASKS.c.run_id == sa.bindparam("of_run"), TASKS.c.status == TaskStatus.WAITING
)
NEXT = (
    _WAITING.where(~_IS_IN_HAND, ~_IS_ITS_FIRST_OPEN)
    .order_by(TASKS.c.weight.desc(), TASKS.c.number)
    .limit(sa.bindparam("at_most"))
)
TAKE = (
    sa.update(TASKS)
    .where(
        TASKS.c.run_id == sa.bindparam("of_run"),
        TASKS.c.resource_kind == sa.bindparam("of_kind"),
        TASKS.c.resource_id == sa.bindparam("which"),
        TASKS.c.status == TaskStatus.WAITING,
    )
    .values(
        status=TaskStatus.RUNNING,
        worker=sa.bindparam("me"),
        attempts=TASKS.c.attempts + 1,
        started=None,
        finished=None,
        error=None,
    )
)
_GIVEN_BACK = {"status": TaskStatus.WAITING, "worker": None}
GIVE_BACK = (
    sa.update(TASKS)
    .where(
        TASKS.c.run_id == sa.bindparam("of_run"),
        TASKS.c.worker == sa.bindparam("me"),
        TASKS.c.status == TaskStatus.RUNNING,
    )
    .values(_GIVEN_BACK)
)
GIVE_BACK_ALL_BUT = (
    sa.update(TASKS)
    .where(
        TASKS.c.run_id == sa.bindparam("of_run"),
        TASKS.c.status == TaskStatus.RUNNING,
        sa.or_(
            TASKS.c.worker.is_(None),
            TASKS.c.worker.not_in(sa.bindparam("living", expanding=True)),
        ),
    )
    .values(_GIVEN_BACK)
)
END = sa.update(TASKS).where(
    TASKS.c.run_id == sa.bindparam("of_run"),
    TASKS.c.resource_kind == sa.bindparam("of_kind"),
    TASKS.c.resource_id == sa.bindparam("which"),
    TASKS.c.status == TaskStatus.RUNNING,
    TASKS.c.worker == sa.bindparam("me"),
)
ENDED_SO = sa.select(sa.literal(1)).where(
    TASKS.c.run_id == sa.bindparam("of_run"),
    TASKS.c.resource_kind == sa.bindparam("of_kind"),
    TASKS.c.resource_id == sa.bindparam("which"),
    TASKS.c.status == sa.bindparam("so"),
    TASKS.c.finished == sa.bindparam("then", type_=sa.Text),
)
WAITING = sa.select(sa.func.count()).select_from(
    sa.select(TASKS.c.status)
    .where(TASKS.c.run_id == sa.bindparam("of_run"), TASKS.c.status == TaskStatus.WAITING)
    .limit(sa.bindparam("at_most"))
    .subquery("some")
)
COUNTS = (
    sa.select(TASKS.c.status, TASKS.c.worker, sa.func.count().label("count"))
    .where(TASKS.c.run_id == sa.bindparam("of_run"))
    .group_by(TASKS.c.status, TASKS.c.worker)
)
_IS_DONE = TASKS.c.status.in_((TaskStatus.COMPLETE, TaskStatus.PARTIAL))
DONE = sa.select(TASKS.c.resource_kind, TASKS.c.resource_id).where(
    TASKS.c.run_id == sa.bindparam("of_run"), _IS_DONE
)
FORGET_UNDONE = sa.delete(TASKS).where(TASKS.c.run_id == sa.bindparam("of_run"), ~_IS_DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left to do of a run.

    Attributes:
        has_any: The run has tasks, if only such as have ended.
        waiting: Tasks that nobody has in hand.
        ours, others: Tasks in our hands, and in those of other workers.
        holders: Those workers.
    """

    has_any: bool = False
    waiting: int = 0
    ours: int = 0
    others: int = 0
    holders: frozenset[str] = frozenset()

    @property
    def in_hand(self) -> int:
        """All that somebody works on."""
        return self.ours + self.others

    @property
    def total(self) -> int:
        """All that has not ended."""
        return self.waiting + self.in_hand


def take(
    db: sa.Connection,
    run_id: str,
    worker: str,
    *,
    at_most: int,
    bytes_max: int,
    kinds: Collection[str],
) -> list[Task]:
    """Take the next tasks of a run, the largest first; of equal ones in their order.

    One whose resource is in hand of another run is left for later: the same mailbox may have been
    named by an address here and by an id there. So is the rest of a resource whose first part has
    not ended.

    Args:
        db: The transaction.
        run_id: The run.
        worker: Who takes them.
        at_most: How many.
        bytes_max: How much they may weigh together, if they are several.
        kinds: Kinds of runs that keep others from a resource; empty: nobody does.
    """
    found = db.execute(
        NEXT, {"of_run": run_id, "at_most": at_most, "kinds": list(kinds)}
    ).mappings()
    taken = _light([tasks.record(row) for row in found], bytes_max)
    if taken:
        # Nobody else took one meanwhile: whoever writes is alone.
        db.execute(TAKE, [_held(task, worker) for task in taken])
    return taken


def end(db: sa.Connection, task: Task, worker: str) -> bool:
    """Keep how a task ended; False if it is not in that worker's hands any more."""
    values = {**_held(task, worker), **tasks.outcome(task), "worker": None}
    return bool(db.execute(END, values).rowcount)


def has_ended_so(db: sa.Connection, task: Task) -> bool:
    """Say whether a task is kept with this very end: same outcome, same moment."""
    values = {
        **_held(task, ""),
        "so": task.status,
        "then": rows.time_text_or_none(task.finished),
    }
    return db.execute(ENDED_SO, values).first() is not None


def give_back(db: sa.Connection, run_id: str, worker: str) -> None:
    """Let all of a run's tasks wait that a worker has in hand."""
    db.execute(GIVE_BACK, {"of_run": run_id, "me": worker})


def give_back_of_the_dead(db: sa.Connection, run_id: str, living: Sequence[str]) -> int:
    """Let a run's tasks wait that none of the living workers has in hand."""
    return db.execute(GIVE_BACK_ALL_BUT, {"of_run": run_id, "living": list(living)}).rowcount


def waiting(db: sa.Connection, run_id: str, *, at_most: int) -> int:
    """Count the tasks that nobody has in hand, but no further than that."""
    count: int = db.execute(WAITING, {"of_run": run_id, "at_most": at_most}).scalar_one()
    return count


def left(db: sa.Connection, run_id: str, worker: str) -> Left:
    """Count what is left to do of a run."""
    waiting = ours = others = 0
    holders = set()
    counted = db.execute(COUNTS, {"of_run": run_id}).mappings().all()
    for row in counted:
        if row["status"] == TaskStatus.WAITING:
            waiting += row["count"]
        elif row["status"] == TaskStatus.RUNNING and row["worker"] == worker:
            ours += row["count"]
        elif row["status"] == TaskStatus.RUNNING:
            others += row["count"]
            holders.add(row["worker"] or "")
    return Left(
        has_any=bool(counted),
        waiting=waiting,
        ours=ours,
        others=others,
        holders=frozenset(holders),
    )


def plan(db: sa.Connection, run_id: str, planned: Sequence[Task]) -> None:
    """Keep what a run is to do; what is done of it stays done, and what failed is tried again.

    Tasks of an earlier plan that are not planned any more go, unless they are done.
    """
    done = {(row.resource_kind, row.resource_id) for row in db.execute(DONE, {"of_run": run_id})}
    db.execute(FORGET_UNDONE, {"of_run": run_id})
    tasks.add_all(
        db, [task for task in planned if (task.resource_kind, task.resource_id) not in done]
    )


def _light(candidates: Sequence[Task], bytes_max: int) -> list[Task]:
    """Give as many as weigh no more than that, and the first in any case."""
    weights = accumulate(task.weight for task in candidates)
    return [
        task
        for number, (task, weight) in enumerate(zip(candidates, weights, strict=True))
        if not number or weight <= bytes_max
    ]


def _held(task: Task, worker: str) -> dict[str, str]:
    return {
        "of_run": task.run_id,
        "of_kind": task.resource_kind,
        "which": task.resource_id,
        "me": worker,
    }
