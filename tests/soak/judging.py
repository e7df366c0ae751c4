"""What a sweep must show, and its line of the table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import fmean

from strongroom.lab.weather import WEATHER
from strongroom.words.pace import PacePoint
from tests.soak.sweep import Sweep
from tests.soak.trial import Outcome

RATIO_MIN = 0.85
IN_OUTAGE_PER_MINUTE_MAX = 6.0
LOAD_MAX, MACHINE_MAX = 0.7, 0.8
"""Of one processor, which is all that an interpreter uses of its own code; and of the machine."""

_COLUMNS = 12

HEAD = (
    f"{'weather':17}{'best fixed':>14}{'items/s':>9}{'fail/k':>8}  {'own items/s':>14}{'fail/k':>8}"
    f"{'ratio':>7}{'orders':>8}{'away':>6}{'load':>6}  slots over time"
)


def line(sweep: Sweep) -> str:
    """Give the line of the table."""
    rates = "/".join(f"{one.rate:.0f}" for one in sweep.own)
    return (
        f"{sweep.plan.weather:17}{sweep.best!s:>14}{sweep.best_rate:9.0f}"
        f"{_failed(sweep.best_runs):8.1f}  {rates:>14}{_failed(sweep.own):8.1f}{sweep.ratio:7.2f}"
        f"{_disobedient(sweep.own):8}{_in_outages(sweep.own):6}{_load(sweep):6.2f}"
        f"  {slots_over_time(sweep.own[-1].report.history)}"
    )


def tried(sweep: Sweep) -> str:
    """Give a line of all settings that were tried, in this order, with items per second."""
    found = (
        f"{setting}: {'slower' if one is None else f'{one.rate:.0f} ({one.failed:.1f})'}"
        for setting, one in sweep.tried.items()
    )
    return f"  slots x items: items/s (fail/k)   {', '.join(found)}"


def broken(sweep: Sweep) -> list[str]:
    """Name the promises that were not kept."""
    return [f"{sweep.plan.weather}: {text}" for text in _broken(sweep)]


def _broken(sweep: Sweep) -> Iterator[str]:
    for one in sweep.own:
        if not one.is_complete:
            yield f"the ledger is not complete: {one.why}"
    if against := [text for one in sweep.own for text in one.against]:
        yield f"sent against an order to wait: {against}"
    if (orders := _disobedient(sweep.own)) > 0 and _machine(sweep) <= MACHINE_MAX:
        # On a machine that is full a request may be longer on its way than the lab thinks.
        yield f"{orders} requests were sent against an order to wait, as the lab saw it"
    if (late := _in_outages(sweep.own)) > (bound := outage_requests_max(sweep.plan.weather)):
        yield f"{late} requests into an outage, more than {bound}"
    if _load(sweep) > LOAD_MAX or _machine(sweep) > MACHINE_MAX:
        yield f"the processors were the limit ({_load(sweep):.2f}): this says nothing"
    elif sweep.ratio < RATIO_MIN:
        yield f"{sweep.ratio:.2f} of the best fixed setting's speed, less than {RATIO_MIN}"
    own, best = _failed(sweep.own), _failed(sweep.best_runs)
    if own > best or (own == best > 0):
        yield f"{own:.1f} failed requests in a thousand, the best fixed setting has {best:.1f}"


def outage_requests_max(weather: str) -> int:
    """Say how many requests may go into a weather's outages after their beginnings."""
    profile = WEATHER[weather].profile
    late_s = sum(
        max(0.0, one.end_s - one.start_s - one.known_after_s)
        for one in (profile.outages if profile else ())
    )
    return math.ceil(late_s / 60.0 * IN_OUTAGE_PER_MINUTE_MAX)


def slots_over_time(history: Sequence[PacePoint]) -> str:
    """Write the slots at about a dozen moments, evenly spread."""
    step = max(1, math.ceil(len(history) / _COLUMNS))
    return " ".join(str(one.slots) for one in history[::step])


def _failed(runs: Sequence[Outcome]) -> float:
    return fmean(one.failed for one in runs)


def _disobedient(runs: Sequence[Outcome]) -> int:
    return sum(sum(one.tally.disobedient.values()) for one in runs)


def _in_outages(runs: Sequence[Outcome]) -> int:
    return max(one.tally.in_outages for one in runs)


def _load(sweep: Sweep) -> float:
    runs = (*sweep.own, *sweep.best_runs)
    return max(max(one.our_load, one.lab_load) for one in runs)


def _machine(sweep: Sweep) -> float:
    return max(one.machine_load for one in (*sweep.own, *sweep.best_runs))
