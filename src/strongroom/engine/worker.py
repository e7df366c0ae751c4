"""The worker: starts what the conflict rule grants, one thread per run, and keeps what came of it.

Whoever holds the home's lock is the worker, so nobody else changes the state of runs. A run that is
*running* when we get the lock was left by a worker that died; it waits again, on its old place.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.records import Fault, Run, RunStatus
from strongroom.engine.claims import Claims, Queued, decide
from strongroom.engine.work import Desk, Ending, Handler
from strongroom.errors import Interrupted, OperatorError, SignInEnded, StrongroomError


@dataclass(slots=True)
class _Active:
    """A run that has a thread.

    Attributes:
        is_ended: Nothing more will happen in its thread.
        failure: Why its end could not be kept: the control database itself failed.
    """

    thread: threading.Thread
    desk: Desk
    is_ended: bool = False
    failure: BaseException | None = None


class Worker:
    """Runs the queue in this process. The home's lock must be ours from birth to ``close``.

    Args:
        database: The control database.
        handlers: Who does the work, per kind of run.
        clock: Time.
    """

    def __init__(self, database: Database, handlers: Mapping[str, Handler], clock: Clock) -> None:
        self._database = database
        self._handlers = handlers
        self._clock = clock
        self._active: dict[str, _Active] = {}
        self._ended = threading.Condition()
        self._is_stopping = False
        with database.write() as db:
            runs.put_back_all(db)

    def step(self) -> bool:
        """Start what may start, pass stop requests on; False once no run is left.

        Raises:
            StrongroomError: the control database failed under a run, whose end is not known there.
        """
        self._forget_ended()
        for run_id in self._look():
            self._begin(run_id)
        for active in self._active.values():
            active.desk.look_after()
        return bool(self._active) or self._has_open_runs()

    def wait(self, timeout_s: float) -> None:
        """Wait until a run ends, but not longer than that."""
        with self._ended:
            if not any(active.is_ended for active in self._active.values()):
                self._ended.wait(timeout_s)

    def close(self) -> None:
        """Let every run end at its next safe point and wait for it; they go on another time."""
        self._is_stopping = True
        for active in self._active.values():
            active.desk.ask_stop()
        for active in self._active.values():
            active.thread.join()
        self._active.clear()

    def _has_open_runs(self) -> bool:
        with self._database.read() as db:
            return bool(runs.queue(db))

    def _forget_ended(self) -> None:
        for run_id in [i for i, active in self._active.items() if active.is_ended]:
            ended = self._active.pop(run_id)
            ended.thread.join()
            if ended.failure is not None:
                raise ended.failure

    def _look(self) -> tuple[str, ...]:
        """Decide who starts, tell the others what they wait for, end what is to end or pause."""
        with self._database.read() as db:
            queue = runs.queue(db)
        for run in queue:
            if run.is_stop_asked or run.is_pause_asked:
                self._stop(run)
        waiting = [
            run
            for run in queue
            if run.id in self._active or not (run.is_stop_asked or run.is_pause_asked)
        ]
        decision = decide([_queued(run, self._active) for run in waiting])
        changed = [run for run in waiting if decision.waits_for.get(run.id) != run.waits_for]
        if changed:
            with self._database.write() as db:
                for run in changed:
                    runs.say_waits_for(db, run.id, decision.waits_for.get(run.id))
        return decision.granted

    def _stop(self, run: Run) -> None:
        if run.id in self._active:
            self._active[run.id].desk.ask_stop()
            return
        with self._database.write() as db:
            if run.is_stop_asked:
                runs.finish(db, run.id, RunStatus.CANCELLED, fault=None, now=self._clock.now())
            else:
                runs.pause(db, run.id, fault=paused_by_a_person(run.id))

    def _begin(self, run_id: str) -> None:
        with self._database.write() as db:
            is_ours = runs.start(db, run_id, now=self._clock.now())
            run = runs.by_id(db, run_id)
        if run is None or not is_ours:
            return
        desk = Desk(run_id, self._database, self._clock)
        # A daemon, so that a second Ctrl-C ends a process whose server has fallen silent.
        thread = threading.Thread(
            target=self._perform, args=(run, desk), name=f"run-{run_id}", daemon=True
        )
        self._active[run_id] = _Active(thread=thread, desk=desk)
        thread.start()

    def _perform(self, run: Run, desk: Desk) -> None:
        try:
            self._keep(run.id, self._outcome(run, desk))
        except BaseException as error:  # noqa: BLE001 - it goes up where ``step`` is called
            self._active[run.id].failure = error
        finally:
            with self._ended:
                self._active[run.id].is_ended = True
                self._ended.notify_all()

    def _asked_ending(self, run_id: str) -> Ending:
        """Say what somebody wanted who asked a run to stop."""
        with self._database.read() as db:
            run = runs.by_id(db, run_id)
        if run is not None and run.is_pause_asked:
            return Ending(status=RunStatus.PAUSED, fault=paused_by_a_person(run_id))
        return Ending(status=RunStatus.CANCELLED)

    def _keep(self, run_id: str, ending: Ending | None) -> None:
        with self._database.write() as db:
            if ending is None:
                runs.put_back(db, run_id)
            elif ending.status is RunStatus.PAUSED:
                self._pause(db, run_id, ending)
            else:
                runs.finish(db, run_id, ending.status, fault=ending.fault, now=self._clock.now())

    def _pause(self, db: sa.Connection, run_id: str, ending: Ending) -> None:
        run = runs.by_id(db, run_id)
        if run is not None and run.is_stop_asked:
            # Cancelled at the very moment: nobody shall have to do that twice.
            runs.finish(db, run_id, RunStatus.CANCELLED, fault=None, now=self._clock.now())
        else:
            runs.pause(db, run_id, fault=ending.fault)

    def _outcome(self, run: Run, desk: Desk) -> Ending | None:
        """Do the work; None: it was interrupted and goes on another time."""
        try:
            return self._handlers[run.kind](run, desk)
        except Interrupted:
            return None if self._is_stopping else self._asked_ending(run.id)
        except SignInEnded as error:
            return Ending(status=RunStatus.PAUSED, fault=fault_of(error))
        except StrongroomError as error:
            return Ending(status=RunStatus.FAILED, fault=fault_of(error))
        except Exception:  # noqa: BLE001 - the border: our bug ends this run alone
            return Ending(status=RunStatus.FAILED, fault=bug(traceback.format_exc()))


def paused_by_a_person(run_id: str) -> Fault:
    """Say of a run that nothing is wrong with it."""
    return Fault(
        exit_code=OperatorError.exit_code,
        what="The run was paused by a person.",
        hint=f"What it has kept stays; it goes on with: strongroom run resume {run_id} --wait",
    )


def fault_of(error: StrongroomError) -> Fault:
    """Keep an error as a value."""
    return Fault(exit_code=error.exit_code, what=error.what, why=error.why, hint=error.hint)


def bug(trace: str) -> Fault:
    """Keep an error that we did not foresee."""
    return Fault(
        exit_code=1,
        what="The run ended by an error in Strongroom itself.",
        why=trace,
        hint="Please report it with the lines above; what was stored before is intact.",
    )


def _queued(run: Run, active: Mapping[str, _Active]) -> Queued:
    return Queued(id=run.id, claims=Claims.from_json(run.claims), is_running=run.id in active)
