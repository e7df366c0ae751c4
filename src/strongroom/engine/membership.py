"""Being one of several workers on a shared control database: beating, looking, stopping in time.

Two threads beside the worker's own. One beats; it may hang on a server that does not answer. The
other looks once a second whether beats get through, and touches nothing that could hang. Both go
around the lock that lets one write at a time: whoever stands still while holding it would otherwise
take all others with it.

That another worker is dead is written down, for good, before anything is taken from it; so one that
wakes up learns it from its next beat, and goes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from strongroom.clock import Clock
from strongroom.control import workers
from strongroom.control.database import DatabasePlace
from strongroom.engine.durable import Durable
from strongroom.engine.fellows import new_worker_id
from strongroom.engine.liveness import Pulse, Timing, Watch
from strongroom.errors import ResourceLocked, StrongroomError

_LOOK_S = 1.0
_KEPT = timedelta(days=7)
"""For so long a list of workers shows those that are gone."""

_WAIT_LITTLE = sa.text("SET LOCAL lock_timeout = '500ms'")

_log = logging.getLogger("strongroom.engine")


class PlaceLost(StrongroomError):
    """The others take us for dead: our work is theirs, and we must not touch it any more."""


class Membership:
    """Our place among the workers: ``engine.fellows.Fellowship``.

    Args:
        place: Where the control database is; several machines may have it open.
        host: The name of this machine.
        pid: The number of this process.
        clock: Time.
        lost: Called once, in a thread of ours, when we have lost our place, after that was logged.
            Stops everything at once: what is done after it is done by two.
        timing: How fast deaths are noticed.
    """

    def __init__(
        self,
        place: DatabasePlace,
        *,
        host: str,
        pid: int,
        clock: Clock,
        lost: Callable[[str], None],
        timing: Timing | None = None,
    ) -> None:
        self.id = new_worker_id()
        self._place = place
        self._engine = place.engine()
        self._host, self._pid = host, pid
        self._clock = clock
        self._lost = lost
        self._timing = timing or Timing()
        self._pulse = Pulse(self._timing, now_s=clock.monotonic_s())
        self._watch = Watch(self._timing)
        self._others: Sequence[str] = ()
        self._look_s = clock.monotonic_s()
        self._change = threading.Condition()
        self._is_over = False
        self._is_lost = False
        self._threads: list[threading.Thread] = []

    def others(self) -> Sequence[str]:
        """As the interface says."""
        return self._others

    def living(self, db: sa.Connection, /) -> Collection[str]:
        """As the interface says."""
        return workers.alive(db).keys()

    def join(self) -> None:
        """As the interface says."""
        self.enter()
        self._start()

    def enter(self) -> None:
        """Let the others know of us. Whoever calls this instead of ``join`` beats by hand."""
        sent_s = self._clock.monotonic_s()
        with self._transaction() as db:
            now = self._clock.now()
            workers.add(db, worker_id=self.id, host=self._host, pid=self._pid, now=now)
            workers.forget(db, before=now - _KEPT)
            # Known from the beginning: what they have in hand is not to be taken from them.
            self._others = [one for one in workers.alive(db) if one != self.id]
        self._beaten(sent_s)

    def look(self, durable: Durable, /) -> None:
        """As the interface says."""
        if self._is_lost:
            raise PlaceLost(
                "This worker was taken for dead, so it stops.",
                why="It could not show in time that it lives.",
                hint="Start it again; what it did is kept, and others go on with the rest.",
            )
        now_s = self._clock.monotonic_s()
        if now_s < self._look_s:
            return
        self._look_s = now_s + self._timing.beat_s
        self._bury_the_silent(now_s)
        self._take_over(durable)

    def leave(self) -> None:
        """As the interface says."""
        with self._change:
            self._is_over = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join(self._timing.beat_s)
        try:
            with self._transaction() as db:
                workers.leave(db, self.id)
        except (StrongroomError, SQLAlchemyError) as error:
            # The others find out by themselves, a minute later.
            _log.warning("could not say that worker %s leaves: %s", self.id, error)
        self._engine.dispose()

    def beat(self) -> None:
        """Show once that we live."""
        sent_s = self._clock.monotonic_s()
        try:
            with self._transaction() as db:
                is_alive = workers.beat(db, self.id, now=self._clock.now())
        except (StrongroomError, SQLAlchemyError) as error:
            _log.warning("the beat of worker %s did not get through: %s", self.id, error)
            return
        if is_alive:
            self._beaten(sent_s)
        else:
            self._lose("the others have found it dead")

    def check(self) -> None:
        """See once whether our beats get through."""
        with self._change:
            is_lost = self._pulse.is_lost(self._clock.monotonic_s())
        if is_lost:
            self._lose(f"no beat got through for {self._timing.fence_after_s:.0f} s")

    def _start(self) -> None:
        for name, step, every_s in (
            ("beat", self.beat, self._timing.beat_s),
            ("pulse", self.check, min(_LOOK_S, self._timing.beat_s)),
        ):
            thread = threading.Thread(target=self._repeat, args=(step, every_s), name=name)
            thread.daemon = True  # a server that does not answer keeps nobody from leaving
            self._threads.append(thread)
            thread.start()

    def _bury_the_silent(self, now_s: float) -> None:
        with self._transaction() as db:
            beats = {one: beat for one, beat in workers.alive(db).items() if one != self.id}
        silent = self._watch.look(beats, now_s=now_s)
        for worker, last in silent.items():
            try:
                with self._transaction() as db:
                    workers.bury(db, {worker: last})
            except ResourceLocked:
                continue  # it stands still in the middle of its beat; the server ends that soon
            _log.warning("worker %s is dead: it has not beaten since %s", worker, last)
        self._others = [one for one in beats if one not in silent]

    def _take_over(self, durable: Durable) -> None:
        holders = durable.holders()
        # Looked at after that: who holds something and is alive was alive before.
        with self._transaction() as db:
            living = set(workers.alive(db))
        recovered = durable.recover(sorted(holders - living - {self.id}))
        if recovered:
            _log.warning("took over %d runs of workers that are gone", recovered)
            durable.wake()

    def _beaten(self, sent_s: float) -> None:
        with self._change:
            self._pulse.beaten(sent_s)

    def _lose(self, why: str) -> None:
        with self._change:
            if self._is_lost or self._is_over:
                return
            self._is_lost = True
        _log.critical("worker %s stops at once: %s", self.id, why)
        self._lost(why)

    def _repeat(self, step: Callable[[], None], every_s: float) -> None:
        while True:
            with self._change:
                if not self._is_over:
                    self._clock.wait(self._change, every_s)
                if self._is_over or self._is_lost:
                    return
            step()

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        # Neither of the kinds that the database has: one takes the lock, one may not write.
        try:
            with self._engine.begin() as db:
                db.execute(_WAIT_LITTLE)
                yield db
        except DBAPIError as error:
            meaning = self._place.meaning(error)
            if meaning is None:
                raise
            raise meaning from error
