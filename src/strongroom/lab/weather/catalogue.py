"""The weathers by name: for the command line, the tests and the demo.

The first four are simple: every answer late, or now and then a planned fault. The others are
servers with limits. Their figures are plausible, not measured at a real server, and everything
takes a third to a fifth of the time that it would there, so that a minute or two says something.
The best that a client can get from each is 50 to 250 items a second, which this machine can do with
the client beside it; ``large-server`` gives more than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from strongroom.lab.faults import Fault, FaultKind, FaultPlan
from strongroom.lab.weather.model import (
    FOREVER,
    KB,
    MB,
    BackEnd,
    Cap,
    Cost,
    Link,
    Outage,
    Profile,
    Quota,
    TimeBudget,
    Whose,
    mbit,
)

_GUSTS = 60
_GUST_AMONG = 3000
_WORKERS_ENOUGH = 1000

# The policy of a hosted Exchange: 27 at once, five of them synchronising.
_POLICY = (
    Cap(limit=27, whose=Whose.PLACE),
    Cap(limit=5, whose=Whose.PLACE, kind="sync", hint_s=5.0),
)
# Exchange gives up on a batch after a minute; here after a quarter of one.
_BATCH_MAX_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How the server behaves under one name.

    Attributes:
        describes: For the command's help.
        latency_s: Added to each answer, in seconds.
        has_gusts: Now and then it is busy, or answers 503, as planned by the seed.
        profile: The server's limits; None: it has none.
    """

    describes: str
    latency_s: float = 0.0
    has_gusts: bool = False
    profile: Profile | None = None

    @property
    def of_sites(self) -> Profile | None:
        """How a SharePoint behaves under that name; planned faults are the Exchanges' alone."""
        if self.profile is not None or not self.latency_s:
            return self.profile
        return Profile(
            back_ends=(BackEnd(workers=_WORKERS_ENOUGH),),
            cost=Cost(base_s=0.0, item_s=0.0, jitter=0.0, rate=FOREVER),
            link=Link(rtt_s=self.latency_s, handshake_s=0.0),
        )

    def faults(self, seed: int) -> FaultPlan:
        """Plan the trouble that belongs to it; the same seed makes the same trouble."""
        if not self.has_gusts:
            return FaultPlan()
        rng = Random(seed)  # noqa: S311 - weather, not a secret
        kinds = (FaultKind.BUSY, FaultKind.BUSY_IN_BODY, FaultKind.UNAVAILABLE)
        return FaultPlan(
            Fault(kind=rng.choice(kinds), nth=nth, seconds=rng.choice((0.2, 0.5, 1.0)))
            for nth in sorted(rng.sample(range(5, _GUST_AMONG), _GUSTS))
        )


