"""Weather: how the lab's server behaves as a whole, by name, for the command line and the demo."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from strongroom.lab.faults import Fault, FaultKind, FaultPlan

_GUSTS = 60
_GUST_AMONG = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How the server behaves.

    Attributes:
        describes: For the command's help.
        latency_s: Added to each answer, in seconds.
        has_gusts: Now and then it is busy, or answers 503, as planned by the seed.
    """

    describes: str
    latency_s: float = 0.0
    has_gusts: bool = False

    def faults(self, seed: int) -> FaultPlan:
        """Plan the trouble that belongs to it; the same seed makes the same trouble."""
        if not self.has_gusts:
            return FaultPlan()
        rng = Random(seed)  # noqa: S311 - weather, not a secret
        kinds = (FaultKind.BUSY, FaultKind.BUSY_IN_BODY, FaultKind.UNAVAILABLE)
        return FaultPlan(
            Fault(kind=rng.choice(kinds), nth=nth, seconds=rng.choice((0.2, 0.5, 1.0)))
            for nth in sorted(rng.sample(range(5, _GUST_AMONG), _GUSTS))
        )


WEATHER = {
    "calm": Weather(describes="answers at once"),
    "breezy": Weather(describes="answers 20 ms late", latency_s=0.02),
    "distant": Weather(describes="answers 150 ms late", latency_s=0.15),
    "gusty": Weather(
        describes="20 ms late, and about every fiftieth request is told to wait",
        latency_s=0.02,
        has_gusts=True,
    ),
}
