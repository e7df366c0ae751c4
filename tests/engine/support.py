"""Runs for tests of the engine: what they claim is in their name."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.clock import Clock
from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.records import NewRun, Run
from strongroom.engine.claims import Claims
from tests.fakes.hand_clock import HandClock


def claims(thing: str) -> Claims:
    """Claim one thing by all its names: two runs on different things share nothing."""
    return Claims(connection=thing, storage=thing, server=thing, resources=None)


def new_run(thing: str, *, kind: str = "test", **request: str) -> NewRun:
    return NewRun(kind=kind, request={"thing": thing, **request}, claims=claims(thing).to_json())


def add(database: Database, run_id: str, thing: str, clock: Clock) -> None:
    with database.write() as db:
        runs.add(db, new_run(thing), run_id=run_id, now=clock.now())


def look(database: Database, run_id: str) -> Run:
    with database.read() as db:
        run = runs.by_id(db, run_id)
    assert run is not None
    return run


class WatchedClock(HandClock):
    """Calls a test whenever somebody waits."""

    def __init__(self, waited: Callable[[], None]) -> None:
        super().__init__()
        self._waited = waited

    def sleep(self, wait_s: float) -> None:
        super().sleep(wait_s)
        self._waited()
