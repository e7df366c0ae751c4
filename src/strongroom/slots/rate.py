"""How many requests in a time a server takes, where that is what it counts.

"Too many requests" (HTTP 429) speaks of their number in a time, however long each takes. So many
slots make more of them when the server is quick and fewer when it is slow: a number of slots that
was right once is wrong a minute later. What is right is a rate, and starts are spread by it.

It is found from the rate that was refused: what starts made of late, and later what they were held
to, since not all that is allowed may be wanted.

    bearable rate = rate x time of work / (time of work + the wait that was ordered)

Source:
    https://www.rfc-editor.org/rfc/rfc6585#section-4
    https://learn.microsoft.com/graph/throttling-limits (so many requests in ten seconds)
"""

from __future__ import annotations

import math

from strongroom.slots.api import FOREVER, Sample
from strongroom.slots.rising import Refusals

_KEPT_MAX = 0.97
"""Of the rate that was too high."""

_RECENT_S = 10.0
"""Starts that are longer ago than this tell less of what was too many now."""

_CYCLE_S = 30.0
"""Of work, at most, that a wait is compared with. Longer than the windows that are counted in, or
one and a half of them would count like two."""

_LEAST_SHARE = 0.5
"""Of the rate before: one short cycle is no measure, and the first one spent what was saved up."""

_SAME_SHARE = 0.8
"""Less is a rate far from the right one, or others have begun to use it up. What was known of it is
worth little then, and forgotten as quickly as the first time."""

_IDLE_S = 2.0
"""A longer pause between two starts is ours and says nothing of the server."""

_SAVED_S, _SAVED_MIN = 0.3, 1.5
"""Seconds of the rate that may be saved up while nothing was started: what answers late is made up
for, and yet a window of ten seconds is not overdrawn by it."""

_WHOLE = 1.0 - 1e-6
"""One request that was saved up: what sums of fractions come to."""

_SLOWEST = 0.02
"""Requests per second at the least."""

_HELD_S = 2.0
"""Whoever had to wait for the rate so lately is held by it."""


class Rate:
    """Spreads starts once a server has refused their number. Before, it never says no.

    Attributes:
        was_borne: Something had been taken before the last refusal, so that it was one of too many;
            if not, the server takes nothing at all.
    """

    def __init__(self) -> None:
        self._refusals = Refusals()
        self._saved, self._saved_s = 1.0, 0.0
        self._starts = self._recent_s = self._cycle_s = 0.0
        self._timed_until_s: float | None = None
        self._held_s = -FOREVER
        self._opened_s = 0.0
        self._is_borne, self.was_borne = True, False

    @property
    def is_known(self) -> bool:
        """Whether a rate was refused yet."""
        return self._refusals.times > 0

    def per_second(self, now: float) -> float:
        """Give the rate; ``FOREVER``: none is known."""
        return self._refusals.at(now)

    def allows(self, now: float) -> bool:
        """Say whether one more may be started."""
        if not self.is_known:
            return True
        self._save_up(now)
        if self._saved >= _WHOLE:
            return True
        self._held_s = now
        return False

    def wake_at(self, now: float) -> float:
        """Say when the next one may be started; ``FOREVER`` if at once."""
        if not self.is_known:
            return FOREVER
        self._save_up(now)
        if self._saved >= _WHOLE:
            return FOREVER
        return now + (1.0 - self._saved) / self.per_second(now)

    def holds(self, now: float) -> bool:
        """Say whether more would have been started of late."""
        return now - self._held_s <= _HELD_S

    def start(self, now: float, requests: int = 1) -> None:
        """Count a request, or as many as one is counted for."""
        self._pass(now)
        self._starts += requests
        if self.is_known:
            self._saved -= requests

    def succeeded(self, sample: Sample) -> None:
        """Hear that a request was taken."""
        self._is_borne = self._is_borne or sample.started >= self._opened_s

    def refused(self, sample: Sample, shut_until_s: float) -> None:
        """Learn from a refusal that is the first one since starts were let in again.

        Args:
            sample: It.
            shut_until_s: Until when nothing is started now.
        """
        now = sample.finished
        self._pass(now)
        wait_s = max(0.0, shut_until_s - now)
        mean = self._starts / max(1.0, self._recent_s)
        before = self.per_second(now) if self.is_known else mean
        share = self._cycle_s / max(1.0, self._cycle_s + wait_s)
        if share < _SAME_SHARE:
            self._refusals = Refusals()
        # Where nothing at all was taken since the last wait, it is no matter of how many.
        kept = min(_KEPT_MAX, max(_LEAST_SHARE, share)) if self._is_borne else 1.0
        self._refusals.refused(now, max(_SLOWEST, kept * before))
        self.rest(now, shut_until_s)
        self._opened_s, self.was_borne, self._is_borne = shut_until_s, self._is_borne, False

    def rest(self, now: float, shut_until_s: float) -> None:
        """Count an ordered wait as time in which something was wanted."""
        self._pass(now)
        self._timed_until_s = max(now, shut_until_s)
        self._cycle_s = min(_CYCLE_S, self._cycle_s + max(0.0, shut_until_s - now))
        self._saved, self._saved_s = 1.0, self._timed_until_s

    def _save_up(self, now: float) -> None:
        rate = self.per_second(now)
        most = max(_SAVED_MIN, _SAVED_S * rate)
        self._saved = min(most, self._saved + max(0.0, now - self._saved_s) * rate)
        self._saved_s = max(now, self._saved_s)

    def _pass(self, now: float) -> None:
        until_s = now if self._timed_until_s is None else self._timed_until_s
        passed_s = min(_IDLE_S, max(0.0, now - until_s))
        kept = math.exp(-passed_s / _RECENT_S)
        self._starts *= kept
        self._recent_s = kept * self._recent_s + passed_s
        self._cycle_s = min(_CYCLE_S, self._cycle_s + passed_s)
        self._timed_until_s = max(now, until_s)
