"""A pickle in the database is never loaded, wherever it lies and however it is marked.

Whoever can write the database could run code in every worker otherwise. The pickle here makes a
folder when it is loaded.
"""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import dbos
import pytest
import sqlalchemy as sa
from dbos import DBOS
from dbos._schemas.system_database import SystemSchema

from strongroom.clock import SystemClock
from strongroom.control.sqlite import SqliteFile
from strongroom.engine.dbos_durable import APPLICATION, VERSION, DbosDurable
from strongroom.engine.durable import Standing
from strongroom.errors import IntegrityError
from tests.contracts.durable import Desk, Floor, Write

_MARKS = [None, "py_pickle", "portable_json", "custom_serializer"]

_VALUES = {
    ("workflow_status", "inputs"), ("workflow_status", "output"), ("workflow_status", "error"),
    ("workflow_input", "inputs"), ("workflow_output", "output"), ("workflow_output", "error"),
    ("operation_outputs", "output"), ("operation_outputs", "error"),
    ("notifications", "message"), ("workflow_events", "value"),
    ("workflow_events_history", "value"), ("streams", "value"), ("workflow_schedules", "context"),
}  # fmt: skip
"""Every column that DBOS deserializes."""

_PLAIN = {
    "application_id", "application_name", "application_version", "assumed_role", "attributes",
    "authenticated_roles", "authenticated_user", "child_workflow_id", "class_name", "config_name",
    "creator_xid", "cron_timezone", "deduplication_id", "destination_uuid", "executor_id",
    "forked_from", "function_name", "key", "last_fired_at", "message_uuid", "name", "owner_xid",
    "parent_workflow_id", "queue_id", "queue_name", "queue_partition_key", "schedule",
    "schedule_id", "schedule_name", "serialization", "status", "topic", "version_id",
    "version_name", "workflow_class_name", "workflow_name", "workflow_uuid",
}  # fmt: skip
"""Columns that are names and the like: used as the text that they are, or read as JSON."""


@pytest.fixture
def mark_of_loading(tmp_path: Path) -> Path:
    return tmp_path / "loaded"


@pytest.fixture
def planted(mark_of_loading: Path) -> str:
    """Have a pickle whose loading is seen, as DBOS writes them."""
    return base64.b64encode(f"cos\nmkdir\n(V{mark_of_loading}\ntR.".encode()).decode()


@pytest.fixture
def floor(sqlite_place: SqliteFile, sqlite_write: Write) -> Iterator[Floor]:
    floor = Floor(lambda: DbosDurable(sqlite_place), sqlite_write)
    yield floor
    floor.close()


def test_the_pickle_of_these_tests_would_be_seen(planted: str, mark_of_loading: Path) -> None:
    importlib.import_module("pickle").loads(base64.b64decode(planted))
    assert mark_of_loading.exists()


@pytest.mark.parametrize("mark", _MARKS, ids=str)
def test_a_planted_pickle_is_not_loaded_and_stops_nobody_else(
    floor: Floor, sqlite_write: Write, planted: str, mark_of_loading: Path, mark: str | None
) -> None:
    floor.worker(Desk(), "w0")  # makes the tables
    floor.close()
    with sqlite_write() as db:
        _plant(db, planted, mark)

    desk = Desk()
    lines = floor.worker(desk, "w1")
    assert lines.recover(["dead"]) == 2
    floor.begin("good")
    floor.until(Standing.OVER, "good")
    assert lines.holders() >= {"w1"}
    # What its own row says is no run goes no further; a step without a result is done anew never.
    assert {run_id for _, run_id, _ in desk.calls} == {"good"}
    for look in _looks(lines):
        with suppress(Exception):
            look()
    lines.forget(SystemClock().now())
    assert not mark_of_loading.exists()


def test_what_is_marked_as_a_pickle_ends_its_attempt(
    floor: Floor, sqlite_write: Write, planted: str
) -> None:
    floor.worker(Desk(), "w0")
    floor.close()
    with sqlite_write() as db:
        _plant(db, planted, "py_pickle")
    lines = floor.worker(Desk(), "w1")
    lines.recover(["dead"])
    lines.wake()
    for run_id in ("in-row", "in-input", "step-output", "step-error"):
        floor.until(Standing.OVER, run_id)


def test_what_would_load_one_is_gone_from_dbos(planted: str, mark_of_loading: Path) -> None:
    serializer = dbos._serialization.DBOSDefaultSerializer
    with pytest.raises(IntegrityError, match="pickle"):
        serializer.deserialize(planted)
    assert json.loads(serializer.serialize(ValueError("as text"))) == "as text"
    assert not mark_of_loading.exists()


