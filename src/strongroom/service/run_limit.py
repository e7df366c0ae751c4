"""What was measured of a run, read out of its workers' documents (see ``service.progress``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from strongroom.pace.spent import Activity
from strongroom.words.pace import Limiter
from strongroom.words.run_limits import Machine, Measured

_SPENT = (*(str(one) for one in Activity), "line_s", "flight_s", "answered_s", "head_s")
_MACHINE = ("cpu", "cores", "late", "memory_left")


def measured(document: Mapping[str, Any]) -> Measured:
    """Read it; what another version of the program wrote and this one does not know is left out."""
    spent: Mapping[str, Any] = document.get("spent") or {}
    machine: Mapping[str, Any] | None = document.get("machine")
    pace: Mapping[str, Any] | None = document.get("pace")
    now: Mapping[str, Any] = document.get("now") or {}
    limits = [] if pace is None else [limit["by"] for limit in pace["limits"]]
    return Measured(
        **{name: spent.get(name, 0.0) for name in _SPENT},
        machine=None if machine is None else Machine(**{n: machine[n] for n in _MACHINE}),
        pace=tuple(Limiter(by) for by in limits if by in set(Limiter)),
        pace_told="" if pace is None else pace["told"],
        bytes_per_s=now.get("bytes_per_s", 0.0),
        latency_ms=None if pace is None else pace["latency_ms"],
        has_server=pace is not None,
    )
