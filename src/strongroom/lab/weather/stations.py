"""The way of a request through a server's weather, in pure arithmetic.

    enter: (handshake) → round trip → admission → (delay, stall) → queue → worker
    work:  the worker is held for the service time → answered
    send:  the shared line → sent, or broken on the way

Whoever asks carries the request out between ``AT_WORK`` and ``work``: its answer says how many
items and bytes the service time is for. Time comes in as ``now``, counted from when the weather
began, and never goes back; nothing here waits. Whoever waits for a visit calls ``advance`` no later
than ``wake_at`` and looks at the visit's stage.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial

from strongroom.lab.weather.admission import Admission
from strongroom.lab.weather.dice import Dice, Homes
from strongroom.lab.weather.line import Line
from strongroom.lab.weather.model import Away, Outage, Profile, Whose
from strongroom.lab.weather.pool import Pool
from strongroom.lab.weather.tally import Counting
from strongroom.lab.weather.visit import Announced, Asked, Reason, Refusal, Stage, Visit

_ENDS = frozenset({Stage.SENT, Stage.REFUSED, Stage.TIMED_OUT, Stage.BROKEN, Stage.LOST})


class Stations:
    """One server's weather from its beginning. For one thread at a time.

    Attributes:
        outage: Why nothing works just now, if so.
        counting: What happened so far.
    """

    def __init__(self, profile: Profile, *, seed: int = 1, homes: Homes | None = None) -> None:
        self.profile = profile
        self.outage: Outage | None = None
        self.counting = Counting()
        self.line = Line(profile.link)
        self.pools = [Pool(one) for one in profile.back_ends]
        self._admission = Admission(profile)
        self._dice = Dice(seed)
        self._homes = homes or Homes(profile.back_ends)
        # Ordered, so that the same arrivals come to the same end.
        self._visits: dict[Visit, None] = {}
        self._left_behind: dict[Visit, None] = {}
        self._changed: list[Visit] = []
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = 0
        self._schedule()

    def enter(self, now: float, asked: Asked, *, is_new_connection: bool = False) -> Visit:
        """Let a request set out."""
        self._run(now)
        visit = Visit(asked, self._homes.of(asked.place))
        self._visits[visit] = None
        self.counting.came(now, asked, len(self._visits))
        self.note_outage(now)
        link = self.profile.link
        away_s = link.rtt_s + (link.handshake_s if is_new_connection else 0.0)
        self._at(now + away_s, partial(self._arrive, visit))
        return visit

    def note_outage(self, now: float) -> None:
        """Count that somebody came; it counts against them if they could know of the outage."""
        outage = self.outage
        if outage is not None and now >= outage.start_s + outage.known_after_s:
            self.counting.in_outages += 1

    def work(self, now: float, visit: Visit, *, items: int, size: int) -> None:
        """Hold the worker for what the answer costs, counted from when it took the request."""
        self._run(now)
        if visit.stage is not Stage.AT_WORK:
            return
        visit.items, visit.size = items, size
        cost = self.profile.cost
        wanted_s = (cost.base_s + cost.item_s * items + size / cost.rate) * visit.factor
        most_s = self.profile.work_max_s
        is_too_long = most_s is not None and wanted_s > most_s
        visit.work_s = most_s if is_too_long and most_s is not None else wanted_s
        visit.stage = Stage.FINISHING
        end = Stage.TIMED_OUT if is_too_long else Stage.ANSWERED
        done_s = max(now, visit.began_s + visit.work_s)
        self._at(done_s, partial(self._worked, visit, end))

    def send(self, now: float, visit: Visit, size: int) -> None:
        """Put an answer of so many bytes on the line."""
        self._run(now)
        if visit.stage is not Stage.ANSWERED:
            return
        until = self._dice.broken_after(self.profile.link, size)
        visit.breaks, visit.amount = until is not None, float(size) if until is None else until
        visit.size = size
        visit.stage = Stage.SENDING
        self.line.start(now, visit)

    def sent_bytes(self, now: float, visit: Visit) -> int:
        """Say how many bytes of an answer may have arrived."""
        if visit.stage in (Stage.SENT, Stage.BROKEN):
            return int(visit.amount)
        return self.line.sent_bytes(now, visit) if visit.stage is Stage.SENDING else 0

    def remind(self, at: float, visit: Visit) -> None:
        """Let ``advance`` name a visit then, so that it is looked at."""
        self._at(at, partial(self._name, visit))

    def announced(self, now: float, visit: Visit) -> Announced | None:
        """Say what the answer tells of a quota, if it does."""
        return self._admission.announced(now, visit.asked)

    def leave(self, now: float, visit: Visit) -> None:
        """Forget a visit: its client has its answer, or went away.

        A worker that has begun goes on for nobody, as real ones do.
        """
        self._run(now)
        if visit not in self._visits:
            return
        if visit.stage is Stage.AT_WORK:
            self.work(now, visit, items=0, size=0)
        del self._visits[visit]
        self.line.drop(now, visit)
        self.pools[visit.back_end].forget(visit)
        if visit.stage not in _ENDS:
            self.counting.abandoned += 1
        if visit.stage is Stage.FINISHING:
            self._left_behind[visit] = None
        else:
            self._outside(visit)

    def lose_everything(self, now: float) -> None:
        """Forget all that the server had: those inside are lost, or hang if the outage hangs."""
        self._run(now)
        self._lose_everything(now)

    def _lose_everything(self, now: float) -> None:
        for pool in self.pools:
            pool.empty()
        self._admission.empty()
        self.line.drop_all(now)
        hangs = self.outage is not None and self.outage.away is Away.HANGS
        for visit in self._left_behind:
            visit.stage = Stage.LOST
        self._left_behind.clear()
        for visit in self._visits:
            if visit.is_inside:
                visit.is_inside = False
                self._move(visit, Stage.HUNG if hangs else Stage.LOST)

    def end(self, now: float) -> None:
        """Lose everything, what is on its way included: there is no server any more."""
        self.lose_everything(now)
        for visit in self._visits:
            if visit.stage not in _ENDS:
                self._move(visit, Stage.LOST)

    def advance(self, now: float) -> list[Visit]:
        """Let everything happen that is due, in order, and name the visits to look at."""
        self._run(now)
        changed, self._changed = self._changed, []
        return changed

    def wake_at(self) -> float:
        """Say when something will happen next if nobody comes or goes."""
        end = self.line.next_end()
        return min(end, self._events[0][0]) if self._events else end

    def _run(self, now: float) -> None:
        while (at := self.wake_at()) <= now:
            if self._events and self._events[0][0] <= at:
                heapq.heappop(self._events)[2](at)
            for visit in self.line.finished(at):
                self._through(visit)

    def _arrive(self, visit: Visit, now: float) -> None:
        if visit not in self._visits or visit.stage is not Stage.ARRIVING:
            return
        if self.outage is not None:
            self._meet_outage(now, visit, self.outage)
            return
        pool = self.pools[visit.back_end]
        answer = self._admission.ask(now, visit.asked)
        if not isinstance(answer, Refusal) and pool.is_full:
            hint_s = self.profile.back_ends[visit.back_end].busy_hint_s
            answer = Refusal(reason=Reason.QUEUE_FULL, whose=Whose.SERVER, wait_s=hint_s)
        if isinstance(answer, Refusal):
            self._refuse(now, visit, answer)
            return
        self._admission.enter(visit.asked)
        visit.is_inside = True
        delay_s = answer + self._dice.stall_s(self.profile.cost)
        self._move(visit, Stage.DELAYED)
        if delay_s > 0.0:
            self._at(now + delay_s, partial(self._join, visit))
        else:
            self._join(visit, now)

    def _meet_outage(self, now: float, visit: Visit, outage: Outage) -> None:
        if outage.away is Away.BUSY:
            told = Refusal(reason=Reason.AWAY, whose=Whose.SERVER, wait_s=outage.hint_s)
            self._refuse(now, visit, told)
        else:
            self._move(visit, Stage.HUNG if outage.away is Away.HANGS else Stage.LOST)

    def _refuse(self, now: float, visit: Visit, refusal: Refusal) -> None:
        visit.refusal = refusal
        self.counting.turned_away(now, visit.asked, refusal)
        self._move(visit, Stage.REFUSED)

    def _join(self, visit: Visit, now: float) -> None:
        if visit not in self._visits or visit.stage is not Stage.DELAYED:
            return
        visit.stage = Stage.QUEUED
        self.pools[visit.back_end].join(visit)
        self._staff(now, self.pools[visit.back_end])

    def _staff(self, now: float, pool: Pool) -> None:
        while (visit := pool.take()) is not None:
            visit.began_s = now
            visit.factor = pool.factor() * self._dice.jitter(self.profile.cost)
            self._move(visit, Stage.AT_WORK)

    def _worked(self, visit: Visit, end: Stage, now: float) -> None:
        if visit.stage is not Stage.FINISHING:
            return
        pool = self.pools[visit.back_end]
        pool.busy -= 1
        self._admission.charge(now, visit.asked, visit.work_s)
        self._move(visit, end)
        is_left = self._left_behind.pop(visit, self) is None
        if is_left or end is Stage.TIMED_OUT:
            self._outside(visit)
        self._staff(now, pool)

    def _through(self, visit: Visit) -> None:
        self._move(visit, Stage.BROKEN if visit.breaks else Stage.SENT)
        # Counted out before the client has the last of it, who may send the next one at once.
        self._outside(visit)
        if not visit.breaks:
            self.counting.answered += 1
            self.counting.items += visit.items
            self.counting.sent_bytes += visit.size

    def _move(self, visit: Visit, stage: Stage) -> None:
        is_counted = visit.stage is Stage.HUNG
        visit.stage = stage
        self._changed.append(visit)
        if visit in self._visits and not is_counted:
            self.counting.broken += stage in (Stage.BROKEN, Stage.LOST, Stage.HUNG)
            self.counting.timed_out += stage is Stage.TIMED_OUT

    def _name(self, visit: Visit, _now: float) -> None:
        self._changed.append(visit)

    def _outside(self, visit: Visit) -> None:
        if visit.is_inside:
            visit.is_inside = False
            self._admission.leave(visit.asked)

    def _schedule(self) -> None:
        for at, bandwidth in self.profile.link.schedule:
            self._at(at, partial(self._change_line, bandwidth))
        for pool, back_end in zip(self.pools, self.profile.back_ends, strict=True):
            for step in back_end.schedule:
                self._at(step[0], partial(self._change_pool, pool, step[1], step[2]))
        for outage in self.profile.outages:
            self._at(outage.start_s, partial(self._outage_starts, outage))
            self._at(outage.end_s, self._outage_ends)

    def _change_line(self, bandwidth: float, now: float) -> None:
        self.line.set_bandwidth(now, bandwidth)

    def _change_pool(self, pool: Pool, workers: int, slowness: float, now: float) -> None:
        pool.workers, pool.slowness = workers, slowness
        self._staff(now, pool)

    def _outage_starts(self, outage: Outage, now: float) -> None:
        self.outage = outage
        self._lose_everything(now)

    def _outage_ends(self, _now: float) -> None:
        self.outage = None
        for visit in self._visits:
            if visit.stage is Stage.HUNG:
                self._move(visit, Stage.LOST)

    def _at(self, when: float, happens: Callable[[float], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (when, self._order, happens))
