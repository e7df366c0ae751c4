"""The real loop around the slots: where every request to a server waits for its turn.

    threads ──▶ in line ──(slots and the lane's share allow it)──▶ on its way ──▶ told ──▶ rest
                  ▲                                                                 │
                  └────────── limits are looked at again after each answer ─────────┘

One ``Pace`` per server and process, whatever connection, job or resource a request belongs to. The
decisions are those of ``strongroom.slots``; here are the threads, the clock and the order: who came
first goes first, unless its mailbox may not and another's may. A request whose slot is closed is
not cut off; it is only not replaced.

Limits rise when an answer came, when somebody leaves, or with time. After the first two, whoever
makes the change lets in who may go. Time is looked after by whoever is first in line, for all of
them; so whenever there is another first one, or another time to wait for, that one is woken.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from strongroom.clock import Clock
from strongroom.pace.flight import Flight, Waiting
from strongroom.pace.history import History
from strongroom.pace.notices import WHOLE_SERVER, NoNotices, Notices, Word
from strongroom.pace.patience import Patience
from strongroom.pace.spare import Spare
from strongroom.pace.told import WELL, Told
from strongroom.pace.turn import Turn, told_by
from strongroom.pace.usage import Usage
from strongroom.slots import create
from strongroom.slots.api import FOREVER, Outcome, Sample, Scope
from strongroom.slots.batches import Sizer
from strongroom.slots.controller import Controller
from strongroom.slots.gate import wait_s as obeyed_s
from strongroom.words.pace import PaceReport

_NOTICED_S = 1.0
"""While requests are on their way, time is looked at so often."""

_WAIT_MIN_S = 0.01
"""Rounding must not make anybody look at the clock all the time."""

_OTHER = "refused"
"""The kind of a request that the server answered with a no: quick, and no measure of the others."""

Deciders = Callable[[], tuple[Controller, Sizer]]


class Pace:
    """How fast this process uses one server. Safe in many threads.

    Args:
        clock: Time and waiting.
        server: Host and port, for reports and for other processes.
        deciders: Make the controller and the sizer; others than the program's own only in tests.
        notices: Where processes leave word of orders to wait; None: this one is alone.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        server: str = "",
        deciders: Deciders = create,
        notices: Notices | None = None,
    ) -> None:
        self.server = server
        self._clock = clock
        self._lock = threading.Lock()
        self._controller, self._sizer = deciders()
        self._line: deque[Waiting] = deque()
        self._flight = Flight()
        self._worked_in: Counter[str] = Counter()
        self._history = History(clock.monotonic_s())
        self._usage = Usage(clock.monotonic_s())
        self._word = Word(notices or NoNotices(), server)
        self._latency_s: float | None = None
        self._spare = Spare(self._lock)

    def report(self) -> PaceReport:
        """Say how the server is used now, and what keeps it from being used faster."""
        with self._lock:
            now = self._clock.monotonic_s()
            slots = self._controller.limit(now)
            total = self._history.total
            self._note_usage(now)
            return PaceReport(
                server=self.server,
                slots=slots,
                in_flight=self._flight.requests,
                waiting=len(self._line),
                requests=total.requests,
                items=total.items,
                byte_count=total.byte_count,
                throttled=total.throttled,
                failed=total.failed,
                latency_s=self._latency_s,
                line_s=self._usage.line_s,
                flight_s=self._usage.flight_s,
                answered_s=self._usage.answered_s,
                head_s=self._usage.head_s,
                limits=self._controller.limits(now),
                history=self._history.points(now, slots),
            )

    def take_spare(self) -> bool:
        """Say whether slots have been open for a while that nobody wants, and count on them.

        Whoever is told yes begins something that will want one, so the next is told no for a while.
        """
        with self._lock:
            now = self._clock.monotonic_s()
            self._note_spare(now)
            return self._spare.take(now)

    def listened(self, heard: Callable[[], None]) -> AbstractContextManager[None]:
        """Have a function called after each answer that leaves slots which nobody wants.

        As long as the block lasts; it must be quick, and is called without any lock of ours.
        """
        return self._spare.listened(heard)

    @contextmanager
    def turn(self, lane: str, turn: Turn, patience: Patience) -> Iterator[Turn]:
        """Wait for a slot, have it for one request, and learn from what became of it.

        Never wait for anything inside that itself needs a slot.

        Raises:
            TransientError: the server, or the lane, is to be left alone for longer than the
                patience lasts.
        """
        change = threading.Condition(self._lock)
        waiting = Waiting(lane, turn.size, change, turn.slots, turn.requests)
        told: Told | None = None
        # Already the wait lies in here: whoever is interrupted between being let in and going, by
        # Ctrl-C for one, gives the slot back too.
        try:
            self._enter(waiting, patience)
            yield turn
            told = turn.told or WELL
        except BaseException as error:
            told = turn.told or told_by(error)
            if told is not None and told.outcome == Outcome.OK:
                turn.kind, turn.items, turn.size = _OTHER, 0, 0
            raise
        finally:
            self._leave(waiting, turn, told)

    def take(self, lane: str, sizes: Sequence[int], kind: str, *, are_all: bool = False) -> int:
        """Say how many of the next items go into one request (see ``LanePace``)."""
        with self._lock:
            spread_over = self._controller.share(lane) if are_all else 1
            return self._sizer.take(self._clock.monotonic_s(), lane, sizes, kind, spread_over)

    def share(self, lane: str) -> int:
        """Say how many requests a lane may have at once."""
        with self._lock:
            return self._controller.share(lane)

    def enter(self, lane: str) -> None:
        """Count on a lane for its share, also while it asks for nothing."""
        with self._lock:
            self._worked_in[lane] += 1

    def leave(self, lane: str) -> None:
        """Give a lane's share to the others, once nobody works in it any more."""
        with self._lock:
            self._worked_in[lane] = max(0, self._worked_in[lane] - 1)
            self._depart(lane)
            self._admit(self._clock.monotonic_s())
            self._rouse_first()

    def rest(self, lane: str, told: Told) -> None:
        """Obey an order to wait that came inside an answer which was otherwise well."""
        with self._lock:
            now = self._clock.monotonic_s()
            at_once = Waiting(lane, 0, threading.Condition(self._lock), began_s=now)
            at_once.in_flight = self._flight.requests
            sample = _sample(Turn(_OTHER, 0, 0), at_once, now, told)
            self._controller.on_start(now, lane)
            self._controller.on_result(sample)
            self._rouse_all()
            order = self._order(now, sample)
        self._pass_on(order)

    def _enter(self, waiting: Waiting, patience: Patience) -> None:
        """Wait in line until there is a slot."""
        with self._lock:
            self._line.append(waiting)
        while True:
            self._hear()
            with self._lock:
                now = self._clock.monotonic_s()
                self._admit(now)
                if waiting.is_admitted:
                    return
                self._wait(now, waiting, patience)

    def _wait(self, now: float, waiting: Waiting, patience: Patience) -> None:
        """Wait until the line moves, or until time itself may let somebody in.

        Patience runs while the server, or the lane, is to be left alone, and while it is away; not
        while others merely have the slots.
        """
        shut_s, is_away = self._controller.shut_for_s(now, waiting.lane), self._controller.is_away
        if shut_s > 0.0 or is_away:
            patience.require(shut_s, is_away=is_away)
        until_s = FOREVER
        if self._line[0] is waiting:
            until_s = min(self._wake_s(now), now + patience.left_s if is_away else FOREVER)
        wait_s = max(_WAIT_MIN_S, until_s - now)
        if until_s == FOREVER:
            waiting.change.wait()
        elif self._flight.requests:
            # Something will end, and wakes us; a limit that rises meanwhile may be noticed late.
            waiting.change.wait(min(_NOTICED_S, wait_s))
        else:
            self._clock.wait(waiting.change, wait_s)
        passed_s = self._clock.monotonic_s() - now
        patience.spend(passed_s if is_away else min(passed_s, shut_s))

    def _wake_s(self, now: float) -> float:
        """Say when time itself may let somebody in."""
        wake_s = self._controller.wake_at(now)
        if wake_s <= now:
            # The server may be asked at once, but not for the lanes of those who wait.
            opens_s = (self._controller.shut_for_s(now, one.lane) for one in self._line)
            wake_s = now + min((s for s in opens_s if s > 0.0), default=0.0)
        return min([wake_s, *list(self._flight.rests_s)[:1]])

    def _admit(self, now: float) -> None:
        """Let in whoever may go now, in the order they came."""
        flight, controller = self._flight, self._controller
        flight.end_rests(now)
        first = self._line[0] if self._line else None
        full: set[str] = set()
        for waiting in list(self._line):
            slots = controller.limit(now)
            if flight.slots >= slots:
                break
            if waiting.lane in full:
                continue
            in_lane = controller.lane_limit(now, waiting.lane)
            wanted = max(1, min(waiting.wanted, slots, in_lane))
            if flight.by_lane[waiting.lane] + wanted > in_lane:
                full.add(waiting.lane)
                continue
            if flight.slots + wanted > slots or not flight.takes(waiting.size):
                # Those behind wait too: if small ones went past, a large one would never go.
                break
            for _ in range(wanted):
                controller.on_start(now, waiting.lane)
            controller.counted(now, waiting.requests - wanted)
            flight.start(waiting, now, wanted)
            self._line.remove(waiting)
            waiting.change.notify()
        self._note_spare(now)
        self._note_usage(now)
        if self._line and self._line[0] is not first:
            self._rouse_first()

    def _leave(self, waiting: Waiting, turn: Turn, told: Told | None) -> None:
        """Give the slot, or the place in the line, to whoever is next."""
        order: tuple[str, float] | None = None
        try:
            self._hear()
        finally:
            with self._lock:
                now = self._clock.monotonic_s()
                if waiting.is_admitted:
                    order = self._land(now, waiting, turn, told)
                elif waiting in self._line:
                    self._line.remove(waiting)
                    self._depart(waiting.lane)
                    self._admit(now)
                    self._rouse_first()
                listeners = self._spare.heard_by()
        self._pass_on(order)
        for heard in listeners:
            heard()

    def _land(
        self, now: float, landed: Waiting, turn: Turn, told: Told | None
    ) -> tuple[str, float] | None:
        """Count the end of a request, learn from it, and let the next ones in.

        Returns:
            An order to wait that others should know of: lane and seconds.
        """
        self._flight.end(landed)
        if told is None:
            self._drop(now, landed, landed.taken)
            self._depart(landed.lane)
            self._admit(now)
            self._rouse_first()
            return None
        was_away = self._controller.is_away
        sample = _sample(turn, landed, now, told)
        self._learn(now, sample, landed)
        if told.outcome == Outcome.OK:
            self._usage.answered(now - landed.began_s, turn.head_s)
        self._depart(landed.lane)
        if told.outcome != Outcome.OK:
            self._flight.rest(now)
        self._admit(now)
        if was_away or told.outcome != Outcome.OK:
            # Everybody looks again how long there is to wait, and whether their patience lasts.
            self._rouse_all()
        else:
            self._rouse_first()
        return self._order(now, sample)

    def _depart(self, lane: str) -> None:
        """Let a lane have no share if nobody is in it: who looked a mailbox up has left again."""
        is_asked = self._flight.by_lane[lane] or any(one.lane == lane for one in self._line)
        if not is_asked and self._worked_in[lane] <= 0:
            del self._worked_in[lane]
            self._controller.leave(lane)

    def _drop(self, now: float, landed: Waiting, slots: int) -> None:
        for _ in range(slots):
            self._controller.dropped(now, landed.lane)

    def _learn(self, now: float, sample: Sample, landed: Waiting) -> None:
        if sample.outcome == Outcome.OK:
            # Each of its slots has done a part of it.
            part = sample._replace(items=-(-sample.items // landed.taken))
            for _ in range(landed.taken):
                self._controller.on_result(part)
        else:
            self._controller.on_result(sample)
            self._drop(now, landed, landed.taken - 1)
        self._sizer.on_result(sample)
        self._history.add(sample, self._controller.limit(now))
        if sample.outcome == Outcome.OK and sample.kind != _OTHER:
            before = sample.latency if self._latency_s is None else self._latency_s
            self._latency_s = before + 0.1 * (sample.latency - before)

    def _order(self, now: float, sample: Sample) -> tuple[str, float] | None:
        """Give the order to wait that came with an answer, if others do not know of it yet."""
        is_refused = sample.outcome in (Outcome.THROTTLED, Outcome.CONNECTION_LIMIT)
        if not is_refused or sample.retry_after is None:
            return None
        if sample.scope == Scope.LANE and not sample.lane:
            # For what belongs to no mailbox: another process would not know what is meant.
            return None
        lane = sample.lane if sample.scope == Scope.LANE else WHOLE_SERVER
        seconds = obeyed_s(sample)
        return (lane, seconds) if self._word.is_worth_telling(now, lane, seconds) else None

    def _pass_on(self, order: tuple[str, float] | None) -> None:
        if order is not None:
            self._word.tell(*order)

    def _hear(self) -> None:
        """Look now and then what other processes were told, and obey it."""
        with self._lock:
            is_due = self._word.is_due(self._clock.monotonic_s())
        if is_due:
            self._obey(self._word.ask())

    def _obey(self, orders: Mapping[str, float]) -> None:
        with self._lock:
            now = self._clock.monotonic_s()
            news = [
                self._controller.told_to_wait(now, None if lane == WHOLE_SERVER else lane, seconds)
                for lane, seconds in orders.items()
            ]
            if any(news):
                self._rouse_all()

    def _rouse_first(self) -> None:
        if self._line:
            self._line[0].change.notify()

    def _rouse_all(self) -> None:
        for waiting in self._line:
            waiting.change.notify()

    def _note_usage(self, now: float) -> None:
        self._usage.note(now, waiting=len(self._line), in_flight=self._flight.requests)

    def _note_spare(self, now: float) -> None:
        # Whoever still waits may not go, whatever the slots: its lane is full.
        self._spare.note(now, self._controller.limit(now) - self._flight.slots)


def _sample(turn: Turn, landed: Waiting, now: float, told: Told) -> Sample:
    return Sample(
        lane=landed.lane,
        started=landed.began_s,
        finished=now,
        outcome=told.outcome,
        items=turn.items,
        size=turn.size,
        in_flight=max(1, landed.in_flight),
        scope=told.scope,
        retry_after=told.retry_after_s,
        quota_left=told.quota_left,
        quota_reset=told.quota_reset_s,
        kind=turn.kind,
        in_lane=landed.in_lane,
        is_counted=told.is_counted,
    )
