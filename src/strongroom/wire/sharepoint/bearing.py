"""How many writes a server takes in one request, found out by what it failed at.

Where a server fails without saying what happened, nothing may be sent again before somebody has
looked. So the next requests are smaller, tenfold each time, until the one write that it cannot
digest goes alone; and if it fails at that again, that one has failed and the others go on.
"""

from __future__ import annotations

import threading

from strongroom.wire.sharepoint.batch import QUESTIONS_MAX
from strongroom.wire.sharepoint.question import Question

_FEWER = 10
_MORE_AFTER = 50
_FAILED_MAX = 10_000


class Bearing:
    """What one server bears. Safe in many threads.

    Attributes:
        most_at_once: So many writes go into one request.
    """

    def __init__(self) -> None:
        self.most_at_once = QUESTIONS_MAX
        self._lock = threading.Lock()
        self._borne = 0
        self._failed: dict[int, int] = {}

    def failed_at(self, count: int) -> None:
        """Hear that it failed at so many in one request, and nobody knows what happened."""
        with self._lock:
            self._borne = 0
            self.most_at_once = min(self.most_at_once, max(1, count // _FEWER))

    def bore(self, count: int) -> None:
        """Hear that it took so many; after many such, twice as many are tried."""
        with self._lock:
            self._borne += count
            if self._borne >= _MORE_AFTER * self.most_at_once:
                self._borne = 0
                self.most_at_once = min(QUESTIONS_MAX, 2 * self.most_at_once)

    def failed_alone(self, question: Question) -> int:
        """Hear that it failed at this one write by itself; give how often it did by now."""
        key = _key(question)
        with self._lock:
            count = self._failed.get(key, 0) + 1
            if key in self._failed or len(self._failed) < _FAILED_MAX:
                self._failed[key] = count
            return count

    def took(self, question: Question) -> None:
        """Hear that it took this one write by itself: what failed before was no fault of it."""
        with self._lock:
            self._failed.pop(_key(question), None)
        self.bore(1)


def _key(question: Question) -> int:
    return hash((question.target, question.body if isinstance(question.body, bytes) else b""))
