"""Green only if everything is there."""

from __future__ import annotations

import pytest

from strongroom.control.records import Fault, RunStatus, Task, TaskStatus
from strongroom.service.outcomes import conclude, exit_code_of


def task(status: TaskStatus, code: int = 0) -> Task:
    return Task(
        run_id="r",
        resource_kind="mailbox",
        resource_id="m",
        number=0,
        resource="a@x",
        status=status,
        error=Fault(exit_code=code, what=f"code {code}") if code else None,
    )


GREEN = task(TaskStatus.COMPLETE)
PARTIAL = task(TaskStatus.PARTIAL)
EXCLUDED = task(TaskStatus.EXCLUDED)
DENIED = task(TaskStatus.FAILED, 2)
DAMAGED = task(TaskStatus.FAILED, 4)
BUG = task(TaskStatus.FAILED, 1)


@pytest.mark.parametrize(
    ("tasks", "status", "code"),
    [
        ([GREEN], RunStatus.COMPLETE, 0),
        ([GREEN, EXCLUDED], RunStatus.COMPLETE, 0),
        ([GREEN, PARTIAL], RunStatus.PARTIAL, 3),
        ([GREEN, DENIED], RunStatus.PARTIAL, 3),
        ([PARTIAL, BUG], RunStatus.PARTIAL, 3),
        ([DENIED], RunStatus.FAILED, 2),
        ([DENIED, EXCLUDED], RunStatus.FAILED, 2),
        ([GREEN, GREEN, DAMAGED], RunStatus.FAILED, 4),
        ([DENIED, BUG, DAMAGED], RunStatus.FAILED, 4),
        ([DENIED, BUG], RunStatus.FAILED, 1),
        ([EXCLUDED], RunStatus.FAILED, 2),
        ([], RunStatus.FAILED, 2),
        ([GREEN, task(TaskStatus.WAITING)], RunStatus.PARTIAL, 3),
    ],
)
def test_how_a_run_ends(tasks: list[Task], status: RunStatus, code: int) -> None:
    ending = conclude(tasks)
    assert ending.status is status
    assert exit_code_of(ending.status, ending.fault) == code


def test_a_cancelled_run_is_told_from_all_others() -> None:
    assert exit_code_of(RunStatus.CANCELLED, None) == 130
