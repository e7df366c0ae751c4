"""Doing the tasks of a run: each keeps its row, and one that fails does not stop the others."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from strongroom.control import acknowledged as acknowledged_rows
from strongroom.control import runs as run_rows
from strongroom.control import tasks as task_rows
from strongroom.control.records import Task, TaskStatus
from strongroom.engine.worker import bug, fault_of
from strongroom.errors import Interrupted, SignInEnded, StrongroomError
from strongroom.operations.interfaces import Server
from strongroom.service.outcomes import STOPPERS
from strongroom.service.ports import Metered
from strongroom.service.shared import Shared
from strongroom.service.standing import Standings
from strongroom.words.coverage import Coverage
from strongroom.words.resource import Resource

_STOP_POLL_S = 0.2


class InUse:
    """Keeps two tasks of this process away from the same resource.

    The conflict rule compares what operators typed before anybody asks the server; the same mailbox
    may have been named by an address here and by an id there. This is the second, exact look.
    """

    def __init__(self) -> None:
        self._freed = threading.Condition()
        self._held: set[tuple[str, str]] = set()

    @contextmanager
    def hold(self, resource: Resource, stop: Callable[[], bool]) -> Iterator[None]:
        """Have the resource for as long as the block lasts; wait for it if need be.

        Raises:
            Interrupted: ``stop`` said so while we waited.
        """
        key = (str(resource.kind), resource.id)
        with self._freed:
            while key in self._held:
                if stop():
                    raise Interrupted("The run was stopped while it waited for a resource.")
                self._freed.wait(_STOP_POLL_S)
            self._held.add(key)
        try:
            yield
        finally:
            with self._freed:
                self._held.discard(key)
                self._freed.notify_all()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskKeeper:
    """Keeps the rows of one run's tasks.

    Attributes:
        standings: Takes note of how their resources stand, where the run is a backup.
    """

    shared: Shared
    run_id: str
    standings: Standings | None = None

    def known(self) -> list[Task]:
        """List the tasks as they stand."""
        with self.shared.database.read() as db:
            return task_rows.of_run(db, self.run_id)

    def keep(self, task: Task) -> Task:
        """Keep a task as it is now."""
        with self.shared.database.write() as db:
            task_rows.keep(db, task)
            if self.standings is not None:
                self.standings.keep(db, [task])
        return task

    def settle(self) -> None:
        """Know that all that the job covers has been kept (see ``Standings.settle``)."""
        if self.standings is not None:
            with self.shared.database.write() as db:
                self.standings.settle(db)

    def perform(self, task: Task, work: Callable[[], Coverage]) -> Task:
        """Do one task and keep how it ended.

        Raises:
            Interrupted, SignInEnded: it goes on another time.
            StorageFull, ServerUnreachable: the same would happen to all other tasks; this one is
                kept as failed.
        """
        now = self.shared.ports.clock.now
        task = self.keep(
            replace(task, status=TaskStatus.RUNNING, started=now(), finished=None, error=None)
        )
        try:
            coverage = work()
        except (Interrupted, SignInEnded):
            self.keep(replace(task, status=TaskStatus.WAITING))
            raise
        except StrongroomError as error:
            failed = replace(task, status=TaskStatus.FAILED, finished=now(), error=fault_of(error))
            self.keep(failed)
            if isinstance(error, STOPPERS):
                raise
            return failed
        except Exception:  # noqa: BLE001 - the border around a task: our bug ends this one alone
            return self.keep(
                replace(
                    task,
                    status=TaskStatus.FAILED,
                    finished=now(),
                    error=bug(traceback.format_exc()),
                )
            )
        acknowledged = self._acknowledged(task)
        return self.keep(
            replace(
                task,
                status=TaskStatus(coverage.status(acknowledged)),
                finished=now(),
                coverage=coverage.to_json(acknowledged),
            )
        )

    def _acknowledged(self, task: Task) -> frozenset[tuple[str, str]]:
        """List the skips of a resource that an administrator took note of."""
        with self.shared.database.read() as db:
            return acknowledged_rows.of_resource(db, task.resource_kind, task.resource_id)

    @contextmanager
    def counted(self, server: Server) -> Iterator[None]:
        """Add what the server is asked inside the block to the run's totals, however it ends."""
        try:
            yield
        finally:
            if isinstance(server, Metered):
                traffic = server.traffic
                with self.shared.database.write() as db:
                    run_rows.add_traffic(
                        db, self.run_id, requests=traffic.requests, throttled=traffic.throttled
                    )
