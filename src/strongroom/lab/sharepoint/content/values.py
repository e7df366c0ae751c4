"""What a field of an item can hold.

Kept by meaning, not as any protocol writes it: text and choices as ``str``, several choices as a
tuple of them, numbers as ``int`` or ``float``, yes and no as ``bool``, dates aware in UTC, lookups
and people as the number of the item or principal, several of them as a tuple of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlValue:
    """What a column of type ``URL`` holds."""

    url: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermValue:
    """What a managed metadata column holds.

    Attributes:
        guid: Of the term, in small letters.
        wss_id: Its number in the collection's hidden list of terms; -1 before it has one.
    """

    label: str
    guid: str
    wss_id: int = -1


Single = str | int | float | bool | datetime | UrlValue | TermValue
Value = Single | tuple[str, ...] | tuple[int, ...] | tuple[TermValue, ...] | None
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who made and changed an item, and when, as a privileged writer says it.

    Attributes:
        created, modified: Aware, UTC. None: as it would be anyhow.
        author_id, editor_id: Users' numbers. 0: as it would be anyhow.
    """

    created: datetime | None = None
    modified: datetime | None = None
    author_id: int = 0
    editor_id: int = 0
