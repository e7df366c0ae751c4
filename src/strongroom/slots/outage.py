"""A server that is away: one probe at a time, further and further apart, at most six a minute."""

from __future__ import annotations

from strongroom.slots.api import FOREVER

_FAILURES = 4
"""In a row, with no success between them: chance alone would take a line that nobody could use."""

_FIRST_S, _LONGER = 2.0, 1.6
"""A restart takes seconds, so the first look comes soon; each later one after a longer time."""

PROBE_S = 10.5
"""Between two looks at most: less than six a minute."""


class Outage:
    """Notices that a server is away, and when it is back.

    Attributes:
        is_on: It is away.
        success_s: When the server last answered.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.success_s = 0.0
        self._failures = 0
        self._probe_s = 0.0
        self._gap_s = _FIRST_S
        self._is_probing = False

    def limit(self, now: float, in_flight: int) -> int:
        """Say how many requests may be in flight while it is on."""
        if now < self._probe_s:
            return 0
        # What is in flight from before is a probe too, and the next one waits for it.
        return max(1, in_flight)

    def probe_in_s(self, now: float) -> float:
        """Say in how many seconds the server is looked for again."""
        return max(0.0, self._probe_s - now)

    def wake_at(self, now: float, in_flight: int) -> float:
        """Say when the next probe is due."""
        if now < self._probe_s:
            return self._probe_s
        return FOREVER if in_flight else now

    def start(self) -> None:
        """Hear that something was started: a probe, if it is on."""
        self._is_probing = self.is_on

    def failed(self, now: float, *, quiet_s: float = 0.0) -> bool:
        """Count a failure.

        Args:
            now: The time.
            quiet_s: How long there must have been no success: a line that is full lets several
                requests time out in a row and is not away.

        Returns:
            Whether the outage has begun just now.
        """
        self._failures += 1
        if self.is_on:
            if self._is_probing:
                self._is_probing = False
                self._gap_s = min(PROBE_S, _LONGER * self._gap_s)
                self._probe_s = now + self._gap_s
            return False
        if self._failures < _FAILURES or now - self.success_s < quiet_s:
            return False
        self.is_on = True
        self._is_probing = False
        self._gap_s = _FIRST_S
        self._probe_s = now + self._gap_s
        return True

    def answered(self, now: float) -> bool:
        """Hear of any answer of the server itself.

        Returns:
            Whether an outage has ended by it.
        """
        self._failures = 0
        self.success_s = now
        was_on, self.is_on = self.is_on, False
        self._is_probing = False
        return was_on
