"""Looks over the shoulder of a controller and its sizer, and asks them everything once more.

Every call and its answer is kept. Put to a fresh pair in the same order, the same calls must get
the same answers; and because nothing else runs meanwhile, that is where their time is measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from strongroom.slots.api import FOREVER, BatchSizer, Sample, SlotController

Factory = Callable[[], tuple[SlotController, BatchSizer]]


@dataclass(slots=True)
class Replay:
    """What came of asking again.

    Attributes:
        calls, results: How many, and how many of them told of a request that ended.
        differing: Answers that were not the same.
        cpu_s: Seconds of processor for all of them.
    """

    calls: int = 0
    results: int = 0
    differing: int = 0
    cpu_s: float = 0.0

    @property
    def microseconds(self) -> float:
        """Processor time per request that ended, with all that was asked around it."""
        return 1e6 * self.cpu_s / max(1, self.results)

    def add(self, other: Replay) -> None:
        """Count another one in."""
        self.calls += other.calls
        self.results += other.results
        self.differing += other.differing
        self.cpu_s += other.cpu_s


@dataclass(slots=True)
class Watched:
    """A controller and a sizer in one, that a simulation may use in their place.

    Attributes:
        standstills: Times that nothing might be started, nothing was under way, and no time was
            named at which to ask again.
    """

    controller: SlotController
    sizer: BatchSizer
    calls: list[tuple[str, tuple[Any, ...], object]] = field(default_factory=list)
    standstills: int = 0
    _in_flight: int = 0
    _limit: int = 1
    _lanes_asked: int = 0
    _has_open_lane: bool = False

    def limit(self, now: float) -> int:
        self._limit = self.controller.limit(now)
        self._lanes_asked, self._has_open_lane = 0, False
        self.calls.append(("limit", (now,), self._limit))
        return self._limit

    def lane_limit(self, now: float, lane: str) -> int:
        answer = self.controller.lane_limit(now, lane)
        self._lanes_asked += 1
        self._has_open_lane |= answer > 0
        self.calls.append(("lane_limit", (now, lane), answer))
        return answer

    def wake_at(self, now: float) -> float:
        answer = self.controller.wake_at(now)
        is_shut = self._lanes_asked > 0 and not self._has_open_lane and not self._in_flight
        if (self._limit <= 0 or is_shut) and not answer < FOREVER:
            self.standstills += 1
        self.calls.append(("wake_at", (now,), answer))
        return answer

    def on_start(self, now: float, lane: str) -> None:
        self._in_flight += 1
        self.controller.on_start(now, lane)
        self.calls.append(("on_start", (now, lane), None))

    def take(self, now: float, lane: str, sizes: Sequence[int]) -> int:
        answer = self.sizer.take(now, lane, sizes)
        self.calls.append(("take", (now, lane, sizes), answer))
        return answer

    def on_result(self, sample: Sample) -> None:
        self._in_flight -= 1
        self.controller.on_result(sample)
        self.calls.append(("on_result", (sample,), None))

    def learn(self, sample: Sample) -> None:
        """Pass on what the sizer hears after the controller."""
        self.sizer.on_result(sample)
        self.calls.append(("learn", (sample,), None))

    def replay(self, factory: Factory) -> Replay:
        """Put every call to a fresh pair, and forget them."""
        controller, sizer = factory()
        methods: dict[str, Callable[..., object]] = {
            "limit": controller.limit,
            "lane_limit": controller.lane_limit,
            "wake_at": controller.wake_at,
            "on_start": controller.on_start,
            "on_result": controller.on_result,
            "take": sizer.take,
            "learn": sizer.on_result,
        }
        asked = [(methods[name], arguments) for name, arguments, _ in self.calls]
        begun = time.process_time()
        answers: list[object] = [method(*arguments) for method, arguments in asked]
        cpu_s = time.process_time() - begun
        told = [answer for _, _, answer in self.calls]
        results = sum(name == "on_result" for name, _, _ in self.calls)
        differing = sum(a != b for a, b in zip(told, answers, strict=True))
        self.calls.clear()
        return Replay(len(told), results, differing, cpu_s)


class Learner:
    """The half of a ``Watched`` that stands in for the sizer."""

    def __init__(self, watched: Watched) -> None:
        self.take = watched.take
        self.on_result = watched.learn


class Watch:
    """Makes watched pairs, and sums up what came of them.

    Args:
        factory: Makes the pairs.
    """

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._pairs: list[Watched] = []

    def create(self) -> tuple[SlotController, BatchSizer]:
        """Make one, watched."""
        watched = Watched(*self._factory())
        self._pairs.append(watched)
        return watched, Learner(watched)

    def close(self) -> tuple[int, Replay]:
        """Give the standstills of all pairs, and what came of asking fresh ones."""
        total = Replay()
        for pair in self._pairs:
            total.add(pair.replay(self._factory))
        return sum(pair.standstills for pair in self._pairs), total
