"""Situations of our own for the slots, beside those that the laboratory publishes.

Whoever tunes an algorithm on fourteen situations learns those fourteen. These are other families,
or the same ones with other numbers: nothing in ``slots/`` may be chosen by looking at one alone.
The best that a setting found by sweep does in each is kept in ``yardsticks.json`` beside this file;
``python -m tests.bench.slots yardsticks [NAME …]`` finds it anew after a situation was changed.
"""

from __future__ import annotations

from slotlab.api import Scope
from slotlab.model import (
    KB,
    MB,
    Backend,
    Client,
    ConcurrencyCap,
    Cost,
    Link,
    Outage,
    Profile,
    Quota,
    TimeBudget,
    Workload,
    mbit,
)

_FETCH = Cost(base=0.4, item=0.03, rate=40 * MB)
_SINGLE = Cost(base=0.3, item=0.05, rate=40 * MB)

_BUDGETS = (
    Profile(
        "mailbox-budgets", "a time budget for each of twelve mailboxes",
        horizon=1200, backends=(Backend(60),), cost=_FETCH, link=Link(rtt=0.04),
        budgets=(TimeBudget(burst=30, recharge=0.5, cutoff=30, scope=Scope.LANE),),
        workload=Workload(lanes=12),
    ),
    Profile(
        "small-budget", "a caller's budget that is worth a slot and a half",
        horizon=1800, backends=(Backend(30),), cost=_FETCH, link=Link(rtt=0.03),
        budgets=(TimeBudget(burst=60, recharge=1.5, cutoff=30, scope=Scope.SERVER),),
        workload=Workload(lanes=25),
    ),
    Profile(
        "site-quotas", "a hundred requests a minute for each of ten sites, announced from half on",
        horizon=600, backends=(Backend(100),), cost=_SINGLE, link=Link(rtt=0.05),
        quotas=(Quota(100, 60, Scope.LANE, announce=0.5, extra=2.0),),
        workload=Workload(lanes=10, median=100 * KB, max_batch=1),
    ),
    Profile(
        "silent-quota", "six hundred requests in two minutes, and no word of it before",
        horizon=1200, backends=(Backend(80),), cost=_SINGLE, link=Link(rtt=0.05),
        quotas=(Quota(600, 120, Scope.SERVER),),
        workload=Workload(lanes=30, median=100 * KB, max_batch=1),
    ),
)  # fmt: skip

_CAPS = (
    Profile(
        "hinted-cap", "twelve connections in all; whoever opens more is told to wait",
        horizon=900, backends=(Backend(200),), cost=_FETCH, link=Link(rtt=0.06),
        caps=(ConcurrencyCap(12, Scope.SERVER, hint=5.0),),
        workload=Workload(lanes=30),
    ),
    Profile(
        "shared-cap", "two workers share sixteen connections",
        horizon=900, backends=(Backend(200),), cost=_FETCH, link=Link(rtt=0.04), clients=2,
        caps=(ConcurrencyCap(16, Scope.SERVER),),
        workload=Workload(lanes=20),
    ),
    Profile(
        "full-queue", "turns requests away when twelve wait; threads come and go",
        horizon=1500, cost=_FETCH, link=Link(rtt=0.03), phases=(500, 1000),
        backends=(
            Backend(10, queue_limit=12, busy_hint=8.0, schedule=((500, 25, 1.0), (1000, 6, 1.0))),
        ),
        workload=Workload(lanes=30),
    ),
    Profile(
        "few-mailboxes", "two mailboxes that take four requests each, one item per request",
        horizon=400, backends=(Backend(100),), cost=_SINGLE, link=Link(rtt=0.08),
        caps=(ConcurrencyCap(4, Scope.LANE, hint=2.0),),
        workload=Workload(lanes=2, median=80 * KB, max_batch=1),
    ),
    Profile(
        "one-mailbox", "a single mailbox on a server of eight threads",
        horizon=900, backends=(Backend(8, thrash=0.05),), cost=_FETCH, link=Link(rtt=0.03),
        workload=Workload(lanes=1),
    ),
)  # fmt: skip

