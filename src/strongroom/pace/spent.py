"""What threads spend their time on, added up while they still do it.

A thread that has waited for ten minutes has been waiting for all of them: so what is counted is how
many threads are at it, over time, and not each wait when it ends. It costs a lock and an addition
where a thread begins to wait and where it stops, and nothing where none waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

from strongroom.clock import Clock, SystemClock


class Activity(StrEnum):
    """What threads of a run do."""

    WORKING = "working_s"
    """They fetch, or send: waiting for a slot, for the server and for the sealer included."""
    WAITING_TO_SEAL = "waiting_to_seal_s"
    """What they fetched has to wait, because what was fetched before is not sealed yet."""
    SEALING = "sealing_s"
    """The sealing thread has something to do: hash, compress, encrypt, give to the storage."""
    SEALING_CPU = "sealing_cpu_s"
    """So much of that was this machine's processor."""
    SEALING_PIECES = "sealing_pieces_s"
    """So much of it was waiting for the next piece of something large; the rest is the storage."""


class Spent:
    """Adds up thread-seconds by what they are spent on. Safe in many threads.

    Args:
        clock: Time.
        thread_cpu_s: Says how much processor time the calling thread has used up.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        thread_cpu_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock = clock or SystemClock()
        self._thread_cpu_s = thread_cpu_s
        self._lock = threading.Lock()
        self._threads = dict.fromkeys(Activity, 0)
        self._total_s = dict.fromkeys(Activity, 0.0)
        self._since_s = dict.fromkeys(Activity, 0.0)

    @contextmanager
    def on(self, activity: Activity) -> Iterator[None]:
        """Count the calling thread as being at it, until the block ends."""
        self._change(activity, 1)
        try:
            yield
        finally:
            self._change(activity, -1)

    @contextmanager
    def sealing(self) -> Iterator[None]:
        """Count the calling thread as sealing, and what that costs of the processor."""
        cpu_s = self._thread_cpu_s()
        with self.on(Activity.SEALING):
            try:
                yield
            finally:
                used_s = self._thread_cpu_s() - cpu_s
                with self._lock:
                    self._total_s[Activity.SEALING_CPU] += used_s

    def totals(self) -> Mapping[Activity, float]:
        """Give the thread-seconds up to now."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            return {one: self._up_to(one, now_s) for one in Activity}

    def _change(self, activity: Activity, threads: int) -> None:
        with self._lock:
            now_s = self._clock.monotonic_s()
            self._total_s[activity] = self._up_to(activity, now_s)
            self._since_s[activity] = now_s
            self._threads[activity] += threads

    def _up_to(self, activity: Activity, now_s: float) -> float:
        passed_s = now_s - self._since_s[activity]
        return self._total_s[activity] + self._threads[activity] * passed_s
