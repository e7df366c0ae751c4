"""Verifications that are saved as jobs: what they read back, and what such a run does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from strongroom.control import tasks as task_rows
from strongroom.control.records import Fault, NewRun, Run, StorageRecord, Task
from strongroom.engine.claims import Claims
from strongroom.engine.work import Desk, Ending
from strongroom.errors import IntegrityError, OperatorError
from strongroom.operations.verify import Problem, VerifyReport, verify
from strongroom.service.outcomes import conclude
from strongroom.service.progress import Board
from strongroom.service.selections import VerifySelection
from strongroom.service.shared import Shared
from strongroom.service.showing import shown_without_server
from strongroom.service.storage_tasks import names_of, storage_tasks
from strongroom.service.storages import Storages
from strongroom.service.tasks import TaskKeeper
from strongroom.store.storage import Storage
from strongroom.words.coverage import Coverage
from strongroom.words.job_kind import JobKind
from strongroom.words.paths import path_text

_TOLD = 20
"""So many problems are named one by one; `strongroom verify` names all."""


def verify_run(
    record: StorageRecord, selection: VerifySelection, storage: Storage | None = None
) -> NewRun:
    """Make a run that reads back what is stored.

    Args:
        record: The storage.
        selection: What of it.
        storage: The storage, open, to claim by name what is named; None: by the whole storage
            alone. What is not there (any more) is claimed by nobody: the run finds out.
    """
    names = {"*"} if storage is None else {"*", *names_of(storage, selection.resources)}
    claims = Claims(repositories=frozenset(f"{record.id}/{name}" for name in names))
    return NewRun(
        kind=JobKind.VERIFY,
        request={"storage": record.id, "selection": selection.to_json()},
        claims=claims.to_json(),
    )


class VerifyWork:
    """The handler of verify runs (see ``engine.work.Handler``)."""

    def __init__(self, shared: Shared, storages: Storages) -> None:
        self._shared = shared
        self._storages = storages

    def plan(self, run: Run, desk: Desk) -> None:
        """Find out what the storage holds of what is wanted."""
        storage = self._storages.open_by_id(str(run.request["storage"]))
        resources = VerifySelection.from_json(_selection(run)).resources
        desk.tasks.plan(storage_tasks(run, storage, resources, desk.stop, empty=False))

    def work(self, run: Run, desk: Desk) -> None:
        """Read one repository after the other; one that is damaged hides no other."""
        selection = VerifySelection.from_json(_selection(run))
        storage = self._storages.open_by_id(str(run.request["storage"]))
        keeper = TaskKeeper(shared=self._shared, run_id=run.id, tasks=desk.tasks)
        clock = self._shared.ports.clock
        with shown_without_server(run, desk, clock) as board, desk.tasks.taken() as todo:
            for task in todo:
                keeper.perform(task, partial(_verify, storage, task, selection.sample, desk, board))

    def conclude(self, run: Run) -> Ending:
        """Say how it ended; damage is never anything but a failure."""
        with self._shared.database.read() as db:
            tasks = task_rows.without_ledgers(db, run.id)
        return conclude(tasks, nothing=_NOTHING)


_NOTHING = Fault(
    exit_code=OperatorError.exit_code,
    what="The storage holds no restore point to read back.",
    hint="Run a backup into it first.",
)


def _selection(run: Run) -> Mapping[str, Any]:
    document: Any = run.request["selection"]
    return dict(document)


def _verify(storage: Storage, task: Task, sample: int | None, desk: Desk, board: Board) -> Coverage:
    """Read a repository back.

    Raises:
        IntegrityError: something is wrong in it.
    """
    with board.resource(task.resource) as progress:
        report = verify(
            storage.repository(task.resource_kind, task.resource_id),
            sample=sample,
            progress=progress,
            stop=desk.stop,
        )
    if report.problems:
        raise _damage(task, report.problems)
    return replace(
        report.coverage, notes=(_read(report), *report.coverage.notes), bytes_read=report.bytes
    )


def _read(report: VerifyReport) -> str:
    return f"Read {report.items:,} items of {len(report.points):,} restore points."


def _damage(task: Task, problems: Sequence[Problem]) -> IntegrityError:
    told = [f"{path_text(one.path)}: {one.what} {one.item_id}".rstrip() for one in problems[:_TOLD]]
    if len(problems) > _TOLD:
        told.append(f"and {len(problems) - _TOLD:,} more")
    return IntegrityError(
        f"What is stored of {task.resource} is damaged: {len(problems):,} problems.",
        why="; ".join(told),
        hint="`strongroom verify STORAGE` names all of them with "
        f"--resource {task.resource_kind}:{task.resource_id}; a new backup keeps anew what the "
        "server still has.",
    )
