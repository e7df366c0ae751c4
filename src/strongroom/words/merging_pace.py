"""One document about the pace out of several: of workers side by side, of attempts in turn.

A document (see ``service.run_pace``) has figures of now, which add up over workers that work at the
same time and are those of the latest otherwise, and figures of the whole run, which always add up.
Parts may be put together in any order and grouping; the sums come out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from strongroom.words.json import Json
from strongroom.words.pace import Limit, Limiter
from strongroom.words.pace_told import limits_told, mostly, nouns_of

STRETCHES_MAX = 60
"""The document that displays are shown carries them all, twice a second."""

_NOW = ("slots", "in_flight", "waiting", "items_per_s", "bytes_per_s", "latency_ms", "limits",
        "told", "places")  # fmt: skip
_ADDED_UP = ("requests", "items", "bytes", "throttled", "failed")

Document = Mapping[str, Any]


def side_by_side(one: Document | None, other: Document | None) -> dict[str, Json] | None:
    """Put together what two workers do at the same time."""
    if one is None or other is None:
        return _copy(one or other)
    limits = _limits(one, other)
    latencies = [ms for part in (one, other) if (ms := part["latency_ms"]) is not None]
    places = one.get("places", "")
    return {
        **_whole(one, other),
        "slots": one["slots"] + other["slots"],
        "in_flight": one["in_flight"] + other["in_flight"],
        "waiting": one["waiting"] + other["waiting"],
        "items_per_s": round(one["items_per_s"] + other["items_per_s"], 1),
        "bytes_per_s": round(one["bytes_per_s"] + other["bytes_per_s"], 1),
        # Where answers take longest: a mean would hide a worker that is far from the server.
        "latency_ms": max(latencies, default=None),
        "limits": [_written(limit) for limit in limits],
        "told": limits_told(limits, nouns_of(places)),
        "places": places,
    }


def one_after_the_other(earlier: Document | None, later: Document | None) -> dict[str, Json] | None:
    """Put together what was done before and what is done now."""
    if earlier is None or later is None:
        return _copy(earlier or later)
    now = {name: later[name] for name in _NOW if name in later}
    return {**_whole(earlier, later), **now}


def _copy(document: Document | None) -> dict[str, Json] | None:
    return None if document is None else dict(document)


def _whole(one: Document, other: Document) -> dict[str, Json]:
    """Add up the figures of the whole run."""
    least_s = max(one.get("stretch_s", 1), other.get("stretch_s", 1))
    stretch_s = _stretch_s((*one["history"], *other["history"]), least_s)
    history = histories_together(one["history"], other["history"], stretch_s)
    most, least = _extremes(one, other, history)
    limited_s = _limited_s(one, other)
    known: dict[Limiter, float] = {by: limited_s[by] for by in Limiter if by in limited_s}
    nouns = nouns_of(other.get("places", one.get("places", "")))
    return {
        **{name: one[name] + other[name] for name in _ADDED_UP},
        "slots_most": most,
        "slots_least": least,
        "limited_s": dict(limited_s),
        "mostly": mostly(known, nouns),
        "history": history,
        "stretch_s": stretch_s,
    }


def _limited_s(one: Document, other: Document) -> dict[str, float]:
    names = sorted({*one["limited_s"], *other["limited_s"]})
    return {
        by: round(one["limited_s"].get(by, 0.0) + other["limited_s"].get(by, 0.0), 1)
        for by in names
    }


def _extremes(one: Document, other: Document, history: Sequence[Document]) -> tuple[int, Any]:
    """Say the most and the fewest slots that were seen together."""
    most = max(one["slots_most"], other["slots_most"])
    leasts = [part["slots_least"] for part in (one, other) if part["slots_least"] is not None]
    if _overlap(one["history"], other["history"]):
        seen = [point["slots"] for point in history]
        return max(most, *seen), min(seen)
    return most, min(leasts, default=None)


def _limits(one: Document, other: Document) -> list[Limit]:
    """Give the limits of both, one of each sort, the most pressing first.

    One that another version of the program told and this one does not know is left out.
    """
    by: dict[str, Limit] = {}
    for told in (*one["limits"], *other["limits"]):
        if told["by"] in set(Limiter):
            limit = Limit(**{**told, "by": Limiter(told["by"])})
            by[limit.by] = _both(by[limit.by], limit) if limit.by in by else limit
    order = list(Limiter)
    return sorted(by.values(), key=lambda limit: order.index(limit.by))


def _both(one: Limit, other: Limit) -> Limit:
    seconds = [s for s in (one.seconds, other.seconds) if s is not None]
    return Limit(
        by=one.by,
        seconds=max(seconds, default=None),
        slots=_added(one.slots, other.slots),
        count=_added(one.count, other.count),
    )


def _added(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


def _written(limit: Limit) -> dict[str, Json]:
    return {
        "by": str(limit.by),
        "seconds": limit.seconds,
        "slots": limit.slots,
        "count": limit.count,
    }


def _stretch_s(points: Sequence[Document], least_s: int) -> int:
    """Say how long stretches must be so that they are not too many.

    Never shorter than those of the parts, or it would depend on which of three come together first.
    """
    stretch_s = least_s
    while len(_stretches(points, stretch_s)) > STRETCHES_MAX:
        stretch_s *= 2
    return stretch_s


def histories_together(
    one: Sequence[Document], other: Sequence[Document], stretch_s: int = 1
) -> list[dict[str, Json]]:
    """Put two histories together, in stretches of so many seconds.

    Slots add up where both go on at the same time. A part that tells nothing in a stretch between
    two others of its own has as many as before.
    """
    places = sorted(_stretches((*one, *other), stretch_s))
    first, second = _cut(one, stretch_s), _cut(other, stretch_s)
    is_overlap = _overlap(one, other)
    return [_point(first, second, place, is_overlap=is_overlap) for place in places]


def _stretches(points: Iterable[Document], stretch_s: int) -> set[int]:
    return {int(point["at_s"] // stretch_s) for point in points}


def _cut(points: Sequence[Document], stretch_s: int) -> dict[int, dict[str, Any]]:
    """Sum a history up by stretches; slots are those of the end of each."""
    cut: dict[int, dict[str, Any]] = {}
    for point in sorted(points, key=lambda point: float(point["at_s"])):
        place = int(point["at_s"] // stretch_s)
        before = cut.get(place)
        cut[place] = dict(point) if before is None else _sum(before, point)
    return cut


def _sum(before: Document, point: Document) -> dict[str, Any]:
    return {**point, **{name: before[name] + point[name] for name in _ADDED_UP}}


def _point(
    first: Mapping[int, Document],
    second: Mapping[int, Document],
    place: int,
    *,
    is_overlap: bool,
) -> dict[str, Json]:
    here = [part[place] for part in (first, second) if place in part]
    whole: dict[str, Json] = dict(here[0] if len(here) == 1 else _sum(*here))
    latest = max(here, key=lambda point: float(point["at_s"]))
    whole["at_s"] = latest["at_s"]
    whole["slots"] = (
        sum(_slots(part, place) for part in (first, second)) if is_overlap else latest["slots"]
    )
    return whole


def _slots(part: Mapping[int, Document], place: int) -> int:
    """Say how many slots a part had in a stretch: none before its first and after its last."""
    if place in part:
        slots: int = part[place]["slots"]
        return slots
    if not part or place > max(part):
        return 0
    before = max((one for one in part if one < place), default=None)
    return 0 if before is None else part[before]["slots"]


def _overlap(one: Sequence[Document], other: Sequence[Document]) -> bool:
    """Say whether two histories tell of the same time, more than one end's touching."""
    if not one or not other:
        return False
    ends = [(part[0]["at_s"], part[-1]["at_s"]) for part in (one, other)]
    (begin, end), (begin_other, end_other) = ends
    return bool(begin < end_other and begin_other < end)
