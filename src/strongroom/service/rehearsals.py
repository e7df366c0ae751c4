"""When a storage's recovery key was last proved to open it, as the home remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import rows, rules
from strongroom.words.json import Json


def rule(storage_id: str) -> str:
    """Name the rule that holds it."""
    return f"rehearsed:{storage_id}"


def noted(at: datetime) -> Mapping[str, Json]:
    """Write it down."""
    return {"at": rows.time_text(at)}


def last(db: sa.Connection, storage_id: str) -> datetime | None:
    """Say when it was; None: never, or not since the key was made anew."""
    found = rules.get(db, rule(storage_id))
    text = None if found is None else found.get("at")
    return rows.time_of(text) if isinstance(text, str) else None
