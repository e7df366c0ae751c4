"""The shared line: every answer on its way gets the same rate (processor sharing).

One number, ``measure``, is what each transfer has got since the line began; it grows at the common
rate. A transfer of n bytes that starts at measure m is through at m + n, whoever comes and goes
meanwhile, so nothing has to be computed anew for the others.
"""

from __future__ import annotations

import heapq

from strongroom.lab.weather.model import FOREVER, Link
from strongroom.lab.weather.visit import Visit


class Line:
    """All transfers of a server. Pure: time comes in as ``now``, and never goes back."""

    def __init__(self, link: Link) -> None:
        self._per_connection = link.per_connection
        self._bandwidth = link.bandwidth
        self._measure = 0.0
        self._at = 0.0
        self._order = 0
        self._ends: list[tuple[float, int, Visit]] = []
        self._open: set[Visit] = set()

    @property
    def rate(self) -> float:
        """Bytes per second that each transfer gets."""
        if not self._open:
            return 0.0
        return min(self._per_connection, self._bandwidth / len(self._open))

    @property
    def transfers(self) -> int:
        """How many share the line."""
        return len(self._open)

    def start(self, now: float, visit: Visit) -> None:
        """Begin to send ``visit.amount`` bytes."""
        self._advance(now)
        visit.goal = self._measure + visit.amount
        self._order += 1
        self._open.add(visit)
        heapq.heappush(self._ends, (visit.goal, self._order, visit))

    def drop(self, now: float, visit: Visit) -> None:
        """End a transfer early."""
        if visit in self._open:
            self._advance(now)
            self._open.discard(visit)

    def drop_all(self, now: float) -> None:
        """End all transfers."""
        self._advance(now)
        self._open.clear()
        self._ends.clear()

    def set_bandwidth(self, now: float, bandwidth: float) -> None:
        """Let the line carry more or less from now on."""
        self._advance(now)
        self._bandwidth = bandwidth

    def sent_bytes(self, now: float, visit: Visit) -> int:
        """Say how much of a transfer has passed."""
        self._advance(now)
        return int(min(visit.amount, visit.amount - (visit.goal - self._measure)))

    def next_end(self) -> float:
        """Say when the next transfer is through if nothing changes."""
        self._forget_closed()
        if not self._ends:
            return FOREVER
        return self._at + max(0.0, self._ends[0][0] - self._measure) / self.rate

    def finished(self, now: float) -> list[Visit]:
        """Take out the transfers that are through."""
        self._advance(now)
        through = []
        # By the very sum that ``next_end`` gives: what is due then must also be over then, however
        # the sum is rounded, or time would stand still.
        while self.next_end() <= now:
            visit = heapq.heappop(self._ends)[2]
            self._open.discard(visit)
            through.append(visit)
        return through

    def _advance(self, now: float) -> None:
        self._measure += self.rate * (now - self._at)
        self._at = now

    def _forget_closed(self) -> None:
        while self._ends and self._ends[0][2] not in self._open:
            heapq.heappop(self._ends)
