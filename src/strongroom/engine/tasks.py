"""A run's tasks, as one worker takes, ends and gives them back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from strongroom.control import task_queue
from strongroom.control.database import Database
from strongroom.control.records import Task, TaskStatus
from strongroom.control.task_queue import Left
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

    Args:
        run_id: The run.
        worker: Our id.
        database: The control database.
        kinds: Kinds of runs that keep others from a resource; none: this run minds nobody.
        workers: Says how many workers there are.
    """

    def __init__(
        self,
        run_id: str,
        worker: str,
        database: Database,
        *,
        kinds: Collection[str] = (),
        workers: Callable[[], int] = lambda: 1,
    ) -> None:
        self._run_id = run_id
        self.worker = worker
        self._database = database
        self._kinds = kinds
        self._workers = workers
        self._lock = threading.Lock()
        self._held: dict[_Key, Task] = {}

    def plan(self, planned: Sequence[Task], note: Note | None = None) -> None:
        """Keep what the run is to do (see ``task_queue.plan``)."""
        with self._database.write() as db:
            task_queue.plan(db, self._run_id, planned)
            if note is not None:
                note(db, planned)

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
        with self._database.write() as db:
            is_ours = task_queue.end(db, task, self.worker)
            if is_ours and note is not None:
                note(db, [task])
        with self._lock:
            self._held.pop(_key(task), None)
        if not is_ours:
            raise Interrupted("Another worker has taken this task over.")

    def left(self) -> Left:
        """Count what is left to do, by whomever."""
        with self._database.read() as db:
            return task_queue.left(db, self._run_id, self.worker)

    def _next(self) -> Iterator[Task]:
        while taken := self._take():
            with self._lock:
                self._held.update((_key(task), task) for task in taken)
            yield from taken

    def _take(self) -> list[Task]:
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
            held, self._held = list(self._held.values()), {}
        if held:
            with self._database.write() as db:
                for task in held:
                    task_queue.give_back(db, task, self.worker)


def _key(task: Task) -> _Key:
    return task.resource_kind, task.resource_id


def is_shown_as_running(task: Task) -> bool:
    """Say whether somebody works on a task, or has only taken it."""
    return task.status is TaskStatus.RUNNING and task.started is not None
