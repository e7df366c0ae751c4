"""Orders to stay away, and how slots open again afterwards: a few at a time.

A refusal with a wait means that a *budget* is spent. What may be spent without being refused
follows from one cycle of work and wait alone: so many slots, busy for so long, were worth the
whole cycle.

    bearable slots = mean slots while open x time open / (time open + time shut)

The mean is that of slots in flight, and of the open ones if nearly all of these were in flight.

Slots never open all at once, neither then nor when the slots grow: the first refusal comes back
before many have followed, and a server that was away is not overrun. While the gate is shut,
requests that were under way still end and are charged, so the first one after it may be refused
again; that says nothing new.
"""

from __future__ import annotations

import math

from strongroom.slots.api import Sample
from strongroom.slots.climb import FIRST_SLOTS

_MORE, _EXTRA_S = 1.02, 0.3
"""The wait is obeyed and a little more: clocks differ, and refused requests count against us."""

_UNTOLD_S, _UNTOLD_MAX_S = 5.0, 30.0
"""A refusal that names no wait: doubled from refusal to refusal."""

_SAME_S = 0.5
"""Ends of waits that are closer together than this are one order, heard twice."""

_PER_SUCCESS = 3.0
"""Slots that open with each success: within one latency all that were closed."""

_LEAST_SHARE = 0.3
"""Of the mean slots while open, at least: one short cycle is no measure of a budget."""

_USED_LEAST = 0.8
"""Slots that stand open are never all taken; but of those that hardly anybody wanted nothing is
known."""

_KEPT_MAX = 0.97
"""Of the slots that were one too many."""

_MEMORY_S = 20.0
"""What was borne longer ago than this tells less of what was too much now."""

_FIRST_SHARE = 0.5
"""The first cycle spent what had been saved up before, so its share is not believed below this."""

_SHUT_STILL = 1.0
"""Refused while hardly anything was open: it had not opened at all."""


def wait_s(sample: Sample, untold_s: float = _UNTOLD_S) -> float:
    """Say how long to stay away after a refusal."""
    if sample.retry_after is None:
        return untold_s
    return max(0.0, sample.retry_after) * _MORE + _EXTRA_S


class Gate:
    """Opens slots.

    Attributes:
        shut_until_s: Nothing may be started before.
        slots: How many are let through.
    """

    def __init__(self) -> None:
        self.shut_until_s = 0.0
        self.slots = float(FIRST_SLOTS)
        self._opened_s = 0.0
        self._untold_s = _UNTOLD_S
        self._refusals = 0
        self._area = self._open_area = 0.0
        self._counted_s = 0.0
        self._area_s = 0.0
        self._is_counting = True

    def count(self, now: float, in_flight: int, slots: float) -> None:
        """Add up slots over time, up to now: those in flight, and those that were open."""
        if self._is_counting:
            passed_s = now - self._area_s
            kept = math.exp(-passed_s / _MEMORY_S)
            self._area = kept * self._area + in_flight * passed_s
            self._open_area = kept * self._open_area + max(in_flight, slots) * passed_s
            self._counted_s = kept * self._counted_s + passed_s
        elif now >= self._opened_s:
            self._is_counting = True
        self._area_s = now

    def rest(self, until_s: float) -> None:
        """Start nothing before then."""
        self.shut_until_s = max(self.shut_until_s, until_s)

    def rest_as_told(self, until_s: float) -> bool:
        """Shut because the server refused somebody else, and open as gently as after our own.

        Returns:
            Whether that was new. Nothing is learnt of what the server bears: others spent it.
        """
        is_new = until_s > self.shut_until_s + _SAME_S
        self.rest(until_s)
        if is_new:
            self.slots, self._opened_s = 1.0, until_s
            self._area = self._open_area = self._counted_s = 0.0
            self._is_counting = False
        return is_new

    def open_at_once(self, slots: int) -> None:
        """Let all through again: something else sees to it that they do not come at once."""
        self.slots = float(slots)

    def narrow(self, slots: float) -> None:
        """Let no more through than this, for now."""
        self.slots = min(self.slots, slots)

    def widen(self, sample: Sample, wanted: int) -> bool:
        """Let more through after a success.

        Returns:
            Whether the last of the wanted slots has opened just now.
        """
        if self.slots >= wanted or sample.started < self._opened_s - 1e-6:
            return False
        self._untold_s = _UNTOLD_S
        self.slots = min(float(wanted), self.slots + _PER_SUCCESS)
        return self.slots >= wanted

    def refuse(self, sample: Sample, slots: int) -> float | None:
        """Shut after the server refused.

        Args:
            sample: The refusal.
            slots: How many were wanted.

        Returns:
            How many slots the server bears; None: it is the same refusal as before.
        """
        now = sample.finished
        self.rest(now + wait_s(sample, self._untold_s))
        was_open, self.slots = self.slots, 1.0
        if sample.started < self._opened_s:
            return None
        if sample.retry_after is None:
            self._untold_s = min(_UNTOLD_MAX_S, 2.0 * self._untold_s)
        opened_s, self._opened_s = self._opened_s, self.shut_until_s
        used = self._area / max(1e-9, self._open_area)
        mean = self._area / max(1.0, self._counted_s) / max(_USED_LEAST, used)
        self._area = self._open_area = self._counted_s = 0.0
        self._is_counting = False
        if was_open <= _SHUT_STILL and self._refusals:
            return None
        self._refusals += 1
        open_s = max(1.0, now - opened_s)
        share = max(_LEAST_SHARE, open_s / (open_s + self.shut_until_s - now))
        bearable = mean * share
        if self._refusals == 1:
            bearable = max(bearable, _FIRST_SHARE * min(slots, sample.in_flight))
        return min(_KEPT_MAX * slots, bearable)