_LINES = (
    Profile(
        "line-and-threads", "ten threads behind a line that carries little more than they do",
        horizon=1200, backends=(Backend(10, thrash=0.05),), cost=_FETCH,
        link=Link(rtt=0.05, bandwidth=mbit(60)),
        workload=Workload(lanes=20),
    ),
    Profile(
        "long-jittery", "300 ms away, and no two answers take the same time",
        horizon=900, backends=(Backend(150),),
        cost=Cost(base=0.4, item=0.03, rate=40 * MB, jitter=0.8, stall_chance=0.01, stall=8),
        link=Link(rtt=0.3, bandwidth=mbit(300), per_connection=1 * MB, handshake=1.2),
        workload=Workload(lanes=60),
    ),
    Profile(
        "breaking-line", "three requests in a hundred break",
        horizon=900, backends=(Backend(16, thrash=0.05),), cost=_FETCH,
        link=Link(rtt=0.05, bandwidth=mbit(200), break_chance=0.02, bytes_per_break=600 * MB),
        workload=Workload(lanes=25),
    ),
    Profile(
        "short-deadline", "an answer is waited for twenty seconds; the line is narrow",
        horizon=1500, backends=(Backend(20),), cost=_FETCH,
        link=Link(rtt=0.06, bandwidth=mbit(40)), client=Client(timeout=20),
        workload=Workload(lanes=20, median=100 * KB, sigma=1.5, largest=20 * MB),
    ),
)  # fmt: skip

_OUTAGES = (
    Profile(
        "silent-outage", "for three minutes the server answers nothing at all",
        horizon=1200, backends=(Backend(16),), cost=_FETCH, client=Client(timeout=60),
        outages=(Outage(450, 630, kind="hang"),), workload=Workload(lanes=25),
        phases=(450, 630),
    ),
    Profile(
        "busy-outage", "for three minutes: busy, come back in 25 seconds",
        horizon=1200, backends=(Backend(16),), cost=_FETCH,
        outages=(Outage(450, 630, kind="busy", hint=25.0),), workload=Workload(lanes=25),
        phases=(450, 630),
    ),
    Profile(
        "untold-outage", "for four minutes: busy, and no word of when to come back",
        horizon=1200, backends=(Backend(16),), cost=_FETCH,
        outages=(Outage(450, 690, kind="busy"),), workload=Workload(lanes=25),
        phases=(450, 690),
    ),
    Profile(
        "brief-outages", "away for twenty seconds, again and again",
        horizon=1200, backends=(Backend(24),), cost=_FETCH,
        outages=tuple(Outage(at, at + 20) for at in (200, 330, 480, 700, 760, 1000)),
        workload=Workload(lanes=30),
    ),
)  # fmt: skip

_SERVERS = (
    Profile(
        "half-slow", "half of the mailboxes live on a database with a quarter of the threads",
        horizon=1200, cost=_FETCH, link=Link(rtt=0.02),
        backends=(Backend(16, share=0.5), Backend(4, share=0.5, slowness=3.0, thrash=0.1)),
        workload=Workload(lanes=30),
    ),
    Profile(
        "more-threads", "the server gets six times the threads in the middle",
        horizon=1400, cost=_FETCH, link=Link(rtt=0.03), phases=(600,),
        backends=(Backend(6, thrash=0.05, schedule=((600, 36, 1.0),)),),
        workload=Workload(lanes=40),
    ),
    Profile(
        "slow-laptop", "two slow processors on our side; the server has plenty",
        horizon=900, backends=(Backend(60),), cost=_FETCH, link=Link(rtt=0.01),
        client=Client(cores=2, cpu_per_item=0.002, cpu_rate=8 * MB),
        workload=Workload(lanes=40),
    ),
    Profile(
        "tiny-items", "messages of two kilobytes",
        horizon=900, backends=(Backend(12, thrash=0.05),),
        cost=Cost(base=0.3, item=0.01, rate=40 * MB), link=Link(rtt=0.05),
        workload=Workload(lanes=30, median=2 * KB, sigma=0.6),
    ),
    Profile(
        "huge-items", "documents of megabytes over 200 Mbit",
        horizon=1500, backends=(Backend(24),), cost=Cost(base=0.5, item=0.1, rate=20 * MB),
        link=Link(rtt=0.04, bandwidth=mbit(200)),
        workload=Workload(lanes=20, median=3 * MB, sigma=1.2),
    ),
)  # fmt: skip

_WORKERS = tuple(
    Profile(
        f"{count}-workers", f"{count} worker processes share a server of {threads} threads",
        horizon=1200, backends=(Backend(threads, thrash=0.08),), cost=_FETCH, clients=count,
        link=Link(rtt=0.03), workload=Workload(lanes=15),
    )
    for count, threads in ((2, 10), (4, 32), (6, 20))
)  # fmt: skip

PROFILES = (*_BUDGETS, *_CAPS, *_LINES, *_OUTAGES, *_SERVERS, *_WORKERS)
