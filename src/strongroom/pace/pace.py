"""The real loop around the slots: where every request to a server waits for its turn.

    threads ──▶ in line ──(slots and the lane's share allow it)──▶ on its way ──▶ told ──▶ rest
                  ▲                                                                 │
                  └────────── limits are looked at again after each answer ─────────┘

One ``Pace`` per server and process, whatever connection, job or resource a request belongs to. The
decisions are those of ``strongroom.slots``; here are the threads, the clock and the order: who came
first goes first, unless its mailbox may not and another's may. A request whose slot is closed is
not cut off; it is only not replaced.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from strongroom.clock import Clock
from strongroom.pace.history import History
from strongroom.pace.patience import Patience
from strongroom.pace.told import WELL, Told
from strongroom.pace.turn import Turn, told_by
from strongroom.slots import create
from strongroom.slots.api import FOREVER, Outcome, Sample
from strongroom.slots.batches import Sizer
from strongroom.slots.controller import Controller
from strongroom.words.pace import PaceReport

BYTES_MAX = 256 * 1024 * 1024
"""What may be asked for at once, in bytes: answers are held in memory while they are read."""

_REST_S = 1.0
"""A slot rests so long after a request that failed: whoever is next would likely fail as well."""

_SPARE_S = 1.0
"""Slots that nobody has wanted for so long may be given to one more task."""

_NOTICED_S = 1.0
"""While requests are on their way, time is looked at so often."""

_OTHER = "refused"
"""The kind of a request that the server answered with a no: quick, and no measure of the others."""

Deciders = Callable[[], tuple[Controller, Sizer]]


@dataclass(slots=True)
class _Waiting:
    """A thread in the line."""

    lane: str
    size: int
    change: threading.Condition
    is_admitted: bool = False
    in_flight: int = 0
    began_s: float = 0.0


@dataclass(slots=True)
class _Flight:
    """What is on its way."""

    requests: int = 0
    size: int = 0
    by_lane: Counter[str] = field(default_factory=Counter)
    rests_s: deque[float] = field(default_factory=deque)


class Pace:
    """How fast this process uses one server. Safe in many threads.

    Args:
        clock: Time and waiting.
        server: Host and port, for reports.
        deciders: Make the controller and the sizer; others than the program's own only in tests.
    """

    def __init__(self, clock: Clock, *, server: str = "", deciders: Deciders = create) -> None:
        self.server = server
        self._clock = clock
        self._lock = threading.Lock()
        self._controller, self._sizer = deciders()
        self._line: deque[_Waiting] = deque()
        self._flight = _Flight()
        self._history = History(clock.monotonic_s())
        self._latency_s: float | None = None
        self._spare_since_s: float | None = None
        self._listeners: list[Callable[[], None]] = []

    def report(self) -> PaceReport:
        """Say how the server is used now, and what keeps it from being used faster."""
        with self._lock:
            now = self._clock.monotonic_s()
            slots = self._controller.limit(now)
            total = self._history.total
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
            since_s = self._spare_since_s
            if since_s is None or now - since_s < _SPARE_S:
                return False
            self._spare_since_s = now
            return True

    @contextmanager
    def listened(self, heard: Callable[[], None]) -> Iterator[None]:
        """Have a function called after each answer, as long as the block lasts; it must be quick.

        It is called without any lock of ours.
        """
        with self._lock:
            self._listeners.append(heard)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(heard)

    @contextmanager
    def turn(self, lane: str, turn: Turn, patience: Patience) -> Iterator[Turn]:
        """Wait for a slot, have it for one request, and learn from what became of it.

        Never wait for anything inside that itself needs a slot.

        Raises:
            TransientError: the server, or the lane, is to be left alone for longer than the
                patience lasts.
        """
        began = self._begin(lane, turn.size, patience)
        told = Told(outcome=Outcome.OK)
        try:
            yield turn
        except BaseException as error:
            told = turn.told or told_by(error)
            if told.outcome == Outcome.OK:
                turn.kind, turn.items, turn.size = _OTHER, 0, 0
            raise
        else:
            told = turn.told or WELL
        finally:
            self._end(turn, began, told)

    def take(self, lane: str, sizes: Sequence[int], kind: str) -> int:
        """Say how many of the next items go into one request."""
        with self._lock:
            return self._sizer.take(self._clock.monotonic_s(), lane, sizes, kind)

    def share(self, lane: str) -> int:
        """Say how many requests a lane may have at once."""
        with self._lock:
            return self._controller.share(lane)

    def leave(self, lane: str) -> None:
        """Give a lane's share to the others."""
        with self._lock:
            self._controller.leave(lane)

    def rest(self, lane: str, told: Told) -> None:
        """Obey an order to wait that came inside an answer which was otherwise well."""
        with self._lock:
            now = self._clock.monotonic_s()
            self._controller.on_start(now, lane)
            self._controller.on_result(
                _sample(
                    lane, Turn(_OTHER, 0, 0), _Waiting(lane, 0, threading.Condition()), now, told
                )
            )
            self._rouse_all()

    def _begin(self, lane: str, size: int, patience: Patience) -> _Waiting:
        with self._lock:
            waiting = _Waiting(lane, size, threading.Condition(self._lock))
            self._line.append(waiting)
            try:
                while True:
                    now = self._clock.monotonic_s()
                    self._admit(now)
                    if waiting.is_admitted:
                        return waiting
                    self._wait(now, waiting, patience)
            except BaseException:
                if waiting.is_admitted:
                    # Interrupted between being let in and going: nothing was sent.
                    self._land(waiting, Turn(_OTHER, 0, 0), WELL)
                else:
                    self._line.remove(waiting)
                    self._rouse_first()
                raise

    def _wait(self, now: float, waiting: _Waiting, patience: Patience) -> None:
        """Wait until the line moves, or until time itself may let somebody in."""
        shut_s = self._controller.shut_for_s(now, waiting.lane)
        is_shut = shut_s > 0.0 or self._controller.is_away
        if is_shut:
            patience.require(max(shut_s, 0.0), is_away=self._controller.is_away)
        until_s = FOREVER
        if self._line[0] is waiting:
            # The first in line looks after the time for all, and wakes the next one when it goes.
            until_s = min(self._wake_s(now), now + patience.left_s if is_shut else FOREVER)
        if until_s == FOREVER:
            waiting.change.wait()
        elif self._flight.requests:
            # Something will end, and wakes us; a limit that rises meanwhile may be noticed late.
            waiting.change.wait(min(_NOTICED_S, max(0.0, until_s - now)))
        else:
            self._clock.wait(waiting.change, max(0.0, until_s - now))
        if is_shut:
            patience.spend(self._clock.monotonic_s() - now)

    def _wake_s(self, now: float) -> float:
        wake_s = self._controller.wake_at(now)
        if self._flight.rests_s:
            wake_s = min(wake_s, self._flight.rests_s[0])
        return wake_s if wake_s == FOREVER else max(wake_s, now + 0.01)

    def _admit(self, now: float) -> None:
        """Let in whoever may go now, in the order they came."""
        flight, controller = self._flight, self._controller
        while flight.rests_s and flight.rests_s[0] <= now:
            flight.rests_s.popleft()
        first = self._line[0] if self._line else None
        for waiting in list(self._line):
            if flight.requests + len(flight.rests_s) >= controller.limit(now):
                break
            if flight.by_lane[waiting.lane] >= controller.lane_limit(now, waiting.lane):
                continue
            if flight.requests and flight.size + waiting.size > BYTES_MAX:
                continue
            controller.on_start(now, waiting.lane)
            flight.requests += 1
            flight.size += waiting.size
            flight.by_lane[waiting.lane] += 1
            waiting.is_admitted = True
            waiting.began_s, waiting.in_flight = now, flight.requests
            self._line.remove(waiting)
            waiting.change.notify()
        self._note_spare(now)
        if self._line and self._line[0] is not first:
            # Whoever is first in line looks after the time.
            self._rouse_first()

    def _end(self, turn: Turn, began: _Waiting, told: Told) -> None:
        with self._lock:
            self._land(began, turn, told)
            is_spare = self._spare_since_s is not None
            listeners = list(self._listeners) if is_spare else []
        for heard in listeners:
            heard()

    def _land(self, began: _Waiting, turn: Turn, told: Told) -> None:
        """Count the end of a request, learn from it, and let the next ones in."""
        now, flight = self._clock.monotonic_s(), self._flight
        flight.requests -= 1
        flight.size -= began.size
        flight.by_lane[began.lane] -= 1
        if not flight.by_lane[began.lane]:
            del flight.by_lane[began.lane]
        sample = _sample(began.lane, turn, began, now, told)
        self._controller.on_result(sample)
        self._sizer.on_result(sample)
        self._history.add(sample, self._controller.limit(now))
        if told.outcome == Outcome.OK:
            if turn.kind != _OTHER:
                before = sample.latency if self._latency_s is None else self._latency_s
                self._latency_s = before + 0.1 * (sample.latency - before)
            self._admit(now)
            self._rouse_first()
        else:
            flight.rests_s.append(now + _REST_S)
            self._admit(now)
            self._rouse_all()

    def _rouse_first(self) -> None:
        if self._line:
            self._line[0].change.notify()

    def _rouse_all(self) -> None:
        """After bad news everybody looks again whether they have the patience to wait."""
        for waiting in self._line:
            waiting.change.notify()

    def _note_spare(self, now: float) -> None:
        wanted = self._flight.requests + len(self._flight.rests_s) + len(self._line)
        if wanted >= self._controller.limit(now):
            self._spare_since_s = None
        elif self._spare_since_s is None:
            self._spare_since_s = now


def _sample(lane: str, turn: Turn, began: _Waiting, now: float, told: Told) -> Sample:
    return Sample(
        lane=lane,
        started=began.began_s or now,
        finished=now,
        outcome=told.outcome,
        items=turn.items,
        size=turn.size,
        in_flight=max(1, began.in_flight),
        scope=told.scope,
        retry_after=told.retry_after_s,
        quota_left=told.quota_left,
        quota_reset=told.quota_reset_s,
        kind=turn.kind,
    )
