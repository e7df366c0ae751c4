"""Feeds a server with requests as a controller and a sizer allow, and writes down what happens."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from strongroom.slots import create
from strongroom.slots.api import FOREVER, Outcome, Sample, Scope
from tests.slots.server import LANES, Desk, Server

BATCH_MAX = 200
GIVE_UP = 6
"""An item that failed alone so often is given up by whoever backs up."""


@dataclass
class Seen:
    """What happened.

    Attributes:
        started: When each request was started.
        slots: Slots in flight at those times.
        ended: How many ended so.
        items: Delivered.
        limits: The highest number that was allowed.
        disobeyed: Requests against an order to stay away.
        stuck: Times that nothing might be sent and no time was named.
        given_up: Items that failed alone too often.
        left: Items that were not delivered in the end.
        told: All calls and their answers.
    """

    started: list[float] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    ended: Counter[Outcome] = field(default_factory=Counter)
    items: int = 0
    limits: int = 0
    disobeyed: int = 0
    stuck: int = 0
    given_up: int = 0
    left: int = 0
    told: list[tuple[str, tuple[object, ...], object]] = field(default_factory=list)

    def most_in_a_minute(self, start_s: float, end_s: float) -> int:
        """Give the most requests that were sent in any minute between two times."""
        times = [at for at in self.started if start_s <= at < end_s]
        return max((sum(0 <= other - at < 60 for other in times) for at in times), default=0)


class Drive:
    """One run.

    Args:
        server: To feed.
        items: How many items each lane has; None: without end.
        seed: Of chance.
    """

    def __init__(self, server: Server, *, items: int | None = None, seed: int = 5) -> None:
        self.server = server
        self.controller, self.sizer = create()
        self.seen = Seen()
        self.now = 0.0
        self._random = Random(seed)
        self._desk = Desk(server, self._random)
        self._sizes = [int(self._random.lognormvariate(10.3, 1.2)) for _ in range(4000)]
        self._left = dict.fromkeys(LANES, FOREVER if items is None else items)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = self._turn = 0
        self._wake_s = 0.0
        self._under_way: dict[int, Sample] = {}
        self._in_lane = dict.fromkeys(LANES, 0)
        self._failed = dict.fromkeys(LANES, 0)
        self._ordered = dict.fromkeys((*LANES, ""), 0.0)

    def run(self, seconds: float) -> Seen:
        """Let it run for so many seconds, or until all is done."""
        for outage in self.server.outages:
            self._at(outage.start_s, self._lose_all)
        self._at(0.0, lambda: None)
        while self._events and self.now < seconds and any(self._left.values()):
            self.now, _, happen = heapq.heappop(self._events)
            happen()
            self._fill()
            self._serve()
            wake = self._ask("wake_at", self.now)
            if self._is_stuck() and not wake < FOREVER:
                self.seen.stuck += 1
            if wake < FOREVER:
                self._wake(max(wake, self.now + 0.01))
        self.seen.left = sum(0 if left == FOREVER else int(left) for left in self._left.values())
        return self.seen

    def _ask(self, name: str, *arguments: object) -> float:
        whose = self.sizer if name in ("take", "learn") else self.controller
        method = getattr(whose, "on_result" if name == "learn" else name)
        answer: float = method(*arguments)
        self.seen.told.append((name, arguments, answer))
        return answer

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (when, self._number, happen))

    def _wake(self, when: float) -> None:
        if not self.now < self._wake_s <= when:
            self._wake_s = when
            self._at(when, lambda: None)

    def _is_stuck(self) -> bool:
        if self._ask("limit", self.now) <= 0:
            return True
        is_waiting = any(self._left.values()) and not self._under_way
        return is_waiting and all(self._ask("lane_limit", self.now, lane) <= 0 for lane in LANES)

    def _fill(self) -> None:
        for _ in LANES:
            limit = int(self._ask("limit", self.now))
            self.seen.limits = max(self.seen.limits, limit)
            if len(self._under_way) >= limit:
                return
            lane = LANES[self._turn % len(LANES)]
            self._turn += 1
            while (
                self._left[lane] > 0
                and len(self._under_way) < self._ask("limit", self.now)
                and self._in_lane[lane] < self._ask("lane_limit", self.now, lane)
            ):
                self._start(lane)

    def _start(self, lane: str) -> None:
        first = self._random.randrange(len(self._sizes) - BATCH_MAX)
        waiting = self._sizes[first : first + int(min(BATCH_MAX, self._left[lane]))]
        items = int(self._ask("take", self.now, lane, waiting))
        assert 1 <= items <= len(waiting)
        self._left[lane] -= items
        self._in_lane[lane] += 1
        self.seen.disobeyed += self.now < max(self._ordered[lane], self._ordered[""])
        self.seen.started.append(self.now)
        self.seen.slots.append(len(self._under_way) + 1)
        self._ask("on_start", self.now, lane)
        size, in_flight = sum(waiting[:items]), len(self._under_way) + 1
        asked = Sample(lane, self.now, FOREVER, Outcome.OK, items, size, in_flight)
        number = self._number
        self._under_way[number] = asked
        asked = asked._replace(kind=str(number))
        self._at(self.now + self.server.deadline_s, lambda: self._end(number, Outcome.TIMEOUT))
        refused = self._desk.refusal(asked)
        if refused is not None:
            self._at(refused.finished, lambda: self._end(number, refused.outcome, refused))

    def _serve(self) -> None:
        for work_s, done in self._desk.begin(self.now):
            self._at(self.now + work_s, self._worked(done, work_s, len(self._epochs())))

    def _epochs(self) -> list[float]:
        return [one.start_s for one in self.server.outages if one.start_s <= self.now]

    def _worked(self, done: Sample, work_s: float, epoch: int) -> Callable[[], None]:
        def end() -> None:
            if epoch == len(self._epochs()):
                told = self._desk.end(self.now, done, work_s)
                self._end(int(done.kind), done.outcome, told)

        return end

    def _lose_all(self) -> None:
        self._desk.clear()
        outage = self.server.outage(self.now)
        if outage is not None and outage.how != "hangs":
            for number in list(self._under_way):
                self._end(number, Outcome.BROKEN)

    def _end(self, number: int, outcome: Outcome, told: Sample | None = None) -> None:
        asked = self._under_way.pop(number, None)
        if asked is None:  # It ended before: the client's deadline, or what it left behind.
            return
        done = (told or asked)._replace(finished=self.now, outcome=outcome, kind="")
        lane = done.lane
        self._in_lane[lane] -= 1
        self.seen.ended[outcome] += 1
        if outcome == Outcome.OK:
            self.seen.items += done.items
            self._failed[lane] = 0
        else:
            self._left[lane] += done.items
            if outcome in (Outcome.TIMEOUT, Outcome.BROKEN) and not self.server.outage(self.now):
                self._failed[lane] += 1
                self.seen.given_up += self._failed[lane] >= GIVE_UP and done.items == 1
            if done.retry_after is not None:
                key = lane if done.scope == Scope.LANE else ""
                self._ordered[key] = max(self._ordered[key], self.now + done.retry_after)
        self._ask("on_result", done)
        self._ask("learn", done)


def drive(server: Server, seconds: float, *, items: int | None = None, seed: int = 5) -> Seen:
    """Say what a server sees in so many seconds."""
    return Drive(server, items=items, seed=seed).run(seconds)


def asked_again(seen: Seen) -> list[object]:
    """Put all calls of a run to a fresh pair, and give its answers."""
    controller, sizer = create()
    answers: list[object] = []
    for name, arguments, _ in seen.told:
        whose = sizer if name in ("take", "learn") else controller
        method = getattr(whose, "on_result" if name == "learn" else name)
        answers.append(method(*arguments))
    return answers
