"""A worker of the harness: the product's own engine and loop, in a process that may be killed."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import sys
import threading
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

from strongroom.clock import Clock, SystemClock
from strongroom.control.database import Database, DatabasePlace, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.records import Job, NewRun
from strongroom.control.sqlite import SqliteFile
from strongroom.engine import worker as worker_module
from strongroom.engine.dbos_durable import DbosDurable
from strongroom.engine.fellows import Alone, Fellowship
from strongroom.engine.filelock import FileLock
from strongroom.engine.liveness import Timing
from strongroom.engine.membership import Membership
from strongroom.engine.scheduling import Scheduler
from strongroom.engine.serving import work
from strongroom.engine.worker import Chore, Equipment, Worker
from tests.kills.journal import READY, Deed, Pen
from tests.kills.orders import Order
from tests.kills.toy import Frost, Toy

STOPPED_ITSELF = 86
KINDS = ("backup", "restore", "export", "verify")
_LOOK_AGAIN_S = 0.02


class WrongClock(SystemClock):
    """A machine's clock that somebody sets: its date is wrong by what a file says."""

    def __init__(self, file: str) -> None:
        self._file = Path(file) if file else None

    def now(self) -> datetime:
        """Say the wall-clock time."""
        wrong_s = 0.0 if self._file is None else float(self._file.read_text())
        return super().now() + timedelta(seconds=wrong_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a worker is.

    Attributes:
        address: The control database: an address, or the path of a file.
        folder: Where the journal and the home's lock are.
        beat_s, fence_after_s, dead_after_s: See ``Timing``.
        poll_s: How often it looks for what others began.
        check_s: How often it looks whether what runs is in somebody's hands.
        clock: A file that says by how many seconds the machine's time is wrong; none: it is right.
        frost: A file that lets one worker stand still, see ``Frost``; none: nobody does.
        pages: A file that says how many pages a file of SQLite's may have; none: any number.
    """

    address: str
    folder: str
    beat_s: float = 0.25
    fence_after_s: float = 1.5
    dead_after_s: float = 2.0
    poll_s: float = 0.25
    check_s: float = 4.0
    clock: str = ""
    pages: str = ""
    frost: str = ""

    @property
    def journal(self) -> Path:
        """Where the journal is."""
        return Path(self.folder) / "journal"

    @property
    def place(self) -> DatabasePlace:
        """Where the control database is."""
        if "://" in self.address:
            return PostgresPlace(url=self.address)
        return SqliteFile(path=Path(self.address))

    def to_json(self) -> dict[str, Any]:
        """Write it for another process."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def main(settings: Settings) -> int:
    """Be a worker until told to leave by SIGTERM."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    is_over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    worker_module._CHECK_EVERY_S = settings.check_s
    if settings.pages:
        _limit_pages(Path(settings.pages))
    place = settings.place
    lock = FileLock(Path(settings.folder) / "lock")
    while not place.is_shared and not lock.try_acquire():
        SystemClock().sleep(_LOOK_AGAIN_S)
    database = open_database(place)
    try:
        work(make_worker=lambda: _worker(settings, place), is_over=is_over.is_set)
    finally:
        database.close()
        lock.release()
    return 0


def _worker(settings: Settings, place: DatabasePlace) -> Worker:
    clock, pen = WrongClock(settings.clock), Pen(settings.journal)
    database = open_database(place)
    fellowship = _fellowship(settings, place, clock)
    pen.note(Deed(what="born", worker=fellowship.id, number=os.getpid()))
    frost = Frost(database, Path(settings.frost) if settings.frost else None)
    toy = Toy(database, fellowship.id, pen, clock, frost)
    equipment = Equipment(
        durable=DbosDurable(place, poll_s=settings.poll_s, clock=clock),
        fellowship=fellowship,
        chores=(_schedules(database, clock),),
        lost=_stop_at_once,
    )
    worker = Worker(database, dict.fromkeys(KINDS, toy), clock, equipment)
    pen.note(Deed(what=READY, worker=fellowship.id, number=os.getpid()))
    return worker


def _schedules(database: Database, clock: Clock) -> Chore:
    def make_run(job: Job) -> NewRun:
        # Each job has things of its own, so that its run waits for nobody.
        return Order(
            kind="backup", connection=job.id, storage=job.id, server=job.id, resources=(job.id,)
        ).new_run()

    return Scheduler(database, clock, make_run=make_run, missed=lambda *_, **__: None).tick


def _fellowship(settings: Settings, place: DatabasePlace, clock: Clock) -> Fellowship:
    if not place.is_shared:
        return Alone()
    timing = Timing(
        beat_s=settings.beat_s,
        fence_after_s=settings.fence_after_s,
        dead_after_s=settings.dead_after_s,
        ask_s=settings.beat_s,
    )
    return Membership(
        place, host="here", pid=os.getpid(), clock=clock, lost=_stop_at_once, timing=timing
    )


def _limit_pages(limit: Path) -> None:
    """Let the disk of the control database be as full as a file says."""

    def limit_now(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {int(limit.read_text())}")

    event.listen(Pool, "checkout", limit_now)


def _stop_at_once(why: str) -> None:
    print(f"stops at once: {why}", file=sys.stderr, flush=True)  # noqa: T201 - its log
    os._exit(STOPPED_ITSELF)
