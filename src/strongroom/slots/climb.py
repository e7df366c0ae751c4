"""How many slots the server's answers speak for: growing fast at first, then feeling the slope.

Two states::

    growing ──(latency grows with the slots)──▶ feeling ──(suddenly quicker)──▶ growing again
       ▲                                           │
       └────────(the server is back)───────────────┘ every trouble cuts and stays here

*Growing* multiplies the slots from epoch to epoch as long as that costs little. *Feeling* never
stands still: epochs with a few more slots and with a few less take turns, and the slope between
them (``epochs.elasticity``) says where to go. Slots grow while a per cent of them costs less than
three quarters of a per cent of latency, so that a quarter of each still turns into speed.

The slope alone would let several programs crowd one server, since each sees only its own part of
the queue. So what waits already (``queue.Queue``) lowers the goal, and the more slots we hold the
less may wait: whoever holds many gives way to whoever holds few.
"""

from __future__ import annotations

import math
from collections import deque

from strongroom.slots.api import Sample
from strongroom.slots.cost import Costs, kind_of
from strongroom.slots.epochs import Epoch, Levels, Slope, elasticity, rise
from strongroom.slots.queue import Queue

FIRST_SLOTS = 3
"""Enough to see two requests side by side, and harmless to the smallest server."""

SLOTS_MAX = 512
"""No server of ours answers more at once, and no machine of ours has more threads."""

_GROW = 2.5
"""Per epoch at first: a server for two hundred slots is full after five epochs."""

_GROW_AGAIN = 1.5
"""Per epoch later: the server was met full once already."""

_FULL = 0.45
"""The elasticity, less its likely error, at which growing ends."""

_GOAL = 0.75
"""The elasticity to stay at while nothing waits."""

_QUEUE_WEIGHT = 0.8
"""How much a longer queue lowers the goal, per unit of ``ln`` latency over cost."""

_QUEUE_FREE = 2.0
"""``ln(1 + this / sqrt(slots))`` of queue lowers nothing: with few slots even one waiting shows."""

_IDLE_SLOPE, _SLOPE_PER_QUEUE = 0.25, 2.2
"""The elasticity cannot be more than this, given how much queues: nothing waits at the floor."""

_GAIN, _DOWN_MAX, _UP_MAX = 0.5, 0.3, 0.35
"""Half of what is missing, and never more than about a third at once."""

_BREATH_MIN, _BREATH_MAX, _BREATH_PER_ERROR = 0.10, 0.20, 0.6
"""How far epochs go up and down around the middle: further while the slope is uncertain."""

_SURPRISE, _SURPRISE_LEAST = 3.0, 0.003
"""Standard errors by which an epoch must miss what was expected to make the past worthless."""

_REQUESTS_MIN, _REQUESTS_PER_SLOT = 10.0, 1.2
"""An epoch has seen each of its slots, and enough to have a mean."""

_REQUESTS_MAX, _LEVEL_VARIANCE = 40.0, 0.0225
"""Its level should be good to 0.15, if that takes no more than forty requests."""

_REQUESTS_MOST_PER_SLOT = 6.0
"""Who holds few slots of a crowded server would else stay with them for minutes."""

_SOONEST = 0.7
"""Of a typical latency: no epoch is shorter, however many small requests end in it."""

_UNUSED_ROOM = 1.25
"""When slots are not taken, a quarter more than those that are stay open: slots that nobody has
tried must not stand open when there is suddenly more to do."""

_GUARD_MIN, _GUARD_PER_SLOT = 8.0, 0.7
"""Requests within an epoch from which on it is looked at before its end."""

_GUARD_LEVEL, _GUARD_ERRORS, _GUARD_CUT = 0.45, 2.0, 0.7
"""If they take half as long again as expected, by more than chance, its end is not waited for."""


