"""What happened waits to be told if and only if it is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.control import channels, connections, jobs, outbox, runs, storages, tasks
from strongroom.control.channels import Channel
from strongroom.control.database import Database
from strongroom.control.outbox import Message
from strongroom.control.records import (
    Connection,
    Fault,
    Job,
    NewRun,
    Run,
    RunStatus,
    StorageRecord,
    Task,
    TaskStatus,
)
from strongroom.service.application import Application
from strongroom.service.happenings import Event
from strongroom.service.telling import Telling
from strongroom.vault.secret import Secret
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import STORAGE_URL, World, details, storage_password
from tests.fakes.office import FakeOffice
from tests.service.support import add_job, back_up

NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
JOB = Job(
    id="j1", name="nightly", kind="backup", connection_id="c1", storage_id="s1",
    connection="office", storage="disk", selection={}, created=NOW,
)  # fmt: skip


@pytest.fixture
def database(control_database: Database) -> Database:
    boxes = {"sealed": b"", "wrapped_key": b"", "created": NOW}
    with control_database.write() as db:
        connections.add(
            db,
            Connection(id="c1", name="office", kind="exchange-onprem", **boxes),  # type: ignore[arg-type]
        )
        storages.add(db, StorageRecord(id="s1", name="disk", url="file:///s", **boxes))  # type: ignore[arg-type]
        jobs.add(db, JOB)
        for name, events in (("all", tuple(Event)), ("failed", (Event.FAILED,)), ("none", ())):
            channels.add(
                db,
                Channel(id=name, name=name, shown={}, events=events, **boxes),  # type: ignore[arg-type]
            )
        runs.add(
            db, NewRun(kind="backup", request={}, job_id="j1", job="nightly"), run_id="r1", now=NOW
        )
    return control_database


def end(db: sa.Connection, status: RunStatus, fault: Fault | None = None) -> Run:
    runs.finish(db, "r1", status, fault=fault, now=NOW + timedelta(minutes=5))
    run = runs.by_id(db, "r1")
    assert run is not None
    return run


def told(database: Database, channel: str) -> list[Message]:
    with database.read() as db:
        return outbox.waiting(db, channel, at_most=99)


def test_a_run_s_end_waits_for_those_who_are_told_of_it(database: Database) -> None:
    fault = Fault(exit_code=2, what="The connection 'office' is not let in.")
    with database.write() as db:
        tasks.keep(
            db,
            Task(run_id="r1", resource_kind="mailbox", resource_id="m", number=0,
                 resource="ann@example.org", status=TaskStatus.FAILED, error=fault),
        )  # fmt: skip
        Telling(HandClock()).ended(db, end(db, RunStatus.FAILED, fault))
    (message,) = told(database, "failed")
    assert "Why: The connection 'office' is not let in." in message.body
    assert "- ann@example.org: The connection 'office'" in message.body
    assert "Resources: 1 failed." in message.body
    assert [one.title for one in told(database, "all")] == [message.title]
    assert told(database, "none") == []


def test_what_is_not_kept_is_not_told(database: Database) -> None:
    def fail_in_the_middle() -> None:
        with database.write() as db:
            Telling(HandClock()).ended(db, end(db, RunStatus.FAILED))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_in_the_middle()
    assert told(database, "all") == []


def test_an_end_that_is_noticed_twice_is_told_once(database: Database) -> None:
    for _ in range(2):
        with database.write() as db:
            Telling(HandClock()).ended(db, end(db, RunStatus.PARTIAL))
    assert len(told(database, "all")) == 1
    assert told(database, "failed") == []


def test_missed_turns_are_told_once(database: Database) -> None:
    for _ in range(2):
        with database.write() as db:
            Telling(HandClock()).missed(db, JOB, [NOW], why="Nobody worked.")
            Telling(HandClock()).missed(db, JOB, [], why="Nobody worked.")
    (message,) = told(database, "all")
    assert message.event == Event.MISSED


@pytest.fixture
def office() -> FakeOffice:
    return FakeOffice()


def test_a_job_that_fails_is_told_before_its_command_has_ended(
    tmp_path: Path, office: FakeOffice
) -> None:
    world = World()
    world.make_storage()
    with Application(tmp_path / "home", replace(world.ports(), office=office)) as application:
        application.connections.add("office", details())
        application.storages.add("disk", STORAGE_URL, storage_password())
        application.notifications.add("ops", Secret("fake://ops"))
        add_job(application, "nobody@example")
        run_id = back_up(application)["id"]
    (letter,) = office.letters
    assert letter.title == "Strongroom: the backup nightly failed"
    assert letter.tone == "failure"
    assert "- nobody@example: There is no mailbox nobody@example." in letter.body
    assert letter.body.endswith(f"strongroom run show {run_id}")
