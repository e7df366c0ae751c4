"""Asking again for what failed of a run: the same, for the same resources, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from strongroom.control import runs as rows
from strongroom.control import tasks as task_rows
from strongroom.control.records import NewRun, Run, RunStatus, Task, TaskStatus
from strongroom.engine.claims import Claims
from strongroom.engine.queue import enqueue_again
from strongroom.errors import AccessDenied, OperatorError
from strongroom.operations.restore_log import DIFFERENT
from strongroom.service.planning import GROUP, only_of
from strongroom.service.rights import Right
from strongroom.service.verbs import Verbs, verb
from strongroom.words.job_kind import JobKind
from strongroom.words.json import Json


class RunRetrying(Verbs):
    """Finding runs, and asking again. Safe in many threads."""

    noun = "runs"

    @verb(Right.RUN, is_audited=True)
    def retry(self, run_id: str) -> tuple[Run, bool]:
        """Ask again for what failed of a run, or was never begun.

        A backup or a verification: a new run of those resources alone. An export: a new one. A
        restore goes on if it did not come to its end; otherwise the items that were refused are
        sent once more, and nothing that is there already.

        Returns:
            The run, and whether it was there already.

        Raises:
            OperatorError: there is no such run, it has not ended, or nothing of it failed.
            AccessDenied: it restores or exports what is not the caller's, or what needs a second
                person.
        """
        run = self._find(run_id)
        if not run.status.is_final:
            raise OperatorError(
                f"The run {run.id} has not ended: it is {run.status}.",
                hint=f"See `strongroom run watch {run.id}`."
                if run.status.is_under_way
                else f"It goes on with `strongroom run resume {run.id}`.",
            )
        self._confine(run)
        if run.kind == JobKind.RESTORE and run.status is not RunStatus.PARTIAL:
            return self._reopened(run)
        with self._shared.database.read() as db:
            tasks = task_rows.of_run(db, run.id)
        new = _again(run, [task for task in tasks if _is_to_retry(task)], is_planned=bool(tasks))
        return enqueue_again(self._shared.database, new, clock=self._shared.ports.clock)

    def _find(self, run_id: str) -> Run:
        with self._shared.database.read() as db:
            found = rows.by_id_prefix(db, run_id) if run_id.isalnum() else []
        if not found:
            raise OperatorError("There is no such run.", hint="See `strongroom run list`.")
        if len(found) > 1:
            raise OperatorError(
                "More than one run begins with these letters.",
                why=", ".join(run.id for run in found),
                hint="Give more of them.",
            )
        return found[0]

    def _confine(self, run: Run) -> None:
        """Look at who asks as if it were asked for anew, where content is moved or read."""
        right = {JobKind.RESTORE: Right.RESTORE, JobKind.EXPORT: Right.READ_CONTENT}
        needed = right.get(JobKind(run.kind))
        if needed is None:
            return
        guard, session = self._shared.guard, self._shared.session
        request: Mapping[str, Any] = run.request
        source = f"{request['storage']}/{request['kind']}:{request['id']}"
        target = f"{request.get('connection')}/{request.get('only_target') or '*'}"
        into = target if needed is Right.RESTORE else None
        guard.confine(session, "runs.retry", needed, source=source, target=into)
        if guard.marked([source, target]):
            raise AccessDenied(
                "This needs a second person each time, so it cannot be tried again just so.",
                hint=f"Ask for the {run.kind} itself again.",
            )

    def _reopened(self, run: Run) -> tuple[Run, bool]:
        if run.status is RunStatus.COMPLETE:
            raise _nothing_failed(run)
        with self._shared.database.write() as db:
            newest = rows.latest_like(db, NewRun(kind=run.kind, request=run.request))
            if newest is not None and newest.id != run.id:
                raise OperatorError(
                    f"The same restore was asked for again since: run {newest.id}.",
                    hint=f"See `strongroom run show {newest.id}`.",
                )
            rows.reopen(db, run.id)
            return rows.by_id(db, run.id) or run, True


def _is_to_retry(task: Task) -> bool:
    """Say whether a task failed, was never done, or was done but for some items."""
    if task.status is not TaskStatus.PARTIAL:
        return task.status not in {TaskStatus.COMPLETE, TaskStatus.EXCLUDED}
    return any(
        folder["failed"] or folder["problem"] or folder["missing"] for folder in _folders(task)
    )


def _folders(task: Task) -> Sequence[Mapping[str, Any]]:
    ledger: Mapping[str, Any] = task.coverage or {}
    folders: Sequence[Mapping[str, Any]] = ledger.get("folders", ())
    return folders


def _again(run: Run, tasks: Sequence[Task], *, is_planned: bool) -> NewRun:
    """Make the run that does the rest.

    It is no run of the job: the next turn of the job's schedule must not take it for one that
    covers all, nor count its resources as all that there were.
    """
    if is_planned and not tasks:
        raise _nothing_failed(run)
    new = NewRun(
        kind=run.kind,
        job=run.job,
        request=run.request,
        claims=run.claims,
        priority=run.priority,
        is_urgent=run.kind == JobKind.RESTORE,
        pinned=run.pinned,
    )
    match run.kind:
        case JobKind.RESTORE:
            return replace(new, request=_rest_of_restore(run, tasks))
        case JobKind.BACKUP | JobKind.VERIFY | JobKind.REPLICATE | JobKind.PRUNE if is_planned:
            request: dict[str, Json] = {**run.request, "only": only_of(tasks)}
            return replace(new, request=request, claims=_claims(run, tasks))
        case _:
            return new


def _claims(run: Run, tasks: Sequence[Task]) -> Mapping[str, Json]:
    """Claim the few resources instead of all, unless who is in a group is still to be found out."""
    if run.kind != JobKind.BACKUP or any(task.resource.startswith(GROUP) for task in tasks):
        return run.claims
    names = frozenset(task.resource.lower() for task in tasks)
    return replace(Claims.from_json(run.claims), resources=names).to_json()


def _rest_of_restore(run: Run, tasks: Sequence[Task]) -> dict[str, Json]:
    """Limit a restore to the items that were refused, each of which is known by its id.

    What arrived and differs is there: to send it again would make two of it.
    """
    folders = [folder for task in tasks for folder in _folders(task)]
    refused: list[Json] = [
        short["id"]
        for folder in folders
        for short in folder["failed"]
        if short["code"] != DIFFERENT
    ]
    if any(folder["problem"] for folder in folders) or not refused:
        raise OperatorError(
            f"What failed of run {run.id} cannot be sent again item by item.",
            why="A folder failed as a whole, or what failed is there and differs.",
            hint=f"Look at `strongroom run show {run.id}`; then ask for the restore again, with "
            "--conflict skip or replace.",
        )
    return {**run.request, "paths": [], "items": refused}


def _nothing_failed(run: Run) -> OperatorError:
    return OperatorError(
        f"Nothing of run {run.id} failed, so there is nothing to try again.",
        hint="Ask for a new one: run its job, or give the command again.",
    )
