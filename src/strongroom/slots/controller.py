"""The slots of one server: who decides what, and in which order.

=============  ==========================================  ==============================
decides        what                                        learns from
=============  ==========================================  ==============================
``Gate``       nothing at all before the server's wait is  refusals with a wait
               over; then a few at a time
``Outage``     one probe at a time                         failures in a row
``Quotas``     no faster than an announced quota lasts     what answers announce
``Rate``       no faster than was refused                  refusals of requests in a time
``Ceilings``   never more than was refused or timed out    refusals, timeouts
``Climb``      as many as latency speaks for               latency over ``Costs``, ``Queue``
``Lanes``      the share of a mailbox (``InOneLane``);     refusals and latency per lane
               slow ones apart (``SlowGroup``)
``Stuck``      room for an item that is not answered       timeouts of single items
=============  ==========================================  ==============================

The lowest word holds. There is no setting: what is right depends on the server and the hour, and
whoever could raise it would do so for their own job at the cost of everybody's mail.
"""

from __future__ import annotations

import math

from strongroom.slots.api import FOREVER, Outcome, Sample, Scope, is_counted
from strongroom.slots.ceilings import Ceilings
from strongroom.slots.climb import SLOTS_MAX, Climb
from strongroom.slots.cost import MEGABYTE, Costs, kind_of
from strongroom.slots.gate import Gate
from strongroom.slots.lanes import Lane, Lanes, in_lane_of
from strongroom.slots.limits import limits_now
from strongroom.slots.outage import PROBE_S, Outage
from strongroom.slots.quota import Quotas
from strongroom.slots.rate import Rate
from strongroom.words.pace import Limit

_BREAK_MEMORY, _BREAKS_MANY, _BREAKS_CUT = 0.98, 0.12, 0.8
"""Of the last fifty or so, broken requests out of all: fewer are the line's, and closing slots
would not help. More may be a server that cannot, so a fifth of the slots closes."""

_QUIET_S = 10.0
"""And two typical latencies: without a success for so long, timeouts in a row are an outage."""

_IDLE_S = 120.0
"""After so long without anything to do, the load that others make is not what it was."""

_SORT_AFTER = 200
"""Answers after which slow lanes are looked at again, even if no other lane ends an epoch."""

_SHUT_MANY = 3
"""So many lanes, and more than half of those at work, that are told to wait at once."""

_REFUSED_LONG_S = 20.0
"""Of refusals without a success between them."""

_ROOM_SLOTS, _HEAVY = 2.0, 3.0
"""While an item is asked for once more that was not answered in time by itself, if its bytes are
expected to take three times as long as everything else about it."""

_LANES_FAULT = 0.3
"""A timeout is the lane's if it took three times what was to be expected, and others are quick."""


_ROUND_S = 5.0
"""A slot that is open for a part of the time is open once in so long: often enough for quotas that
are counted in windows of ten seconds, and longer than most requests take, which are not cut off."""


def whole_slots(now: float, slots: float) -> int:
    """Round a number of slots so that it is right on average: 32.6 are 33 for 3 of 5 seconds.

    Where a server bears few, one more or less is much.
    """
    whole = math.floor(slots + 1e-9)
    return whole + ((now % _ROUND_S) / _ROUND_S < slots - whole - 1e-9)


