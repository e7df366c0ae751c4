"""What was refused, and how it is forgotten: slower each time that it is met again."""

from __future__ import annotations

import math
from dataclasses import dataclass

_RISE_FIRST, _RISE, _RISE_MIN = 0.01, 0.004, 0.0003
"""Per second: the first refusal may have been chance or an outage, or met while slots were growing
fast and say little of how many are right; so it is forgotten in a minute, later ones in several.
The more often it is met, the more exact it is known, and asking again costs a wait."""


@dataclass(slots=True)
class Rising:
    """A number that rises by a share of itself per second since it was set; at first infinite."""

    value: float = math.inf
    set_s: float = 0.0
    rise: float = 0.0

    def at(self, now: float) -> float:
        """Give it as it stands."""
        if math.isinf(self.value):
            return math.inf
        return self.value * math.exp(min(50.0, self.rise * max(0.0, now - self.set_s)))


class Refusals:
    """How much is borne, as far as refusals told.

    Attributes:
        times: How often it was refused.
    """

    def __init__(self) -> None:
        self.times = 0
        self._borne = Rising()

    def at(self, now: float) -> float:
        """Give how much; infinite before the first refusal."""
        return self._borne.at(now)

    def refused(self, now: float, bearable: float) -> None:
        """Remember how much is borne on average."""
        self.times += 1
        rise = _RISE_FIRST if self.times == 1 else max(_RISE_MIN, _RISE / self.times**2)
        self._borne = Rising(bearable, now, rise)
