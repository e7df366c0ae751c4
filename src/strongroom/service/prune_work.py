"""Forgetting what rules and people let go, and freeing what nothing refers to: what a run does.

Repository by repository: its restore points are judged anew right before, under the rules as they
stand then. Killed anywhere, it is simply run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from strongroom.control import holds as hold_rows
from strongroom.control import tasks as task_rows
from strongroom.control.records import Fault, NewRun, Run, StorageRecord, Task
from strongroom.engine.claims import Claims
from strongroom.engine.work import Desk, Ending
from strongroom.errors import OperatorError
from strongroom.operations.points import points
from strongroom.operations.retaining import Fate, Verdict
from strongroom.service.keeping import judged, told_of_zones
from strongroom.service.locating import located_at
from strongroom.service.lock_patience import when_free
from strongroom.service.outcomes import conclude
from strongroom.service.progress import Board
from strongroom.service.renewing import Renewing, told_of_locks
from strongroom.service.shared import Shared
from strongroom.service.showing import shown_without_server
from strongroom.service.still_to_go import StillToGo
from strongroom.service.storage_tasks import names_of, storage_tasks
from strongroom.service.storages import Storages
from strongroom.service.tasks import TaskKeeper
from strongroom.store.backend import DeleteRefused
from strongroom.store.keeping import load_keeping
from strongroom.store.prune_plan import Pruned
from strongroom.store.storage import Storage
from strongroom.words.coverage import Coverage
from strongroom.words.job_kind import JobKind
from strongroom.words.json import Json

_PATIENCE_S = 120.0
"""So long a repository is waited for on which somebody else works; the next prune takes it then."""

_NOTHING = Fault(
    exit_code=OperatorError.exit_code,
    what="The storage holds nothing to prune.",
    hint="Run a backup into it first.",
)


def prune_run(
    record: StorageRecord,
    resources: Sequence[str] = (),
    *,
    storage: Storage | None = None,
) -> NewRun:
    """Make a run that forgets what may go and frees what nothing refers to.

    Args:
        record: The storage.
        resources: Only these, as somebody named them; none: all.
        storage: The storage, open, to claim by name what is named; None: the whole storage is
            claimed, for looking at it would take long.
    """
    every = frozenset({f"{record.id}/*"})
    names = frozenset() if storage is None else frozenset(names_of(storage, resources))
    claims = (
        Claims(repositories=every, alone=frozenset(f"{record.id}/{name}" for name in names))
        if names
        else Claims(alone=every)
    )
    return NewRun(
        kind=JobKind.PRUNE,
        request={"storage": record.id, "resources": list(resources)},
        claims=claims.to_json(),
    )


class PruneWork:
    """The handler of prune runs (see ``engine.work.Handler``)."""

    def __init__(self, shared: Shared, storages: Storages) -> None:
        self._shared = shared
        self._storages = storages

    def plan(self, run: Run, desk: Desk) -> None:
        """Find out which repositories there are."""
        storage = self._storages.open_by_id(str(run.request["storage"]))
        resources: Any = run.request["resources"]
        desk.tasks.plan(storage_tasks(run, storage, resources, desk.stop, empty=True))

    def work(self, run: Run, desk: Desk) -> None:
        """Prune one repository after the other; one that is damaged keeps no other back."""
        storage = self._storages.open_by_id(str(run.request["storage"]))
        keeper = TaskKeeper(shared=self._shared, run_id=run.id, tasks=desk.tasks)
        clock = self._shared.ports.clock
        with shown_without_server(run, desk, clock) as board, desk.tasks.taken() as todo:
            for task in todo:
                keeper.perform(task, partial(self._prune, run, storage, task, desk, board))

    def conclude(self, run: Run) -> Ending:
        """Say how it ended."""
        with self._shared.database.read() as db:
            tasks = task_rows.without_ledgers(db, run.id)
        return conclude(tasks, nothing=_NOTHING)

    def _prune(self, run: Run, storage: Storage, task: Task, desk: Desk, board: Board) -> Coverage:
        logged: set[str] = set()
        with board.resource(task.resource):
            return when_free(
                lambda: self._prune_now(run, storage, task, desk, logged),
                clock=self._shared.ports.clock,
                stop=desk.stop,
                patience_s=_PATIENCE_S,
            )

    def _prune_now(
        self, run: Run, storage: Storage, task: Task, desk: Desk, logged: set[str]
    ) -> Coverage:
        """Judge what there is, forget what may go, and free what nothing refers to.

        Args:
            run: The run.
            storage: The storage.
            task: Which repository.
            desk: Says whether to stop.
            logged: Restore points of which the audit log knows by an earlier try.

        Raises:
            IntegrityError: something that stays is missing or damaged; nothing was removed.
            ResourceLocked: somebody works on the repository.
        """
        shared, record_id = self._shared, str(run.request["storage"])
        located = located_at(storage, task.resource_kind, task.resource_id, task.resource)
        known = points(located.repository)
        now = shared.ports.clock.now()

        def judge() -> list[Verdict]:
            return judged(
                shared.database,
                record_id,
                storage,
                located,
                known,
                protected=load_keeping(storage.place),
                now=now,
            )

        verdicts = judge()
        going = {one.point.id: one.why for one in verdicts if one.fate is Fate.GOES}
        if going.keys() - logged:
            logged.update(going)
            about: dict[str, Json] = {
                "run": run.id,
                "storage": record_id,
                "resource": f"{located.kind}:{located.id}",
                "points": [{"id": id_, "why": why} for id_, why in going.items()],
            }
            shared.log.write(shared.session, FORGETS, about)
        refused = ""
        sure = StillToGo(going, storage.holds(located.kind, located.id), judge)
        try:
            pruned = located.repository.upkeep.prune(
                going.keys(), stop=desk.stop, make_sure=sure.make_sure
            )
        except DeleteRefused as error:  # the place itself keeps what lies in it
            pruned, refused = Pruned(is_dry_run=False), f"{error} Nothing more was removed."
        there = {one.id for one in points(located.repository)}
        # An earlier try may have got some way before a hold came.
        gone = [one for one in logged if one not in there]
        with shared.database.write() as db:
            wishes = hold_rows.forgetting_of(db, record_id, located.kind, located.id)
            done = [one.point for one in wishes if one.point not in there]
            hold_rows.remove_forgetting(db, record_id, located.kind, located.id, done)
        ledger = _ledger(task, verdicts, pruned, left=len(there), gone=len(gone), refused=refused)
        locked = told_of_locks(storage.place, now) if pruned.bytes_freed else ()
        # A prune comes by every repository, also by those that no backup writes to any more.
        anew = Renewing(shared, record_id, stop=desk.stop).after(located.kind, located.id)
        jobs = {one.job for one in known}
        zones = told_of_zones(shared.database, record_id, jobs, now)
        return replace(ledger, notes=(*ledger.notes, *zones, *locked, *anew))


FORGETS = "retention.forgets"
"""How it stands in the audit log which restore points a prune forgets, right before it does."""


def _ledger(
    task: Task, verdicts: Sequence[Verdict], pruned: Pruned, *, left: int, gone: int, refused: str
) -> Coverage:
    """Tell what was done; there are no items to count, so nothing can be missing."""
    waits = [one for one in verdicts if one.fate is Fate.WAITS]
    forgotten = f"{gone:,} of {left + gone:,} restore points forgotten"
    notes = [f"{forgotten}, {pruned.bytes_freed:,} bytes freed."]
    notes += [f"Restore point {one.point.id[:12]} waits{_until(one)}: {one.why}." for one in waits]
    notes += [refused] if refused else []
    notes += [f"Restore point {id_[:12]} stays: {why}" for id_, why in pruned.staying.items()]
    notes += pruned.locks_removed
    return Coverage(
        resource=task.resource,
        folders=(),
        notes=tuple(notes),
        ways={
            "points": left,
            "points_forgotten": gone,
            "points_waiting": len(waits),
            "bytes_freed": pruned.bytes_freed,
        },
    )


def _until(one: Verdict) -> str:
    return "" if one.until is None else f" until {one.until:%Y-%m-%d %H:%M} UTC"
