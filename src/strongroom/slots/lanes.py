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
from strongroom.slots.ceilings import Remembered
from strongroom.slots.gate import wait_s

_SLOW, _SLOW_STILL = 0.8, 0.5
"""``ln`` latency over cost above the others': 2.2 times as slow, and 1.6 to stay so."""

_RATED_MIN = 2
_LANES_MIN = 5
"""Fewer lanes say nothing of what is usual."""

_UNANSWERED, _UNANSWERED_S = 6.0, 5.0
"""Typical latencies, and seconds, after which a lane that never answered is slow."""

_FORGOTTEN_S = 900.0
"""A lane that nobody asked about for so long has no share any more."""

_HARDLY_ANY, _FEWER = 2, 0.9
"""No server of ours has a limit of so few for a mailbox; ours have four to twenty-seven."""

_GROUP_FIRST, _GROUP_PER_LANE = 2.0, 2
_GROUP_STEADY, _GROUP_WORSE = 0.3, 0.6
_ROOM_AFTER, _ROOM_UNTIL, _ROOM_S = 2, 4, 300.0
"""An item that timed out alone cannot be asked for in a smaller request. From the second time on it
gets room; but not for ever, since some are never answered."""

_BUDGETED = 2
"""So many lanes whose budget was spent say that all lanes have one: each gets one slot then, and
need not find out by itself."""

_REST_MAX = 20.0
_REST_FADES = 0.995
_REST_LEAST = 0.05

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
        stuck: Timeouts of single items, with no success between them.
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
    stuck: int = 0
    has_answered: bool = False
    is_slow: bool = False


