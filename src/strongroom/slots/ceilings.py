"""Numbers of slots that the server refused or could not bear, and how long we remember them.

===========  =============================  ============================================
ceiling      met by                         forgotten
===========  =============================  ============================================
connections  "too many connections"         one more after a minute, then two, four, … an hour
refusals     "come back in 20 seconds"      slower each time that it is met again
timeouts     no answer within the deadline  slower each time that it is met again
===========  =============================  ============================================

All three are the server's own words or deeds, so they hold whatever the slope says.
"""

from __future__ import annotations

from strongroom.slots.at_once import Remembered
from strongroom.slots.rising import Refusals, Rising

_TIMEOUT_SHARE = 0.85
"""Of the slots that let a request time out; less where what timed out was not even large."""

_TIMEOUT_ROOM = 0.7
"""What is expected of the largest items should take no more of the deadline."""

_TIMEOUT_RISE, _TIMEOUT_RISE_MIN = 0.003, 0.0003
"""Per second: five minutes to double after the first, ten times slower after the tenth."""

_APART_S = 150.0
"""Timeouts that are closer together than this belong to one trouble."""


class Ceilings:
    """All ceilings over one server."""

    def __init__(self) -> None:
        self._connections = Remembered()
        self._refusals = Refusals()
        self._timeouts = Rising()
        self._timeouts_before = Rising()
        self._times_out = 0

    def at(self, now: float) -> float:
        """Give the lowest one."""
        return min(self.connections(now), self.refusals(now), self.timeouts(now))

    def refusals(self, now: float) -> float:
        """Give how many slots the server bears, as far as it told by refusals."""
        return self._refusals.at(now)

    def timeouts(self, now: float) -> float:
        """Give how many slots let every request be answered in time."""
        return self._timeouts.at(now)

    def connections(self, now: float) -> float:
        """Give how many connections the server takes; try one more when the time has come."""
        self._connections.rise(now)
        return self._connections.slots

    @property
    def next_rise_s(self) -> float:
        """When one more connection will be tried."""
        return self._connections.again_s

    def rest_share(self, now: float) -> float:
        """Give the part of the time that a single slot has to rest: 0, unless one is too many."""
        share = self._refusals.at(now)
        return 0.0 if share >= 1.0 else 1.0 - share

    def connection_refused(self, now: float, in_flight: int) -> None:
        """Remember that so many at once were too many."""
        self._connections.refused(now, in_flight)

    def refused(self, now: float, bearable: float) -> None:
        """Remember how many slots the server bears on average."""
        self._refusals.refused(now, max(0.05, bearable))

    def timed_out(self, now: float, slots: int, needed: float) -> float:
        """Remember that so many slots let a request time out.

        Args:
            now: The time.
            slots: How many were open.
            needed: What it was expected to need, as a part of what it was given.

        Returns:
            The part of the slots to keep: little is closed for the first one, which may be chance.
        """
        self._times_out += 1
        rise = max(_TIMEOUT_RISE_MIN, _TIMEOUT_RISE / self._times_out)
        share = min(_TIMEOUT_SHARE, _TIMEOUT_ROOM / max(0.1, needed))
        if now - self._timeouts.set_s > _APART_S:
            self._timeouts_before = self._timeouts
        met = share * min(self._timeouts.at(now), float(slots))
        self._timeouts = Rising(max(1.0, met), now, rise)
        return 0.8 if self._times_out == 1 else 0.6

    def forget_timeouts(self, since_s: float = 0.0) -> None:
        """Forget what timed out since then: it was the fault of an outage, or of a slow lane."""
        if self._timeouts.set_s >= since_s:
            self._timeouts = self._timeouts_before if since_s else Rising()
