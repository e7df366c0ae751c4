"""Tasks of runs that ask no server: one for each repository of a storage that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from strongroom.control.records import Run, Task, TaskStatus
from strongroom.engine.faults import fault_of
from strongroom.errors import IntegrityError, Interrupted, OperatorError, StrongroomError
from strongroom.service.locating import Located, everything, locate, named
from strongroom.service.planning import UNRESOLVED
from strongroom.store.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfound:
    """A name that stands for no repository, or for one that cannot be told.

    Attributes:
        reference: The name.
        error: Why so.
    """

    reference: str
    error: StrongroomError


def names_of(storage: Storage, references: Sequence[str]) -> Iterator[str]:
    """Give ``KIND/ID`` of what is there, to be claimed; of the rest the run finds out."""
    for reference in references:
        try:
            located = locate(storage, reference)
        except (OperatorError, IntegrityError):
            continue
        yield f"{located.kind}/{located.id}"


def wanted_by(run: Run, resources: Sequence[str]) -> Sequence[str] | None:
    """Say what a run is about.

    Args:
        run: It may do again what was left of an earlier one (see ``planning.only_of``).
        resources: What it was asked for, as somebody named it; empty: everything.

    Returns:
        Names of resources; None: everything.
    """
    only: Any = run.request.get("only")
    if only is not None:
        return [_again(one) for one in only]
    return resources or None


def find_each(storage: Storage, references: Sequence[str]) -> Iterator[Located | Unfound]:
    """Find the repositories that are meant, each once."""
    seen: set[tuple[str, str]] = set()
    for reference in references:
        try:
            located = locate(storage, reference)
        except (OperatorError, IntegrityError) as error:
            yield Unfound(reference=reference, error=error)
            continue
        if (located.kind, located.id) not in seen:
            seen.add((located.kind, located.id))
            yield located


def storage_tasks(
    run: Run, storage: Storage, resources: Sequence[str], stop: Callable[[], bool], *, empty: bool
) -> list[Task]:
    """Write a task for each repository; one that has failed for what cannot be found or read.

    Args:
        run: Whose tasks.
        storage: Where the repositories are.
        resources: As for ``wanted_by``.
        stop: Asked before each.
        empty: Whether also for repositories without a restore point.

    Raises:
        Interrupted: ``stop`` said so.
    """
    references = wanted_by(run, resources)
    tasks: list[Task] = []
    for found in everything(storage) if references is None else find_each(storage, references):
        if stop():
            raise Interrupted("The run was stopped before all was listed.")
        task = (
            unfound_task(run.id, len(tasks), found)
            if isinstance(found, Unfound)
            else _task(run.id, len(tasks), found, empty=empty)
        )
        if task is not None:
            tasks.append(task)
    return tasks


def unfound_task(run_id: str, number: int, unfound: Unfound) -> Task:
    """Write a task that has failed, for a name that stands for nothing."""
    return Task(
        run_id=run_id,
        number=number,
        resource_kind=UNRESOLVED,
        resource_id=unfound.reference,
        resource=unfound.reference,
        status=TaskStatus.FAILED,
        error=fault_of(unfound.error),
    )


def _task(run_id: str, number: int, located: Located, *, empty: bool) -> Task | None:
    task = Task(
        run_id=run_id,
        number=number,
        resource_kind=located.kind,
        resource_id=located.id,
        resource=located.reference,
    )
    try:
        now, known = named(located)
    except IntegrityError as error:
        return replace(task, status=TaskStatus.FAILED, error=fault_of(error))
    if not known and not empty:
        return None
    return replace(task, resource=now.reference, weight=sum(point.bytes for point in known))


def _again(task: Mapping[str, Any]) -> str:
    is_known = task["id"] and task["kind"] != UNRESOLVED
    return f"{task['kind']}:{task['id']}" if is_known else str(task["resource"])
