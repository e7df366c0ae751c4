"""Backup tasks as runs leave them, for tests of what is noted about resources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from strongroom.control.protected import Origin
from strongroom.control.records import Task, TaskStatus

NOW = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
DISK = Origin(storage_id="s1", storage="disk", connection="office", job="nightly", run_id="r1")


def task(
    name: str = "ann@example",
    status: TaskStatus = TaskStatus.WAITING,
    *,
    saved: int = 0,
    unchanged: int = 0,
    byte_count: int = 0,
    **fields: Any,
) -> Task:
    """Give a task of the resource with that name, begun an hour ago if it was done."""
    is_done = status in {TaskStatus.COMPLETE, TaskStatus.PARTIAL}
    coverage = {
        "totals": {
            "on_server": saved + unchanged,
            "saved": saved,
            "unchanged": unchanged,
            "skipped": 0,
            "failed": 0,
            "bytes_read": byte_count,
            "bytes_stored": byte_count // 2,
        },
        "folders": [],
        "point": f"point of {name}",
    }
    told = {
        "run_id": "r1",
        "number": 0,
        "resource_kind": "mailbox",
        "resource_id": f"id of {name}",
        "resource": name,
        "started": NOW - timedelta(hours=1) if is_done else None,
        "finished": NOW if is_done else None,
        "coverage": coverage if is_done else None,
    }
    return Task(status=status, **{**told, **fields})
