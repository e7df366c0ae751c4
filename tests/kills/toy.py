"""What the runs of the harness do: steps that are written into the journal, and effects.

The effect of a task is kept as a storage's snapshot would be: in the transaction that ends the
task, once for each task, refused by the database if it were there already.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import tasks as task_rows
from strongroom.control.database import Database
from strongroom.control.records import Fault, Run, RunStatus, Task, TaskStatus
from strongroom.engine.work import Desk, Ending
from strongroom.errors import Interrupted
from strongroom.words.json import Json
from tests.kills.journal import Deed, Pen

MAKE_EFFECTS = sa.text(
    "CREATE TABLE effects (run TEXT NOT NULL, resource TEXT NOT NULL, worker TEXT NOT NULL,"
    " PRIMARY KEY (run, resource))"
)
_KEEP_EFFECT = sa.text("INSERT INTO effects VALUES (:run, :resource, :worker)")
_NOTHING_TOLD: dict[str, Json] = {"notes": [], "notes_before": 0, "pace": None}


IN_STEP, IN_TRANSACTION = "in a step", "in a transaction"


class Frost:
    """Lets one of all workers stand still, at the place that a file names; whoever comes first.

    From outside one would have to hit it, and it may be dead by then.

    Args:
        database: The one that all threads of this worker write to.
        file: The file; it bears the worker's number as its suffix then. None: nobody stands still.
    """

    def __init__(self, database: Database, file: Path | None) -> None:
        self._database = database
        self._file = file

    def at(self, place: str) -> None:
        """Stand still if this is the place."""
        if self._file is None:
            return
        with suppress(FileNotFoundError), self._turn(place):
            if self._file.read_text() == place:
                self._file.rename(self._file.with_suffix(f".{os.getpid()}"))
                os.kill(os.getpid(), signal.SIGSTOP)

    def _turn(self, place: str) -> AbstractContextManager[None]:
        # In a step no other thread of ours shall be in the middle of a transaction.
        return self._database._alone() if place == IN_STEP else nullcontext()


class Toy:
    """The handler of all kinds of runs (see ``engine.work.Handler``)."""

    def __init__(
        self, database: Database, worker: str, pen: Pen, clock: Clock, frost: Frost
    ) -> None:
        self._database = database
        self._frost = frost
        self._worker = worker
        self._pen = pen
        self._clock = clock

    def plan(self, run: Run, desk: Desk) -> None:
        """One task for each resource."""
        request: Any = run.request
        with self._pen.doing(self._deed("plan", run)):
            desk.tasks.plan(
                [
                    Task(
                        run_id=run.id,
                        resource_kind="mailbox",
                        resource_id=name,
                        number=number,
                        resource=name,
                    )
                    for number, name in enumerate(request["resources"])
                ]
            )

    def work(self, run: Run, desk: Desk) -> None:
        """Do one task after the other, beginning each anew."""
        with self._pen.doing(self._deed("work", run)), desk.tasks.taken() as todo:
            for task in todo:
                self._perform(run, desk, task)

    def conclude(self, run: Run) -> Ending:
        """It is complete if all of its tasks are."""
        with self._pen.doing(self._deed("conclude", run)), self._database.read() as db:
            tasks = task_rows.of_run(db, run.id)
        if tasks and all(task.status is TaskStatus.COMPLETE for task in tasks):
            return Ending(status=RunStatus.COMPLETE)
        return Ending(status=RunStatus.FAILED, fault=Fault(exit_code=1, what="Tasks are left."))

    def _perform(self, run: Run, desk: Desk, task: Task) -> None:
        request: Any = run.request
        for number in range(request["steps"]):
            if desk.stop():
                raise Interrupted("Asked to stop.")
            with self._pen.doing(self._deed("step", run, task, number)):
                self._frost.at(IN_STEP)
                self._clock.sleep(request["step_s"])
            desk.say_live({**_NOTHING_TOLD, "resources": {task.resource: {"saved": number}}})
        desk.tasks.end(
            replace(task, status=TaskStatus.COMPLETE, finished=self._clock.now(), worker=None),
            self._keep_effects,
        )
        self._pen.note(self._deed("kept", run, task))

    def _keep_effects(self, db: sa.Connection, ended: Sequence[Task]) -> None:
        for task in ended:
            values = {"run": task.run_id, "resource": task.resource_id, "worker": self._worker}
            db.execute(_KEEP_EFFECT, values)
            self._frost.at(IN_TRANSACTION)

    def _deed(self, what: str, run: Run, task: Task | None = None, number: int = 0) -> Deed:
        return Deed(
            what=what,
            worker=self._worker,
            run=run.id,
            attempt=run.attempts,
            resource="-" if task is None else task.resource_id,
            number=number,
        )
