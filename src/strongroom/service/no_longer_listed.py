"""What a job covered, and the server does not name any more: it is told, and kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from strongroom.control.records import Task, TaskStatus
from strongroom.errors import IntegrityError, OperatorError
from strongroom.operations.points import RestorePoint
from strongroom.service.locating import Located, everything, located_at, named
from strongroom.store.storage import Storage


def no_longer_listed(storage: Storage, connection: str, planned: Sequence[Task]) -> Iterator[Task]:
    """Name the resources that were saved through a connection and are not listed any more.

    A mailbox that somebody deleted drops out of the directory without a word; whoever reads the
    run's report shall learn of it, and that what was saved of it is kept.

    Args:
        storage: Where they lie.
        connection: The connection's name.
        planned: A task for everything that the directory lists, at least one.
    """
    listed, shut = _known(planned)
    for located in everything(storage):
        if (located.kind, located.id) in listed:
            continue
        try:
            now, points = named(located)
        except IntegrityError:
            continue  # `storage check` tells; the directory does not come into it
        if points and points[0].host == connection and _address(now.reference) not in shut:
            yield _kept(planned[0].run_id, len(planned), now, points[0], _NOT_LISTED)


def no_longer_covered(
    storage: Storage, planned: Sequence[Task], before: Sequence[Task]
) -> Iterator[Task]:
    """Name the resources that an earlier run of the job covered, and this one does not.

    Somebody left a group, or was given another address; a mailbox was deleted. For jobs that do not
    cover all there is, only their own earlier runs know what is missing.

    Args:
        storage: Where they lie.
        planned: The tasks of this run, at least one if there is anything to tell.
        before: Tasks of the earlier run.
    """
    listed, shut = _known(planned)
    for task in before:
        key = (task.resource_kind, task.resource_id)
        if key in listed or _address(task.resource) in shut or not planned:
            continue
        try:
            now, points = named(located_at(storage, *key, task.resource))
        except (IntegrityError, OperatorError):
            continue  # nothing of it was ever saved; or, if damaged, `storage check` tells
        if points:
            yield _kept(planned[0].run_id, len(planned), now, points[0], _NOT_COVERED)


_NOT_LISTED = "The server does not list it any more."
_NOT_COVERED = (
    "The job covered it before; now no pattern and no group of the job leads to it, or the server "
    "does not list it any more."
)


def is_gone(task: Task) -> bool:
    """Say whether a task is there only to tell that its resource is not covered any more."""
    told = task.reason or ""
    return task.status is TaskStatus.EXCLUDED and told.startswith((_NOT_LISTED, _NOT_COVERED))


def _known(planned: Sequence[Task]) -> tuple[set[tuple[str, str]], set[str]]:
    """Say what a run knows by id, and what by its address alone."""
    listed = {(task.resource_kind, task.resource_id) for task in planned}
    # One that could not be opened did not tell its id; by its address it is listed all the same.
    shut = {
        _address(task.resource)
        for task in planned
        if task.status in {TaskStatus.EXCLUDED, TaskStatus.FAILED}
    }
    return listed, shut


def _kept(run_id: str, number: int, located: Located, newest: RestorePoint, why: str) -> Task:
    return Task(
        run_id=run_id,
        number=number,
        resource_kind=located.kind,
        resource_id=located.id,
        resource=located.reference,
        status=TaskStatus.EXCLUDED,
        reason=f"{why} What was saved of it is kept; the newest restore point is from "
        f"{newest.time:%Y-%m-%dT%H:%M:%SZ}.",
    )


def _address(reference: str) -> str:
    return reference.rpartition(":")[2].lower()
