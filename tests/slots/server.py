"""A small server that a controller can be tried on, in virtual time, the same for the same seed."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from random import Random

from strongroom.slots.api import Outcome, Sample, Scope

LANES = tuple(f"mailbox-{number}" for number in range(12))
SLOW = frozenset(LANES[:3])
AT_ONCE_S = 0.05
"""How long a refusal takes."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Seconds of work that are refilled; beyond ``cutoff`` of debt, stay away until half is paid.

    Attributes:
        burst, cutoff: Seconds that may be saved, and owed.
        recharge: Seconds that are refilled in a second.
        per_lane: Every mailbox has one of its own.
    """

    burst: float
    cutoff: float
    recharge: float
    per_lane: bool = False


@dataclass(frozen=True, kw_only=True)
class Quota:
    """So many requests in a window.

    Attributes:
        is_told: From half of them on, answers tell what is left.
    """

    limit: int
    window_s: float = 60.0
    is_told: bool = True


@dataclass(frozen=True, kw_only=True)
class Outage:
    """Nothing works between two times.

    Attributes:
        how: ``refuses`` connections, ``hangs`` without an answer, or is ``busy``.
        hint_s: The wait that it names when it is busy.
        is_counted: It says that there are too many requests, whoever asks.
    """

    start_s: float
    end_s: float
    how: str = "refuses"
    hint_s: float | None = None
    is_counted: bool = False


@dataclass(frozen=True, kw_only=True)
class Server:
    """Threads that each work on one request at a time, and what the server does not take.

    Attributes:
        threads: How many.
        seconds: What a request takes once a thread has it, per second of its cost.
        slow_threads: Threads of a database for the lanes in ``SLOW``, six times as slow; 0: none.
        connections, lane_connections: At most so many requests at once; None: any number.
        hint_s: The wait that is named when there are more.
        budget, quota: What may be asked for.
        outages: When nothing works.
        breaks: Part of the answers that are cut short.
        deadline_s: How long the client waits.
        steps: From when on it has how many threads, and ``seconds``.
    """

    threads: int = 8
    seconds: float = 1.0
    slow_threads: int = 0
    connections: int | None = None
    lane_connections: int | None = None
    hint_s: float | None = None
    budget: Budget | None = None
    quota: Quota | None = None
    outages: tuple[Outage, ...] = ()
    breaks: float = 0.0
    deadline_s: float = 100.0
    steps: tuple[tuple[float, int, float], ...] = ()

    def outage(self, now: float) -> Outage | None:
        """Give the outage of a time."""
        return next((one for one in self.outages if one.start_s <= now < one.end_s), None)

    def speed(self, now: float) -> tuple[int, float]:
        """Give the threads and the ``seconds`` of a time."""
        past = [(threads, seconds) for at, threads, seconds in self.steps if at <= now]
        return past[-1] if past else (self.threads, self.seconds)


class Desk:
    """Takes the requests of a server, and says how and when each ends."""

    def __init__(self, server: Server, random: Random) -> None:
        self._server = server
        self._random = random
        self._inside: Counter[str] = Counter()
        self._debts: dict[str, tuple[float, float]] = {}
        self._shut: set[str] = set()
        self._window, self._used = -1, 0
        self._queues: dict[bool, deque[Sample]] = {False: deque(), True: deque()}
        self._busy = {False: 0, True: 0}

    def refusal(self, asked: Sample) -> Sample | None:
        """Say how a request ends that is not let in; None: it waits for a thread now."""
        server, now, lane = self._server, asked.started, asked.lane
        outage = server.outage(now)
        if outage is not None:
            return _in_outage(asked, outage, server.deadline_s)
        refused = asked._replace(finished=now + AT_ONCE_S)
        over = Outcome.CONNECTION_LIMIT
        if server.connections is not None and self._inside.total() >= server.connections:
            return refused._replace(outcome=over, retry_after=server.hint_s)
        if server.lane_connections is not None and self._inside[lane] >= server.lane_connections:
            return refused._replace(outcome=over, scope=Scope.LANE, retry_after=server.hint_s)
        wait_s = self._wait_s(now, lane)
        if wait_s is not None:
            is_lane = server.budget is not None and server.budget.per_lane
            scope = Scope.LANE if is_lane else Scope.SERVER
            is_counted = server.quota is not None
            return refused._replace(
                outcome=Outcome.THROTTLED, scope=scope, retry_after=wait_s, is_counted=is_counted
            )
        self._inside[lane] += 1
        self._queues[self._is_slow(lane)].append(asked)
        return None

    def begin(self, now: float) -> list[tuple[float, Sample]]:
        """Give what the free threads begin with: seconds from now, and how each request ends."""
        begun = []
        threads, seconds = self._server.speed(now)
        for is_slow, queue in self._queues.items():
            most = self._server.slow_threads if is_slow else threads
            while queue and self._busy[is_slow] < most:
                asked = queue.popleft()
                self._busy[is_slow] += 1
                work_s = 0.4 + 0.03 * asked.items + asked.size / 40e6
                work_s *= seconds * self._random.uniform(0.7, 1.3) * (6.0 if is_slow else 1.0)
                is_broken = self._random.random() < self._server.breaks
                outcome = Outcome.BROKEN if is_broken else Outcome.OK
                begun.append((work_s, asked._replace(outcome=outcome)))
        return begun

    def end(self, now: float, done: Sample, work_s: float) -> Sample:
        """Hear that a thread has done its work, and say what the answer tells besides."""
        self._busy[self._is_slow(done.lane)] -= 1
        self._inside[done.lane] -= 1
        if self._server.budget is not None:
            key, balance = self._balance(now, done.lane)
            self._debts[key] = (balance - work_s, now)
        quota = self._server.quota
        if quota is None or not quota.is_told:
            return done
        if done.outcome != Outcome.OK or self._used < 0.5 * quota.limit:
            return done
        reset_s = (self._window + 1) * quota.window_s - now
        left = max(0.0, 1.0 - self._used / quota.limit)
        return done._replace(quota_left=left, quota_reset=max(0.0, reset_s))

    def clear(self) -> list[Sample]:
        """Lose everything that is inside, and give what was not begun."""
        waiting = [asked for queue in self._queues.values() for asked in queue]
        for queue in self._queues.values():
            queue.clear()
        self._inside.clear()
        self._busy = {False: 0, True: 0}
        return waiting

    def _is_slow(self, lane: str) -> bool:
        return self._server.slow_threads > 0 and lane in SLOW

    def _balance(self, now: float, lane: str) -> tuple[str, float]:
        budget = self._server.budget
        assert budget is not None
        key = lane if budget.per_lane else ""
        balance, since = self._debts.get(key, (budget.burst, now))
        return key, min(budget.burst, balance + budget.recharge * (now - since))

    def _wait_s(self, now: float, lane: str) -> float | None:
        """Say how long to stay away, if what may be asked for is spent."""
        quota, budget = self._server.quota, self._server.budget
        if quota is not None:
            window = int(now // quota.window_s)
            self._used = self._used + 1 if window == self._window else 1
            self._window = window
            if self._used > quota.limit:
                return (window + 1) * quota.window_s - now
        if budget is not None:
            key, balance = self._balance(now, lane)
            if balance < -budget.cutoff:
                self._shut.add(key)
            elif balance >= -budget.cutoff / 2:
                self._shut.discard(key)
            if key in self._shut:
                return max(1.0, (-balance - budget.cutoff / 2) / budget.recharge)
        return None


def _in_outage(asked: Sample, outage: Outage, deadline_s: float) -> Sample:
    soon = asked._replace(finished=asked.started + AT_ONCE_S)
    if outage.how == "hangs":
        late_s = asked.started + deadline_s
        return asked._replace(finished=late_s, outcome=Outcome.TIMEOUT)
    if outage.how == "busy":
        return soon._replace(
            outcome=Outcome.THROTTLED, retry_after=outage.hint_s, is_counted=outage.is_counted
        )
    return soon._replace(outcome=Outcome.BROKEN)
