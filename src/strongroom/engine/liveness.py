"""Who lives? Decisions of one worker about itself and about the others, from what it saw. Pure.

No clock of another machine is asked, and none of the calendar: they jump, and differ. Each worker
measures with its own monotonic clock. That one can jump as well (a machine that was suspended, a
process that was stopped), so what passed between two looks counts for a few seconds at most.

* **Others** (``Watch``): a worker is dead when its row has not changed for a minute of *our*
  looking. Whoever begins to look begins to count.
* **Itself** (``Pulse``): a worker whose beat has not got through for 45 s stops itself, before the
  others take its work over at 60 s. One that was stopped for longer may have been taken for dead
  meanwhile; it asks first, since its row knows, but does not wait long for the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How fast deaths are noticed.

    Attributes:
        beat_s: How often a worker shows that it lives, and looks at the others.
        fence_after_s: How long it goes on if that does not get through.
        dead_after_s: How long a row stands still until its worker is taken for dead.
        ask_s: How long one that was stopped waits for an answer whether it still has its place.
    """

    beat_s: float = 5.0
    fence_after_s: float = 45.0
    dead_after_s: float = 60.0
    ask_s: float = 5.0

    def __post_init__(self) -> None:
        if not 0 < 2 * self.beat_s <= self.fence_after_s < self.dead_after_s:
            raise ValueError("a worker must be able to stop itself before others take over")


class Pulse:
    """Whether our own beat still gets through. Not for several threads at once.

    Args:
        timing: How fast.
        now_s: The monotonic time.
    """

    def __init__(self, timing: Timing, *, now_s: float) -> None:
        self._timing = timing
        self._beaten_s = self._looked_s = now_s
        self._asks_until_s: float | None = None

    def beaten(self, sent_s: float) -> None:
        """A beat got through that was sent then."""
        self._beaten_s = max(self._beaten_s, sent_s)

    def is_lost(self, now_s: float) -> bool:
        """Say whether to stop everything. To be asked about once a second."""
        was_stopped = now_s - self._looked_s > self._timing.beat_s
        self._looked_s = now_s
        if now_s - self._beaten_s < self._timing.fence_after_s:
            self._asks_until_s = None
            return False
        if self._asks_until_s is None:
            self._asks_until_s = now_s + (self._timing.ask_s if was_stopped else 0.0)
        return now_s >= self._asks_until_s


@dataclass(slots=True)
class _Seen:
    beat: datetime
    still_s: float


class Watch:
    """How long the rows of others have stood still under our eyes. Not for several threads at once.

    Args:
        timing: How fast.
    """

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._seen: dict[str, _Seen] = {}
        self._looked_s: float | None = None

    def look(self, beats: Mapping[str, datetime], *, now_s: float) -> Mapping[str, datetime]:
        """Take note of the living, and give those that are dead, with their last beat.

        Args:
            beats: Their last beats, as their rows have them now.
            now_s: The monotonic time.
        """
        passed_s = self._passed_s(now_s)
        self._seen = {
            worker: self._aged(self._seen.get(worker), beat, passed_s)
            for worker, beat in beats.items()
        }
        return {
            worker: seen.beat
            for worker, seen in self._seen.items()
            if seen.still_s >= self._timing.dead_after_s
        }

    def _passed_s(self, now_s: float) -> float:
        before_s = now_s if self._looked_s is None else self._looked_s
        self._looked_s = now_s
        # Whoever was stopped for an hour has not been looking for an hour.
        return min(max(0.0, now_s - before_s), 2 * self._timing.beat_s)

    def _aged(self, seen: _Seen | None, beat: datetime, passed_s: float) -> _Seen:
        if seen is None or seen.beat != beat:
            return _Seen(beat=beat, still_s=0.0)
        return _Seen(beat=beat, still_s=seen.still_s + passed_s)
