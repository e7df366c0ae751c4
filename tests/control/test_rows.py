"""What is kept comes back as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from strongroom.control import connections, jobs, rows, runs, storages, tasks
from strongroom.control.database import Database
from strongroom.control.records import (
    Connection,
    Fault,
    Job,
    NewRun,
    RunStatus,
    StorageRecord,
    Task,
    TaskStatus,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CONNECTION = Connection(
    id="c1", name="office", kind="exchange-onprem", sealed=b"\0box", wrapped_key=b"key", created=NOW
)
STORAGE = StorageRecord(
    id="s1", name="disk", url="file:///s", sealed=b"box", wrapped_key=b"key", created=NOW
)
JOB = Job(
    id="j1",
    name="nightly",
    kind="backup",
    connection_id="c1",
    storage_id="s1",
    connection="office",
    storage="disk",
    selection={"all": True, "exclude": ["*@x"], "resources": []},
    created=NOW,
)
TASK = Task(
    run_id="r1", resource_kind="mailbox", resource_id="m1", number=0, resource="ann@x.example"
)


@pytest.fixture
def database(control_database: Database) -> Database:
    with control_database.write() as db:
        connections.add(db, CONNECTION)
        storages.add(db, STORAGE)
        jobs.add(db, JOB)
        runs.add(
            db, NewRun(kind="backup", request={}, job_id="j1", job="nightly"), run_id="r1", now=NOW
        )
    return control_database


def test_connections_storages_and_jobs_come_back_as_they_were(database: Database) -> None:
    with database.read() as db:
        assert connections.everything(db) == [CONNECTION]
        assert connections.by_name(db, "office") == connections.by_id(db, "c1") == CONNECTION
        assert connections.by_name(db, "nobody") is None
        assert storages.everything(db) == [STORAGE]
        assert storages.by_name(db, "disk") == storages.by_id(db, "s1") == STORAGE
        assert jobs.everything(db) == [JOB]
        assert jobs.by_name(db, "nightly") == JOB


def test_a_connection_in_use_cannot_be_dropped_by_mistake(database: Database) -> None:
    with database.read() as db:
        assert connections.jobs_that_use(db, "c1") == ["nightly"]
        assert storages.jobs_that_use(db, "s1") == ["nightly"]
    with pytest.raises(sa.exc.IntegrityError), database.write() as db:
        connections.remove(db, "c1")
    with pytest.raises(sa.exc.IntegrityError), database.write() as db:
        storages.remove(db, "s1")


def test_a_run_outlives_its_job_and_keeps_the_name(database: Database) -> None:
    with database.write() as db:
        jobs.remove(db, "j1")
        run = runs.by_id(db, "r1")
    assert run is not None
    assert (run.job_id, run.job) == (None, "nightly")


def test_resealing_changes_the_boxes_and_nothing_else(database: Database) -> None:
    with database.write() as db:
        connections.reseal(db, "c1", sealed=b"new", wrapped_key=b"newer", shown={"auth": "ntlm"})
        assert connections.by_id(db, "c1") == replace(
            CONNECTION, sealed=b"new", wrapped_key=b"newer", shown={"auth": "ntlm"}
        )


def test_a_run_goes_from_waiting_to_running_to_its_end(database: Database) -> None:
    fault = Fault(exit_code=5, what="No answer.", why="Cable.", hint="Plug it in.")
    with database.write() as db:
        assert runs.start(db, "r1", now=NOW)
        assert not runs.start(db, "r1", now=NOW), "it is not waiting any more"
        runs.add_traffic(db, "r1", requests=3, throttled=1)
        runs.add_traffic(db, "r1", requests=4, throttled=0)
        running = runs.by_id(db, "r1")
        runs.finish(db, "r1", RunStatus.FAILED, fault=fault, now=NOW + timedelta(seconds=1))
        ended = runs.by_id(db, "r1")
    assert running is not None
    assert (running.status, running.attempts, running.started) == (RunStatus.RUNNING, 1, NOW)
    assert ended is not None
    assert (ended.status, ended.error) == (RunStatus.FAILED, fault)
    assert (ended.requests, ended.throttled) == (7, 1)
    assert ended.finished == NOW + timedelta(seconds=1)


def test_runs_of_a_dead_worker_wait_again_on_their_old_place(database: Database) -> None:
    with database.write() as db:
        runs.add(db, NewRun(kind="backup", request={}), run_id="r2", now=NOW)
        runs.start(db, "r1", now=NOW)
        assert runs.put_back_all(db) == 1
        assert [(run.id, run.status) for run in runs.queue(db)] == [
            ("r1", RunStatus.WAITING),
            ("r2", RunStatus.WAITING),
        ]
        runs.start(db, "r1", now=NOW + timedelta(hours=1))
        again = runs.by_id(db, "r1")
    assert again is not None
    assert (again.attempts, again.started) == (2, NOW), "it began when it first began"


def test_the_newest_run_with_the_same_request_is_found(database: Database) -> None:
    wanted = NewRun(kind="restore", request={"b": [1, 2], "a": None})
    same = NewRun(kind="restore", request={"a": None, "b": [1, 2]})
    with database.write() as db:
        for run_id, new in (("x1", wanted), ("x2", same), ("x3", replace(wanted, request={}))):
            runs.add(db, new, run_id=run_id, now=NOW)
        found = runs.latest_like(db, wanted)
        assert runs.latest_like(db, replace(wanted, kind="backup")) is None
    assert found is not None
    assert found.id == "x2"


def test_runs_are_found_by_how_their_id_begins(database: Database) -> None:
    with database.write() as db:
        runs.add(db, NewRun(kind="backup", request={}), run_id="q7", now=NOW)
        assert [run.id for run in runs.by_id_prefix(db, "r")] == ["r1"]
        assert [run.id for run in runs.newest_first(db, at_most=1)] == ["q7"]


def test_a_task_is_kept_in_the_place_of_what_was_known_of_it(database: Database) -> None:
    done = replace(
        TASK,
        status=TaskStatus.PARTIAL,
        started=NOW,
        finished=NOW,
        coverage={"folders": [{"path": "In\u202ebox"}]},
        error=Fault(exit_code=3, what="w"),
        reason="because",
    )
    with database.write() as db:
        tasks.keep(db, TASK)
        tasks.keep(db, done)
        tasks.keep(db, replace(TASK, resource_id="m2", number=1))
        assert tasks.of_run(db, "r1") == [done, replace(TASK, resource_id="m2", number=1)]


def test_times_sort_as_texts() -> None:
    early = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    moments = [early + timedelta(microseconds=n) for n in (0, 1, 10, 999_999, 1_000_000)]
    texts = [rows.time_text(moment) for moment in moments]
    assert texts == sorted(texts)
    assert [rows.time_of(text) for text in texts] == moments
