"""Being the worker for as long as the service runs, whether there are runs or not."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.engine.waiting import POLL_S
from strongroom.engine.worker import Worker


def work(*, make_worker: Callable[[], Worker], is_over: Callable[[], bool]) -> None:
    """Do what runs ask for until told to leave.

    Args:
        make_worker: Makes the worker; the home's lock is ours.
        is_over: Asked a few times a second. What runs then ends at its next safe point, and goes
            on another time.

    Raises:
        StrongroomError: the control database failed.
    """
    worker = make_worker()
    try:
        while not is_over():
            worker.step()
            worker.wait(POLL_S)
    finally:
        worker.close()