class Lanes:
    """All lanes of one server.

    Attributes:
        slow_in_flight: Requests of slow lanes.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}
        self._shut: dict[str, float] = {}
        self._here = 0
        self._usual = math.inf
        self._most = Remembered()
        self._borne = 0
        self._doubted_at = 0.0
        self._group = _GROUP_FIRST
        self._group_level: float | None = None
        self._group_cut_s = -1.0
        self._refused_lanes: dict[str, float] = {}
        self._stuck: dict[str, float] = {}
        self._heavy: dict[str, float] = {}
        self.slow_in_flight = 0

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
        self._most.rise(now)
        lane = self.of(name)
        lane.asked_s = now
        if not lane.is_here:
            lane.is_here = True
            self._here += 1
        if now < lane.shut_until_s:
            return 0
        if lane.is_slow and lane.has_answered and self.slow_in_flight >= self._group_slots(now):
            return 0
        if not lane.is_slow and normal_in_flight >= slots and self._may_have_more(lane):
            return 0
        return self.share(name, slots)

    def _group_slots(self, now: float) -> int:
        """Give the slots of the slow lanes: one, while an item of theirs is stuck."""
        is_stuck = any(until_s > now for until_s in self._stuck.values())
        return 1 if is_stuck else int(self._group)

    def share(self, name: str, slots: int) -> int:
        """Say how many requests a lane may have at the most, whatever the others do just now."""
        lane = self.of(name)
        if not self._may_have_more(lane) or len(self._refused_lanes) >= _BUDGETED:
            return 1
        if lane.is_slow:
            return int(max(1, min(self._group, _GROUP_PER_LANE, self._most.slots)))
        return int(max(1, min(math.ceil(slots / max(1, self._here)), self._most.slots)))

    def leave(self, name: str) -> None:
        """Hear that nobody works in a lane any more: the others share its part."""
        lane = self.of(name)
        if lane.is_here:
            lane.is_here = False
            self._here -= 1

    def _may_have_more(self, lane: Lane) -> bool:
        if not lane.has_answered or lane.rest > _REST_LEAST:
            return False
        # One slow answer may be chance. But many requests into a queue that does not move would be
        # worked on there for minutes, long after we gave them up.
        return lane.rated >= _RATED_MIN or not self._seems_slow(lane)

    def _seems_slow(self, lane: Lane) -> bool:
        return lane.residual > self._usual + _SLOW

    def needs_room(self, now: float) -> bool:
        """Say whether all should stand back, so that one large item is answered in time."""
        return any(until_s > now for until_s in self._heavy.values())

    @property
    def most(self) -> float:
        """How many requests at once the server takes for one lane, as far as is known."""
        return self._most.slots

    @property
    def slow(self) -> tuple[int, int]:
        """How many lanes with work are slow, and how many slots they share."""
        return sum(one.is_slow and one.is_here for one in self._lanes.values()), int(self._group)

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
        self.slow_in_flight += lane.is_slow

    def end(self, name: str) -> Lane:
        """Count the end of a request."""
        lane = self.of(name)
        lane.in_flight = max(0, lane.in_flight - 1)
        if lane.is_slow:
            self.slow_in_flight = max(0, self.slow_in_flight - 1)
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
        self._borne = max(self._borne, getattr(sample, "in_lane", 0))
        if lane.stuck:
            lane.stuck = 0
            self._stuck.pop(sample.lane, None)
            self._heavy.pop(sample.lane, None)
        lane.busy_s += sample.latency
        lane.rated += 1
        lane.residual += max(1.0 / lane.rated, 0.15) * (residual - lane.residual)
        if lane.rest:
            self._shut_lane(sample.lane, sample.finished + lane.rest * sample.latency)
            lane.rest *= _REST_FADES
        if lane.is_slow:
            self._group_learns(sample, residual, slots)

    def connection_refused(self, now: float, in_lane: int, in_flight: int) -> bool:
        """Hear that so many at once were too many for one lane.

        Args:
            now: The time.
            in_lane: Requests of the lane, the one that was refused included.
            in_flight: Of all lanes.

        Returns:
            Whether it can be that. A lane that had as many answered before was refused for what all
            lanes have together, whatever the server says. So was one that had hardly any, unless it
            is refused again when all lanes have fewer.
        """
        if in_lane <= max(1, self._borne):
            return False
        if in_lane <= _HARDLY_ANY and in_flight >= self._doubted_at:
            self._doubted_at = _FEWER * in_flight
            return False
        self._most.refused(now, in_lane)
        return True

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
            self._refused_lanes[sample.lane] = now
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

    def timed_out(
        self, sample: Sample, *, is_server_quick: bool, is_heavy: bool, residual: float
    ) -> bool:
        """Look whose fault a timeout is.

        Args:
            sample: It.
            is_server_quick: Others are answered as ever.
            is_heavy: It is the bytes that take so long.
            residual: ``ln`` of its latency over its cost.

        Returns:
            Whether it is the lane's: the server answers others as ever.
        """
        lane, now = self.of(sample.lane), sample.finished
        self._count_stuck(sample, lane, is_heavy=is_heavy)
        if lane.is_slow:
            if sample.started > self._group_cut_s:
                self._group_cut_s = now
                self._group = max(1.0, 0.6 * self._group)
            return True
        if not is_server_quick:
            return False
        lane.rated = max(lane.rated, _RATED_MIN)
        lane.residual = max(lane.residual, residual)
        self._set_slow(lane, is_slow=True)
        return True

    def _count_stuck(self, sample: Sample, lane: Lane, *, is_heavy: bool) -> None:
        if sample.items > 1:
            return
        lane.stuck += 1
        waiting = self._heavy if is_heavy else self._stuck
        if _ROOM_AFTER <= lane.stuck <= _ROOM_UNTIL:
            waiting[sample.lane] = sample.finished + _ROOM_S
        else:
            waiting.pop(sample.lane, None)

    def sort_out(self, now: float, typical_s: float) -> bool:
        """Say anew which lanes are slow; now and then forget those that are gone.

        Returns:
            Whether one has become slow.
        """
        for name in [n for n, at_s in self._refused_lanes.items() if now - at_s > _FORGOTTEN_S]:
            del self._refused_lanes[name]
        for name in [n for n, lane in self._lanes.items() if _is_gone(lane, now)]:
            self.leave(name)
            self._stuck.pop(name, None)
            self._heavy.pop(name, None)
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
            change = lane.in_flight if is_slow else -lane.in_flight
            self.slow_in_flight = max(0, self.slow_in_flight + change)

    def _shut_lane(self, name: str, until_s: float) -> None:
        lane = self.of(name)
        lane.shut_until_s = max(lane.shut_until_s, until_s)
        self._shut[name] = lane.shut_until_s

    def _group_learns(self, sample: Sample, residual: float, slots: int) -> None:
        if self._group_level is None:
            self._group_level = residual
        worse = residual - self._group_level
        self._group_level += 0.05 * worse
        if worse < _GROUP_STEADY:
            self._group = min(self._group + 0.1 / self._group, max(_GROUP_FIRST, float(slots)))
        elif worse > _GROUP_WORSE and sample.started > self._group_cut_s:
            self._group_cut_s = sample.finished
            self._group = max(1.0, 0.8 * self._group)


def _is_gone(lane: Lane, now: float) -> bool:
    return not lane.in_flight and now - lane.asked_s > _FORGOTTEN_S and now >= lane.shut_until_s