class Controller:
    """Decides how many requests to one server may be in flight. See the table above.

    Args:
        costs, climb, lanes: Shared with the sizer of batches.
    """

    def __init__(self, costs: Costs, climb: Climb, lanes: Lanes) -> None:
        self._costs = costs
        self._climb = climb
        self._lanes = lanes
        self._gate = Gate()
        self._outage = Outage()
        self._quotas = Quotas()
        self._rate = Rate()
        self._ceilings = Ceilings()
        self._in_flight = 0
        self._idle_since_s = FOREVER
        self._unsorted = 0
        self._breaks = 0.0
        self._refused_since_s: float | None = None
        self._cut_s = -1.0
        self._has_begun = False

    def limit(self, now: float) -> int:
        """As the interface says."""
        if not self._has_begun:
            self._has_begun = True
            self._climb.begin(now)
        if now < self._gate.shut_until_s:
            return 0
        if self._outage.is_on:
            return self._outage.limit(now, self._in_flight)
        slots = self._open(now)
        if self._lanes.stuck.needs_line(now):
            slots = min(slots, _ROOM_SLOTS)
        allowed = max(1, whole_slots(now, slots)) + self._lanes.group.in_flight
        allowed = int(max(1, min(allowed, self._ceilings.connections(now), SLOTS_MAX)))
        if allowed <= self._in_flight:
            return allowed
        is_due = self._quotas.allows(now) and self._rate.allows(now)
        return allowed if is_due else self._in_flight

    def _open(self, now: float) -> float:
        return min(float(self._climb.slots), self._gate.slots, self._ceilings.at(now))

    def lane_limit(self, now: float, lane: str) -> int:
        """As the interface says."""
        if self._outage.is_on:
            # Whichever lane is asked: the probe is for the server.
            return 0 if now < self._lanes.of(lane).shut_until_s else 1
        if not self._quotas.allows_lane(now, lane):
            return 0
        normal = self._in_flight - self._lanes.group.in_flight
        return self._lanes.limit(now, lane, max(1, self._climb.slots), normal)

    def wake_at(self, now: float) -> float:
        """As the interface says."""
        if now < self._gate.shut_until_s:
            return self._gate.shut_until_s
        lanes_s = self._lanes.wake_at(now)
        if self._outage.is_on:
            return min(lanes_s, self._outage.wake_at(now, self._in_flight))
        due_s = min(self._quotas.wake_at(now), self._rate.wake_at(now))
        return min(lanes_s, due_s, self._ceiling_lifts_at(now))

    def _ceiling_lifts_at(self, now: float) -> float:
        is_held = self._climb.slots > self._ceilings.connections(now)
        return self._ceilings.next_rise_s if is_held else FOREVER

    def share(self, lane: str) -> int:
        """Say how many requests one lane may have at the most, others being what they are."""
        return self._lanes.share(lane, max(1, self._climb.slots))

    def leave(self, lane: str) -> None:
        """Hear that nobody works in a lane any more; what is known of it is kept for a while."""
        self._lanes.leave(lane)
        self._quotas.forget(lane)

    @property
    def is_away(self) -> bool:
        """Whether nothing gets through to the server."""
        return self._outage.is_on

    def shut_for_s(self, now: float, lane: str) -> float:
        """Say for how many seconds the server has told us to leave it, or the lane, alone."""
        until_s = max(self._gate.shut_until_s, self._lanes.of(lane).shut_until_s)
        return max(0.0, until_s - now)

    def limits(self, now: float) -> tuple[Limit, ...]:
        """Name what keeps the slots where they are, the most pressing first."""
        return limits_now(
            now,
            gate=self._gate,
            outage=self._outage,
            quotas=self._quotas,
            rate=self._rate,
            ceilings=self._ceilings,
            climb=self._climb,
            lanes=self._lanes,
        )

    def on_start(self, now: float, lane: str) -> None:
        """As the interface says."""
        self._gate.count(now, self._in_flight, self._open(now))
        if not self._in_flight and now - max(self._idle_since_s, self._gate.shut_until_s) > _IDLE_S:
            self._climb.restart(now)
            self._reopen()
        self._in_flight += 1
        self._lanes.start(now, lane)
        self._quotas.start(lane)
        self._rate.start(now)
        self._outage.start()

    def counted(self, now: float, more: int) -> None:
        """Hear that what was just started counts as so many more requests than it took slots."""
        self._rate.start(now, max(0, more))

    def on_result(self, sample: Sample) -> None:
        """As the interface says."""
        now = sample.finished
        self._gate.count(now, self._in_flight, self._open(now))
        self._in_flight = max(0, self._in_flight - 1)
        self._idle_since_s = now
        in_lane = self._lanes.of(sample.lane).in_flight
        lane = self._lanes.end(sample.lane)
        self._quotas.announced(sample, self._in_flight, in_lane - 1)
        if sample.outcome == Outcome.OK:
            self._succeeded(sample, lane)
        elif sample.outcome == Outcome.THROTTLED:
            self._refused(sample)
        elif sample.outcome == Outcome.CONNECTION_LIMIT:
            self._connection_refused(sample, in_lane)
        elif sample.outcome == Outcome.TIMEOUT:
            self._timed_out(sample, lane)
        else:
            self._broke(sample)

    def dropped(self, now: float, lane: str) -> None:
        """Hear that a request ended of which nothing is known: we gave it up ourselves."""
        self._gate.count(now, self._in_flight, self._open(now))
        self._in_flight = max(0, self._in_flight - 1)
        self._idle_since_s = now
        self._lanes.end(lane)

    def told_to_wait(self, now: float, lane: str | None, seconds: float) -> bool:
        """Hear that another process was told to leave the server, or one lane, alone.

        Args:
            now: The time.
            lane: Which; None: the whole server.
            seconds: For how long.

        Returns:
            Whether we were not doing so already.
        """
        if lane is not None:
            return self._lanes.rest_as_told(lane, now + seconds)
        self._gate.count(now, self._in_flight, self._open(now))
        is_new = self._gate.rest_as_told(now + seconds)
        if is_new:
            self._rate.rest(now, now + seconds)
            self._reopen()
        return is_new

    def _succeeded(self, sample: Sample, lane: Lane) -> None:
        now, latency = sample.finished, max(1e-3, sample.latency)
        self._refused_since_s = None
        self._breaks *= _BREAK_MEMORY
        self._rate.succeeded(sample)
        if self._outage.answered(now):
            self._climb.restart(now)
            self._gate.narrow(1.0)
        if self._gate.widen(sample, self._climb.slots):
            self._climb.settle(now)
        rest = self._ceilings.rest_share(now)
        if rest:
            self._gate.rest(now + latency * rest / (1.0 - rest))
        if not lane.is_slow:
            self._costs.note(sample)
        residual = self._residual(sample)
        self._lanes.succeeded(sample, residual, self._climb.slots)
        self._unsorted += 1
        if lane.is_slow:
            if self._unsorted >= _SORT_AFTER:
                self._sort_out(now)
            return
        is_enough = self._climb.note(sample, self._lanes.group.in_flight)
        if self._climb.is_suddenly_slow(sample):
            self._cut(now)
        elif is_enough:
            self._sort_out(now)
            self._climb.turn(now, self._ceilings.at(now))
            self._reopen()

    def _sort_out(self, now: float) -> None:
        self._unsorted = 0
        if self._lanes.sort_out(now, self._climb.typical_s):
            # What timed out was theirs.
            self._ceilings.forget_timeouts()

    def _refused(self, sample: Sample) -> None:
        self._outage.answered(sample.finished)
        if sample.scope == Scope.LANE:
            self._lanes.refused(sample)
            shut, opens_s = self._lanes.shut(sample.finished)
            if shut >= _SHUT_MANY and 2 * shut > self._lanes.here:
                # So many at once: then it is the server, whatever it says.
                self._gate.rest(opens_s)
            return
        if self._refused_since_s is None:
            self._refused_since_s = sample.finished
        elif sample.finished - self._refused_since_s > _REFUSED_LONG_S:
            # Busy, and nothing else for so long: that is as good as being away.
            self._gate.rest(sample.finished + PROBE_S)
        bearable = self._gate.refuse(sample, self._climb.slots)
        if is_counted(sample):
            self._count_out(sample, is_new=bearable is not None)
        elif bearable is not None:
            self._ceilings.refused(sample.finished, bearable)
            self._cut(sample.finished, 1.0)
            self._climb.keep_below(sample.finished, bearable)
            self._reopen()

    def _count_out(self, sample: Sample, *, is_new: bool) -> None:
        """Learn how many requests in a time are taken; of how many at once it says nothing."""
        if is_new:
            self._rate.refused(sample, self._gate.shut_until_s)
        if self._climb.is_growing:
            self._cut(sample.finished, 1.0)
        if not self._rate.was_borne:
            self._reopen()
            return
        # Starts are spread from here on, so the next refusal comes back before many have followed.
        self._gate.open_at_once(self._climb.slots)
        self._climb.settle(self._gate.shut_until_s)

    def _connection_refused(self, sample: Sample, in_lane: int) -> None:
        self._outage.answered(sample.finished)
        if sample.scope == Scope.LANE:
            if sample.retry_after is not None:
                self._lanes.shut_one(sample)
            at_once = in_lane_of(sample) or in_lane
            if self._lanes.at_once.refused(sample.finished, at_once, sample.in_flight):
                return
        elif sample.retry_after is not None:
            self._gate.refuse(sample, self._climb.slots)
        self._ceilings.connection_refused(sample.finished, sample.in_flight)
        self._climb.keep_below(sample.finished, self._ceilings.at(sample.finished))
        self._reopen()

    def _timed_out(self, sample: Sample, lane: Lane) -> None:
        now = sample.finished
        if lane.is_slow:
            self._lanes.stuck.timed_out(sample, is_heavy=self._is_heavy(sample))
            self._lanes.timed_out(sample, is_server_quick=False, residual=0.0)
            return
        quiet_s = max(_QUIET_S, 2.0 * self._climb.typical_s)
        if self._outage.failed(now, quiet_s=quiet_s):
            self._ceilings.forget_timeouts(self._outage.success_s)
        if self._outage.is_on:
            return
        self._lanes.stuck.timed_out(sample, is_heavy=self._is_heavy(sample))
        expected_s = self._costs.expected_s(sample)
        is_odd = max(expected_s, self._climb.typical_s) < _LANES_FAULT * sample.latency
        is_quick = self._climb.is_quick() and is_odd
        if self._lanes.timed_out(sample, is_server_quick=is_quick, residual=self._residual(sample)):
            return
        if sample.started > self._cut_s:
            needed = expected_s / max(1.0, sample.latency)
            self._cut(now, self._ceilings.timed_out(now, self._climb.slots, needed))

    def _broke(self, sample: Sample) -> None:
        now = sample.finished
        self._breaks = _BREAK_MEMORY * self._breaks + (1.0 - _BREAK_MEMORY)
        if self._outage.failed(now):
            self._ceilings.forget_timeouts(self._outage.success_s)
        elif (
            not self._outage.is_on and self._breaks > _BREAKS_MANY and sample.started > self._cut_s
        ):
            self._cut(now, _BREAKS_CUT)

    def _cut(self, now: float, factor: float | None = None) -> None:
        self._cut_s = now
        if factor is None:
            self._climb.cut(now)
        else:
            self._climb.cut(now, factor)
        self._reopen()

    def _reopen(self) -> None:
        """Let an epoch wait for the gate, if that is narrower than its slots."""
        self._gate.narrow(float(self._climb.slots))
        if self._gate.slots < self._climb.slots:
            self._climb.settle(FOREVER)

    def _is_heavy(self, sample: Sample) -> bool:
        cost = self._costs.of_kind(kind_of(sample))
        return cost.megabyte_s * sample.size / MEGABYTE > _HEAVY * cost.base_s

    def _residual(self, sample: Sample) -> float:
        latency = max(1e-3, sample.latency)
        return math.log(latency / self._costs.of(sample))