WEATHER = {
    "calm": Forecast(describes="answers at once"),
    "breezy": Forecast(describes="answers 20 ms late", latency_s=0.02),
    "distant": Forecast(describes="answers 150 ms late", latency_s=0.15),
    "gusty": Forecast(
        describes="20 ms late, and about every fiftieth request is told to wait",
        latency_s=0.02,
        has_gusts=True,
    ),
    "small-server": Forecast(
        describes="two workers, slower the more is asked of them",
        profile=Profile(
            back_ends=(BackEnd(workers=2, thrash=0.15),),
            cost=Cost(base_s=0.08, item_s=0.01, rate=20 * MB),
            link=Link(rtt_s=0.002),
        ),
    ),
    "large-server": Forecast(
        describes="48 workers, more than one client can keep busy",
        profile=Profile(
            back_ends=(BackEnd(workers=48),),
            cost=Cost(base_s=0.2, item_s=0.06, rate=80 * MB),
            link=Link(rtt_s=0.001, bandwidth=mbit(2000)),
        ),
    ),
    "connection-limit": Forecast(
        describes="27 requests at once for one account, and no word on how long to wait",
        profile=Profile(
            back_ends=(BackEnd(workers=100),),
            cost=Cost(base_s=0.25, item_s=0.12),
            link=Link(rtt_s=0.02, bandwidth=mbit(200), per_connection=2 * MB),
            caps=(Cap(limit=27, whose=Whose.CALLER), *_POLICY),
            work_max_s=_BATCH_MAX_S,
        ),
    ),
    "time-budget": Forecast(
        describes="a budget of server time for each mailbox: delays, then a lock-out",
        profile=Profile(
            back_ends=(BackEnd(workers=60),),
            cost=Cost(base_s=0.12, item_s=0.04),
            link=Link(rtt_s=0.02, bandwidth=mbit(200)),
            caps=_POLICY,
            budgets=(
                TimeBudget(
                    burst_s=10.0,
                    recharge=1.0,
                    cutoff_s=10.0,
                    whose=Whose.PLACE,
                    delay=0.05,
                    delay_max_s=1.0,
                ),
            ),
            work_max_s=_BATCH_MAX_S,
        ),
    ),
    "mailbox-limit": Forecast(
        describes="4 requests at once for a mailbox, and a second to wait for the fifth",
        profile=Profile(
            back_ends=(BackEnd(workers=100),),
            cost=Cost(base_s=0.1, item_s=0.1),
            link=Link(rtt_s=0.02, bandwidth=mbit(200)),
            caps=(Cap(limit=4, whose=Whose.PLACE, hint_s=1.0),),
        ),
    ),
    "long-line": Forecast(
        describes="200 ms away, 40 Mbit, of which one connection carries 2",
        profile=Profile(
            back_ends=(BackEnd(workers=60),),
            cost=Cost(base_s=0.1, item_s=0.02),
            link=Link(rtt_s=0.2, handshake_s=0.4, bandwidth=mbit(40), per_connection=250 * KB),
        ),
    ),
    "narrow-line": Forecast(
        describes="an office line of 20 Mbit",
        profile=Profile(
            back_ends=(BackEnd(workers=30),),
            cost=Cost(base_s=0.12, item_s=0.02),
            link=Link(rtt_s=0.03, bandwidth=mbit(20), per_connection=mbit(20)),
        ),
    ),
    "changing-line": Forecast(
        describes="40 Mbit, after 25 s 8, after 50 s 24",
        profile=Profile(
            back_ends=(BackEnd(workers=30),),
            cost=Cost(base_s=0.12, item_s=0.02),
            link=Link(
                rtt_s=0.03,
                bandwidth=mbit(40),
                per_connection=500 * KB,
                schedule=((25.0, mbit(8)), (50.0, mbit(24))),
            ),
        ),
    ),
    "maintenance": Forecast(
        describes="away from 25 s to 40 s, then cold for 12 s",
        profile=Profile(
            back_ends=(
                BackEnd(workers=10, thrash=0.05, schedule=((40.0, 3, 2.0), (52.0, 10, 1.0))),
            ),
            cost=Cost(base_s=0.15, item_s=0.05),
            outages=(Outage(start_s=25.0, end_s=40.0, known_after_s=8.0),),
        ),
    ),
    "busy-neighbours": Forecast(
        describes="others take 8, then 10 of 12 workers, and give some back",
        profile=Profile(
            back_ends=(
                BackEnd(
                    workers=12,
                    thrash=0.1,
                    schedule=((25.0, 4, 1.3), (50.0, 2, 1.6), (75.0, 8, 1.0)),
                ),
            ),
            cost=Cost(base_s=0.15, item_s=0.06),
        ),
    ),
    "jittery": Forecast(
        describes="all over the place: stalls of 4 s, answers that break",
        profile=Profile(
            back_ends=(BackEnd(workers=8, thrash=0.05),),
            cost=Cost(base_s=0.15, item_s=0.04, jitter=0.9, stall_chance=0.02, stall_s=4.0),
            link=Link(
                rtt_s=0.04,
                bandwidth=mbit(100),
                break_chance=0.004,
                bytes_per_break=500 * MB,
            ),
        ),
    ),
    "slow-database": Forecast(
        describes="a fifth of the mailboxes lives on an overloaded database",
        profile=Profile(
            back_ends=(
                BackEnd(workers=10, share=0.8),
                BackEnd(workers=1, share=0.2, slowness=4.0, thrash=0.1),
            ),
            cost=Cost(base_s=0.12, item_s=0.05),
        ),
    ),
    "resource-units": Forecast(
        describes="1,250 units in 12 s for one account, told when most are used, then a wait",
        profile=Profile(
            back_ends=(BackEnd(workers=100),),
            cost=Cost(base_s=0.05, item_s=0.005),
            link=Link(rtt_s=0.02, bandwidth=mbit(200)),
            # The least that Online gives an application a minute, in a fifth of the time.
            quotas=(Quota(limit=1250, window_s=12.0, whose=Whose.CALLER, announced_from=0.8),),
        ),
    ),
    "short-queue": Forecast(
        describes="6 workers, and 503 with 2 s to wait once 12 requests wait for them",
        profile=Profile(
            back_ends=(BackEnd(workers=6, queue_max=12, busy_hint_s=2.0),),
            cost=Cost(base_s=0.1, item_s=0.03),
        ),
    ),
}
