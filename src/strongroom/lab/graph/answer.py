"""What a handler may give instead of a plain body: another status, headers, pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that is not just JSON with the usual status.

    Attributes:
        pieces: JSON in pieces, made while it is sent; None: ``body`` is written.
    """

    status: int = 200
    body: object = None
    pieces: Iterator[bytes] | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
