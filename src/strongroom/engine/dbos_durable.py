"""Runs that outlive their worker, by DBOS. The only file that imports it.

DBOS is pinned to one minor version and used as its documentation says, except where a comment says
otherwise; ``tests/engine_durable`` holds it to what we rely on. What we need to know about it:

* A workflow is one row: ENQUEUED on a queue, PENDING under an executor (our worker), or ended. What
  its steps gave is kept, so that whoever goes on with it skips them.
* Only ``Exception`` ends a workflow. ``Parked`` is none, so the row stays PENDING.
* Nobody recovers what a dead executor left unless told so (``recover``); then each record of the
  first execution is refused by the row's ``owner_xid``.
* Values are kept as JSON. Its own default is pickle, which runs whatever the database says, and it
  would load one for any row that is marked so, whatever serializer is set. That is taken out below.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NoReturn

import sqlalchemy as sa
from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    EnqueueOptions,
    StepOptions,
    WorkflowStatus,
    _dbos,
    _serialization,
)
from dbos._migration import get_migration_versions, get_sqlite_migration_versions
from dbos._utils import GlobalParams
from sqlalchemy.exc import DBAPIError

from strongroom.clock import Clock, SystemClock
from strongroom.control.database import DatabasePlace
from strongroom.engine.dbos_engine import CloseableEngine, migration_lock
from strongroom.engine.dbos_log import hand_on_what_dbos_logs
from strongroom.engine.durable import Bodies, Parked, Standing
from strongroom.engine.stop_bell import StopBell, StopEvents
from strongroom.errors import IntegrityError

APPLICATION = "strongroom"
VERSION = "runs-1"
"""Which runs we can go on with. Another one only if the order of the steps changes: DBOS leaves
alone what another version began, and its own idea of a version changes with every release."""

_SCHEMA = "dbos"
RUNS = "runs"
_WORKER = "worker:"
_RUN, _SHARE = "run", "share"
_GOING = ["PENDING", "ENQUEUED", "DELAYED"]
_OVER = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

_POLL_S = 1.0
_LISTEN_S = 0.1
"""Nobody listens; but closing waits for this thread, which sleeps so long between two looks."""

_WIDTH = 64
"""Runs, and shares, at once in one process. They wait more than they work."""

_SLICE = 500
_PASSES = 20
_QUIET_POLL_S = 0.01


def _refuse(*_: object) -> NoReturn:
    raise IntegrityError(
        "The database holds a Python pickle, which is never loaded.",
        why="We write JSON only, so somebody else put it there.",
        hint="Find out who can write to the control database.",
    )


def _as_text(_: object, value: object) -> str:
    # An attempt whose row is marked as pickle ends with the refusal as its error, kept as text.
    return json.dumps(str(value))


# The serializer is chosen by the row's own mark, and the instance for this mark is built in.
setattr(_serialization.DefaultSerializer, "deserialize", _refuse)  # noqa: B010
setattr(_serialization.DefaultSerializer, "serialize", _as_text)  # noqa: B010
setattr(_serialization, "pickle", None)  # noqa: B010 - and nothing else there can do it either

# Read from the environment when it is loaded; would take address and version from there as well.
GlobalParams.dbos_cloud = False


def _do_nothing(*_: object) -> None:
    pass


# Threads for what we do not use: schedules (a row that somebody planted would be obeyed, or end the
# thread with a traceback on the terminal), delays and time limits (a transaction always open).
setattr(_dbos, "dynamic_scheduler_loop", _do_nothing)  # noqa: B010
setattr(_dbos, "background_jobs_thread", _do_nothing)  # noqa: B010


hand_on_what_dbos_logs()


class DbosDurable:
    """``engine.durable.Durable`` on the control database.

    Args:
        place: Where the control database is; on PostgreSQL DBOS has a schema of its own there.
        poll_s: How often to look for work that other processes began.
        clock: Time.
    """

    def __init__(
        self,
        place: DatabasePlace,
        *,
        poll_s: float = _POLL_S,
        clock: Clock | None = None,
    ) -> None:
        self._place = place
        self._poll_s = poll_s
        self._clock = clock or SystemClock()
        self._engine = CloseableEngine(place)
        self._bell = StopBell()
        self._client = DBOSClient(
            system_database_engine=self._engine.engine,
            dbos_system_schema=_SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )
        self._instance: DBOS | None = None
        self._is_closing = threading.Event()
        self._idle: set[str] = set()

    def launch(self, worker_id: str, bodies: Bodies, /) -> None:
        """As the interface says."""
        with self._told():
            self._migrate()
            for queue in (RUNS, _WORKER + worker_id):
                self._client.register_queue(
                    queue, worker_concurrency=_WIDTH, polling_interval_sec=self._poll_s
                )
            self._start(worker_id, bodies)

    def begin(self, db: sa.Connection, run_id: str, attempt: int, /) -> None:
        """As the interface says."""
        options = _options(_RUN, RUNS, f"{run_id}/{attempt}")
        self._client.enqueue_in_transaction(db, options, run_id, attempt)

    def wake(self) -> None:
        """As the interface says."""
        self._bell.ring()

    def invite(self, worker_id: str, run_id: str, attempt: int, /) -> None:
        """As the interface says."""
        options = _options(_SHARE, _WORKER + worker_id, f"{run_id}/{attempt}/{worker_id}")
        with self._told():
            self._client.enqueue(options, run_id, attempt)

    def holders(self) -> frozenset[str]:
        """As the interface says."""
        with self._told():
            pending = self._list(status="PENDING")
            queues = [queue.name for queue in self._client.list_queues()]
        owners = {name.removeprefix(_WORKER) for name in queues if name.startswith(_WORKER)}
        return frozenset(owners | {one.executor_id for one in pending if one.executor_id})

    def recover(self, dead: Sequence[str], /) -> int:
        """As the interface says."""
        if not dead:
            return 0
        names = [_WORKER + one for one in dead]
        with self._told():
            recovered = self._take_from(list(dead))
            while waiting := self._list(status="ENQUEUED", queue_name=names, limit=_SLICE):
                self._client.cancel_workflows([one.workflow_id for one in waiting])
            for name in names:
                self._client.delete_queue(name)
        return recovered

    def retake(self) -> int:
        """As the interface says."""
        if self._instance is None:
            return 0
        me = GlobalParams.executor_id
        with self._told():
            held = {one.workflow_id: one for one in self._list(status="PENDING", executor_id=[me])}
            # Only then: what is taken up between the two is in hand.
            idle = held.keys() - set(self._instance._active_workflows_set.activeList())  # noqa: SLF001
            lost, self._idle = idle & self._idle, set(idle)
            for workflow_id in lost:
                queue = RUNS if held[workflow_id].name == _RUN else _WORKER + me
                self._client._sys_db.reenqueue_for_recovery(workflow_id, [me], queue)  # noqa: SLF001
        return len(lost)

    def standing(self, run_id: str, attempt: int, /) -> Standing:
        """As the interface says."""
        with self._told():
            found = self._list(workflow_ids=[f"{run_id}/{attempt}"])
        if not found:
            return Standing.UNKNOWN
        return Standing.GOING if found[0].status in _GOING else Standing.OVER

    def forget(self, before: datetime, /) -> int:
        """As the interface says."""
        until = before.astimezone(UTC).isoformat()
        count = 0
        with self._told():
            # Invitations that reached nobody: their worker was gone when they came.
            while lost := self._list(status="ENQUEUED", name=_SHARE, end_time=until, limit=_SLICE):
                self._client.cancel_workflows([one.workflow_id for one in lost])
            while over := self._list(status=_OVER, completed_before=until, limit=_SLICE):
                self._client.delete_workflows([one.workflow_id for one in over])
                count += len(over)
        return count

    def close(self, timeout_s: float, /) -> bool:
        """As the interface says."""
        self._is_closing.set()
        is_quiet = True
        if self._instance is not None:
            for stop in self._instance.background_thread_stop_events:
                stop.set()
            is_quiet = self._wait_until_quiet(self._instance, timeout_s)
            DBOS.destroy(destroy_registry=True)
            self._instance = None
        self._client.destroy()
        # Executions that lost their row to somebody else wait in DBOS for how it ends there.
        self._engine.close()
        return is_quiet

    def _migrate(self) -> None:
        engine = self._engine.engine
        if self._is_migrated(engine):
            return
        with migration_lock(engine, self._clock):
            # Not by DBOS.migrate: that one makes triggers for listeners, which we have none of.
            self._client._sys_db.run_migrations()  # noqa: SLF001

    def _is_migrated(self, engine: sa.Engine) -> bool:
        if engine.dialect.name == "sqlite":
            found, newest = get_sqlite_migration_versions(engine)
        else:
            found, newest = get_migration_versions(engine, _SCHEMA, use_listen_notify=False)
        return found >= newest

    def _start(self, worker_id: str, bodies: Bodies) -> None:
        if _dbos._dbos_global_instance is not None:  # noqa: SLF001 - it would be given out again
            raise RuntimeError("There is a worker in this process already.")
        DBOS.workflow(name=_RUN, max_recovery_attempts=None)(self._run_of(bodies))
        DBOS.workflow(name=_SHARE, max_recovery_attempts=None)(self._share_of(bodies))
        instance = DBOS(config=self._config(worker_id))
        try:
            # Its threads' waits can be cut short from here, see StopBell.
            instance.background_thread_stop_events = StopEvents(self._bell)
            DBOS.listen_queues([RUNS, _WORKER + worker_id])
            DBOS.launch()
        except BaseException:
            DBOS.destroy(destroy_registry=True)
            raise
        self._instance = instance

    def _config(self, worker_id: str) -> DBOSConfig:
        return DBOSConfig(
            name=APPLICATION,
            system_database_engine=self._engine.engine,
            dbos_system_schema=_SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            executor_id=worker_id,
            application_version=VERSION,
            run_migrations=False,
            use_listen_notify=False,
            enable_otlp=False,
            log_level="WARNING",
            max_executor_threads=2 * _WIDTH + 8,
            notification_listener_polling_interval_sec=_LISTEN_S,
        )

    def _run_of(self, bodies: Bodies) -> Callable[[str, int], None]:
        def run(run_id: str, attempt: int) -> None:
            for name, body in (
                ("plan", bodies.plan),
                ("drive", bodies.drive),
                ("conclude", bodies.conclude),
            ):
                DBOS.run_step(StepOptions(name=name), self._do, body, run_id, attempt)

        return run

    def _share_of(self, bodies: Bodies) -> Callable[[str, int], None]:
        def share(run_id: str, attempt: int) -> None:
            self._do(bodies.share, run_id, attempt)

        return share

    def _do(self, body: Callable[[str, int], None], run_id: str, attempt: int) -> None:
        # From the database, where anybody may have written anything that is JSON.
        if not isinstance(run_id, str) or not isinstance(attempt, int):
            raise IntegrityError("The database holds an attempt that is none of ours.")
        if self._is_closing.is_set():
            raise Parked
        body(run_id, attempt)

    def _take_from(self, dead: list[str]) -> int:
        count = 0
        # Until none is left, because a worker that only seemed to be dead may take something up
        # again before it stops itself. Never for ever: another sweep comes.
        for _ in range(_PASSES):
            pending = self._list(status="PENDING", executor_id=dead, limit=_SLICE)
            if not pending:
                break
            shares = [one.workflow_id for one in pending if one.name != _RUN]
            if shares:
                self._client.cancel_workflows(shares)
            for one in pending:
                # Not by resume_workflows, which takes from whoever has it now: we may have stood
                # still since we looked, and it may have been taken over long ago. This one asks
                # for the dead owner in the same statement.
                if one.name == _RUN and self._client._sys_db.reenqueue_for_recovery(  # noqa: SLF001
                    one.workflow_id, dead, RUNS
                ):
                    count += 1
        return count

    def _list(self, **wanted: Any) -> list[WorkflowStatus]:  # noqa: ANN401 - as DBOS names them
        return self._client.list_workflows(
            **wanted, app_version=VERSION, load_input=False, load_output=False
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            meaning = self._place.meaning(error)
            if meaning is None:
                raise
            raise meaning from error

    def _wait_until_quiet(self, instance: DBOS, timeout_s: float) -> bool:
        until_s = self._clock.monotonic_s() + timeout_s
        # Its own wait looks once a second only.
        while instance._active_workflows_set.activeList():  # noqa: SLF001
            if self._clock.monotonic_s() >= until_s:
                return False
            self._clock.sleep(_QUIET_POLL_S)
        return True


def _options(workflow: str, queue: str, workflow_id: str) -> EnqueueOptions:
    return EnqueueOptions(
        workflow_name=workflow, queue_name=queue, workflow_id=workflow_id, app_version=VERSION
    )
