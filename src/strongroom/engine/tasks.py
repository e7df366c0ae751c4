"""A run's tasks, as one worker takes, ends and gives them back.

Whatever is asked of the control database here waits until that is back if it is away: what was done
of a task for an hour is not to be thrown away because its end could not be kept just then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from strongroom.control import task_queue
from strongroom.control.database import Database
from strongroom.control.outages import OUTAGES
from strongroom.control.records import Task, TaskStatus
from strongroom.control.task_queue import Left
from strongroom.engine.patience import Patience
from strongroom.errors import Interrupted

_AT_ONCE_MAX = 20
"""Tasks that are taken in one transaction: for small mailboxes a transaction each would be most of
the engine's work."""

_TOGETHER_BYTES_MAX = 256 * 1024**2
"""And no more than that much together: a large one is taken by itself."""

_SHARE = 4
"""A worker takes a quarter of what would be its even part: the last ones are taken one by one, so
that no worker is idle while another has a pile."""

Note = Callable[[sa.Connection, Sequence[Task]], None]
"""Takes note of tasks inside the transaction that keeps them."""

_Key = tuple[str, str]


class Tasks:
    """Safe in many threads.

    Attributes:
        worker: Our id.
        patience: How long the control database is waited for.

    Args:
        run_id: The run. One body at a time has its tasks in hand in a worker.
        worker: Our id.
        database: The control database.
        patience: How long it is waited for.
        kinds: Kinds of runs that keep others from a resource; none: this run minds nobody.
        workers: Says how many workers there are.
    """

    def __init__(
        self,
        run_id: str,
        worker: str,
        database: Database,
        patience: Patience,
        *,
        kinds: Collection[str] = (),
        workers: Callable[[], int] = lambda: 1,
    ) -> None:
        self._run_id = run_id
        self.worker = worker
        self.patience = patience
        self._database = database
        self._kinds = kinds
        self._workers = workers
        self._lock = threading.Lock()
        self._held: set[_Key] = set()
        self._is_unsure = False

    def plan(self, planned: Sequence[Task], note: Note | None = None) -> None:
        """Keep what the run is to do (see ``task_queue.plan``)."""

        def keep() -> None:
            with self._database.write() as db:
                task_queue.plan(db, self._run_id, planned)
                if note is not None:
                    note(db, planned)

        self.patience.outlast(keep)

    @contextmanager
    def taken(self) -> Iterator[Iterator[Task]]:
        """Take tasks for as long as the block lasts; those that have not ended then wait again.

        Yields:
            The next tasks, until there is none that could be taken. Read it in one thread.
        """
        try:
            yield self._next()
        finally:
            self._give_back()

    def end(self, task: Task, note: Note | None = None) -> None:
        """Keep how a task ended, in any thread.

        Raises:
            Interrupted: it is not ours any more. Whoever has it finds what we stored.
        """
        is_ours = self.patience.outlast(lambda: self._end(task, note))
        with self._lock:
            self._held.discard(_key(task))
        if not is_ours:
            raise Interrupted("Another worker has taken this task over.")

    def left(self) -> Left:
        """Count what is left to do, by whomever."""
        return self.patience.outlast(self._left)

    def _left(self) -> Left:
        with self._database.read() as db:
            return task_queue.left(db, self._run_id, self.worker)

    def _end(self, task: Task, note: Note | None) -> bool:
        with self._database.write() as db:
            if not task_queue.end(db, task, self.worker):
                # The answer to an earlier try may have been lost.
                return task_queue.has_ended_so(db, task)
            if note is not None:
                note(db, [task])
            return True

    def _next(self) -> Iterator[Task]:
        while taken := self.patience.outlast(self._take):
            with self._lock:
                self._held.update(map(_key, taken))
            yield from taken

    def _take(self) -> list[Task]:
        try:
            return self._take_some()
        except OUTAGES:
            # What was taken in a transaction whose answer was lost is in our hands, and we do not
            # know of it.
            self._is_unsure = True
            raise

    def _take_some(self) -> list[Task]:
        shares = _SHARE * max(1, self._workers())
        with self._database.write() as db:
            waiting = task_queue.waiting(db, self._run_id, at_most=_AT_ONCE_MAX * shares)
            if not waiting:
                return []
            at_most = max(1, waiting // shares)
            return task_queue.take(
                db,
                self._run_id,
                self.worker,
                at_most=at_most,
                bytes_max=_TOGETHER_BYTES_MAX,
                kinds=self._kinds,
            )

    def _give_back(self) -> None:
        with self._lock:
            if not self._held and not self._is_unsure:
                return
        self.patience.outlast(self._give_all_back)
        with self._lock:
            self._held.clear()
            self._is_unsure = False

    def _give_all_back(self) -> None:
        with self._database.write() as db:
            task_queue.give_back(db, self._run_id, self.worker)


def _key(task: Task) -> _Key:
    return task.resource_kind, task.resource_id


def is_shown_as_running(task: Task) -> bool:
    """Say whether somebody works on a task, or has only taken it."""
    return task.status is TaskStatus.RUNNING and task.started is not None
