"""How much a backup's tasks weigh: the largest are begun first, and none is left for the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from strongroom.control.records import Task, TaskStatus

_Key = tuple[str, str]


def weighed(tasks: Sequence[Task], sizes: Mapping[_Key, int]) -> list[Task]:
    """Give tasks their weight.

    What the storage has nothing of is read whole, so it goes before all that only changed; how
    large it is nobody knows.

    Args:
        tasks: Of one run.
        sizes: In bytes, by kind and id, of what the storage has.
    """
    unknown = max(sizes.values(), default=0)
    return [
        replace(task, weight=sizes.get((task.resource_kind, task.resource_id), unknown))
        if task.status is TaskStatus.WAITING
        else task
        for task in tasks
    ]
