"""The harness: asks for runs, kills workers at random instants, starts others, and waits.

What it asked for and whom it killed it remembers itself; ``judge.py`` holds that, and the database,
against the journal.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from strongroom.clock import SystemClock
from strongroom.control import runs
from strongroom.control.database import Database, DatabasePlace, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.records import Run, RunStatus
from strongroom.engine.queue import put
from tests.kills.journal import BORN, FOREVER, READY, Reader, Span, read
from tests.kills.nursery import Nursery
from tests.kills.orders import Order, drawn
from tests.kills.toy import MAKE_EFFECTS
from tests.kills.worker_process import STOPPED_ITSELF, Settings

_LOOK_EVERY_S = 0.04
_LOOK_CLOSELY_S = 0.002
_HIT_WITHIN_S = 2.0
_LITTLE_S = 0.1
_GENTLY, _ANYWHERE = 0.1, 0.25
"""So many are asked to leave instead; so many are killed whatever they are at, or not at."""

_MAY_END_SO = {0, -signal.SIGKILL, -signal.SIGTERM, STOPPED_ITSELF}
"""The last but one: before it could hear that it was to leave."""

_STUCK_S = 90.0
"""Nothing is as slow as that; but a machine may be busy with other things."""


@dataclass(slots=True)
class Asked:
    """A run that was asked for.

    Attributes:
        is_cancelled, is_paused: A person asked it to end, or to pause.
    """

    id: str
    order: Order
    is_cancelled: bool = False
    is_paused: bool = False

    @property
    def is_disturbed(self) -> bool:
        """A person asked it to pause or to end, so it may have lost its place in the order."""
        return self.is_cancelled or self.is_paused


@dataclass(slots=True)
class Death:
    """How a worker's process ended.

    Attributes:
        at_s: When, by the monotonic clock.
        code: Its exit code; a signal is negative.
        in_hand: So many workflows it had in hand.
    """

    at_s: float
    code: int
    in_hand: int


@dataclass
class Harness:
    """All of one trial. Of one thread.

    Attributes:
        settings: Of the workers.
        size: So many of them at once.
        asked: The runs, in the order in which they were asked for.
        deaths: By number of the process.
        frozen: Since when, and until when, processes stood still.
    """

    nursery: Nursery
    settings: Settings
    reader: Reader
    database: Database
    chance: random.Random
    size: int = 1
    clock: SystemClock = field(default_factory=SystemClock)
    asked: list[Asked] = field(default_factory=list)
    living: list[int] = field(default_factory=list)
    deaths: dict[int, Death] = field(default_factory=dict)
    frozen: dict[int, tuple[float, float]] = field(default_factory=dict)

    def start(self) -> int:
        """Start one more worker; give the number of its process."""
        log = Path(self.settings.folder) / "log"
        pid = self.nursery.start(self.settings.to_json(), log)
        self.living.append(pid)
        return pid

    def fill(self) -> None:
        """Start as many workers as there are to be, in the place of those that have ended."""
        for pid in list(self.living):
            code = self.nursery.look(pid)
            if code is not None:
                self._buried(pid)
        while len(self.living) < self.size:
            self.start()

    def end(self, pid: int, how: signal.Signals) -> None:
        """End a worker, and remember when."""
        os.kill(pid, how)
        self._buried(pid)

    def freeze(self, place: str) -> int:
        """Let the worker that comes to a place first stand still there; give its number."""
        frost = Path(self.settings.folder) / "frost"
        self.settings = replace(self.settings, frost=str(frost))
        say(frost, place)
        self.until(lambda: not frost.exists(), f"nobody comes to stand still {place}")
        (known,) = frost.parent.glob("frost.*")
        pid = int(known.suffix.removeprefix("."))
        self.frozen[pid] = self.clock.monotonic_s(), FOREVER
        return pid

    def are_ready(self) -> bool:
        """Say whether all workers that are to be there are at work."""
        ready = {span.deed.number for span in self.journal() if span.deed.what == READY}
        return len(self.living) == self.size and ready >= set(self.living)

    def thaw(self, pid: int) -> Death:
        """Let it go on, until it ends."""
        since_s, _ = self.frozen[pid]
        self.frozen[pid] = since_s, self.clock.monotonic_s()
        os.kill(pid, signal.SIGCONT)
        self._buried(pid)
        return self.deaths[pid]

    def ask(self, order: Order) -> Asked:
        """Ask for a run."""
        with self.database.write() as db:
            run = put(db, order.new_run(), clock=self.clock)
        one = Asked(id=run.id, order=order)
        self.asked.append(one)
        return one

    def open_runs(self) -> list[Run]:
        """List what has not ended."""
        with self.database.read() as db:
            known = [runs.by_id(db, one.id) for one in self.asked]
        return [run for run in known if run is not None and not run.status.is_final]

    def kill_at_random(self, kills: int, *, busy: int, every_s: tuple[float, float]) -> None:
        """Kill workers, while runs are asked for, paused, cancelled and resumed.

        Args:
            kills: How many, by SIGKILL; now and then one is asked to leave instead.
            busy: So many runs wait or run at any time.
            every_s: How long from one to the next, at least and at most.
        """
        done = 0
        next_s = self.clock.monotonic_s()
        while done < kills:
            self.fill()
            self._keep_busy(busy)
            if self.clock.monotonic_s() >= next_s:
                how = signal.SIGTERM if self.chance.random() < _GENTLY else signal.SIGKILL
                self.end(self._victim(), how)
                done += how is signal.SIGKILL
                next_s = self.clock.monotonic_s() + self.chance.uniform(*every_s)
            self.clock.sleep(_LOOK_EVERY_S)

    def _victim(self) -> int:
        """Choose a worker: mostly one of those that are at work, now or some moments later."""
        until_s = self.clock.monotonic_s() + _HIT_WITHIN_S
        busy: list[int] = []
        is_picky = self.chance.random() >= _ANYWHERE
        while is_picky and self.clock.monotonic_s() < until_s:
            busy = [pid for pid in self.living if self.reader.is_at_work(pid)]
            if busy:
                break
            self.clock.sleep(_LOOK_CLOSELY_S)
        victim = self.chance.choice(busy or self.living)
        self.clock.sleep(self.chance.uniform(0.0, _LITTLE_S))
        return victim

    def until(self, is_so: Callable[[], bool], wanted: str) -> None:
        """Wait, with all workers there, until something is so."""
        until_s = self.clock.monotonic_s() + _STUCK_S
        while not is_so():
            assert self.clock.monotonic_s() < until_s, f"{wanted}: {self.told()}"
            self.fill()
            self.clock.sleep(_LOOK_EVERY_S)

    def finish(self) -> None:
        """Let all runs come to their end, and all workers leave."""
        self.until(self._is_done, "runs do not come to their end")
        for pid in self.living:
            os.kill(pid, signal.SIGTERM)
        for pid in list(self.living):
            self._buried(pid)

    def journal(self) -> list[Span]:
        """Read what was done.

        What a worker still begins between its thaw and its end is left out: it is the one thing
        that nothing here can prevent, and nothing of it is kept. If something were, it is there.
        """
        deaths = {pid: death.at_s for pid, death in self.deaths.items()}
        spans = read(self.settings.journal, deaths)
        pids = {span.deed.worker: span.deed.number for span in spans if span.deed.what == BORN}
        cut = [self._cut(span, pids[span.deed.worker]) for span in spans]
        return [span for span in cut if span is not None]

    def _cut(self, span: Span, pid: int) -> Span | None:
        since_s, until_s = self.frozen.get(pid, (FOREVER, FOREVER))
        if span.end_s <= since_s or span.deed.what == "kept":
            return span
        if span.begin_s >= until_s:
            return None
        return replace(span, end_s=since_s, is_whole=False)

    def told(self) -> str:
        """Say how all stands, for whoever has to find out what went wrong."""
        log = Path(self.settings.folder) / "log"
        left = [
            f"{run.id} {run.status} attempt {run.attempts}, {run.waits_for}, driver {run.driver}"
            for run in self.open_runs()
        ]
        return "\n".join([*left, log.read_text() if log.exists() else ""])

    def _keep_busy(self, busy: int) -> None:
        there = self.open_runs()
        for _ in range(busy - len(there)):
            self.ask(drawn(self.chance))
        for run in there:
            self._interfere(run)

    def _interfere(self, run: Run) -> None:
        """Now and then pause a run, or end it; those that are paused go on."""
        asked = next(one for one in self.asked if one.id == run.id)
        what = self.chance.random()
        with self.database.write() as db:
            if run.status is RunStatus.PAUSED:
                if what < 0.2:
                    runs.resume(db, run.id)
            elif what < 0.002:
                asked.is_cancelled |= runs.ask_stop(db, run.id)
            elif what < 0.006:
                asked.is_paused |= runs.ask_pause(db, run.id)

    def _is_done(self) -> bool:
        there = self.open_runs()
        paused = [run for run in there if run.status is RunStatus.PAUSED]
        if paused:
            with self.database.write() as db:
                for run in paused:
                    runs.resume(db, run.id)
        # Whoever died between a run's end and DBOS's word of it has to be followed as well.
        return not there and not self.open_workflows()

    def open_workflows(self) -> list[str]:
        """List the workflows of runs that somebody still has to see to."""
        schema = "dbos." if self.database.place.is_shared else ""
        # Invitations to those who are gone are no lock: they are forgotten in the end.
        is_open = "name = 'run' AND status NOT IN ('SUCCESS', 'ERROR', 'CANCELLED')"
        statement = f"SELECT workflow_uuid FROM {schema}workflow_status WHERE {is_open}"  # noqa: S608 - our own words
        return [str(row[0]) for row in rows(self.database, statement)]

    def _buried(self, pid: int) -> None:
        code, at_s = self.nursery.wait(pid)
        self.living.remove(pid)
        self.deaths[pid] = Death(at_s=at_s, code=code, in_hand=self._in_hand(pid))
        assert code in _MAY_END_SO, f"it ended with {code}: {self.told()}"

    def _in_hand(self, pid: int) -> int:
        worker = self.reader.worker(pid)
        if worker is None:  # it was killed before it had a name
            return 0
        schema = "dbos." if self.database.place.is_shared else ""
        held = f"{schema}workflow_status WHERE status = 'PENDING' AND executor_id = '{worker}'"
        try:
            return len(rows(self.database, f"SELECT 1 FROM {held}"))  # noqa: S608 - our own words
        except DBAPIError:  # nor had it made its tables
            return 0


@contextmanager
def harness(
    nursery: Nursery, place: DatabasePlace, folder: Path, *, seed: int, size: int
) -> Iterator[Harness]:
    """Have one on a new database; none of its workers outlives the block."""
    address = place.url if isinstance(place, PostgresPlace) else place.shown
    database = open_database(place)
    with database.write() as db:
        db.execute(MAKE_EFFECTS)
    settings = Settings(address=address, folder=str(folder))
    one = Harness(
        nursery=nursery,
        settings=settings,
        reader=Reader(settings.journal),
        database=database,
        chance=random.Random(seed),
        size=size,
    )
    try:
        yield one
    finally:
        for pid in list(one.living):
            one.end(pid, signal.SIGKILL)
        database.close()


def rows(database: Database, statement: str) -> list[sa.Row[tuple[object, ...]]]:
    """Ask the database something."""
    with database.read() as db:
        return list(db.execute(sa.text(statement)).all())


def say(file: Path, value: object) -> None:
    """Write what workers look at, at once."""
    new = file.with_name(f"new {file.name}")
    new.write_text(str(value))
    new.replace(file)
