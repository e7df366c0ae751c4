"""Turning rows into records and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from strongroom.control.records import Fault
from strongroom.words.json import Json


def time_text(moment: datetime) -> str:
    """Write an aware time as RFC 3339 UTC with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def time_text_or_none(moment: datetime | None) -> str | None:
    """Write a time as ``time_text`` does, if there is one."""
    return None if moment is None else time_text(moment)


def time_or_none(text: str | None) -> datetime | None:
    """Read what ``time_text`` wrote."""
    return None if text is None else time_of(text)


def time_of(text: str) -> datetime:
    """Read what ``time_text`` wrote: aware, UTC."""
    return datetime.fromisoformat(text)


def json_text(document: Mapping[str, Json]) -> str:
    """Write JSON in one fixed form, so that equal documents are equal texts."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def json_of(text: str) -> Mapping[str, Json]:
    """Read what ``json_text`` wrote."""
    document: dict[str, Json] = json.loads(text)
    return document


def json_or_none(text: str | None) -> Mapping[str, Json] | None:
    """Read what ``json_text`` wrote, if there is anything."""
    return None if text is None else json_of(text)


def fault_text(fault: Fault | None) -> str | None:
    """Write a fault as JSON."""
    if fault is None:
        return None
    return json_text(
        {
            "exit_code": fault.exit_code,
            "what": fault.what,
            "why": fault.why,
            "hint": fault.hint,
        }
    )


def fault_of(text: str | None) -> Fault | None:
    """Read what ``fault_text`` wrote."""
    if text is None:
        return None
    document: dict[str, Any] = json.loads(text)
    return Fault(**document)
