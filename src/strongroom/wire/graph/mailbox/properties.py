"""Extended properties: how Graph names them, and what it says of them.

Source:
    https://learn.microsoft.com/graph/api/resources/extended-properties-overview
"""

from __future__ import annotations

import re
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import pybase64

from strongroom.wire.graph.answers import Row

_TOLD = re.compile(
    r"([A-Za-z]{1,20}) (?:\{([0-9A-Fa-f-]{36})\} Id )?0x([0-9A-Fa-f]{1,8})\Z", re.IGNORECASE
)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?\Z")
_TEXT_CHARS_MAX = 32 * 1024
_NAME_CHARS_MAX = 100


class Property(NamedTuple):
    """One property.

    Attributes:
        type: In Graph's words (``String``, ``Integer``, ``SystemTime``, ``Binary``, ``Boolean``).
        id: Its number; of a named one the number in its set.
        set: GUID of its set, in small letters; empty: it is not a named one.
    """

    type: str
    id: int
    set: str = ""

    @property
    def name(self) -> str:
        """What it is asked for by."""
        inside = f"{{{self.set}}} Id " if self.set else ""
        return f"{self.type} {inside}0x{self.id:04X}"


Values = Mapping[tuple[int, str], str]


def expand(properties: Iterable[Property]) -> str:
    """Write what ``$expand`` asks for some of them by."""
    asked = " or ".join(f"id eq '{one.name}'" for one in properties)
    return f"singleValueExtendedProperties($filter={asked})"


def has_values(row: Row) -> bool:
    """Say whether properties were told at all, be it none of those that were asked for."""
    return isinstance(row.get("singleValueExtendedProperties"), list)


def values_of(row: Row) -> Values:
    """Read what a row tells; names come back in another spelling than they were asked in."""
    found: dict[tuple[int, str], str] = {}
    told = row.get("singleValueExtendedProperties")
    for one in told if isinstance(told, list) else ():
        name = one.get("id") if isinstance(one, dict) else None
        value = one.get("value") if isinstance(one, dict) else None
        known = _named(name) if isinstance(name, str) and len(name) <= _NAME_CHARS_MAX else None
        if known and isinstance(value, str):
            found[known] = value[:_TEXT_CHARS_MAX]
    return found


@lru_cache(maxsize=256)
def _named(name: str) -> tuple[int, str] | None:
    match = _TOLD.fullmatch(name)
    return (int(match[3], 16), (match[2] or "").lower()) if match else None


def text(values: Values, wanted: Property) -> str:
    """Give a text; empty if it was not told."""
    return values.get((wanted.id, wanted.set), "")


def whole(values: Values, wanted: Property) -> int | None:
    """Give a number; None if it was not told."""
    told = text(values, wanted)
    return int(told) if re.fullmatch(r"-?[0-9]{1,19}", told) else None


def flag(values: Values, wanted: Property) -> bool | None:
    """Give a yes or no; None if it was not told."""
    return {"true": True, "false": False}.get(text(values, wanted).lower())


def binary(values: Values, wanted: Property) -> bytes | None:
    """Give bytes; None if they were not told."""
    told = text(values, wanted)
    try:
        return pybase64.b64decode(told.encode("ascii"), validate=True) if told else None
    except (NotBase64, ValueError):
        return None


def time(values: Values, wanted: Property) -> datetime | None:
    """Give a moment, aware, UTC; None if it was not told, or is none that we can write."""
    return read_time(text(values, wanted))


def read_time(told: object) -> datetime | None:
    """Read a moment as Graph writes it; what stands without a zone is UTC."""
    match = _TIME.fullmatch(told) if isinstance(told, str) else None
    if match is None:
        return None
    micros = int((match[2] or "0").ljust(6, "0")[:6])
    try:
        base = datetime.fromisoformat(match[1] + (match[3] or "Z").replace("Z", "+00:00"))
        return base.replace(microsecond=micros).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
