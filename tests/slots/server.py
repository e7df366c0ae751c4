"""The smallest server that a controller can be tried on: some threads, and a queue before them."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from strongroom.slots import create
from strongroom.slots.api import FOREVER, Outcome, Sample

LANES = tuple(f"mailbox-{number}" for number in range(12))
SIZES = [30_000] * 200


@dataclass
class Server:
    """Threads that each work on one request at a time.

    Attributes:
        threads: How many.
        seconds: What a request takes once a thread has it, per second of its cost.
        connections: At most so many requests at once; None: any number.
        is_away: Says whether nothing works at a time.
    """

    threads: int = 8
    seconds: float = 1.0
    connections: int | None = None
    is_away: Callable[[float], bool] = lambda _: False
    random: Random = field(default_factory=lambda: Random(5))

    def costs(self, items: int) -> float:
        """Say how long a thread works on a request."""
        return self.seconds * (0.4 + 0.03 * items) * self.random.uniform(0.7, 1.3)


@dataclass
class Seen:
    """What happened.

    Attributes:
        started: When each request was started.
        slots: Slots in flight at those times.
        ended: How many ended so.
        items: Delivered.
    """

    started: list[float] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    ended: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    items: int = 0


class Drive:
    """A controller and a sizer that feed a server from an endless backlog."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.controller, self.sizer = create()
        self.seen = Seen()
        self.now = 0.0
        self.events: list[tuple[float, int, Sample | None]] = []
        self.waiting: deque[tuple[float, Sample]] = deque()
        self.busy = self.in_flight = self.turn = self.number = 0
        self.in_lane = dict.fromkeys(LANES, 0)

    def run(self, seconds: float) -> Seen:
        """Let it run for so many seconds."""
        self._at(0.0, None)
        while self.events and self.now < seconds:
            self.now, _, done = heapq.heappop(self.events)
            if done is not None:
                self._end(done)
            self._fill()
            self._serve()
            wake = self.controller.wake_at(self.now)
            if wake < FOREVER:
                self._at(max(wake, self.now + 0.01), None)
        return self.seen

    def _at(self, when: float, sample: Sample | None) -> None:
        self.number += 1
        heapq.heappush(self.events, (when, self.number, sample))

    def _end(self, done: Sample) -> None:
        self.in_flight -= 1
        self.in_lane[done.lane] -= 1
        self.seen.ended[done.outcome] += 1
        if done.outcome == Outcome.OK:
            self.busy -= 1
            self.seen.items += done.items
        ended = done._replace(finished=self.now)
        self.controller.on_result(ended)
        self.sizer.on_result(ended)

    def _fill(self) -> None:
        for _ in LANES:
            if self.in_flight >= self.controller.limit(self.now):
                return
            lane = LANES[self.turn % len(LANES)]
            self.turn += 1
            if self.in_lane[lane] < self.controller.lane_limit(self.now, lane):
                self._start(lane)

    def _start(self, lane: str) -> None:
        items = self.sizer.take(self.now, lane, SIZES)
        self.in_flight += 1
        self.in_lane[lane] += 1
        self.seen.started.append(self.now)
        self.seen.slots.append(self.in_flight)
        self.controller.on_start(self.now, lane)
        size = sum(SIZES[:items])
        sample = Sample(lane, self.now, self.now, Outcome.OK, items, size, self.in_flight)
        most = self.server.connections
        if self.server.is_away(self.now):
            self._at(self.now + 0.05, sample._replace(outcome=Outcome.BROKEN))
        elif most is not None and self.in_flight > most:
            self._at(self.now + 0.05, sample._replace(outcome=Outcome.CONNECTION_LIMIT))
        else:
            self.waiting.append((self.server.costs(items), sample))

    def _serve(self) -> None:
        while self.waiting and self.busy < self.server.threads:
            cost, sample = self.waiting.popleft()
            self.busy += 1
            self._at(self.now + cost, sample)


def drive(server: Server, seconds: float) -> Seen:
    """Say what a server sees in so many seconds."""
    return Drive(server).run(seconds)
