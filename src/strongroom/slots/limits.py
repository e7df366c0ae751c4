"""What keeps the slots where they are, for people: the most pressing first."""

from __future__ import annotations

import math

from strongroom.slots.ceilings import Ceilings
from strongroom.slots.climb import SLOTS_MAX, Climb
from strongroom.slots.gate import Gate
from strongroom.slots.lanes import Lanes
from strongroom.slots.outage import Outage
from strongroom.slots.quota import Quotas
from strongroom.slots.rate import Rate
from strongroom.words.pace import Limit, Limiter

_PAUSE_TOLD_S = 0.5
"""Shorter rests are how a single slot goes slower, and no pause that a person would notice."""


def limits_now(
    now: float,
    *,
    gate: Gate,
    outage: Outage,
    quotas: Quotas,
    rate: Rate,
    ceilings: Ceilings,
    climb: Climb,
    lanes: Lanes,
) -> tuple[Limit, ...]:
    """Name everything that keeps the slots where they are."""
    told = [*_shut(now, gate, outage, quotas), *_of_lanes(now, lanes)]
    ceiling, by = min(
        (ceilings.connections(now), Limiter.CONNECTIONS),
        (ceilings.refusals(now), Limiter.REFUSALS),
        (ceilings.timeouts(now), Limiter.TIMEOUTS),
        key=lambda pair: pair[0],
    )
    if ceiling < SLOTS_MAX and climb.middle >= 0.9 * ceiling:
        told.append(Limit(by=by, slots=max(1, math.floor(ceiling))))
    elif rate.holds(now):
        told.append(Limit(by=Limiter.RATE, count=max(1, round(60.0 * rate.per_second(now)))))
    elif climb.is_growing:
        told.append(Limit(by=Limiter.GROWING, slots=climb.slots))
    elif climb.is_wanted:
        told.append(Limit(by=Limiter.ANSWERS, slots=climb.slots))
    else:
        told.append(Limit(by=Limiter.DEMAND))
    return tuple(told)


def _shut(now: float, gate: Gate, outage: Outage, quotas: Quotas) -> list[Limit]:
    told = []
    if outage.is_on:
        told.append(Limit(by=Limiter.AWAY, seconds=outage.probe_in_s(now)))
    if gate.shut_until_s - now > _PAUSE_TOLD_S:
        told.append(Limit(by=Limiter.PAUSE, seconds=gate.shut_until_s - now))
    left_s = quotas.spread_over_s(now)
    if left_s > 0.0:
        told.append(Limit(by=Limiter.QUOTA, seconds=left_s))
    return told


def _of_lanes(now: float, lanes: Lanes) -> list[Limit]:
    told = []
    shut, open_s = lanes.shut(now)
    if shut and open_s - now > _PAUSE_TOLD_S:
        told.append(Limit(by=Limiter.RESOURCE_PAUSES, count=shut, seconds=open_s - now))
    slow, share = lanes.slow
    if slow:
        told.append(Limit(by=Limiter.SLOW_RESOURCES, count=slow, slots=share))
    if not math.isinf(lanes.at_once.slots):
        told.append(Limit(by=Limiter.RESOURCE_CONNECTIONS, slots=int(lanes.at_once.slots)))
    return told
