"""Verifications that are saved as jobs: what they read back, and what such a run does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from strongroom.control import tasks as task_rows
from strongroom.control.records import Fault, NewRun, Run, StorageRecord, Task, TaskStatus
from strongroom.engine.claims import Claims
from strongroom.engine.faults import fault_of
from strongroom.engine.work import Desk, Ending
from strongroom.errors import IntegrityError, Interrupted, OperatorError, StrongroomError
from strongroom.operations.verify import Problem, VerifyReport, verify
from strongroom.service.locating import Located, everything, locate, named
from strongroom.service.outcomes import conclude
from strongroom.service.planning import UNRESOLVED
from strongroom.service.progress import Board
from strongroom.service.selections import VerifySelection
from strongroom.service.shared import Shared
from strongroom.service.showing import shown_without_server
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
    names = {"*"} if storage is None else {"*", *_names(storage, selection)}
    claims = Claims(repositories=frozenset(f"{record.id}/{name}" for name in names))
    return NewRun(
        kind=JobKind.VERIFY,
        request={"storage": record.id, "selection": selection.to_json()},
        claims=claims.to_json(),
    )


def _names(storage: Storage, selection: VerifySelection) -> Iterator[str]:
    for reference in selection.resources:
        try:
            located = locate(storage, reference)
        except (OperatorError, IntegrityError):
            continue
        yield f"{located.kind}/{located.id}"


class VerifyWork:
    """The handler of verify runs (see ``engine.work.Handler``)."""

    def __init__(self, shared: Shared, storages: Storages) -> None:
        self._shared = shared
        self._storages = storages

    def plan(self, run: Run, desk: Desk) -> None:
        """Find out what the storage holds of what is wanted."""
        request: Mapping[str, Any] = run.request
        storage = self._storages.open_by_id(request["storage"])
        selection = VerifySelection.from_json(request["selection"])
        wanted: Sequence[str] | None = selection.resources or None
        if (only := request.get("only")) is not None:
            wanted = [_again(one) for one in only]
        rows: list[Task] = []
        for found in _wanted(storage, wanted):
            if desk.stop():
                raise Interrupted("The run was stopped before all was listed.")
            row = _row(run.id, len(rows), found)
            if row is not None:
                rows.append(row)
        desk.tasks.plan(rows)

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


def _again(task: Mapping[str, Any]) -> str:
    """Name what a task of an earlier run was about (see ``planning.only_of``)."""
    is_known = task["id"] and task["kind"] != UNRESOLVED
    return f"{task['kind']}:{task['id']}" if is_known else str(task["resource"])


def _selection(run: Run) -> Mapping[str, Any]:
    document: Any = run.request["selection"]
    return dict(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unfound:
    """What cannot be located."""

    reference: str
    error: StrongroomError


def _wanted(storage: Storage, references: Sequence[str] | None) -> Iterator[Located | _Unfound]:
    if references is None:
        yield from everything(storage)
        return
    seen: set[tuple[str, str]] = set()
    for reference in references:
        try:
            located = locate(storage, reference)
        except (OperatorError, IntegrityError) as error:
            yield _Unfound(reference=reference, error=error)
            continue
        if (located.kind, located.id) not in seen:
            seen.add((located.kind, located.id))
            yield located


def _row(run_id: str, number: int, found: Located | _Unfound) -> Task | None:
    """Write a task; None: nothing of it was ever finished."""
    if isinstance(found, _Unfound):
        return Task(
            run_id=run_id,
            number=number,
            resource_kind=UNRESOLVED,
            resource_id=found.reference,
            resource=found.reference,
            status=TaskStatus.FAILED,
            error=fault_of(found.error),
        )
    task = Task(
        run_id=run_id,
        number=number,
        resource_kind=found.kind,
        resource_id=found.id,
        resource=found.reference,
    )
    try:
        now, known = named(found)
    except IntegrityError as error:
        return replace(task, status=TaskStatus.FAILED, error=fault_of(error))
    if not known:
        return None
    return replace(task, resource=now.reference, weight=sum(point.bytes for point in known))


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
