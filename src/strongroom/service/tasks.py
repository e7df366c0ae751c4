"""Doing the tasks of a run: each keeps its row, and one that fails does not stop the others."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from strongroom.control import acknowledged as acknowledged_rows
from strongroom.control import runs as run_rows
from strongroom.control import tasks as task_rows
from strongroom.control.outages import OUTAGES
from strongroom.control.records import Task, TaskStatus
from strongroom.engine.faults import bug, fault_of
from strongroom.engine.tasks import Tasks
from strongroom.errors import Interrupted, SignInEnded, StrongroomError
from strongroom.operations.interfaces import Server
from strongroom.service.outcomes import STOPPERS
from strongroom.service.ports import Metered
from strongroom.service.shared import Shared
from strongroom.service.standing import Standings
from strongroom.words.coverage import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskKeeper:
    """Keeps the rows of one run's tasks, in one worker.

    Attributes:
        standings: Takes note of how their resources stand, where the run is a backup.
    """

    shared: Shared
    run_id: str
    tasks: Tasks
    standings: Standings | None = None

    def known(self) -> list[Task]:
        """List the tasks as they stand."""
        with self.shared.database.read() as db:
            return task_rows.of_run(db, self.run_id)

    def perform(self, task: Task, work: Callable[[], Coverage]) -> Task:
        """Do one task that was taken, and keep how it ended.

        Raises:
            Interrupted, SignInEnded: it goes on another time; or it was taken from us.
            OUTAGES: the control database is away; nothing is wrong with the task.
            StorageFull, ServerUnreachable: the same would happen to all other tasks; this one is
                kept as failed.
        """
        now = self.shared.ports.clock.now
        task = replace(task, status=TaskStatus.RUNNING, started=now(), finished=None, error=None)
        try:
            coverage = work()
        except (Interrupted, SignInEnded, *OUTAGES):
            raise
        except StrongroomError as error:
            failed = self._end(replace(task, status=TaskStatus.FAILED, error=fault_of(error)))
            if isinstance(error, STOPPERS):
                raise
            return failed
        except Exception:  # noqa: BLE001 - the border around a task: our bug ends this one alone
            fault = bug(traceback.format_exc())
            return self._end(replace(task, status=TaskStatus.FAILED, error=fault))
        # Most tasks skip nothing, and then nobody need be asked.
        acknowledged = self._acknowledged(task) if coverage.totals.skipped else frozenset()
        return self._end(
            replace(
                task,
                status=TaskStatus(coverage.status(acknowledged)),
                coverage=coverage.to_json(acknowledged),
            )
        )

    def _end(self, task: Task) -> Task:
        ended = replace(task, finished=self.shared.ports.clock.now(), worker=None)
        self.tasks.end(ended, None if self.standings is None else self.standings.keep)
        return ended

    def _acknowledged(self, task: Task) -> frozenset[tuple[str, str]]:
        """List the skips of a resource that an administrator took note of."""
        with self.shared.database.read() as db:
            return acknowledged_rows.of_resource(db, task.resource_kind, task.own_id)

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
