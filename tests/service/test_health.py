"""Whether a home is well: each check by itself, and all in all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import (
    audit_sink,
    channels,
    jobs,
    outbox,
    protected,
    runs,
    storages,
    workers,
)
from strongroom.control.audit_sink import AuditSink
from strongroom.control.channels import Channel
from strongroom.control.outbox import NewMessage
from strongroom.control.protected import Standing
from strongroom.control.records import Job, NewRun, RunStatus, StorageRecord, TaskStatus
from strongroom.service import health_checks
from strongroom.service.health import Check, Level, report_of
from strongroom.service.health_checks import View, all_checks
from tests.control.standing_tasks import DISK, task

NOW = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
OK, WARNING, FAILING = Level
JOB = Job(
    id="j1", name="nightly", kind="backup", connection_id=None, storage_id="s1", connection=None,
    storage="disk", selection={"resources": [], "all": True, "exclude": []}, created=NOW,
)  # fmt: skip


@pytest.fixture
def view(undone: sa.Connection) -> View:
    """Give a view of a home with one job that never ran; the transaction can write."""
    disk = StorageRecord(id="s1", name="disk", url="u", sealed=b"", wrapped_key=b"", created=NOW)
    storages.add(undone, disk)
    jobs.add(undone, JOB)
    return View(
        db=undone, now=NOW, has_worker=True, is_shared=False, size_bytes=1000, free_bytes=10**12
    )


def ran(db: sa.Connection, run_id: str, status: RunStatus, *, job: Job | None = JOB) -> None:
    new = NewRun(
        kind="backup",
        request={},
        job_id=None if job is None else job.id,
        job=None if job is None else job.name,
    )
    runs.add(db, new, run_id=run_id, now=NOW - timedelta(days=2))
    if status is RunStatus.PAUSED:
        runs.pause(db, run_id, fault=None)
    elif status.is_final:
        runs.finish(db, run_id, status, fault=None, now=NOW - timedelta(days=1))


def due(db: sa.Connection, since: timedelta, *, is_paused: bool = False) -> None:
    jobs.remove(db, JOB.id)
    jobs.add(db, replace(JOB, due=NOW - since, is_paused=is_paused))


def test_a_home_in_which_nothing_is_wrong_is_ok(view: View) -> None:
    checks = all_checks(view)
    assert {one.name: one.level for one in checks} == dict.fromkeys(
        (
            "database",
            "disk",
            "worker",
            "runs",
            "jobs",
            "resources",
            "messages",
            "audit",
            "recovery-keys",
            "home",
        ),
        OK,
    )
    assert all(one.what.endswith(".") for one in checks)
    assert report_of(checks, NOW).level is OK


def test_the_worst_check_is_how_it_is_all_in_all() -> None:
    checks = [Check(name="x", level=level, what="") for level in (WARNING, FAILING, OK)]
    assert report_of(checks, NOW).level is FAILING
    assert report_of(checks[:1], NOW).level is WARNING
    assert report_of([], NOW).level is OK


@pytest.mark.parametrize(
    ("free_bytes", "level"),
    [(10**9, OK), (10**9 - 1, WARNING), (10**8, WARNING), (10**8 - 1, FAILING), (0, FAILING)],
)
def test_little_room_is_told_before_it_is_none(view: View, free_bytes: int, level: Level) -> None:
    assert health_checks.disk(replace(view, free_bytes=free_bytes)).level is level


def test_nobody_has_to_work_while_nothing_is_to_be_done(view: View) -> None:
    alone = replace(view, has_worker=False)
    assert health_checks.worker(alone).level is OK
    due(view.db, -timedelta(hours=1))
    assert health_checks.worker(alone).level is FAILING
    due(view.db, -timedelta(hours=1), is_paused=True)
    assert health_checks.worker(alone).level is OK
    ran(view.db, "r1", RunStatus.WAITING)
    told = health_checks.worker(alone)
    assert (told.level, told.figures["is_running"]) == (FAILING, False)
    assert "one run is to be done" in told.what
    assert health_checks.worker(view).level is OK


def test_a_worker_elsewhere_is_one_while_it_beats(view: View) -> None:
    shared = replace(view, has_worker=False, is_shared=True)
    ran(view.db, "r1", RunStatus.WAITING)
    workers.add(view.db, worker_id="w1", host="one", pid=1, now=NOW - timedelta(seconds=30))
    assert health_checks.worker(shared).level is OK
    assert health_checks.worker(shared).figures["last_beat_s"] == 30
    later = replace(shared, now=NOW + timedelta(minutes=10))
    assert health_checks.worker(later).level is FAILING
    workers.add(view.db, worker_id="w2", host="two", pid=1, now=NOW + timedelta(minutes=9))
    told = health_checks.worker(later)
    assert (told.level, told.figures["workers"]) == (WARNING, 2)
    workers.leave(view.db, "w1")
    assert health_checks.worker(later).level is OK


def test_a_run_that_waits_for_long_is_told_and_one_for_a_person(view: View) -> None:
    ran(view.db, "r1", RunStatus.WAITING)
    told = health_checks.runs(view)
    assert (told.level, told.figures["longest_wait_s"]) == (WARNING, 2 * 24 * 3600)
    assert health_checks.runs(replace(view, now=NOW - timedelta(hours=25))).level is OK
    view.db.execute(sa.text("UPDATE runs SET not_before = '2026-03-06T00:00:00.000000Z'"))
    assert health_checks.runs(view).level is OK, "it is held, and in nobody's way"
    ran(view.db, "r2", RunStatus.PAUSED)
    told = health_checks.runs(view)
    assert (told.level, told.figures["paused"]) == (WARNING, 1)
    assert "paused until a person acts" in told.what


def test_a_job_is_overdue_when_nobody_takes_its_turn(view: View) -> None:
    due(view.db, timedelta(minutes=14))
    assert health_checks.job_runs(view).level is OK
    due(view.db, timedelta(minutes=16))
    told = health_checks.job_runs(view)
    assert (told.level, told.figures["overdue"]) == (FAILING, ["nightly"])
    ran(view.db, "r1", RunStatus.WAITING)
    assert health_checks.job_runs(view).level is OK, "its last run has not ended"
    due(view.db, timedelta(days=1), is_paused=True)
    assert health_checks.job_runs(view).level is OK


@pytest.mark.parametrize(
    ("status", "level"),
    [
        (RunStatus.COMPLETE, OK),
        (RunStatus.CANCELLED, OK),
        (RunStatus.PARTIAL, WARNING),
        (RunStatus.FAILED, FAILING),
    ],
)
def test_how_a_job_ended_last_counts_and_no_earlier_end(
    view: View, status: RunStatus, level: Level
) -> None:
    ran(view.db, "before", RunStatus.FAILED)
    ran(view.db, "last", status)
    ran(view.db, "now", RunStatus.WAITING)
    ran(view.db, "without a job", RunStatus.FAILED, job=None)
    assert health_checks.job_runs(view).level is level


def test_resources_without_protection_are_counted_and_those_left_out_are_not(view: View) -> None:
    for number, (status, standing) in enumerate(
        [
            (TaskStatus.COMPLETE, Standing.COMPLETE),
            (TaskStatus.EXCLUDED, Standing.EXCLUDED),
            (TaskStatus.EXCLUDED, Standing.GONE),
        ]
    ):
        one = task(f"{number}@example", status)
        protected.end(view.db, DISK, one, standing=standing, why="", tried=NOW)
    told = health_checks.resources(view)
    assert (told.level, told.figures["resources"]) == (OK, 3)
    ill = task("ill@example", TaskStatus.FAILED)
    protected.end(view.db, DISK, ill, standing=Standing.FAILED, why="secret name", tried=NOW)
    told = health_checks.resources(view)
    assert (told.level, told.figures) == (
        WARNING,
        {"resources": 4, "protected": 1, "excluded": 1, "no-longer-listed": 1, "failed": 1},
    )
    assert told.what == "1 of 4 resources are not protected."


def test_messages_that_do_not_leave_are_told(view: View) -> None:
    channel = Channel(
        id="c1", name="operators", sealed=b"", wrapped_key=b"", shown={}, events=(), created=NOW
    )
    channels.add(view.db, channel)
    message = NewMessage(event="failed", about="r1", title="t", body="b")
    outbox.put(view.db, "c1", message, now=NOW - timedelta(minutes=50))
    assert health_checks.messages(view).level is OK
    later = replace(view, now=NOW + timedelta(minutes=11))
    told = health_checks.messages(later)
    assert (told.level, told.figures["waiting"]) == (WARNING, 1)
    outbox.give_up(view.db, "c1", NOW, now=NOW)
    told = health_checks.messages(later)
    assert (told.level, told.figures["given_up"], told.figures["waiting"]) == (WARNING, 1, 0)
    outbox.forget(view.db, NOW + timedelta(days=1))
    assert health_checks.messages(view).level is OK
    view.db.execute(sa.text("UPDATE channels SET failing_since = '2026-03-05T00:00:00.000000Z'"))
    assert health_checks.messages(view).figures["failing"] == ["operators"]
    assert health_checks.messages(view).level is WARNING


def test_an_audit_log_that_does_not_get_through_is_told(view: View) -> None:
    sink = AuditSink(sealed=b"x", wrapped_key=b"", sent=0)
    audit_sink.put(view.db, sink)
    assert health_checks.audit_log(view).level is OK
    audit_sink.note_failed(view.db, sink, "refused by the secret place", NOW - timedelta(hours=1))
    told = health_checks.audit_log(view)
    assert (told.level, told.figures["failing_s"]) == (WARNING, 3600)
    assert "secret place" not in f"{told}"


def test_no_check_names_a_resource(view: View) -> None:
    marked: Any = task("canary@example", TaskStatus.FAILED)
    protected.end(view.db, DISK, marked, standing=Standing.FAILED, why="canary", tried=NOW)
    assert "canary" not in repr(all_checks(view))
