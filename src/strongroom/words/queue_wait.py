"""How long runs that wait will wait: a guess, from the one in their way to the next.

A run that waits names one run that is in its way. That one either works, and something is known of
how long it will still take; or it waits itself, and then it takes as long as the last run of its
job did, after it has waited. Where nobody knows one of these, nobody knows the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A run that waits or works.

    Attributes:
        is_running: It works.
        behind: Id of the run that is in its way; None: none is.
        takes_s: How long it will work, from now on or once it begins; None: nobody knows.
        held_s: For so long it may not begin in any case.
        clears_s: So soon at the latest the one in its way stands aside for it; None: it does not.
    """

    id: str
    is_running: bool
    behind: str | None = None
    takes_s: float | None = None
    held_s: float = 0.0
    clears_s: float | None = None


def waits_s(queue: Iterable[Queued]) -> dict[str, float | None]:
    """Say of every run that waits for how long it will, in seconds; None: nobody knows."""
    runs = {run.id: run for run in queue}
    known: dict[str, float | None] = {}
    for run_id in runs:
        _settle(run_id, runs, known)
    return {run_id: known[run_id] for run_id, run in runs.items() if not run.is_running}


def _settle(run_id: str, runs: Mapping[str, Queued], known: dict[str, float | None]) -> None:
    """Find out when a run and all that are in its way begin, without a call for each of them."""
    way: dict[str, None] = {}  # in order
    next_id: str | None = run_id
    while next_id is not None and next_id not in known and next_id not in way:
        way[next_id] = None
        next_id = runs[next_id].behind
        if next_id is not None and next_id not in runs:
            next_id = None  # it has ended meanwhile
    if next_id in way:
        # Each waits for the next one in a circle, which the order of the queue rules out: what we
        # see was written at several times.
        known.update(dict.fromkeys(way, None))
    for one in reversed(way):
        if one not in known:
            known[one] = _begins_s(runs[one], runs, known)


def _begins_s(
    run: Queued, runs: Mapping[str, Queued], known: Mapping[str, float | None]
) -> float | None:
    if run.is_running:
        return 0.0
    other = runs.get(run.behind or "")
    if other is None:
        return run.held_s
    begins_s = known[other.id]
    takes_s = other.takes_s
    if run.clears_s is not None:
        takes_s = run.clears_s if takes_s is None else min(takes_s, run.clears_s)
    if begins_s is None or takes_s is None:
        return None
    return max(run.held_s, begins_s + takes_s)
