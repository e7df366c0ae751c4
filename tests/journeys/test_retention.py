"""Backups over many days, pruned by rules; restic says after each step that all is well."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from strongroom import compose
from strongroom.clock import Clock, SystemClock
from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.service.callers import Caller
from strongroom.service.ports import Ports
from strongroom.service.rights import Role
from strongroom.service.session import Session
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom, restic

ANN = "ann@lab.example"
SECOND = Caller(ids=("uid:7002",), name="second")


class OtherDays:
    """The machine's clock, on another day. Restic has no other, so it begins two months ago."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self.days_ago = 60.0

    def now(self) -> datetime:
        return self._system.now() - timedelta(days=self.days_ago)

    def monotonic_s(self) -> float:
        return self._system.monotonic_s()

    def sleep(self, wait_s: float) -> None:
        self._system.sleep(wait_s)

    def wait(self, change: threading.Condition, wait_s: float) -> None:
        self._system.wait(change, wait_s)

    def pass_days(self, count: int) -> None:
        self.days_ago -= count


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> OtherDays:
    clock, real = OtherDays(), compose.real_ports

    def ports(_clock: Clock | None = None) -> Ports:
        return real(clock)

    monkeypatch.setattr(compose, "real_ports", ports)
    return clock


@pytest.fixture
def days(clock: OtherDays, strongroom: Strongroom, open_lab: OpenLab) -> Days:
    lab = open_lab(Wishes(loads=(Load(address=ANN, items=4, item_bytes=2_000, folders=1),)))
    strongroom(
        "job", "add", "backup", "nightly", "--connection", "lab", "--storage", "disk",
        "--resource", ANN, "--keep", "last:2", "hourly:1",
    )  # fmt: skip
    return Days(strongroom, clock, lab)


class Days:
    """What happens day by day, and what is there afterwards."""

    def __init__(self, strongroom: Strongroom, clock: OtherDays, lab: Lab) -> None:
        self.strongroom = strongroom
        self.clock = clock
        mailbox = lab.estate.mailbox(ANN)
        assert mailbox is not None
        self.mailbox: Mailbox = mailbox
        self.number = 0

    def live(self, count: int) -> None:
        """Each day a new message, then a backup."""
        inbox = self.mailbox.folder_by_role("inbox")
        for _ in range(count):
            self.number += 1
            subject, body = f"day {self.number}", "x" * 30_000
            message = Message(properties={tags.PidTagSubject: subject, tags.PidTagBody: body})
            inbox.add_item(message)
            assert self.strongroom("job", "run", "nightly", "--wait")["status"] == "complete"
            self.clock.pass_days(1)

    def points(self) -> list[str]:
        return [one["id"] for one in self.strongroom("points", "disk")]

    def fates(self) -> list[str]:
        """Say what a dry run says of each point, newest first."""
        found = self.strongroom("storage", "prune", "disk", "--dry-run")
        return [one["fate"] for one in found["points"]]

    def prune(self) -> dict[str, Any]:
        """Prune; if anything went, let restic read every byte of what is left."""
        run = self.strongroom("storage", "prune", "disk", "--wait")
        assert run["status"] == "complete", run
        (task,) = run["tasks"]
        ways: dict[str, Any] = task["ways"]
        if ways["points_forgotten"]:
            (repository,) = (self.strongroom.folder / "storage-disk/repositories/mailbox").iterdir()
            password = self.strongroom.storage_password
            restic(repository, password, "check", "--read-data")
            listed = json.loads(restic(repository, password, "snapshots", "--json"))
            assert {one["id"] for one in listed} == set(self.points())
        return ways


def approve_as_second(home: Path) -> None:
    """Be another administrator, who approves what was asked for last."""
    with compose.open_application(home, compose.real_ports()) as application:
        application.delegation.give_role(SECOND.ids[0], Role.ADMINISTRATOR)
        verbs = application.for_session(Session(SECOND))
        waiting = [one for one in verbs.approvals.requests() if one.approved is None]
        verbs.approvals.approve(waiting[0].id)


@pytest.mark.in_process
def test_rules_holds_and_seven_days(days: Days) -> None:
    strongroom, clock = days.strongroom, days.clock
    days.live(4)
    before = days.points()
    assert days.fates() == ["stays"] * 2 + ["goes"] * 2
    assert days.points() == before

    # A hold beats the rule.
    held = strongroom("hold", "add", "disk", ANN, "--reason", "case 4711")
    assert set(days.fates()) == {"stays"}
    assert days.prune()["points_forgotten"] == 0
    strongroom("hold", "remove", "disk", held["id"])
    assert days.fates() == ["stays"] * 2 + ["waits"] * 2
    clock.pass_days(7)
    ways = days.prune()
    assert ways["points_forgotten"] == 2
    assert ways["bytes_freed"] > 0
    assert days.points() == before[:2]

    # A shorter rule waits; the former one takes that back; and in seven days it happens.
    strongroom("job", "edit", "nightly", "--keep", "last:1")
    assert days.fates() == ["stays", "waits"]
    strongroom("job", "edit", "nightly", "--keep", "last:2", "hourly:1")
    clock.pass_days(8)
    assert days.fates() == ["stays"] * 2
    strongroom("job", "edit", "nightly", "--keep", "last:1")
    clock.pass_days(7)
    assert days.prune()["points_forgotten"] == 1

    # What is left comes back, and the last good one goes by nobody's hand.
    assert days.points() == before[:1]
    strongroom("storage", "forget", "disk", ANN, before[0], expect=2)
    restored = strongroom(
        "restore", "disk", ANN, "--connection", "lab", "--folder", "Back", "--wait"
    )
    assert restored["totals"]["saved"] >= 8


@pytest.mark.soak  # quick in tests/cli/test_retention.py
@pytest.mark.in_process
def test_a_second_administrator_makes_it_happen_at_once(days: Days) -> None:
    strongroom = days.strongroom
    days.live(3)
    days.prune()
    older = days.points()[1]
    strongroom("storage", "forget", "disk", ANN, older, "--at-once", expect=2)
    assert days.fates()[1] == "stays"
    approve_as_second(strongroom.home)
    strongroom("storage", "forget", "disk", ANN, older, "--at-once")
    assert days.prune()["points_forgotten"] == 1
    assert older not in days.points()
    records = strongroom("audit", "list")
    told = [(one["verb"], one["outcome"]) for one in records]
    assert told.count(("retention.forget", "refused")) == 1
    assert ("retention.forgets", "allowed") in told
