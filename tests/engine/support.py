"""Runs for tests of the engine: what they claim is in their name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from strongroom.clock import Clock
from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.records import NewRun, Run
from strongroom.engine.claims import Claims
from strongroom.engine.fellows import Alone
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Equipment, Worker
from tests.fakes.hand_clock import HandClock
from tests.fakes.plain_durable import PlainDurable


def claims(thing: str) -> Claims:
    """Claim one thing by all its names: two runs on different things share nothing."""
    return Claims(connection=thing, storage=thing, server=thing, resources=None)


def new_run(thing: str, *, kind: str = "test", **request: str) -> NewRun:
    return NewRun(kind=kind, request={"thing": thing, **request}, claims=claims(thing).to_json())


def add(database: Database, run_id: str, thing: str, clock: Clock, *, kind: str = "test") -> None:
    with database.write() as db:
        runs.add(db, new_run(thing, kind=kind), run_id=run_id, now=clock.now())


def look(database: Database, run_id: str) -> Run:
    with database.read() as db:
        run = runs.by_id(db, run_id)
    assert run is not None
    return run


Body = Callable[[Run, Desk], Ending]


class Simply:
    """A handler whose work is one function, and that has no tasks."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._endings: dict[str, Ending] = {}

    def plan(self, run: Run, desk: Desk) -> None:
        pass

    def work(self, run: Run, desk: Desk) -> None:
        self._endings[run.id] = self._body(run, desk)

    def conclude(self, run: Run) -> Ending:
        return self._endings[run.id]


MADE: list[PlainDurable] = []
"""What the workers of a test stand on; stopped when it ends, whatever it did with its workers."""


def make_worker(
    database: Database, bodies: Mapping[str, Body], clock: Clock, *, of: type[Worker] = Worker
) -> Worker:
    """Make the only worker of a database, with what the test says for each kind of run."""
    MADE.append(PlainDurable(database.write))
    equipment = Equipment(durable=MADE[-1], fellowship=Alone())
    handlers = {kind: Simply(body) for kind, body in bodies.items()}
    return of(database, handlers, clock, equipment)


class WatchedClock(HandClock):
    """Calls a test whenever somebody waits."""

    def __init__(self, waited: Callable[[], None]) -> None:
        super().__init__()
        self._waited = waited

    def sleep(self, wait_s: float) -> None:
        super().sleep(wait_s)
        self._waited()
