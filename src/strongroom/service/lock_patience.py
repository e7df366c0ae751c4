"""Waiting for a repository that somebody else has locked for a moment: a prune, mostly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from strongroom.clock import Clock
from strongroom.errors import ResourceLocked
from strongroom.operations.interfaces import Stop

_AGAIN_S = 5.0
T = TypeVar("T")


def when_free(work: Callable[[], T], *, clock: Clock, stop: Stop, patience_s: float) -> T:
    """Do something as soon as no lock is in its way; it is tried again from the beginning.

    Args:
        work: What to do. A lock that it loses after ``patience_s`` is not tried again.
        clock: Time.
        stop: Asked before each further try.
        patience_s: How long to go on trying.

    Raises:
        ResourceLocked: it was locked all the time.
    """
    until_s = clock.monotonic_s() + patience_s
    while True:
        try:
            return work()
        except ResourceLocked:
            if stop() or clock.monotonic_s() >= until_s:
                raise
        clock.sleep(_AGAIN_S)
