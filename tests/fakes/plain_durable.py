"""``Durable`` without DBOS: a table of lines, and threads. Loads fast; many live in one process.

Give it how to write to the database: ``PlainDurable(database.write)``. Whoever shares the database
shares the lines, so one can be closed, or left lying with ``abandon()`` as if it had been killed,
and another goes on.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.clock import SystemClock
from strongroom.control.rows import time_text
from strongroom.engine.durable import Bodies, Parked, Standing

_LOOK_S = 0.05
_RUNS = "runs"
_PARTS = ("plan", "drive", "conclude")
_METADATA = sa.MetaData()
_LINES = sa.Table(
    "plain_lines",
    _METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, pending, over
    sa.Column("worker", sa.Text),
    sa.Column("hold", sa.Text),  # new whenever somebody takes it up
    sa.Column("parts", sa.Integer, nullable=False),  # how many of them returned
    sa.Column("changed", sa.Text, nullable=False),
)


class PlainDurable:
    """See ``engine.durable.Durable``."""

    def __init__(self, write: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        self._write = write
        self._clock = SystemClock()
        self._worker = ""
        self._bodies: Bodies | None = None
        self._change = threading.Condition()
        self._is_woken = False
        self._is_over = False
        self._is_abandoned = False
        self._busy = 0
        self._threads: list[threading.Thread] = []
        self._looker = threading.Thread(target=self._look_for_work, name="plain-durable")

    def launch(self, worker_id: str, bodies: Bodies, /) -> None:
        self._worker, self._bodies = worker_id, bodies
        with self._write() as db:
            _METADATA.create_all(db)
        self._looker.start()

    def begin(self, db: sa.Connection, run_id: str, attempt: int, /) -> None:
        self._add(db, f"{run_id}/{attempt}", _RUNS, run_id, attempt)

    def wake(self) -> None:
        with self._change:
            self._is_woken = True
            self._change.notify_all()

    def invite(self, worker_id: str, run_id: str, attempt: int, /) -> None:
        with self._write() as db:
            line_id = f"{run_id}/{attempt}/{worker_id}"
            self._add(db, line_id, _queue_of(worker_id), run_id, attempt)

    def holders(self) -> frozenset[str]:
        c = _LINES.c
        with self._write() as db:
            pending = db.execute(sa.select(c.worker).where(c.state == "pending")).scalars().all()
            queues = db.execute(sa.select(c.queue).where(c.state == "waiting")).scalars().all()
        return frozenset(pending) | {q.partition(":")[2] for q in queues if q != _RUNS}

    def recover(self, dead: Sequence[str], /) -> int:
        c = _LINES.c
        waits = sa.update(_LINES).values(state="waiting", worker=None, hold=None)
        is_theirs = c.queue.in_([_queue_of(one) for one in dead])
        with self._write() as db:
            db.execute(sa.update(_LINES).where(is_theirs, c.state != "over").values(**self._over()))
            done = db.execute(waits.where(c.state == "pending", c.worker.in_(list(dead))))
            return int(done.rowcount)

    def retake(self) -> int:
        return 0  # what it takes up it has in hand

    def standing(self, run_id: str, attempt: int, /) -> Standing:
        wanted = sa.select(_LINES.c.state).where(_LINES.c.id == f"{run_id}/{attempt}")
        with self._write() as db:
            state = db.execute(wanted).scalar_one_or_none()
        if state is None:
            return Standing.UNKNOWN
        return Standing.OVER if state == "over" else Standing.GOING

    def forget(self, before: datetime, /) -> int:
        c = _LINES.c
        gone = sa.delete(_LINES).where(c.state == "over", c.changed < time_text(before))
        with self._write() as db:
            return int(db.execute(gone).rowcount)

    def close(self, timeout_s: float, /) -> bool:
        with self._change:
            self._is_over = True
            self._change.notify_all()
            is_quiet = self._change.wait_for(lambda: not self._busy, timeout_s)
        if self._looker.is_alive():
            self._looker.join()
        return is_quiet

    def abandon(self) -> None:
        """Do and write nothing more, as if the process had been killed."""
        self._is_abandoned = True
        self.close(0.0)

    def join(self, timeout_s: float) -> bool:
        """Wait for the threads that bodies ran in; say whether all have ended."""
        for one in self._threads:
            one.join(timeout_s)
        return not any(one.is_alive() for one in self._threads)

    def _add(self, db: sa.Connection, line_id: str, queue: str, run_id: str, attempt: int) -> None:
        if db.execute(sa.select(_LINES.c.id).where(_LINES.c.id == line_id)).first() is None:
            line = {"id": line_id, "queue": queue, "run_id": run_id, "attempt": attempt}
            new: dict[str, Any] = {**line, "state": "waiting", "parts": 0, "changed": self._now()}
            db.execute(sa.insert(_LINES).values(new))

    def _look_for_work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._is_woken or self._is_over, _LOOK_S)
                self._is_woken = False
                if self._is_over:
                    return
            for line in self._take():
                with self._change:
                    self._busy += 1
                self._threads.append(threading.Thread(target=self._do, args=(line,)))
                self._threads[-1].start()

    def _take(self) -> list[Any]:
        c = _LINES.c
        hold = secrets.token_hex(8)
        is_ours = c.queue.in_([_RUNS, _queue_of(self._worker)])
        take = sa.update(_LINES).values(state="pending", worker=self._worker, hold=hold)
        with self._write() as db:
            db.execute(take.where(is_ours, c.state == "waiting"))
            return list(db.execute(sa.select(_LINES).where(c.hold == hold)).all())

    def _do(self, line: Any) -> None:
        try:
            self._do_parts(line)
        finally:
            with self._change:
                self._busy -= 1
                self._change.notify_all()

    def _do_parts(self, line: Any) -> None:
        names = _PARTS[line.parts :] if line.queue == _RUNS else ("share",)
        for done, name in enumerate(names, line.parts + 1):
            if self._is_over:
                return
            try:
                getattr(self._bodies, name)(line.run_id, line.attempt)
            except Parked:
                return
            except Exception:  # noqa: BLE001 - as the interface says
                self._note(line, **self._over())
                return
            # Taken over by somebody else meanwhile: what they say counts.
            if not self._note(line, parts=done):
                return
        self._note(line, **self._over())

    def _note(self, line: Any, **values: Any) -> bool:
        if self._is_abandoned:
            return False
        c = _LINES.c
        with self._write() as db:
            ours = sa.update(_LINES).where(c.id == line.id, c.hold == line.hold)
            return bool(db.execute(ours.values(**values)).rowcount)

    def _over(self) -> dict[str, Any]:
        return {"state": "over", "worker": None, "hold": None, "changed": self._now()}

    def _now(self) -> str:
        return time_text(self._clock.now())


def _queue_of(worker_id: str) -> str:
    return f"worker:{worker_id}"
