"""How fast a server is used, as text (see ``service.run_pace`` for what is in a document)."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from strongroom.cli import output
from strongroom.words.durations import duration
from strongroom.words.pace_told import counted

_BARS = " ▁▂▃▄▅▆▇█"
_LETTERS = " .:-=+*#@"
"""For terminals and files that have no bars."""


def figures(pace: Mapping[str, Any]) -> str:
    """Write how it is now in one short line."""
    return ", ".join(
        (
            counted(pace["slots"], "slot"),
            f"{pace['items_per_s']:,.0f} items/s",
            f"{output.size(round(pace['bytes_per_s']))}/s",
            counted(pace["throttled"], "throttle answer"),
        )
    )


def drawn(pace: Mapping[str, Any], *, encoding: str | None) -> str:
    """Draw the slots over time, a letter for each stretch, as high as there were slots.

    Args:
        pace: The document.
        encoding: Of the stream that it is written to.
    """
    return sparkline(
        [point["slots"] for point in pace["history"]], _BARS if _has(encoding, _BARS) else _LETTERS
    )


def sparkline(values: Sequence[int], letters: str = _BARS) -> str:
    """Draw values as letters, the first of which is for nothing and the last for the highest."""
    highest = max(values, default=0) or 1
    steps = len(letters) - 1
    return "".join(letters[-(-value * steps // highest)] for value in values)


def summary(pace: Mapping[str, Any], mostly: str) -> list[str]:
    """Tell how a run used its server, in a few lines.

    Args:
        pace: The document.
        mostly: What limited it most.
    """
    history = pace["history"]
    if not pace["requests"]:
        return []
    range_ = f"{pace['slots_least']:,} to {counted(pace['slots_most'], 'slot')}"
    refused = counted(pace["throttled"], "throttle answer")
    broken = counted(pace["failed"], "request")
    lines = [
        f"Slots: {drawn(pace, encoding=sys.stdout.encoding)}",
        f"  {range_} in {duration(history[-1]['at_s'])}; {refused}, {broken} without an answer",
    ]
    if mostly:
        lines.append(f"  limited most by {mostly}")
    return lines


def _has(encoding: str | None, letters: str) -> bool:
    try:
        letters.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
