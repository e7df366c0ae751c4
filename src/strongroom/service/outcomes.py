"""From the outcomes of tasks to the outcome of a run."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.control.records import Fault, RunStatus, Task, TaskStatus
from strongroom.engine.work import Ending
from strongroom.errors import IntegrityError, OperatorError, ServerUnreachable, StorageFull

PARTIAL_EXIT = 3
CANCELLED_EXIT = 130
STOPPERS = (StorageFull, ServerUnreachable)
"""Errors that no other task of the run would be spared: the run ends with the first one."""


COVERS_NOTHING = Fault(
    exit_code=OperatorError.exit_code,
    what="The job covers nothing.",
    why="Nothing that it names, or that the server lists, was there to be backed up; or all of it "
    "is excluded.",
    hint="See the reasons with `strongroom run show`, and look at what the job covers.",
)


def conclude(tasks: Sequence[Task], *, nothing: Fault = COVERS_NOTHING) -> Ending:
    """Say how a run ended, from how its tasks did.

    Only a run in which everything is complete is complete. One whose tasks all failed is failed;
    so is one that found damage, because that must never look like a usual morning.

    Args:
        tasks: All of them.
        nothing: Why it failed, if there was nothing to do.
    """
    counted = [task for task in tasks if task.status is not TaskStatus.EXCLUDED]
    if not counted:
        return Ending(status=RunStatus.FAILED, fault=nothing)
    failed = [task for task in counted if task.status is TaskStatus.FAILED]
    if all(task.status is TaskStatus.COMPLETE for task in counted):
        return Ending(status=RunStatus.COMPLETE)
    fault = _worst(failed)
    is_damaged = fault is not None and fault.exit_code == IntegrityError.exit_code
    if is_damaged or len(failed) == len(counted):
        return Ending(status=RunStatus.FAILED, fault=fault)
    return Ending(status=RunStatus.PARTIAL)


def _worst(failed: Sequence[Task]) -> Fault | None:
    """Choose the fault that the run is to show: damage before our bugs before all others."""
    order = {IntegrityError.exit_code: 0, 1: 1}
    faults = [task.error for task in failed if task.error is not None]
    return min(faults, key=lambda fault: order.get(fault.exit_code, 2), default=None)


def exit_code_of(status: RunStatus, fault: Fault | None) -> int:
    """Say with which code a command ends that waited for a run (design §6).

    A paused one waits for a person, as its fault says.
    """
    match status:
        case RunStatus.COMPLETE:
            return 0
        case RunStatus.PARTIAL:
            return PARTIAL_EXIT
        case RunStatus.CANCELLED:
            return CANCELLED_EXIT
        case _:
            return 1 if fault is None else fault.exit_code
