"""Servers that refuse every request, one for each reason, so that nobody has to come at once."""

from __future__ import annotations

from strongroom.lab.weather.model import (
    FOREVER,
    Away,
    Cap,
    Cost,
    Link,
    Outage,
    Profile,
    Quota,
    TimeBudget,
    Whose,
)
from tests.lab_weather.hand import profile, workers

ALWAYS_S = 1e6


def always(away: Away, hint_s: float | None = None) -> Profile:
    """Make a server that is away from the start."""
    outage = Outage(start_s=0.0, end_s=ALWAYS_S, away=away, hint_s=hint_s)
    return profile(outages=(outage,))


CONNECTIONS = profile(caps=(Cap(limit=0, whose=Whose.PLACE),))
SYNCHRONISING = profile(caps=(Cap(limit=0, whose=Whose.PLACE, kind="sync", hint_s=5.0),), cost=Cost(
    base_s=0.0, item_s=0.0, rate=FOREVER, jitter=0.0
))  # fmt: skip
MAILBOX = profile(caps=(Cap(limit=0, whose=Whose.PLACE, hint_s=1.0),))
# Half of the cut-off is reached after 9 s of recharging.
BUDGET = profile(
    budgets=(
        TimeBudget(burst_s=-10.0, recharge=1.0, cutoff_s=2.0, whose=Whose.PLACE),
    )
)  # fmt: skip
QUOTA = profile(quotas=(Quota(limit=0, window_s=ALWAYS_S, whose=Whose.CALLER),))
QUEUE = profile(back_ends=workers(1, queue_max=0))
QUEUE_WITH_HINT = profile(back_ends=workers(1, queue_max=0, busy_hint_s=2.5))
LONG_BATCH = profile(work_max_s=0.0)
BREAKS = profile(
    cost=Cost(base_s=0.0, item_s=0.0, rate=FOREVER, jitter=0.0),
    link=Link(rtt_s=0.0, handshake_s=0.0, break_chance=1.0),
)
