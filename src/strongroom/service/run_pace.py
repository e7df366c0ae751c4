"""How fast one run uses its server, for displays while it lasts, and kept with it when it ends.

``{"slots", "in_flight", "waiting", "items_per_s", "bytes_per_s", "latency_ms", "limits": [{"by",
"seconds", "slots", "count"}, …], "told": TEXT, "places": NOUN}`` are as they are now, at the end
those of the end. ``{"requests", "items", "bytes", "throttled", "failed", "slots_most",
"slots_least", "limited_s": {BY: SECONDS}, "mostly": TEXT, "history": [{"at_s", "slots", "requests",
"items", "bytes", "throttled", "failed"}, …], "stretch_s": SECONDS}`` are of all that this worker
did. Other workers and earlier attempts are put together with it where it is read
(``words.merging_pace``). What other runs of the same process ask of the same server meanwhile is in
it: the server makes no difference either.

Numbers and our own sentences alone, so that whoever may see a run may see its pace.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass

from strongroom.clock import Clock
from strongroom.pace.pace import Pace
from strongroom.service.run_history import RunHistory
from strongroom.words.json import Json
from strongroom.words.pace import Limit, Limiter, PacePoint, PaceReport
from strongroom.words.pace_told import PLACES, Nouns, mostly, told

_LOOK_EVERY_S = 0.5
"""As often as the document is kept (see ``engine.work.Desk``)."""

_RATES_OVER_S = 30.0
"""Shorter, and one large answer makes the rate jump; longer, and a person waits to see a change."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What had been done at a moment."""

    at_s: float
    items: int
    byte_count: int


class RunPace:
    """Looks at a server's pace for one run. Safe in many threads.

    Args:
        pace: The server's.
        clock: Time.
        began_s: So many seconds ago the run was begun for the first time.
        nouns: What to call that which the server accounts for separately.
    """

    def __init__(
        self,
        pace: Pace,
        clock: Clock,
        *,
        began_s: float = 0.0,
        nouns: Nouns = PLACES,
    ) -> None:
        self._pace = pace
        self._clock = clock
        self._nouns = nouns
        self._lock = threading.Lock()
        self._zero_s = clock.monotonic_s() - began_s
        self._latest = pace.report()
        self._latest_at_s = began_s
        self._latest_look_s = float("-inf")
        self._seen = deque([_Seen(began_s, self._latest.items, self._latest.byte_count)])
        self._limited_s: dict[Limiter, float] = {}
        self._history = RunHistory(began_s)
        self._document: dict[str, Json] = {}

    @property
    def report(self) -> PaceReport:
        """How it was when ``document`` looked last."""
        with self._lock:
            return self._latest

    def document(self, *, is_exact: bool = False) -> dict[str, Json]:
        """Say how it is, looking anew at most twice a second unless it is to be exact."""
        with self._lock:
            now_s = self._clock.monotonic_s() - self._zero_s
            if is_exact or now_s - self._latest_look_s >= _LOOK_EVERY_S:
                self._latest_look_s = now_s
                self._look(now_s)
            return self._document

    def _look(self, now_s: float) -> None:
        report = self._pace.report()
        before, passed_s = self._latest, now_s - self._latest_at_s
        self._history.add(
            PacePoint(
                at_s=now_s,
                slots=report.slots,
                requests=report.requests - before.requests,
                items=report.items - before.items,
                byte_count=report.byte_count - before.byte_count,
                throttled=report.throttled - before.throttled,
                failed=report.failed - before.failed,
            )
        )
        if before.limits:
            by = before.limits[0].by
            self._limited_s[by] = self._limited_s.get(by, 0.0) + passed_s
        self._latest, self._latest_at_s = report, now_s
        self._seen.append(_Seen(now_s, report.items, report.byte_count))
        while len(self._seen) > 2 and self._seen[1].at_s <= now_s - _RATES_OVER_S:
            self._seen.popleft()
        self._document = self._written(report)

    def _written(self, report: PaceReport) -> dict[str, Json]:
        first, last, total = self._seen[0], self._seen[-1], self._history.total
        over_s = last.at_s - first.at_s
        return {
            "slots": report.slots,
            "in_flight": report.in_flight,
            "waiting": report.waiting,
            "items_per_s": _rate(last.items - first.items, over_s),
            "bytes_per_s": _rate(last.byte_count - first.byte_count, over_s),
            "latency_ms": None if report.latency_s is None else round(report.latency_s * 1000),
            "limits": [_limit(one) for one in report.limits],
            "told": told(report, self._nouns),
            "places": self._nouns.many,
            "requests": total.requests,
            "items": total.items,
            "bytes": total.byte_count,
            "throttled": total.throttled,
            "failed": total.failed,
            "slots_most": self._history.slots_most,
            "slots_least": self._history.slots_least,
            "limited_s": {str(by): round(s, 1) for by, s in self._limited_s.items()},
            "mostly": mostly(self._limited_s, self._nouns),
            "history": [_point(point) for point in self._history.points],
            "stretch_s": self._history.stretch_s,
        }


def _rate(amount: int, over_s: float) -> float:
    return round(amount / over_s, 1) if over_s > 0.0 else 0.0


def _limit(limit: Limit) -> dict[str, Json]:
    # JSON has no infinity, which is how long there is nothing to wait for.
    is_known = limit.seconds is not None and math.isfinite(limit.seconds)
    return {
        "by": str(limit.by),
        "seconds": round(limit.seconds or 0.0, 1) if is_known else None,
        "slots": limit.slots,
        "count": limit.count,
    }


def _point(point: PacePoint) -> dict[str, Json]:
    return {
        "at_s": round(point.at_s, 1),
        "slots": point.slots,
        "requests": point.requests,
        "items": point.items,
        "bytes": point.byte_count,
        "throttled": point.throttled,
        "failed": point.failed,
    }
