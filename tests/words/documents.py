"""Documents about the progress of runs, as workers write them."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from strongroom.words.pace import Limiter
from strongroom.words.run_limits import RunLimiter

COUNTS = st.integers(0, 10**6)
TENTHS = st.integers(0, 10**6).map(lambda tenths: tenths / 10)
SUMS = ("requests", "items", "bytes", "throttled", "failed")
SPENT = ("working_s", "waiting_to_seal_s", "line_s", "flight_s")
LIMITS = st.builds(
    lambda by, seconds, slots, count: {
        "by": str(by), "seconds": seconds, "slots": slots, "count": count,
    },
    st.sampled_from(Limiter),
    st.none() | TENTHS,
    st.none() | st.integers(0, 60),
    st.none() | st.integers(0, 9),
)  # fmt: skip


def _history(count: int, seed: int) -> list[dict[str, Any]]:
    # Drawn by a seed: a thousand drawn numbers would take hypothesis longer than all else.
    random = Random(seed)
    at_s, points = random.randrange(10_000) / 10, []
    for _ in range(count):
        at_s += random.choice((1, 5, 50, 900)) * random.randint(1, 10) / 10
        points.append(
            {
                "at_s": round(at_s, 1),
                "slots": random.randrange(60),
                **{name: random.randrange(10**6) for name in ("requests", "items", "bytes")},
                **{name: random.randrange(10) for name in ("throttled", "failed")},
            }
        )
    return points


def _noted(count: int, seed: int) -> list[tuple[float, str]]:
    random = Random(seed)
    return sorted(
        (random.randrange(1000) / 10, f"note {random.randrange(9)}") for _ in range(count)
    )


def histories() -> SearchStrategy[list[dict[str, Any]]]:
    """Give a history of at most 60 points, in order."""
    return st.builds(_history, st.integers(1, 60), st.integers(0, 2**32))


@st.composite
def paces(draw: st.DrawFn) -> dict[str, Any]:
    """Give a document about the pace whose sums are those of its history."""
    history = draw(histories())
    slots = [point["slots"] for point in history]
    limits = draw(st.lists(LIMITS, max_size=3, unique_by=lambda limit: str(limit["by"])))
    return {
        "slots": slots[-1],
        "in_flight": draw(st.integers(0, 60)),
        "waiting": draw(st.integers(0, 60)),
        "items_per_s": draw(TENTHS),
        "bytes_per_s": draw(TENTHS),
        "latency_ms": draw(st.none() | st.integers(0, 9000)),
        "limits": limits,
        "told": "Something.",
        "places": "mailboxes",
        **{name: sum(point[name] for point in history) for name in SUMS},
        "slots_most": max(slots),
        "slots_least": min(slots),
        "limited_s": draw(st.dictionaries(st.sampled_from(Limiter).map(str), TENTHS)),
        "mostly": "",
        "history": history,
        "stretch_s": draw(st.sampled_from([1, 2, 16, 64])),
    }


def _counts() -> SearchStrategy[dict[str, Any]]:
    names = ("items", "items_expected", "bytes", "bytes_expected", "elapsed_s")
    return st.fixed_dictionaries({**dict.fromkeys(names, COUNTS), "left_s": st.none() | TENTHS})


@st.composite
def spans(draw: st.DrawFn) -> list[list[float]]:
    """Give the one span of an attempt."""
    begin = draw(TENTHS)
    return [[begin, begin + draw(st.integers(0, 10_000)) / 8]]


@st.composite
def told(draw: st.DrawFn) -> dict[str, Any]:
    """Give what one worker tells."""
    noted = draw(st.builds(_noted, st.integers(0, 50), st.integers(0, 2**32)))
    memory = st.none() | st.floats(0, 1)
    return {
        "resources": draw(st.dictionaries(st.sampled_from("abcdef"), _counts(), max_size=4)),
        "notes": [note for _, note in noted],
        "notes_at_s": [at_s for at_s, _ in noted],
        "notes_before": draw(st.integers(0, 5)),
        "pace": draw(st.none() | paces()),
        "worked": {name: draw(COUNTS) for name in ("items", "bytes", "tasks")},
        "now": {name: draw(TENTHS) for name in ("items_per_s", "bytes_per_s")},
        "lately": {name: draw(TENTHS) for name in ("items_per_s", "bytes_per_s", "tasks_per_s")},
        "spans_s": draw(spans()),
        "limited_s": draw(st.dictionaries(st.sampled_from(RunLimiter).map(str), TENTHS)),
        "spent": {name: draw(TENTHS) for name in SPENT},
        "machine": {
            "cpu": draw(st.floats(0, 1)),
            "cores": draw(st.sampled_from([1.0, 2.0, 8.0])),
            "late": draw(st.floats(0, 1)),
            "memory_left": draw(memory),
        },
    }


def pace(**figures: Any) -> dict[str, Any]:
    """Give a document about the pace of a worker that has done nothing but this."""
    zeros = dict.fromkeys(("slots", "in_flight", "waiting", *SUMS), 0)
    return {
        **zeros, "items_per_s": 0.0, "bytes_per_s": 0.0, "latency_ms": None, "limits": [],
        "told": "", "slots_most": 0, "slots_least": 0, "limited_s": {}, "mostly": "",
        "history": [], **figures,
    }  # fmt: skip
