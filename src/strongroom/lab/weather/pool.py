"""The workers of one back end, with the queue before them."""

from __future__ import annotations

from collections import deque

from strongroom.lab.weather.model import BackEnd
from strongroom.lab.weather.visit import Visit


class Pool:
    """Gives workers to requests, first come first served. Pure.

    Attributes:
        workers: How many there are now.
        slowness: Factor on service times now.
        busy: How many have a request. More than ``workers`` only after these became fewer: what is
            being worked on is worked off.
    """

    def __init__(self, back_end: BackEnd) -> None:
        self._back_end = back_end
        self.workers = back_end.workers
        self.slowness = back_end.slowness
        self.busy = 0
        self._queue: deque[Visit] = deque()

    @property
    def queued(self) -> int:
        """Requests that wait for a worker."""
        return len(self._queue)

    @property
    def is_full(self) -> bool:
        """Whether newcomers are turned away."""
        most = self._back_end.queue_max
        return most is not None and self.queued >= most

    def join(self, visit: Visit) -> None:
        """Wait for a worker; ``take`` says whose turn it is."""
        self._queue.append(visit)

    def take(self) -> Visit | None:
        """Give a free worker to the next in the queue, or None if there is none of either."""
        if not self._queue or self.busy >= self.workers:
            return None
        self.busy += 1
        return self._queue.popleft()

    def factor(self) -> float:
        """Say how much longer everything takes now: by the slowness, and by the queue."""
        crowd = self.queued / max(1, self.workers)
        return self.slowness * (1.0 + self._back_end.thrash * crowd)

    def forget(self, visit: Visit) -> None:
        """Let a request go that waits and that nobody wants any more."""
        if visit in self._queue:
            self._queue.remove(visit)

    def empty(self) -> None:
        """Forget everybody: the server has been away."""
        self.busy = 0
        self._queue.clear()