class Climb:
    """The slots that answers speak for. Refusals and failures are for others to see to.

    Attributes:
        slots: Open now.
        middle: Around which they breathe.
        is_growing: Growing, not feeling.
        is_settled: It has been feeling once: how full the server can be is roughly known.
        is_wanted: The slots are taken; if not, nothing can be learnt of them.
        typical_s: A typical latency.
    """

    def __init__(self, costs: Costs) -> None:
        self.slots = FIRST_SLOTS
        self.middle = float(FIRST_SLOTS)
        self.is_growing = True
        self.is_settled = False
        self.is_wanted = True
        self.typical_s = 1.0
        self._costs = costs
        self._epoch = Epoch(0.0, 0.0, FIRST_SLOTS)
        self._past: deque[Epoch] = deque(maxlen=60)
        self._is_high = True
        self._breath = _BREATH_MIN
        self._variance = 0.3
        self._queue = Queue()
        self._expected: dict[str, float] = {}
        self._excess = 0.0
        self._excess_count = 0

    def begin(self, now: float) -> None:
        """Begin the first epoch."""
        self._epoch = Epoch(now, now, self.slots)

    def is_quick(self) -> bool:
        """Say whether answers come as expected at the moment."""
        return (self._excess_count >= 4 and self._excess < 0.4) or self._epoch.requests >= 4

    def settle(self, now: float) -> None:
        """Hear that all slots of the epoch are open now: from a typical latency on they count."""
        self._epoch.settled_s = now + self.typical_s

    def note(self, sample: Sample, apart: int) -> bool:
        """Learn from a request that succeeded.

        Args:
            sample: It.
            apart: Requests in flight that have no part in the slots.

        Returns:
            Whether the epoch has seen enough: then call ``turn``.
        """
        now, epoch = sample.finished, self._epoch
        self.typical_s += 0.05 * (max(1e-3, sample.latency) - self.typical_s)
        epoch.most = max(epoch.most, sample.in_flight - apart)
        if now < epoch.settled_s:
            return False
        epoch.add(sample, counts=self._costs.can_judge(sample))
        taken = epoch.taken
        enough = max(_REQUESTS_MIN, _REQUESTS_PER_SLOT * taken)
        if not self.is_growing:
            wanted = min(self._variance / _LEVEL_VARIANCE, _REQUESTS_MOST_PER_SLOT * taken)
            enough = max(enough, min(_REQUESTS_MAX, wanted))
        return epoch.requests >= enough and now >= epoch.settled_s + _SOONEST * self.typical_s

    def is_suddenly_slow(self, sample: Sample) -> bool:
        """Look whether requests take much longer than the epoch before made expect."""
        expected = self._expected.get(kind_of(sample))
        if expected is None or sample.finished < self._epoch.settled_s:
            return False
        if not self._costs.can_judge(sample):
            return False
        residual = math.log(max(1e-3, sample.latency) / self._costs.of(sample)) - expected
        residual = max(-1.5, min(1.5, residual))
        self._variance += 0.01 * (residual * residual - self._variance)
        enough = max(_GUARD_MIN, _GUARD_PER_SLOT * self._epoch.taken)
        self._excess_count += 1
        self._excess += (residual - self._excess) / min(float(self._excess_count), enough)
        chance = math.sqrt(self._variance / enough)
        return self._excess_count >= enough and self._excess > _GUARD_LEVEL + _GUARD_ERRORS * chance

    def turn(self, now: float, ceiling: float) -> None:
        """End the epoch, learn from it, and choose the slots of the next one."""
        epoch = self._epoch
        self._costs.fit(epoch.totals)
        self._queue.rate_anew(self._costs)
        self.is_wanted = epoch.is_taken
        kept = 1 if self.is_wanted else min(FIRST_SLOTS, epoch.slots)
        if not self.is_wanted:
            epoch.slots = max(1, epoch.most)
            self.middle = min(self.middle, max(float(FIRST_SLOTS), _UNUSED_ROOM * epoch.most))
        self._past.append(epoch)
        levels = epoch.levels(self._costs)
        self._queue.follow(epoch, levels, self._variance, is_growing=self.is_growing)
        if self.is_growing:
            self._grow(levels, ceiling)
        else:
            self._feel(levels, ceiling)
        # A few stay open for whoever asks for the second thing at once.
        self.middle, self.slots = max(self.middle, float(kept)), max(self.slots, kept)
        self._open(now)
        # Most of a queue that more slots make is our own doing, and no reason to be alarmed.
        own = 0.7 * math.log(max(1.0, self.slots / epoch.slots))
        self._expected = {kind: level.value + own for kind, level in levels.items()}

    def cut(self, now: float, factor: float = _GUARD_CUT) -> None:
        """Close a part of the slots at once, and forget what was learnt with them."""
        most = min(self.middle, float(self.slots)) * factor
        if self.is_growing and self._past:
            # What was opened last was too much, and before it this did not happen.
            most = min(most, float(self._past[-1].slots))
        self.middle = max(1.0, most)
        self._forget(now)

    def keep_below(self, now: float, ceiling: float) -> None:
        """Close what is above a ceiling that has just been met."""
        if self.middle > ceiling:
            self.middle = max(1.0, ceiling)
            self._forget(now)

    def restart(self, now: float) -> None:
        """Grow again from half of what was open: the server is back, cold."""
        self.middle = max(1.0, self.middle / 2.0)
        self._forget(now)
        self.is_growing = True

    def _forget(self, now: float) -> None:
        self.slots = max(1, int(self.middle))
        self.is_growing = False
        self._past.clear()
        self._expected = {}
        self._open(now)

    def _open(self, now: float) -> None:
        self._epoch = Epoch(now, now + self.typical_s, self.slots)
        self._excess, self._excess_count = 0.0, 0

    def _slope(self) -> Slope:
        return elasticity(self._past, self._costs, self._variance)

    def _grow(self, levels: Levels, ceiling: float) -> None:
        epoch = self._epoch
        if len(self._past) >= 2:
            before = self._past[-2]
            run = math.log(epoch.slots / before.slots)
            risen = rise(before.levels(self._costs), levels)
            chance = math.sqrt(self._variance / max(1.0, risen.requests))
            if run > 0.1 and (risen.value - 0.7 * chance) / run > _FULL:
                # Where the latency began to grow: throughput was the same from there on.
                bend = 1.1 * epoch.slots * math.exp(-risen.value)
                self._settle_at(max(float(before.slots), min(float(epoch.slots), bend)), ceiling)
                return
        if epoch.slots >= min(ceiling, float(SLOTS_MAX)):
            self._settle_at(float(epoch.slots), ceiling)
            return
        self._grow_by(epoch.slots, ceiling, _GROW_AGAIN if self.is_settled else _GROW)

    def _grow_by(self, slots: int, ceiling: float, factor: float) -> None:
        self.middle = min(float(SLOTS_MAX), slots * factor)
        self.slots = max(1, round(min(self.middle, ceiling)))

    def _settle_at(self, middle: float, ceiling: float) -> None:
        self.is_growing = False
        self.middle = middle
        self._breathe(ceiling)

    def _feel(self, levels: Levels, ceiling: float) -> None:
        self.is_settled = True
        slope = self._slope()
        missed = self._surprise(levels, slope)
        if missed is not None:
            newest = self._past[-1]
            self._past.clear()
            self._past.append(newest)
            self._queue.begin_anew(levels)
            slope = self._slope()
            if missed < 0.0:
                self.is_growing = True
                self._grow_by(newest.slots, ceiling, _GROW_AGAIN)
                return
        self._queue.give_way(self.middle, levels)
        queue = self._queue.length(levels)
        value = min(slope.value, _IDLE_SLOPE + _SLOPE_PER_QUEUE * queue)
        free = math.log(1.0 + _QUEUE_FREE / math.sqrt(self.middle))
        goal = _GOAL - _QUEUE_WEIGHT * max(0.0, queue - free)
        step = max(-_DOWN_MAX, min(_UP_MAX, _GAIN * (goal - value)))
        self._breath = max(_BREATH_MIN, min(_BREATH_MAX, _BREATH_PER_ERROR * slope.error))
        # A little above the ceiling, so that the middle is there when it lifts.
        self.middle = max(1.0, min(SLOTS_MAX, 1.05 * ceiling, self.middle * math.exp(step)))
        self._breathe(ceiling)

    def _surprise(self, levels: Levels, slope: Slope) -> float | None:
        """Say by how much an epoch missed what was expected; None if not by more than chance."""
        if len(self._past) < 3:
            return None
        epoch, before = self._past[-1], self._past[-2]
        risen = rise(before.levels(self._costs), levels)
        if not risen.requests:
            return None
        missed = risen.value - slope.value * math.log(epoch.slots / before.slots)
        chance = math.sqrt(self._variance / risen.requests + _SURPRISE_LEAST)
        return missed if abs(missed) > _SURPRISE * chance else None

    def _breathe(self, ceiling: float) -> None:
        """Choose the next epoch's slots: in turns above and below the middle."""
        self._is_high = not self._is_high
        low = max(1, math.floor(self.middle * (1.0 - self._breath) + 0.3))
        high = max(low + 1, math.ceil(self.middle * (1.0 + self._breath) - 0.3))
        wanted = high if self._is_high else low
        if ceiling < SLOTS_MAX:
            top = max(1, math.floor(ceiling + 0.4))
            if self.middle >= 0.97 * top and top > 2:
                # Held down by a ceiling, so there is little to learn below it.
                wanted = max(wanted, top - max(1, top // 32))
            wanted = min(wanted, top)
        self.slots = max(1, min(wanted, SLOTS_MAX))
