"""Mailboxes and sites: what each may have of the slots.

- A lane gets one slot until it has answered once, and never more than its share.
- "Too many at once for this mailbox" is learnt once for all of them: servers set it for everybody.
- A refusal of one mailbox shuts that mailbox, and lets it rest between its requests from then on.
- *Slow lanes* (a database that is overloaded, a mailbox that is broken) would in time hold every
  slot, since each request of theirs stays so long. They share a small limit of their own, which
  grows while their answers come evenly, and are left out of everything that is learnt of the
  server.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from strongroom.slots.api import FOREVER, Sample
from strongroom.slots.at_once import InOneLane
from strongroom.slots.gate import wait_s
from strongroom.slots.slow import PER_LANE, SlowGroup
from strongroom.slots.stuck import Stuck

_SLOW, _SLOW_STILL = 0.8, 0.5
"""``ln`` latency over cost above the others': 2.2 times as slow, and 1.6 to stay so."""

_RATED_MIN = 2
"""Answers from which on a lane is rated: one may be chance."""

_LANES_MIN = 5
"""Fewer lanes say nothing of what is usual."""

_UNANSWERED, _UNANSWERED_S = 6.0, 5.0
"""Typical latencies, and seconds, after which a lane that never answered is slow."""

_FORGOTTEN_S = 900.0
"""A lane that nobody asked about for so long has no share any more."""

_BUDGETED, _BUDGET_SLOTS = 2, 2
"""So many lanes whose budget was spent say that all lanes have one. Those get one slot; the others
one more, to spend what they have saved up, but not at once."""

_REST_MAX, _REST_FADES, _REST_LEAST = 20.0, 0.995, 0.05
"""Times a request's latency. It fades in some hundred requests, since budgets are refilled, and
below the last it is none."""


_SAME_S = 0.5
"""Ends of waits that are closer together than this are one order, heard twice."""


@dataclass(slots=True)
class Lane:
    """What is known of one lane.

    Attributes:
        in_flight: Its requests.
        is_here: Somebody works in it.
        asked_s, since_s: When it was last asked about; since when something is in flight.
        shut_until_s, opened_s: Its own order to stay away, and its end.
        rest: Rest after each request, as a part of the request's latency.
        busy_s: Seconds of requests since ``opened_s``.
        residual: Smoothed ``ln`` of latency over cost.
        rated: Requests in that.
    """

    in_flight: int = 0
    is_here: bool = False
    asked_s: float = 0.0
    since_s: float = 0.0
    shut_until_s: float = 0.0
    opened_s: float = 0.0
    rest: float = 0.0
    busy_s: float = 0.0
    residual: float = 0.0
    rated: int = 0
    has_answered: bool = False
    is_slow: bool = False


