"""Taking out of a text what says whose or where something is: for reports that leave the house."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SHAPES = (
    (re.compile(r"https?://[^\s'\"<>]+", re.IGNORECASE), "[url]"),
    (re.compile(r"[^\s@'\"<>()]+@[\w.-]+\w"), "[address]"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "[id]"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "[ip]"),
    (re.compile(r"(?<!\w)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE), "[ip]"),
    (re.compile(r"\b(?:[\w-]+\.)+[a-z]{2,}\b", re.IGNORECASE), "[host]"),
    (re.compile(r"\b[\w-]+\\[\w.-]+"), "[account]"),
)


def without_addresses(text: str, known: Sequence[str]) -> str:
    """Write a text without addresses of servers, people and things.

    Args:
        text: Any.
        known: What is to go whatever it looks like: a server's short name, a user's.
    """
    for word in sorted(filter(None, known), key=len, reverse=True):
        text = re.sub(re.escape(word), "[known]", text, flags=re.IGNORECASE)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text
