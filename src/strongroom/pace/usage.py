"""How long requests wait for their slots and for their answers, added up over all of them."""

from __future__ import annotations


class Usage:
    """Sums, kept while requests still wait. Not safe in threads: the pace's lock is held.

    Attributes:
        line_s: Waited for a slot.
        flight_s: Had one.
        answered_s: Of those that were answered, how long it took.
        head_s: And how long until the answer began.

    Args:
        now_s: When it begins.
    """

    def __init__(self, now_s: float) -> None:
        self.line_s = 0.0
        self.flight_s = 0.0
        self.answered_s = 0.0
        self.head_s = 0.0
        self._since_s = now_s
        self._waiting = 0
        self._in_flight = 0

    def note(self, now_s: float, *, waiting: int, in_flight: int) -> None:
        """Hear how many wait and how many are on their way from now on."""
        passed_s = now_s - self._since_s
        self.line_s += self._waiting * passed_s
        self.flight_s += self._in_flight * passed_s
        self._since_s, self._waiting, self._in_flight = now_s, waiting, in_flight

    def answered(self, took_s: float, head_s: float | None) -> None:
        """Count an answer; None: nobody told when it began."""
        self.answered_s += took_s
        self.head_s += took_s if head_s is None else min(took_s, head_s)
