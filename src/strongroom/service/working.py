"""Being the worker of a home, and knowing whether there is one."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.engine.fellows import Alone
from strongroom.engine.filelock import FileLock
from strongroom.engine.work import Handler
from strongroom.engine.worker import Equipment, Worker
from strongroom.service.shared import Shared
from strongroom.service.telling import Telling


def make_worker(shared: Shared, handlers: Mapping[str, Handler]) -> Worker:
    """Make the worker, for whoever holds the home's lock."""
    ports = shared.ports
    equipment = Equipment(
        durable=ports.durable(shared.database),
        fellowship=Alone(),
        ended=Telling(ports.clock).ended,
    )
    shared.notices.start()
    return Worker(shared.database, handlers, ports.clock, equipment)


def has_worker(shared: Shared) -> bool:
    """Say whether anybody does what runs ask for."""
    lock = FileLock(shared.home.worker_lock)
    if not lock.try_acquire():
        return True
    lock.release()
    return False
