"""How far a run and its resources are, as text (see ``service.progress`` and ``run_view``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from strongroom.cli import output
from strongroom.words.durations import duration
from strongroom.words.pace_told import counted

NAME_MAX = 48
"""A site's address may be several lines long, and would push all figures out of sight."""

SHOWN_MAX = 8
"""So many resources in hand fit on a terminal with all that stands around them."""

Document = Mapping[str, Any]


def of_resource(counts: Document) -> str:
    """Say how far a resource is: items, bytes, rate, and the time left if it can be guessed."""
    items, expected = counts["items"], counts["items_expected"]
    text = (
        f"{items:,} of {expected:,} items, {output.size(counts['bytes'])}, "
        f"{counts['items_per_s']:,.0f} items/s"
    )
    return text + (left(counts["left_s"]) if expected > items else "")


def of_run(figures: Document) -> str:
    """Say how far a run is, all of it together."""
    parts = []
    if figures["tasks"] > 1:
        parts.append(f"{figures['tasks_done']:,} of {counted(figures['tasks'], 'task')}")
    parts += [
        f"{figures['items']:,} of {_expected(figures)} items",
        output.size(figures["bytes"]),
        f"{figures['items_per_s']:,.0f} items/s",
        f"{output.size(round(figures['bytes_per_s']))}/s",
    ]
    return ", ".join(parts) + left(figures["left_s"])


def in_short(figures: Document) -> str:
    """Say the same in a few words, for a list."""
    share, left_s = figures["share"], figures["left_s"]
    parts = [] if share is None else [f"{int(share * 100)}%"]
    if left_s is not None:
        parts.append(f"about {duration(left_s)} left")
    return ", ".join(parts)


def left(seconds: float | None) -> str:
    """Say how long it takes still; nothing, if nobody knows."""
    return "" if seconds is None else f", about {duration(seconds)} left"


def waits(reason: str, seconds: float | None) -> str:
    """Say what a run waits for, and how long if that can be guessed."""
    return f"waits for {reason}" + ("" if not seconds else f"; about {duration(seconds)}")


def limited(figures: Document | None, pace: Document | None) -> str:
    """Say in a sentence what limits now; empty: nothing is known."""
    told: str = (figures or {}).get("limited_told") or (pace or {}).get("told") or ""
    return told


def limiters(figures: Document | None, pace: Document | None) -> list[str]:
    """Say what limits, without the numbers that change all the time."""
    by_pace = [] if pace is None else [limit["by"] for limit in pace["limits"]]
    return [(figures or {}).get("limited_by") or "", *by_pace]


def name(reference: str) -> str:
    """Write what a resource is called, escaped and not too long: its beginning and its end."""
    shown = output.printable(reference)
    half = NAME_MAX // 2
    return shown if len(shown) <= NAME_MAX else f"{shown[: half - 3]}...{shown[-half:]}"


def shown_first(resources: Document) -> list[tuple[str, Document]]:
    """Choose the resources to show: those that will take longest."""
    return sorted(resources.items(), key=_most_left, reverse=True)[:SHOWN_MAX]


def others(resources: Document) -> str:
    """Say how many are not shown; empty: all are."""
    count = len(resources) - SHOWN_MAX
    return f"and {count:,} more in hand" if count > 0 else ""


def _most_left(entry: tuple[str, Document]) -> tuple[float, str]:
    reference, counts = entry
    return counts["items_expected"] - counts["items"], reference


def _expected(figures: Document) -> str:
    """Write how many items there are; of tasks that have not begun nothing is counted yet."""
    begun = figures["tasks_done"] + figures["tasks_in_hand"]
    at_least = "" if begun >= figures["tasks"] else "at least "
    return f"{at_least}{figures['items_expected']:,}"
