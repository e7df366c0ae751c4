"""Durations for people."""

from __future__ import annotations

import re
from datetime import timedelta

from strongroom.errors import OperatorError

_PART = re.compile(r"\s*(\d{1,6})\s*(s|min|m|h|d|w)\s*", re.ASCII | re.IGNORECASE)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_DAYS_MAX = 100 * 366


def duration(seconds: float) -> str:
    """Write a duration for people: ``45 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def read_duration(text: str) -> timedelta:
    """Read a duration as people type it: ``90s``, ``15m``, ``36h``, ``2d``, ``6w``, ``1d12h``.

    Raises:
        OperatorError: it is none, is nothing at all, or is longer than a hundred years.
    """
    found, end = timedelta(), 0
    while match := _PART.match(text, end):
        found += int(match[1]) * _UNITS[match[2].lower()]
        end = match.end()
    if end != len(text) or not timedelta() < found <= timedelta(days=_DAYS_MAX):
        raise OperatorError(
            f"Not a duration: {text!a}.",
            hint="Write a number and s, m, h, d or w, like 36h, 2d or 1d12h.",
        )
    return found
