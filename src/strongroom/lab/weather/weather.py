"""A server's weather in real time: requests wait in the threads of their connections.

The stations say what happens when; here is only the waiting. One of the threads that wait keeps
watch: it sleeps until the next thing is due, lets it happen, and wakes those whom it concerns. The
others sleep until they are woken. So a hundred requests cost a few wake-ups each, and no thread
exists for the weather alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, MutableMapping

from strongroom.clock import Clock, SystemClock
from strongroom.lab.weather.dice import Homes
from strongroom.lab.weather.model import FOREVER, Away, Profile
from strongroom.lab.weather.stations import Stations
from strongroom.lab.weather.tally import Tally
from strongroom.lab.weather.visit import Announced, Asked, Stage, Visit

_PIECE_S = 0.1
"""An answer that takes longer is sent in pieces this far apart."""

_MET = "weather"
_WAITS_FOR_WORKER = frozenset({Stage.ARRIVING, Stage.DELAYED, Stage.QUEUED, Stage.HUNG})


class Weather:
    """What one server's requests go through. Safe to call from many threads.

    Attributes:
        profile: How the server behaves.
    """

    def __init__(self, profile: Profile, *, seed: int = 1, clock: Clock | None = None) -> None:
        """Prepare it; its time begins with the first request, or with ``begin``.

        Args:
            profile: How the server behaves.
            seed: Of its chances.
            clock: Of its waits; by default the system's.
        """
        self.profile = profile
        self._seed = seed
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._homes = Homes(profile.back_ends)
        self._stations = Stations(profile, seed=seed, homes=self._homes)
        self._began_s: float | None = None
        self._is_closed = False
        self._waiting: dict[Visit, threading.Condition] = {}
        self._watch: Visit | None = None
        self._watch_until_s = FOREVER

    def begin(self) -> None:
        """Begin anew, now: schedules, budgets and counts. What is under way is lost."""
        with self._lock:
            self._end()
            self._stations = Stations(self.profile, seed=self._seed, homes=self._homes)
            self._began_s = self._clock.monotonic_s()

    def close(self) -> None:
        """Lose everything, and whatever still comes: the server stops."""
        with self._lock:
            self._is_closed = True
            self._end()

    def open(self) -> None:
        """Take requests again after ``close``."""
        with self._lock:
            self._is_closed = False

    def tally(self) -> Tally:
        """Say what happened since it began."""
        with self._lock:
            return self._stations.counting.tally()

    def back_end_of(self, place: str) -> int:
        """Say on which of the profile's back ends a mailbox or site lives."""
        with self._lock:
            return self._homes.of(place.casefold())

    @property
    def is_away(self) -> bool:
        """Whether there is an outage now."""
        return any(self.is_away_by(away) for away in Away)

    def is_away_by(self, away: Away) -> bool:
        """Say whether there is an outage of this sort now."""
        with self._lock:
            if self._began_s is None:
                return False
            self._let_happen()
            outage = self._stations.outage
            return outage is not None and outage.away is away

    def turn_away_connection(self) -> None:
        """Count that a connection was not taken because of an outage."""
        with self._lock:
            self._stations.note_outage(self._now())

    def enter(self, asked: Asked, connection: MutableMapping[str, object]) -> Visit:
        """Bring a request to a worker, and wait until it has one.

        Args:
            asked: It.
            connection: Notes on the connection, where a first request leaves its mark.

        Returns:
            The visit at ``AT_WORK``: it is to be carried out now, and then given to ``finish`` or
            ``leave``. At any other stage it is over: refused or lost.
        """
        with self._lock:
            is_new = _MET not in connection
            connection[_MET] = True
            visit = self._stations.enter(self._now(), asked, is_new_connection=is_new)
            if self._is_closed:
                self._stations.end(self._now())
            self._wait(visit, lambda: visit.stage not in _WAITS_FOR_WORKER)
            if visit.stage is not Stage.AT_WORK:
                self._leave(visit)
            return visit

    def finish(self, visit: Visit, *, items: int, size: int) -> bool:
        """Wait until the worker is done with a request that was carried out.

        Returns:
            Whether there is an answer, which is to be given to ``send``; otherwise it is over.
        """
        with self._lock:
            self._stations.work(self._now(), visit, items=items, size=size)
            self._wait(visit, lambda: visit.stage is not Stage.FINISHING)
            if visit.stage is not Stage.ANSWERED:
                self._leave(visit)
            return visit.stage is Stage.ANSWERED

    def announced(self, visit: Visit) -> Announced | None:
        """Say what the answer tells of a quota, if it does."""
        with self._lock:
            return self._stations.announced(self._now(), visit)

    def crowd(self) -> float:
        """Say how many requests wait for each worker of the back end where most do."""
        with self._lock:
            return max(pool.queued / max(1, pool.workers) for pool in self._stations.pools)

    def send(self, visit: Visit, body: bytes) -> Generator[bytes, None, None]:
        """Give an answer piece by piece, each when the line has carried it.

        Ends before the end of the body if the answer breaks on its way.
        """
        with self._lock:
            self._stations.send(self._now(), visit, len(body))
        sent = 0
        while True:
            with self._lock:
                self._await_piece(visit)
                is_over = visit.stage is not Stage.SENDING
                passed = self._stations.sent_bytes(self._now(), visit)
            if passed > sent:
                yield body[sent:passed]
                sent = passed
            if is_over:
                return

    def leave(self, visit: Visit) -> None:
        """Forget a visit. Safe to call twice."""
        with self._lock:
            self._leave(visit)

    def _await_piece(self, visit: Visit) -> None:
        if visit.stage is Stage.SENDING:
            until_s = self._now() + _PIECE_S
            self._stations.remind(until_s, visit)
            self._wait(visit, lambda: visit.stage is not Stage.SENDING or self._now() >= until_s)

    def _now(self) -> float:
        now_s = self._clock.monotonic_s()
        if self._began_s is None:
            self._began_s = now_s
        return now_s - self._began_s

    def _leave(self, visit: Visit) -> None:
        self._stations.leave(self._now(), visit)
        self._let_happen()

    def _end(self) -> None:
        self._stations.end(self._now())
        self._let_happen()

    def _let_happen(self) -> None:
        """Let everything happen that is due, and wake whom it concerns, the watch included."""
        for visit in self._stations.advance(self._now()):
            if (change := self._waiting.get(visit)) is not None:
                change.notify()
        if self._watch is not None and self._stations.wake_at() < self._watch_until_s:
            self._waiting[self._watch].notify()

    def _wait(self, visit: Visit, is_over: Callable[[], bool]) -> None:
        """Wait for a change of a visit, keeping watch if nobody else does."""
        change = self._waiting[visit] = threading.Condition(self._lock)
        try:
            while True:
                self._let_happen()
                if is_over():
                    return
                if self._watch in (None, visit):
                    self._watch, self._watch_until_s = visit, self._stations.wake_at()
                    self._clock.wait(change, max(0.0, self._watch_until_s - self._now()))
                else:
                    change.wait()
        finally:
            del self._waiting[visit]
            if self._watch is visit:
                self._watch = None
            # Also by whom the call finds at its own end: it would be lost otherwise.
            if self._watch is None:
                self._call_another_to_watch()

    def _call_another_to_watch(self) -> None:
        for change in self._waiting.values():
            change.notify()
            return