def test_there_is_no_other_place_in_dbos_that_could() -> None:
    folder = Path(str(dbos.__file__)).parent
    suspects = (
        "pickle",
        "marshal",
        "shelve",
        "dill",
        "joblib",
        "yaml.load(",
        "yaml.unsafe",
        "eval(",
    )
    found = {
        path.name
        for path in folder.glob("*.py")
        if any(
            suspect in line
            for line in path.read_text(encoding="utf-8").splitlines()
            for suspect in suspects
            if not line.strip().startswith("#")
        )
    }
    assert found == {"_serialization.py"}


def test_no_column_of_dbos_is_new_to_us() -> None:
    found = {
        (table.name, column.name)
        for table in SystemSchema.metadata_obj.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.String | sa.Text | sa.JSON | sa.LargeBinary)
    }
    assert {one for one in found if one[1] not in _PLAIN} == _VALUES


def _plant(db: sa.Connection, pickle: str, mark: str | None) -> None:
    """Lay one into every column of values: waiting, cut short, over; and beside a run that is."""
    run = _Row(db, serialization=mark)
    run.status("in-row/1", "ENQUEUED", inputs=pickle)
    run.status("in-input/1", "ENQUEUED")
    run.add("workflow_input", workflow_uuid="in-input/1", inputs=pickle, retention_timestamp=1)
    for name, result in (("step-output", "output"), ("step-error", "error")):
        run.status(f"{name}/1", "PENDING", executor_id="dead", inputs=_inputs(name), marked=False)
        run.add(
            "operation_outputs", workflow_uuid=f"{name}/1", function_id=1, function_name="plan",
            serialization=mark, retention_timestamp=1, **{result: pickle},
        )  # fmt: skip
    for name, state, result in (("over", "SUCCESS", "output"), ("failed", "ERROR", "error")):
        run.status(f"{name}/1", state, marked=True, **{result: pickle})
        run.add(
            "workflow_output", workflow_uuid=f"{name}/1", retention_timestamp=1, **{result: pickle}
        )
    beside = {"workflow_uuid": "over/1", "key": "k", "value": pickle, "serialization": mark}
    run.add("workflow_events", **beside)
    run.add("workflow_events_history", function_id=1, **beside)
    run.add("streams", function_id=1, offset=0, **beside)
    run.add(
        "notifications", message_uuid="m", destination_uuid="over/1", topic="t", message=pickle,
        serialization=mark, created_at_epoch_ms=1,
    )  # fmt: skip
    run.add(
        "workflow_schedules", schedule_id="s", schedule_name="s", workflow_name="run",
        schedule="* * * * * *", status="ACTIVE", context=pickle, automatic_backfill=1,
        last_fired_at="2026-01-01T00:00:00+00:00", application_name=APPLICATION,
    )  # fmt: skip


class _Row:
    """Writes rows as DBOS would."""

    def __init__(self, db: sa.Connection, *, serialization: str | None) -> None:
        self._db, self._mark = db, serialization

    def status(self, row_id: str, state: str, *, marked: bool = True, **values: Any) -> None:
        mark = self._mark if marked else "portable_json"
        self.add(
            "workflow_status", workflow_uuid=row_id, status=state, name="run", queue_name="runs",
            application_version=VERSION, application_name=APPLICATION, created_at=1, updated_at=1,
            priority=0, completed_at=1 if state in {"SUCCESS", "ERROR"} else None,
            serialization=mark, **values,
        )  # fmt: skip

    def add(self, table: str, **values: Any) -> None:
        columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in values]
        self._db.execute(sa.insert(sa.table(table, *columns)).values(values))


def _inputs(name: str) -> str:
    return f'{{"positionalArgs":["{name}",1],"namedArgs":{{}}}}'


def _looks(lines: Any) -> Iterator[Callable[[], object]]:
    """Give every way to read values that DBOS has, whether we use it or not."""
    client, system = lines._client, DBOS(config={"name": APPLICATION})._sys_db
    yield client.list_workflows
    yield lambda: client.list_workflows(workflow_ids=["in-row/1", "over/1", "failed/1"])
    yield lambda: client.list_workflow_steps("step-output/1")
    yield lambda: client.list_workflow_steps("step-error/1")
    for name in ("over/1", "failed/1"):
        yield lambda name=name: client.retrieve_workflow(name).get_result()  # type: ignore[misc]
        yield lambda name=name: DBOS.retrieve_workflow(name).get_status()  # type: ignore[misc]
    yield lambda: client.get_event("over/1", "k", timeout_seconds=0)
    yield lambda: client.get_all_events("over/1")
    yield lambda: list(client.read_stream("over/1", "k"))
    yield client.list_schedules
    yield lambda: client.get_schedule("s")
    yield lambda: client.trigger_schedule("s")
    yield system.list_schedules
    yield lambda: system.recv_consume("over/1", 2, "t", 0)
