"""Being the worker for as long as the service runs, whether there are runs or not."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.control.outages import OUTAGES
from strongroom.engine.waiting import POLL_S
from strongroom.engine.worker import Worker


def work(*, make_worker: Callable[[], Worker], is_over: Callable[[], bool]) -> None:
    """Do what runs ask for until told to leave.

    A control database that goes away meanwhile is waited for: nobody has to start a worker again
    because a server was restarted, or a disk was full. On a shared one the others take over from a
    worker that has waited for long, and it ends (see ``membership``).

    Args:
        make_worker: Makes the worker; the home's lock is ours.
        is_over: Asked a few times a second. What runs then ends at its next safe point, and goes
            on another time.

    Raises:
        StrongroomError: the control database failed for good, or was away when the worker began.
    """
    worker = make_worker()
    try:
        while not is_over():
            try:
                worker.step()
            except OUTAGES as error:
                worker.patience.away(error)
            else:
                worker.patience.back()
            worker.wait(POLL_S)
    finally:
        worker.close()
