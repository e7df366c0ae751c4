"""One document about how far a run is, out of those of several workers and attempts.

Pure, and the same in any order and grouping. What a worker tells (see ``service.progress``) is
gone when it ends, but for what ``left`` takes from it: figures alone, no names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from strongroom.words import merging_pace
from strongroom.words.json import Json

NOTES_MAX = 50
_SPANS_MAX = 40
"""Each time a run rests leaves a gap; of more than so many, the smallest are closed."""

_ADDED_UP = ("worked", "now", "lately", "spent", "limited_s")
_STAYS = ("worked", "limited_s")
_WORST = ("cpu", "cores", "late")

Document = Mapping[str, Any]


def side_by_side(documents: Iterable[Document]) -> dict[str, Json] | None:
    """Put together what workers tell that work on one run at the same time; None: there is none."""
    whole: dict[str, Json] | None = None
    for document in documents:
        whole = dict(document) if whole is None else _both(whole, document)
    return whole


def left(earlier: Document | None, ended: Document | None) -> dict[str, Json] | None:
    """Say what stays of workers that ended, and of those before them.

    Args:
        earlier: What this gave for those before.
        ended: What the workers told last, put together.
    """
    if ended is None:
        return None if earlier is None else dict(earlier)
    before: Document = earlier or {}
    return {
        "pace": merging_pace.one_after_the_other(before.get("pace"), ended.get("pace")),
        **{name: _added(before.get(name) or {}, ended.get(name) or {}) for name in _STAYS},
        "spans_s": spans_together(before.get("spans_s") or (), ended.get("spans_s") or ()),
    }


def spans_together(*several: Sequence[Sequence[float]]) -> list[list[float]]:
    """Give the times that are in any of several lists of spans, in order, as few as can be."""
    whole: list[list[float]] = []
    for begin, end in sorted((span[0], span[1]) for spans in several for span in spans):
        if whole and begin <= whole[-1][1]:
            whole[-1][1] = max(whole[-1][1], end)
        else:
            whole.append([begin, end])
    while len(whole) > _SPANS_MAX:
        gaps = [after[0] - before[1] for before, after in pairwise(whole)]
        closed = gaps.index(min(gaps))
        whole[closed : closed + 2] = [[whole[closed][0], whole[closed + 1][1]]]
    return whole


def spans_s(spans: Iterable[Sequence[float]]) -> float:
    """Say how long spans last together."""
    return sum(end - begin for begin, end in spans)


def _both(one: Document, other: Document) -> dict[str, Json]:
    notes, notes_at_s, before = _notes(one, other)
    return {
        "resources": _resources(one["resources"], other["resources"]),
        "notes": notes,
        "notes_at_s": notes_at_s,
        "notes_before": before,
        "pace": merging_pace.side_by_side(one["pace"], other["pace"]),
        "spans_s": spans_together(one.get("spans_s") or (), other.get("spans_s") or ()),
        **{name: _added(one.get(name) or {}, other.get(name) or {}) for name in _ADDED_UP},
        "machine": _machine(one.get("machine"), other.get("machine")),
    }


def _added(one: Document, other: Document) -> dict[str, Json]:
    names = [*one, *(name for name in other if name not in one)]
    return {name: _rounded(one.get(name, 0) + other.get(name, 0)) for name in names}


def _rounded(value: float) -> float:
    """Leave a count a count, and of seconds and rates what is told of them."""
    return value if isinstance(value, int) else round(value, 3)


def _resources(one: Document, other: Document) -> dict[str, Json]:
    """Give what is in hand of both.

    Nobody works on what another has in hand; a worker that died may still tell of what another has
    taken over, and then that counts which is further.
    """
    whole: dict[str, Json] = {**one, **other}
    for reference in one.keys() & other.keys():
        whole[reference] = max(one[reference], other[reference], key=_how_far)
    return whole


def _how_far(counts: Document) -> tuple[Any, ...]:
    return tuple(sorted((name, -1 if value is None else value) for name, value in counts.items()))


def _notes(one: Document, other: Document) -> tuple[list[str], list[float], int]:
    """Give the latest notes of both, the oldest first, and how many are not among them."""
    told = sorted(
        (at_s, note)
        for part in (one, other)
        for at_s, note in zip(_noted_at_s(part), part["notes"], strict=True)
    )
    before = one["notes_before"] + other["notes_before"] + max(0, len(told) - NOTES_MAX)
    latest = told[-NOTES_MAX:]
    return [note for _, note in latest], [at_s for at_s, _ in latest], before


def _noted_at_s(part: Document) -> Sequence[float]:
    return part.get("notes_at_s") or [0.0] * len(part["notes"])


def _machine(one: Document | None, other: Document | None) -> dict[str, Json] | None:
    """Give the figures of the machine that is pressed most, each by itself."""
    if one is None or other is None:
        found = one or other
        return None if found is None else dict(found)
    memory = [m for part in (one, other) if (m := part["memory_left"]) is not None]
    return {
        **{name: max(one[name], other[name]) for name in _WORST},
        "memory_left": min(memory, default=None),
    }
