"""Word between processes, kept in memory."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.clock import Clock

LONGEST_S = 3600.0


class SharedNotices:
    """See ``pace.notices.Notices``; several paces that have the same one are as many processes.

    Attributes:
        told: What was told, in order: server, lane, seconds.
        looks: How often somebody looked.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until_s: dict[tuple[str, str], float] = {}
        self.told: list[tuple[str, str, float]] = []
        self.looks = 0

    def tell(self, server: str, lane: str, seconds: float) -> None:
        self.told.append((server, lane, seconds))
        until_s = self._clock.monotonic_s() + min(seconds, LONGEST_S)
        place = server, lane
        self._until_s[place] = max(until_s, self._until_s.get(place, 0.0))

    def heard(self, server: str) -> Mapping[str, float]:
        self.looks += 1
        now = self._clock.monotonic_s()
        return {
            lane: until_s - now
            for (of, lane), until_s in self._until_s.items()
            if of == server and until_s > now
        }
