"""What a storage holds and the server's directory does not name any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from strongroom.control.records import Task, TaskStatus
from strongroom.errors import IntegrityError
from strongroom.service.locating import everything, named
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
    listed = {(task.resource_kind, task.resource_id) for task in planned}
    # One that could not be opened did not tell its id; by its address it is listed all the same.
    shut = {
        _address(task.resource)
        for task in planned
        if task.status in {TaskStatus.EXCLUDED, TaskStatus.FAILED}
    }
    for located in everything(storage):
        if (located.kind, located.id) in listed:
            continue
        try:
            now, points = named(located)
        except IntegrityError:
            continue  # `storage check` tells; the directory does not come into it
        if points and points[0].host == connection and _address(now.reference) not in shut:
            yield Task(
                run_id=planned[0].run_id,
                number=len(planned),
                resource_kind=located.kind,
                resource_id=located.id,
                resource=now.reference,
                status=TaskStatus.EXCLUDED,
                reason="The server does not list it any more. What was saved of it is kept; the "
                f"newest restore point is from {points[0].time:%Y-%m-%dT%H:%M:%SZ}.",
            )


def _address(reference: str) -> str:
    return reference.rpartition(":")[2].lower()
