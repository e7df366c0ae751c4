"""Who waits for a slot, and what is on its way: the counts that the pace goes by."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field

BYTES_MAX = 256 * 1024 * 1024
"""What may be asked for at once, in bytes: answers are held in memory while they are read."""

REST_S = 1.0
"""A slot rests so long after a request that failed: whoever is next would likely fail as well."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A thread in the line, and after that its request.

    Attributes:
        lane, size: What it is for, and how many bytes it is expected to move.
        change: Over the pace's lock: notified when it is let in, or has to look again.
        wanted: How many slots it should have.
        requests: As how many the server counts it.
        taken: How many it has; 0: it still waits.
        in_flight, in_lane: Slots taken when it got its own, and those of its lane among them, its
            own included.
        began_s: When it got it.
    """

    lane: str
    size: int
    change: threading.Condition
    wanted: int = 1
    requests: int = 1
    taken: int = 0
    in_flight: int = 0
    in_lane: int = 0
    began_s: float = 0.0

    @property
    def is_admitted(self) -> bool:
        """Whether it has what it waited for."""
        return self.taken > 0


@dataclass(slots=True)
class Flight:
    """What is on its way.

    Attributes:
        requests, size: How many slots are taken by requests, of how many bytes.
        by_lane: How many in each lane.
        rests_s: When each of the slots that rest will have rested.
    """

    requests: int = 0
    size: int = 0
    by_lane: Counter[str] = field(default_factory=Counter)
    rests_s: deque[float] = field(default_factory=deque)

    @property
    def slots(self) -> int:
        """How many slots are taken, those that rest included."""
        return self.requests + len(self.rests_s)

    def takes(self, size: int) -> bool:
        """Say whether so many bytes fit in. What is too large for all of it goes alone."""
        return not self.requests or self.size + size <= BYTES_MAX

    def start(self, waiting: Waiting, now: float, slots: int = 1) -> None:
        """Count a request that gets its slots."""
        self.requests += slots
        self.size += waiting.size
        self.by_lane[waiting.lane] += slots
        waiting.taken = slots
        waiting.began_s, waiting.in_flight = now, self.requests
        waiting.in_lane = self.by_lane[waiting.lane]

    def end(self, waiting: Waiting) -> None:
        """Count a request that has ended."""
        self.requests -= waiting.taken
        self.size -= waiting.size
        self.by_lane[waiting.lane] -= waiting.taken
        if not self.by_lane[waiting.lane]:
            del self.by_lane[waiting.lane]

    def rest(self, now: float) -> None:
        """Let a slot rest."""
        self.rests_s.append(now + REST_S)

    def end_rests(self, now: float) -> None:
        """Give back the slots that have rested."""
        while self.rests_s and self.rests_s[0] <= now:
            self.rests_s.popleft()
