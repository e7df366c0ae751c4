"""Outlasting the control database: what could not be done while it was away is done again.

A run of twelve hours is not to fail because a server is restarted in its middle, or because a disk
was full for a while. Whoever waits so holds nothing but its own thread, and leaves when the worker
does. On a shared database a worker that waits too long is ended by its pulse (``membership.py``).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from strongroom.clock import Clock
from strongroom.control.outages import OUTAGES
from strongroom.engine.durable import Bodies, Parked
from strongroom.errors import StrongroomError

AGAIN_S = 1.0
"""How long to wait before something is tried again."""

_QUIET_S = 60.0
"""A disk that is almost full takes one thing and refuses the next: that is one outage."""

_Done = TypeVar("_Done")
_log = logging.getLogger("strongroom.engine")


class Patience:
    """Does again what the control database could not do. Safe in many threads.

    Args:
        clock: Time.
        is_leaving: Says whether to wait no more.
    """

    def __init__(self, clock: Clock, is_leaving: Callable[[], bool] = lambda: False) -> None:
        self._clock = clock
        self.is_leaving = is_leaving
        self._lock = threading.Lock()
        self._suffering: set[int] = set()
        self._is_told = False
        self._quiet_until_s = clock.monotonic_s()

    def outlast(self, do: Callable[[], _Done]) -> _Done:
        """Do something until it is done.

        Args:
            do: Must give the same if it was done before and nobody learned of it.

        Raises:
            StrongroomError: something else went wrong; or the database is still away and the worker
                leaves.
        """
        while True:
            try:
                done = do()
            except OUTAGES as error:
                if self.is_leaving():
                    self.back()
                    raise
                self.away(error)
                self._clock.sleep(AGAIN_S)
            else:
                self.back()
                return done

    def away(self, error: StrongroomError) -> None:
        """Take note of an outage; it is logged once, however many threads suffer from it."""
        with self._lock:
            is_new = not self._suffering and self._clock.monotonic_s() >= self._quiet_until_s
            self._suffering.add(threading.get_ident())
            self._is_told |= is_new
        if is_new:
            _log.warning("work waits for the control database: %s", error)

    def back(self) -> None:
        """Take note that this thread suffers no more."""
        with self._lock:
            self._suffering.discard(threading.get_ident())
            is_over = self._is_told and not self._suffering
            if is_over:
                self._is_told = False
                self._quiet_until_s = self._clock.monotonic_s() + _QUIET_S
        if is_over:
            _log.warning("work goes on: the control database is back")


class PatientBodies:
    """Bodies that are begun again when the database went away in the middle of them.

    Args:
        bodies: What is done for runs; may be called again at any time.
        patience: How long.
    """

    def __init__(self, bodies: Bodies, patience: Patience) -> None:
        self._bodies = bodies
        self._patience = patience

    def plan(self, run_id: str, attempt: int, /) -> None:
        """As the interface says."""
        self._outlast(lambda: self._bodies.plan(run_id, attempt))

    def drive(self, run_id: str, attempt: int, /) -> None:
        """As the interface says."""
        self._outlast(lambda: self._bodies.drive(run_id, attempt))

    def conclude(self, run_id: str, attempt: int, /) -> None:
        """As the interface says."""
        self._outlast(lambda: self._bodies.conclude(run_id, attempt))

    def share(self, run_id: str, attempt: int, /) -> None:
        """As the interface says."""
        self._outlast(lambda: self._bodies.share(run_id, attempt))

    def _outlast(self, body: Callable[[], None]) -> None:
        try:
            self._patience.outlast(body)
        except OUTAGES:
            raise Parked from None
