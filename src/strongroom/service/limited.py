"""For how long each limit was the one that counted, while a run lasts and when it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from strongroom.service.run_limit import measured
from strongroom.words.json import Json
from strongroom.words.run_limits import RunLimiter, limit_of


class Limited:
    """Adds it up from one look to the next. For one thread at a time."""

    def __init__(self) -> None:
        self._limited_s: dict[str, float] = {}
        self._by: RunLimiter | None = None
        self._at_s = 0.0

    def look(self, now_s: float, document: Mapping[str, Any]) -> dict[str, Json]:
        """Hear how it is now (see ``service.progress``); say for how long what limited."""
        if self._by is not None:
            before_s = self._limited_s.get(self._by, 0.0)
            self._limited_s[self._by] = before_s + now_s - self._at_s
        limit = limit_of(measured(document))
        self._by, self._at_s = None if limit is None else limit.by, now_s
        return {str(by): round(seconds, 1) for by, seconds in self._limited_s.items()}
