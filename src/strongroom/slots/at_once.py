"""How many requests at once a server takes, in all and for one lane, as it told by refusals."""

from __future__ import annotations

import math

_PAUSE_S, _PAUSE_MAX_S = 60.0, 3600.0
"""Until one more is tried: a minute, twice as long each time, at most an hour. Limits do change,
when others let go of connections or an administrator acts."""

_HARDLY_ANY, _FEWER = 2, 0.9
"""No server of ours has a limit of so few for a mailbox; ours have four to twenty-seven."""


class Remembered:
    """So many at once as the server last took; one more is tried later and later.

    Attributes:
        slots: How many; infinite until the first refusal.
        again_s: When one more will be tried.
    """

    def __init__(self) -> None:
        self.slots = math.inf
        self.again_s = math.inf
        self._pause_s = _PAUSE_S

    def rise(self, now: float) -> None:
        """Try one more if the time has come."""
        if now >= self.again_s:
            self.slots += 1
            self._pause_s = min(_PAUSE_MAX_S, 2.0 * self._pause_s)
            self.again_s = now + self._pause_s

    def refused(self, now: float, in_flight: int) -> None:
        """Remember that so many at once were too many."""
        self.slots = max(1.0, min(self.slots, float(in_flight - 1)))
        self.again_s = now + self._pause_s


class InOneLane:
    """How many one lane may have: learnt once for all lanes, since servers set it for everybody."""

    def __init__(self) -> None:
        self._most = Remembered()
        self._borne = 0
        self._doubted_at = 0.0

    @property
    def slots(self) -> float:
        """How many, as far as is known."""
        return self._most.slots

    def rise(self, now: float) -> None:
        """Try one more if the time has come."""
        self._most.rise(now)

    def answered(self, in_lane: int) -> None:
        """Remember that a request was answered that began when its lane had so many."""
        self._borne = max(self._borne, in_lane)

    def refused(self, now: float, in_lane: int, in_flight: int) -> bool:
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
        if in_flight > in_lane:
            if in_lane <= max(1, self._borne):
                return False
            if in_lane <= _HARDLY_ANY and in_flight >= self._doubted_at:
                self._doubted_at = _FEWER * in_flight
                return False
        self._most.refused(now, in_lane)
        return True
