"""Verbs of runs: list, show, wait, pause, resume, cancel; and the report of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from strongroom.control import acknowledged as acknowledged_rows
from strongroom.control import run_sums
from strongroom.control import runs as rows
from strongroom.control import tasks as task_rows
from strongroom.control.records import Run, RunStatus, Task
from strongroom.engine.faults import paused_by_a_person
from strongroom.engine.filelock import FileLock
from strongroom.engine.giving_up import has_to_give_up
from strongroom.engine.standing import as_it_stands
from strongroom.engine.waiting import wait_for
from strongroom.engine.work import Handler
from strongroom.errors import OperatorError
from strongroom.service.rights import Right
from strongroom.service.run_report import LISTED_MAX, listed, report, without_names
from strongroom.service.run_retrying import RunRetrying
from strongroom.service.run_view import all_as_seen, as_seen
from strongroom.service.run_watching import Watched
from strongroom.service.shared import Shared
from strongroom.service.verbs import verb
from strongroom.service.working import has_worker, make_worker, nobody_working
from strongroom.words.job_kind import JobKind
from strongroom.words.json import Json

_LIST_MAX = 200


class Runs(RunRetrying):
    """The verbs. Safe in many threads, ``wait`` apart, which one thread at a time may call."""

    def __init__(self, shared: Shared, handlers: Mapping[str, Handler]) -> None:
        super().__init__(shared)
        self._handlers = handlers

    @verb(Right.LIST)
    def all(self) -> list[dict[str, Json]]:
        """List the newest runs, newest first, as reports without folders, of few of their tasks.

        Who may not watch is not told what could name folders or items.
        """
        is_there = has_worker(self._shared)
        now = self._shared.ports.clock.now()
        with self._shared.database.read() as db:
            newest = rows.newest_first(db, at_most=_LIST_MAX)
            standing = [as_it_stands(run, has_worker=is_there) for run in newest]
            known = all_as_seen(db, standing, now)
            ids = [run.id for run in known]
            tasks = task_rows.first_of_runs(db, ids, at_most=LISTED_MAX)
            sums = run_sums.counted(db, ids)
        shared = self._shared
        may_watch = Right.WATCH in shared.guard.rights(shared.session)
        reports = [listed(run, tasks[run.id], sums[run.id], now=now) for run in known]
        return reports if may_watch else [without_names(one) for one in reports]

    @verb(Right.WATCH)
    def show(self, run_id: str) -> dict[str, Json]:
        """Give the report of one run (design §6).

        Raises:
            OperatorError: there is none, or more than one begins so.
        """
        run = self._as_it_stands(self._find(run_id))
        with self._shared.database.read() as db:
            now = self._shared.ports.clock.now()
            return report(as_seen(db, run, now), task_rows.of_run(db, run.id), now=now)

    def _as_it_stands(self, run: Run) -> Run:
        return as_it_stands(run, has_worker=has_worker(self._shared))

    @verb(Right.WATCH)
    def find(self, run_id: str) -> Run:
        """Find a run by its id, or by the first letters of it."""
        return self._as_it_stands(self._find(run_id))

    @verb(Right.RUN, is_audited=True)
    def pause(self, run_id: str) -> Run:
        """Ask a run to pause at its next safe point; what it has kept stays.

        Raises:
            OperatorError: it rests already, or has ended, or is about to.
        """
        run = self._find(run_id)
        with self._shared.database.write() as db:
            if not rows.ask_pause(db, run.id):
                now = rows.by_id(db, run.id) or run
                raise OperatorError(
                    f"The run {run.id} cannot be paused.",
                    why="It was cancelled." if now.is_stop_asked else f"It is {now.status}.",
                )
            with nobody_working(self._shared) as is_nobody:
                if is_nobody:
                    rows.pause(db, run.id, fault=paused_by_a_person(run.id))
        return self._find(run.id)

    @verb(Right.RUN, is_audited=True)
    def resume(self, run_id: str) -> Run:
        """Let a paused run go on from what it has kept; it takes its old place in the queue.

        Whether what paused it is mended is found out by going on. A connection that was edited or
        signed in again meanwhile is used as it is now.

        Raises:
            OperatorError: it is not paused.
        """
        run = self._find(run_id)
        with self._shared.database.write() as db:
            if not rows.resume(db, run.id):
                run = rows.by_id(db, run.id) or run
                raise OperatorError(
                    f"The run {run.id} is not paused: it is {run.status}.",
                    hint="Ask for a new one: run its job, or give the restore again."
                    if run.status.is_final
                    else f"See `strongroom run watch {run.id}`.",
                )
        return self._find(run.id)

    @verb(Right.RUN, is_audited=True)
    def cancel(self, run_id: str) -> Run:
        """Ask a run to end at its next safe point; what it has kept stays.

        A restore that was killed and left settings of a site relaxed, or that could not put them
        back when it ended, ends when some worker has put them back (``Run.is_giving_up``).

        Raises:
            OperatorError: it has ended already.
        """
        run = self._find(run_id)
        with self._shared.database.write() as db:
            now = rows.by_id(db, run.id) or run
            if rows.ask_stop(db, run.id):
                with nobody_working(self._shared) as is_nobody:
                    if is_nobody:
                        self._end_as_cancelled(db, now)
            elif now.status is RunStatus.PAUSED:
                self._end_as_cancelled(db, now)
            elif self._has_to_give_up(now):
                rows.give_up(db, run.id)
            else:
                raise OperatorError(f"The run {run.id} has ended already: {now.status}.")
        return self._find(run.id)

    def _has_to_give_up(self, run: Run) -> bool:
        return has_to_give_up(self._handlers.get(run.kind), run)

    def _end_as_cancelled(self, db: sa.Connection, run: Run) -> None:
        """End a run that nobody works on, unless it must put something back first."""
        if self._has_to_give_up(run):
            rows.give_up(db, run.id)
            return
        now = self._shared.ports.clock.now()
        rows.finish(db, run.id, RunStatus.CANCELLED, fault=None, now=now)

    @verb(Right.MANAGE, is_audited=True)
    def acknowledge(self, run_id: str) -> int:
        """Take note of everything that a backup run skipped: alone, it makes no later run partial.

        The skips stay in every ledger, marked; so does this run as it ended. What is skipped for
        another reason, or failed, is not covered.

        Returns:
            How many skips were not acknowledged before.

        Raises:
            OperatorError: the run has not ended, is no backup, or skipped nothing.
        """
        run = self._find(run_id)
        if not run.status.is_final:
            raise OperatorError(
                f"The run {run.id} has not ended.", hint=f"See `strongroom run watch {run.id}`."
            )
        if run.kind != JobKind.BACKUP:
            raise OperatorError(
                f"The run {run.id} is a {run.kind}: nothing of it comes back in a later run.",
                hint="Only what backups skip is acknowledged.",
            )
        now = self._shared.ports.clock.now()
        with self._shared.database.write() as db:
            skipped = {
                (task.resource_kind, task.resource_id): _skips(task)
                for task in task_rows.of_run(db, run.id)
            }
            if not any(skipped.values()):
                raise OperatorError(
                    f"The run {run.id} skipped nothing.",
                    hint="What failed cannot be acknowledged: it is tried again in the next run.",
                )
            return sum(
                acknowledged_rows.add(db, kind, resource_id, skips, run_id=run.id, now=now)
                for (kind, resource_id), skips in skipped.items()
            )

    @verb(Right.WATCH)
    def wait(self, run_id: str, seen: Callable[[Run], None]) -> Run:
        """Stay until a run is over or paused: as the worker if there is none, else watching."""
        shared = self._shared
        return wait_for(
            run_id,
            database=shared.database,
            lock=FileLock(shared.home.worker_lock),
            make_worker=lambda: make_worker(shared, self._handlers),
            clock=shared.ports.clock,
            seen=Watched(shared.database, shared.ports.clock, seen),
        )

    @verb(Right.WATCH)
    def watch(self, run_id: str, seen: Callable[[Run], None]) -> Run:
        """Look at a run until it is over or paused, without ever becoming the worker.

        Raises:
            OperatorError: it waits, and nobody is there to run it.
        """
        shown = Watched(self._shared.database, self._shared.ports.clock, seen)
        while True:
            is_orphan = not has_worker(self._shared)
            run = self._find(run_id)
            shown(run)
            if not run.status.is_under_way:
                return run
            if is_orphan:
                raise OperatorError(
                    f"Nobody works on run {run.id}.",
                    why="The process that ran it has ended before it was done.",
                    hint="Give the command that began it again (with --wait): it goes on from "
                    "where it stopped.",
                )
            self._shared.ports.clock.sleep(0.5)


def _skips(task: Task) -> list[tuple[str, str]]:
    """List what a task skipped, as item id and code."""
    ledger: Mapping[str, Any] = task.coverage or {}
    return [
        (one["id"], one["code"])
        for folder in ledger.get("folders", [])
        for one in folder["skipped"]
    ]
