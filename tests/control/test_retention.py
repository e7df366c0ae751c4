"""Rows of what jobs keep, of holds, and of what is to be forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from strongroom.control import holds, jobs, retention, runs, storages
from strongroom.control.database import Database
from strongroom.control.holds import Forgetting, Hold
from strongroom.control.records import Job, NewRun, RunStatus, StorageRecord
from strongroom.control.retention import Former, Retention

NOW = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
HOLD = Hold(
    id="h1", storage_id="s1", kind="mailbox", resource_id="a1", reason="r", held_by="uid:1", at=NOW
)
FORGETTING = Forgetting(
    storage_id="s1",
    kind="mailbox",
    resource_id="a1",
    point="ab" * 32,
    asked_by="uid:1",
    asked=NOW,
    not_before=NOW + timedelta(days=7),
)

STORAGE = StorageRecord(
    id="s1", name="disk", url="file:///s", sealed=b"box", wrapped_key=b"key", created=NOW
)
JOB = Job(
    id="j1",
    name="nightly",
    kind="backup",
    connection_id=None,
    storage_id="s1",
    connection=None,
    storage="disk",
    selection={},
    created=NOW,
)


@pytest.fixture
def database(control_database: Database) -> Database:
    with control_database.write() as db:
        storages.add(db, STORAGE)
        jobs.add(db, JOB)
    return control_database


def test_what_a_job_keeps_is_read_as_it_was_put(database: Database) -> None:
    with database.write() as db:
        first = Retention(job_id=JOB.id, keep="last:3", prune_every_s=None)
        retention.put(db, first)
        former = (Former(keep="last:3", until=NOW),)
        second = replace(first, keep="daily:2", former=former, prune_every_s=600, pruned=NOW)
        retention.put(db, second)
    with database.read() as db:
        found = retention.of_job(db, JOB.id)
        assert found is not None
        assert replace(found, job="", storage_id="", schedule=None) == second
        assert (found.job, found.storage_id) == ("nightly", "s1")
        assert retention.everything(db) == retention.of_storage(db, "s1") == [found]
        assert retention.of_storage(db, "other") == []
        assert retention.of_job(db, "other") is None


def test_a_prune_is_asked_for_once(database: Database) -> None:
    with database.write() as db:
        retention.put(db, Retention(job_id=JOB.id, keep="last:3", prune_every_s=600))
        (found,) = retention.everything(db)
        assert retention.say_pruned(db, found, NOW)
        assert not retention.say_pruned(db, found, NOW)


def test_a_released_hold_says_by_whom_and_since_when(database: Database) -> None:
    with database.write() as db:
        holds.add_hold(db, HOLD)
        holds.release(db, HOLD.id, by="uid:2", now=NOW, is_at_once=True)
        found = holds.hold_by_id(db, HOLD.id)
        assert found == replace(HOLD, released=NOW, released_by="uid:2", is_at_once=True)
        assert holds.all_holds(db) == holds.holds_of(db, "s1", "mailbox", "a1") == [found]
        assert holds.holds_of(db, "s1", "archive", "a1") == []


def test_of_a_point_it_is_said_once_when_it_goes(database: Database) -> None:
    with database.write() as db:
        holds.put_forgetting(db, FORGETTING)
        sooner = replace(FORGETTING, not_before=NOW)
        holds.put_forgetting(db, sooner)
        assert holds.all_forgetting(db) == [sooner]
        assert holds.forgetting_of(db, "s1", "mailbox", "a1") == [sooner]
        assert holds.remove_forgetting(db, "s1", "mailbox", "a1", ["x", sooner.point]) == 1
        assert holds.all_forgetting(db) == []


def test_a_job_that_is_gone_keeps_nothing_any_more(database: Database) -> None:
    with database.write() as db:
        retention.put(db, Retention(job_id=JOB.id, keep="last:3", prune_every_s=600))
        jobs.remove(db, JOB.id)
        assert retention.everything(db) == []


def test_only_a_backup_that_ended_well_counts_and_none_may_be_under_way(
    database: Database,
) -> None:
    def run(run_id: str, kind: str, status: RunStatus) -> None:
        new = NewRun(kind=kind, request={}, job_id=JOB.id, job="nightly")
        with database.write() as db:
            runs.add(db, new, run_id=run_id, now=NOW)
            runs.start(db, run_id, now=NOW)
            runs.finish(db, run_id, status, fault=None, now=NOW)

    def has_backed_up(since: datetime | None) -> bool:
        with database.read() as db:
            return retention.has_backed_up(db, JOB.id, since)

    run("r1", "verify", RunStatus.COMPLETE)
    run("r2", "backup", RunStatus.FAILED)
    assert not has_backed_up(None)
    run("r3", "backup", RunStatus.PARTIAL)
    assert has_backed_up(None)
    assert not has_backed_up(NOW)
