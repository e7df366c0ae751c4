"""Single items that are not answered in time, so that no smaller batch could help.

Either the line is full, and a large item gets through if the others stand back; or its lane's
server is, and works on requests that we gave up long ago: then nothing more should come on top. But
not for ever, since some items are never answered.
"""

from __future__ import annotations

from strongroom.slots.api import Sample

_AFTER, _UNTIL = 2, 4
"""Timeouts in a row: one may be chance, and after more than four it is the item."""

_LONGEST_S = 300.0
"""Nobody may have asked for it again: the others do not stand back for longer."""


class Stuck:
    """Counts timeouts of single items, by lane."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}
        self._heavy: dict[str, float] = {}
        self._others: dict[str, float] = {}

    def timed_out(self, sample: Sample, *, is_heavy: bool) -> None:
        """Count a timeout.

        Args:
            sample: It.
            is_heavy: It is the bytes that take so long.
        """
        if sample.items > 1:
            return
        times = self._times.get(sample.lane, 0) + 1
        self.forget(sample.lane)
        self._times[sample.lane] = times
        if _AFTER <= times <= _UNTIL:
            where = self._heavy if is_heavy else self._others
            where[sample.lane] = sample.finished + _LONGEST_S

    def forget(self, lane: str) -> None:
        """Hear that a lane has answered, or is gone."""
        self._times.pop(lane, None)
        self._heavy.pop(lane, None)
        self._others.pop(lane, None)

    def needs_line(self, now: float) -> bool:
        """Say whether all should stand back, so that a large item gets through the line."""
        return any(until_s > now for until_s in self._heavy.values())

    def needs_server(self, now: float) -> bool:
        """Say whether slow lanes should stand back, so that their server comes to the item."""
        return any(until_s > now for until_s in self._others.values())
