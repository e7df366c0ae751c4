"""Waiting for a run: as the worker if there is none, else by watching, ready to take over."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.clock import Clock
from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.outages import DatabaseBusy, DatabaseUnreachable
from strongroom.control.records import Run
from strongroom.engine.filelock import FileLock
from strongroom.engine.worker import Worker
from strongroom.errors import OperatorError

POLL_S = 0.5
"""How often a display is brought up to date; that a run of ours ends is noticed at once."""

OUTAGE_MAX_S = 60.0
"""A person who waits for a command is told then that the database's server does not answer."""


def wait_for(
    run_id: str,
    *,
    database: Database,
    lock: FileLock,
    make_worker: Callable[[], Worker],
    clock: Clock,
    seen: Callable[[Run], None],
) -> Run:
    """Stay until a run is over or paused, and as the only worker until no run is left.

    Args:
        run_id: Whom to wait for.
        database: The control database.
        lock: The home's lock, not held. The operating system frees it when its holder dies, and
            then the work falls to us.
        make_worker: Makes the worker, once the lock is ours.
        clock: Time.
        seen: Called with the run as it stands, a few times a second.

    Returns:
        The run, ended or paused.

    Raises:
        OperatorError: the run was removed meanwhile.
        StrongroomError: the control database failed, or its server was away for longer than a
            restart takes. What was done is kept; somebody else goes on, or the next command does.
        KeyboardInterrupt: a person wants to leave. What we run ends at its next safe point first,
            and goes on when somebody becomes the worker; what another process runs is not touched.
    """
    worker: Worker | None = None
    outage = _Outage(clock)
    # Where other machines work as well, what is left is theirs.
    is_alone = not database.place.is_shared
    try:
        while True:
            try:
                if worker is None and lock.try_acquire():
                    worker = make_worker()
                is_work_left = worker is not None and worker.step()
                run = _look(database, run_id)
                seen(run)
            except (DatabaseUnreachable, DatabaseBusy):
                if outage.is_too_long():
                    raise
            else:
                outage = _Outage(clock)
                if not run.status.is_under_way and not (is_work_left and is_alone):
                    return run
            if worker is None:
                clock.sleep(POLL_S)
            else:
                worker.wait(POLL_S)
    finally:
        if worker is not None:
            worker.close()
        lock.release()


class _Outage:
    """How long the control database has been away."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since_s: float | None = None

    def is_too_long(self) -> bool:
        """Say so; the first time that this is asked, it begins."""
        now_s = self._clock.monotonic_s()
        self._since_s = now_s if self._since_s is None else self._since_s
        return now_s - self._since_s >= OUTAGE_MAX_S


def _look(database: Database, run_id: str) -> Run:
    with database.read() as db:
        run = runs.by_id(db, run_id)
    if run is None:
        raise OperatorError(f"The run {run_id} is gone.", why="Somebody removed it.")
    return run
