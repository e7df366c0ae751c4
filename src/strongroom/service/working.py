"""Being the worker of a home, or one of many, and knowing whether there is one."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from strongroom.control import workers
from strongroom.engine import permitted
from strongroom.engine.fellows import Alone, Fellowship
from strongroom.engine.filelock import FileLock
from strongroom.engine.membership import Membership
from strongroom.engine.scheduling import MakeRun, Scheduler
from strongroom.engine.trimming import Trimming
from strongroom.engine.work import Handler
from strongroom.engine.worker import Chore, Equipment, Worker
from strongroom.service.cache_trimming import CacheTrimming
from strongroom.service.home_backups import HomeBackups
from strongroom.service.journals import journals_of
from strongroom.service.prune_by_itself import PruneByItself
from strongroom.service.shared import Shared
from strongroom.service.telling import Telling

_SILENT = timedelta(minutes=3)
"""A worker whose last beat is older is gone, though nobody was there to say so."""


def make_worker(
    shared: Shared, handlers: Mapping[str, Handler], *, make_run: MakeRun | None = None
) -> Worker:
    """Make the worker, for whoever holds the home's lock.

    Args:
        shared: The home.
        handlers: Who does the work, per kind of run.
        make_run: Makes runs of jobs that are due; None: schedules are not this worker's, which is
            there for one command and leaves when that is done.
    """
    ports = shared.ports
    telling = Telling(ports.clock)
    trimming = Trimming(
        shared.database, ports.clock, journals_of(shared.home, shared.database).remove
    )
    equipment = Equipment(
        durable=ports.durable(shared.database),
        fellowship=_fellowship(shared),
        chores=(
            *_schedules(shared, make_run, telling),
            trimming.step,
            CacheTrimming(shared).step,
        ),
        ended=telling.ended,
        lost=ports.lost,
    )
    shared.notices.start()
    return Worker(shared.database, handlers, ports.clock, equipment)


def _schedules(shared: Shared, make_run: MakeRun | None, telling: Telling) -> tuple[Chore, ...]:
    database, clock = shared.database, shared.ports.clock
    if make_run is None:
        return (lambda: permitted.keep(database, clock.now()),)
    scheduler = Scheduler(database, clock, make_run=make_run, missed=telling.missed)
    return scheduler.tick, PruneByItself(database, clock).step, HomeBackups(shared).step


def _fellowship(shared: Shared) -> Fellowship:
    place = shared.database.place
    if not place.is_shared:
        return Alone()
    return Membership(
        place,
        host=socket.gethostname(),
        pid=os.getpid(),
        clock=shared.ports.clock,
        lost=shared.ports.lost,
    )


@contextmanager
def nobody_working(shared: Shared) -> Iterator[bool]:
    """Say whether there is no worker that would see what is asked of a run.

    Where that is so, none begins in the block on this machine; one that begins elsewhere finds what
    the block did.
    """
    lock = FileLock(shared.home.worker_lock)
    if not lock.try_acquire():
        yield False
        return
    try:
        yield not (shared.database.place.is_shared and _is_anybody_alive(shared))
    finally:
        lock.release()


def has_worker(shared: Shared) -> bool:
    """Say whether anybody does what runs ask for; one that died a moment ago may still count."""
    with nobody_working(shared) as is_nobody:
        return not is_nobody


def _is_anybody_alive(shared: Shared) -> bool:
    now = shared.ports.clock.now()
    with shared.database.read() as db:
        return any(now - beat < _SILENT for beat in workers.alive(db).values())
