"""Definitions: given out without secrets in a fixed order, taken in all or not at all."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strongroom.engine.schedule import Schedule
from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.details import SECRETS
from strongroom.service.locks import Locked
from strongroom.words.priority import Priority
from tests.fakes.canaries import found_in
from tests.fakes.every_kind import of_every_kind
from tests.fakes.mail_server import STORAGE_URL, World, details, storage_password
from tests.fakes.marked import caged
from tests.service.support import add_job

CANARY = "canary-5e1f00-secret"


def given_out(application: Application) -> dict[str, Any]:
    return json.loads(json.dumps(application.definitions.give_out()))  # type: ignore[no-any-return]


@pytest.fixture
def document(ready: Application) -> dict[str, Any]:
    full = replace(details(password=CANARY), owners=("uid:7001",))
    ready.connections.add("full", full)
    add_job(ready, "ann@example")
    return given_out(ready)


def test_they_hold_no_secret_and_are_the_same_each_time(
    ready: Application, document: dict[str, Any]
) -> None:
    assert found_in(json.dumps(document).encode(), [CANARY]) == []
    assert json.dumps(given_out(ready)) == json.dumps(document)
    assert [one["name"] for one in document["connections"]] == ["full", "office"]
    assert document["jobs"] == [
        {
            "name": "nightly",
            "kind": "backup",
            "connection": "office",
            "storage": "disk",
            "all": False,
            "exclude": [],
            "resources": ["ann@example"],
        }
    ]


def test_a_schedule_and_a_priority_come_back_as_they_were(
    ready: Application, document: dict[str, Any]
) -> None:
    schedule = Schedule(cron="0 22 * * *", time_zone="Europe/Berlin", hours="20-6")
    ready.schedules.set("nightly", schedule)
    ready.schedules.set_priority("nightly", Priority.HIGH)
    before = ready.jobs.show("nightly")
    given = given_out(ready)
    assert given["jobs"][0]["schedule"] == {
        "cron": "0 22 * * *", "hours": "20-6", "time_zone": "Europe/Berlin",
    }  # fmt: skip
    assert given["jobs"][0]["priority"] == "high"
    ready.jobs.remove("nightly")
    ready.definitions.take_in(given)
    after = ready.jobs.show("nightly")
    assert (after.schedule, after.priority, after.due) == (
        before.schedule, before.priority, before.due,
    )  # fmt: skip
    ready.jobs.remove("nightly")
    for wrong in ({"cron": "x"}, {"rule": "1"}, {"idle_s": "1"}):
        given["jobs"][0]["schedule"] = wrong
        with pytest.raises(OperatorError):
            ready.definitions.take_in(given)
    assert ready.jobs.all() == []


def test_those_of_every_kind_hold_no_secret_and_come_back_as_they_were(
    application: Application, world: World, tmp_path: Path
) -> None:
    every = of_every_kind(lambda field: f"{CANARY} {field}")
    for number, one in enumerate(every):
        application.connections.add(f"connection {number}", one)
    written = given_out(application)
    assert found_in(json.dumps(written).encode(), [CANARY]) == []
    with Application(tmp_path / "other", world.ports()) as other:
        other.definitions.take_in(written)
        for number, one in enumerate(every):
            record = other.connections.record(f"connection {number}")
            assert other.connections.details(record) == one.without_secrets()
        assert given_out(other) == written


def test_another_home_takes_them_in_and_gives_the_same_out(
    document: dict[str, Any], world: World, tmp_path: Path
) -> None:
    with Application(tmp_path / "other", world.ports()) as other:
        with pytest.raises(OperatorError, match="storage 'disk'"):
            other.definitions.take_in(document)
        assert other.connections.all() == [], "all or nothing"
        other.storages.add("disk", STORAGE_URL, storage_password())
        taken = other.definitions.take_in(document)
        assert (taken.connections, taken.jobs) == (("full", "office"), ("nightly",))
        assert given_out(other) == document
        with pytest.raises(OperatorError, match="has no password"):
            other.connections.test("office")
        again = other.definitions.take_in(document)
        assert (again.connections, again.jobs) == ((), ())


def test_what_is_there_is_never_changed_by_a_file(
    ready: Application, document: dict[str, Any]
) -> None:
    for one in document["connections"]:
        one["server"] = "evil.example"
    ready.definitions.take_in(document)
    assert ready.connections.show("office").server == "mail.example"
    ready.connections.test("office")


@pytest.mark.parametrize("field", [*SECRETS, "is_guarded"])
def test_a_file_with_a_secret_is_refused(
    ready: Application, document: dict[str, Any], field: str
) -> None:
    bad = deepcopy(document)
    bad["connections"].append({"name": "new", "kind": "exchange-onprem", field: CANARY})
    with pytest.raises(OperatorError, match="hold a secret") as caught:
        ready.definitions.take_in(bad)
    assert CANARY not in f"{caught.value} {caught.value.hint}"
    assert len(ready.connections.all()) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"format": "something else"},
        {"version": 2},
        {"connections": None},
        {"connections": ["x"]},
        {"connections": [{"name": "x", "kind": "fax"}]},
        {"connections": [{"name": "x", "kind": "exchange-onprem", "route": "x"}]},
        {"connections": [{"name": "a/b", "kind": "exchange-onprem"}]},
        {"connections": [{"name": "x", "kind": "exchange-onprem", "owners": ["ann"]}]},
        {"jobs": [{"name": "x"}]},
    ],
)
def test_what_is_no_document_of_definitions_is_refused(
    ready: Application, document: dict[str, Any], change: dict[str, Any]
) -> None:
    with pytest.raises(OperatorError):
        ready.definitions.take_in({**document, **change})
    assert len(ready.connections.all()) == 2


def test_a_guarded_connection_is_given_out_only_unlocked_and_takes_no_jobs_while_locked(
    ready: Application, document: dict[str, Any]
) -> None:
    ready.connections.add("vip", details(), password=caged("guard"))
    with pytest.raises(Locked):
        ready.definitions.give_out()
    onto_it = {**document["jobs"][0], "name": "sneaky", "connection": "vip"}
    with pytest.raises(Locked):
        ready.definitions.take_in({**document, "jobs": [onto_it]})
    assert [job.name for job in ready.jobs.all()] == ["nightly"]


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("connections", "owners", 5),
        ("connections", "endpoints", [1]),
        ("connections", "server", 5),
        ("connections", "colour", "red"),
        ("jobs", "connection", []),
        ("jobs", "resources", None),
        ("jobs", "resources", "x"),
        ("jobs", "resources", [5]),
        ("jobs", "exclude", 5),
        ("jobs", "all", "x"),
        ("jobs", "colour", "red"),
    ],
)
def test_a_value_of_another_type_is_refused_and_nothing_is_taken_in(
    document: dict[str, Any], world: World, tmp_path: Path, kind: str, field: str, value: object
) -> None:
    document[kind][0][field] = value
    with Application(tmp_path / "other", world.ports()) as other:
        other.storages.add("disk", STORAGE_URL, storage_password())
        with pytest.raises(OperatorError, match="cannot be understood"):
            other.definitions.take_in(document)
        assert other.connections.all() == []
