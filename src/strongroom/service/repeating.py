"""Doing something again and again beside everything else, and once more at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from strongroom.errors import StrongroomError

_CLOSE_S = 5.0
"""How long the end of a command waits for the last time; what did not come to its end is left."""


class Repeating:
    """A thread that does one thing now and then. Safe in many threads; its owner closes it.

    Args:
        name: Of the thread.
        every_s: The longest time between two times.
        do: Does it; told whether this is the last time. What the storage, a server or the database
            refuses (``StrongroomError``) is its own to remember: it is done again all the same.
    """

    def __init__(self, name: str, every_s: float, do: Callable[[bool], object]) -> None:
        self._name = name
        self._every_s = every_s
        self._do = do
        self._wake = threading.Event()
        self._is_closed = False
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it has begun or was closed."""
        with self._starting:
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Do it soon; begin if need be."""
        self._wake.set()
        self.start()

    def close(self) -> None:
        """Stop, after a last time that takes a few seconds at most. Safe to call twice."""
        with self._starting:
            self._is_closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        while True:
            self._wake.wait(self._every_s)
            self._wake.clear()
            is_last = self._is_closed
            with suppress(StrongroomError):
                self._do(is_last)
            if is_last:
                return
