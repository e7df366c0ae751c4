"""Answers written out by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from strongroom.pace.retry_after import Header

NOW = datetime(2026, 3, 5, 10, 15, 0, tzinfo=UTC)


def headers(**values: str) -> Header:
    """Give headers, written with ``_`` for ``-``; names match whatever their case."""
    known = {name.replace("_", "-").lower(): value for name, value in values.items()}
    return lambda name: known.get(name.lower(), "")
