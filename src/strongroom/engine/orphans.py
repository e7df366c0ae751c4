"""Runs whose worker died: they wait again, whoever notices it first."""

from __future__ import annotations

from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.records import RunStatus
from strongroom.engine.filelock import FileLock


def put_back_orphans(database: Database, lock: FileLock) -> None:
    """Let runs wait again that stand as running while nobody has the home's lock.

    The next worker would do the same; until then nobody shall be told that they run.

    Args:
        database: The control database.
        lock: The home's lock, not held; taken for a moment if it is free.
    """
    with database.read() as db:
        is_any_running = any(run.status is RunStatus.RUNNING for run in runs.queue(db))
    if not is_any_running or not lock.try_acquire():
        return
    try:
        with database.write() as db:
            runs.put_back_all(db)
    finally:
        lock.release()
