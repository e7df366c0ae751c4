"""Slots that open and close as a test says, and remember what they were told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from strongroom.slots.api import FOREVER, Outcome, Sample
from strongroom.slots.batches import Sizer
from strongroom.slots.controller import Controller
from strongroom.words.pace import Limit, Limiter


class ScriptedController(Controller):
    """Stands in for the program's own controller.

    Whoever starts more than is allowed just then fails the test, in the thread that did.

    Attributes:
        slots, lane_slots: What is allowed; a lane that is not named may have as many as all.
        shut_until_s, lane_shut_until_s: Until when the server, or a lane, is to be left alone.
        away: Nothing gets through to the server; ends with a good answer.
        wakes_s: What ``wake_at`` says; None: the end of what is shut.
        started: The lanes of all requests, in the order they went.
        more: As how many more requests they counted than they had slots.
        samples: What became of them.
        dropped_lanes, left: Lanes of requests that were given up; lanes that were left.
        in_flight, by_lane: Requests that have not ended.
        most: Most that were in flight at once.
    """

    def __init__(self, slots: int = 1) -> None:
        self.slots = slots
        self.lane_slots: dict[str, int] = {}
        self.shut_until_s = 0.0
        self.lane_shut_until_s: dict[str, float] = defaultdict(float)
        self.away = False
        self.wakes_s: float | None = None
        self.started: list[str] = []
        self.more = 0
        self.samples: list[Sample] = []
        self.dropped_lanes: list[str] = []
        self.left: list[str] = []
        self.in_flight = self.most = 0
        self.by_lane: Counter[str] = Counter()

    def limit(self, now: float) -> int:
        return 0 if now < self.shut_until_s else self.slots

    def lane_limit(self, now: float, lane: str) -> int:
        return 0 if now < self.lane_shut_until_s[lane] else self.lane_slots.get(lane, self.slots)

    def wake_at(self, now: float) -> float:
        if self.wakes_s is not None:
            return self.wakes_s
        shut = [self.shut_until_s, *self.lane_shut_until_s.values()]
        return min((until_s for until_s in shut if until_s > now), default=FOREVER)

    def share(self, lane: str) -> int:
        return self.lane_slots.get(lane, self.slots)

    def leave(self, lane: str) -> None:
        self.left.append(lane)

    @property
    def is_away(self) -> bool:
        return self.away

    def shut_for_s(self, now: float, lane: str) -> float:
        return max(0.0, max(self.shut_until_s, self.lane_shut_until_s[lane]) - now)

    def limits(self, now: float) -> tuple[Limit, ...]:
        return (Limit(by=Limiter.DEMAND),)

    def on_start(self, now: float, lane: str) -> None:
        assert self.in_flight < self.limit(now), "more than the server takes"
        assert self.by_lane[lane] < self.lane_limit(now, lane), f"more than {lane} takes"
        self.started.append(lane)
        self.by_lane[lane] += 1
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)

    def counted(self, now: float, more: int) -> None:
        self.more += max(0, more)

    def on_result(self, sample: Sample) -> None:
        self.samples.append(sample)
        self.away &= sample.outcome != Outcome.OK
        self._end(sample.lane)

    def dropped(self, now: float, lane: str) -> None:
        self.dropped_lanes.append(lane)
        self._end(lane)

    def told_to_wait(self, now: float, lane: str | None, seconds: float) -> bool:
        until_s = now + seconds
        if lane is None:
            is_new, self.shut_until_s = until_s > self.shut_until_s, until_s
        else:
            is_new = until_s > self.lane_shut_until_s[lane]
            self.lane_shut_until_s[lane] = until_s
        return is_new

    def _end(self, lane: str) -> None:
        self.in_flight -= 1
        self.by_lane[lane] -= 1
        assert self.by_lane[lane] >= 0


class ScriptedSizer(Sizer):
    """Takes two items, and remembers what it was asked and told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[int, ...], str]] = []
        self.samples: list[Sample] = []

    def take(
        self, now: float, lane: str, sizes: Sequence[int], kind: str = "", spread_over: int = 1
    ) -> int:
        self.asked.append((lane, tuple(sizes), kind))
        return min(2, len(sizes))

    def on_result(self, sample: Sample) -> None:
        self.samples.append(sample)