class Lanes:
    """All lanes of one server.

    Attributes:
        at_once: How many requests one of them may have.
        group: The slots of the slow ones.
        stuck: Items that are not answered in time.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}
        self._shut: dict[str, float] = {}
        self._here = self._slow_here = 0
        self._usual = math.inf
        self._refused: dict[str, float] = {}
        self.at_once = InOneLane()
        self.group = SlowGroup()
        self.stuck = Stuck()

    def of(self, name: str) -> Lane:
        """Give what is known of a lane."""
        found = self._lanes.get(name)
        if found is None:
            found = self._lanes[name] = Lane()
        return found

    def limit(self, now: float, name: str, slots: int, normal_in_flight: int) -> int:
        """Say how many requests a lane may have in flight.

        Args:
            now: The time.
            name: Of the lane.
            slots: Open for all normal lanes.
            normal_in_flight: Requests of all normal lanes.
        """
        self.at_once.rise(now)
        lane = self.of(name)
        lane.asked_s = now
        if not lane.is_here:
            lane.is_here = True
            self._here += 1
            self._slow_here += lane.is_slow
        if now < lane.shut_until_s:
            return 0
        if lane.is_slow and lane.has_answered and self.group.in_flight >= self._slow_slots(now):
            return 0
        if not lane.is_slow and normal_in_flight >= slots and self._may_have_more(lane):
            return 0
        return self.share(name, slots)

    def _slow_slots(self, now: float) -> int:
        return 1 if self.stuck.needs_server(now) else int(self.group.slots)

    def share(self, name: str, slots: int) -> int:
        """Say how many requests a lane may have at the most, whatever the others do just now."""
        lane = self.of(name)
        if not self._may_have_more(lane):
            return 1
        if lane.is_slow:
            return int(max(1, min(self.group.slots, PER_LANE, self.at_once.slots)))
        part = math.ceil(slots / max(1, self._here - self._slow_here))
        if len(self._refused) >= _BUDGETED:
            part = min(part, 1 if name in self._refused else _BUDGET_SLOTS)
        return int(max(1, min(part, self.at_once.slots)))

    def leave(self, name: str) -> None:
        """Hear that nobody works in a lane any more: the others share its part."""
        lane = self.of(name)
        if lane.is_here:
            lane.is_here = False
            self._here -= 1
            self._slow_here -= lane.is_slow

    def _may_have_more(self, lane: Lane) -> bool:
        if not lane.has_answered or lane.rest > _REST_LEAST:
            return False
        # One slow answer may be chance. But many requests into a queue that does not move would be
        # worked on there for minutes, long after we gave them up.
        return lane.rated >= _RATED_MIN or not self._seems_slow(lane)

    def _seems_slow(self, lane: Lane) -> bool:
        return lane.residual > self._usual + _SLOW

    @property
    def slow(self) -> tuple[int, int]:
        """How many lanes with work are slow, and how many slots they share."""
        return self._slow_here, int(self.group.slots)

    @property
    def here(self) -> int:
        """How many lanes have work."""
        return self._here

    def shut(self, now: float) -> tuple[int, float]:
        """Say how many lanes are to be left alone, and until when the first of them is."""
        open_s = [until_s for until_s in self._shut.values() if until_s > now]
        return len(open_s), min(open_s, default=now)

    def wake_at(self, now: float) -> float:
        """Say when the next lane that is shut opens."""
        if not self._shut:
            return FOREVER
        for name in [name for name, until_s in self._shut.items() if until_s <= now]:
            del self._shut[name]
        return min(self._shut.values(), default=FOREVER)

    def start(self, now: float, name: str) -> None:
        """Count a request."""
        lane = self.of(name)
        if not lane.in_flight:
            lane.since_s = now
        lane.in_flight += 1
        self.group.count(int(lane.is_slow))

    def end(self, name: str) -> Lane:
        """Count the end of a request."""
        lane = self.of(name)
        lane.in_flight = max(0, lane.in_flight - 1)
        self.group.count(-int(lane.is_slow))
        return lane

    def succeeded(self, sample: Sample, residual: float, slots: int) -> None:
        """Learn from a success.

        Args:
            sample: It.
            residual: ``ln`` of its latency over its cost.
            slots: Open for normal lanes.
        """
        lane = self.of(sample.lane)
        lane.has_answered = True
        self.at_once.answered(in_lane_of(sample))
        self.stuck.forget(sample.lane)
        lane.busy_s += sample.latency
        lane.rated += 1
        lane.residual += max(1.0 / lane.rated, 0.15) * (residual - lane.residual)
        if lane.rest:
            self._shut_lane(sample.lane, sample.finished + lane.rest * sample.latency)
            lane.rest *= _REST_FADES
        if lane.is_slow:
            self.group.answered(sample, residual, float(slots))

    def refused(self, sample: Sample) -> None:
        """Shut a lane that the server refused, and find out what it bears."""
        lane, now = self.of(sample.lane), sample.finished
        wait = wait_s(sample)
        if sample.started >= lane.opened_s:
            open_s, busy_s = now - lane.opened_s, max(0.5, lane.busy_s)
            # The first time, what had been saved up was spent. Then, as at the gate: so much work
            # was worth a cycle of work and wait. Refused at once: it was shut still.
            if lane.opened_s > 0.0 and open_s > 1.5:
                rest = 1.05 * (open_s + wait - busy_s) / busy_s
                lane.rest = max(lane.rest, min(_REST_MAX, rest))
            lane.busy_s = 0.0
            lane.opened_s = now + wait
            self._refused[sample.lane] = now
        self._shut_lane(sample.lane, now + wait)

    def shut_one(self, sample: Sample) -> None:
        """Shut a lane for as long as the server says."""
        self._shut_lane(sample.lane, sample.finished + wait_s(sample))

    def rest_as_told(self, name: str, until_s: float) -> bool:
        """Shut a lane that the server refused to somebody else; say whether that was new."""
        lane = self.of(name)
        is_new = until_s > lane.shut_until_s + _SAME_S
        if is_new:
            lane.opened_s, lane.busy_s = until_s, 0.0
        self._shut_lane(name, until_s)
        return is_new

    def timed_out(self, sample: Sample, *, is_server_quick: bool, residual: float) -> bool:
        """Look whose fault a timeout is.

        Args:
            sample: It.
            is_server_quick: Others are answered as ever.
            residual: ``ln`` of its latency over its cost.

        Returns:
            Whether it is the lane's: the server answers others as ever.
        """
        lane = self.of(sample.lane)
        if lane.is_slow:
            self.group.timed_out(sample)
            return True
        if not is_server_quick:
            return False
        lane.rated = max(lane.rated, _RATED_MIN)
        lane.residual = max(lane.residual, residual)
        self._set_slow(lane, is_slow=True)
        return True

    def sort_out(self, now: float, typical_s: float) -> bool:
        """Say anew which lanes are slow; now and then forget those that are gone.

        Returns:
            Whether one has become slow.
        """
        for name in [n for n, at_s in self._refused.items() if now - at_s > _FORGOTTEN_S]:
            del self._refused[name]
        for name in [n for n, lane in self._lanes.items() if _is_gone(lane, now)]:
            self.leave(name)
            self.stuck.forget(name)
            del self._lanes[name]
        rated = sorted(one.residual for one in self._lanes.values() if one.rated >= _RATED_MIN)
        if len(rated) < _LANES_MIN:
            return False
        usual = self._usual = rated[len(rated) // 3]
        has_new = False
        for lane in self._lanes.values():
            if lane.rated < _RATED_MIN:
                late_s = now - lane.since_s - _UNANSWERED_S
                is_late = lane.in_flight and late_s > _UNANSWERED * typical_s
                if is_late and not lane.has_answered and not lane.is_slow:
                    lane.residual = usual + 1.0
                    self._set_slow(lane, is_slow=True)
                continue
            is_slow = lane.residual > usual + (_SLOW_STILL if lane.is_slow else _SLOW)
            has_new |= is_slow and not lane.is_slow
            self._set_slow(lane, is_slow=is_slow)
        return has_new

    def _set_slow(self, lane: Lane, *, is_slow: bool) -> None:
        if lane.is_slow != is_slow:
            lane.is_slow = is_slow
            if lane.is_here:
                self._slow_here += 1 if is_slow else -1
            self.group.count(lane.in_flight if is_slow else -lane.in_flight)

    def _shut_lane(self, name: str, until_s: float) -> None:
        lane = self.of(name)
        lane.shut_until_s = max(lane.shut_until_s, until_s)
        self._shut[name] = lane.shut_until_s


def in_lane_of(sample: Sample) -> int:
    """Give how many requests a request's lane had when it began; 0: not known."""
    return getattr(sample, "in_lane", 0)


def _is_gone(lane: Lane, now: float) -> bool:
    return not lane.in_flight and now - lane.asked_s > _FORGOTTEN_S and now >= lane.shut_until_s
