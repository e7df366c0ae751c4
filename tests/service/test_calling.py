"""Verbs called by name: only what is declared, with only what it takes, and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.application import Application
from strongroom.service.calling import remote_verbs
from strongroom.service.session import Session
from tests.fakes.mail_server import PASSWORD, STORAGE_URL, World
from tests.fakes.storages import PASSWORD as STORAGE_PASSWORD
from tests.service.support import add_job, back_up, caller


def call(application: Application, verb: str, /, **arguments: Any) -> Any:
    """Call as another process would: through JSON, both ways."""
    sent = json.loads(json.dumps(arguments))
    return json.loads(json.dumps(application.call(verb, sent)))


def test_a_home_is_set_up_and_used_by_name_alone(application: Application, world: World) -> None:
    world.make_storage()
    world.estate.add("ann@example")
    details = {
        "kind": "exchange-onprem",
        "server": "mail.example",
        "user": "backup@example",
        "password": PASSWORD,
    }
    view = call(application, "connections.add", name="office", details=details)
    assert (view["name"], view["secrets"]) == ("office", ["password"])
    assert PASSWORD not in json.dumps(view)
    added = call(
        application, "storages.add", name="disk", url=STORAGE_URL, password=STORAGE_PASSWORD
    )
    assert added["recovery_key"] is None
    job = call(
        application, "jobs.add_backup", name="nightly", connection="office", storage="disk",
        selection={"resources": ["ann@example"]},
    )  # fmt: skip
    assert job["selection"]["resources"] == ["ann@example"]
    back_up(application)
    (point,) = call(application, "kept.points", storage="disk")["points"]
    assert point["resource"] == "ann@example"
    listing = call(application, "kept.browse", storage="disk", resource="ann@example", path="Inbox")
    assert len(listing["items"]) == 3
    tested = call(application, "connections.test", name="office")
    assert tested["facts"]["product"] == "Fake"
    order = {"storage": "disk", "resource": "ann@example", "connection": "office"}
    run, is_known = call(application, "restores.ask", order=order)
    assert (run["kind"], is_known) == ("restore", False)
    edited = call(application, "connections.edit", name="office", edit={"access": "delegate"})
    assert edited["access"] == "delegate"
    assert call(application, "audit.records")[0]["verb"] == "connections.add"
    granted = call(
        application, "delegation.grant", account="uid:7001", permission="restore",
        sources=[["disk", "*"]], targets=[["office", "*"]],
    )  # fmt: skip
    assert granted["permission"] == "restore"
    given_out = call(application, "definitions.give_out")
    assert call(application, "definitions.take_in", document=given_out)["jobs"] == []


def test_a_new_storages_recovery_key_is_told_once(application: Application) -> None:
    added = call(application, "storages.add", name="new", url="memory:new", password="correct")
    assert len(added["recovery_key"]) > 30


@pytest.mark.parametrize(
    "name",
    [
        "connections.details",
        "connections.record",
        "connections.open",
        "connections.keep_tokens",
        "connections._shared",
        "connections.__init__",
        "storages.open",
        "nothing.at_all",
        "connections",
        "",
    ],
)
def test_what_is_inside_or_of_this_process_alone_is_not_called_by_name(
    ready: Application, name: str
) -> None:
    with pytest.raises(OperatorError, match="no verb"):
        ready.call(name, {"name": "office"})
    assert name not in remote_verbs(ready.nouns)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("connections.show", {}),
        ("connections.show", {"name": 7}),
        ("connections.show", {"name": "office", "self": "x"}),
        ("connections.show", {"name": "office", "extra": "hunter2"}),
        ("connections.add", {"name": "x", "details": {"kind": "k", "password": 7}}),
        ("connections.unlock", {"name": "office", "password": {"hunter2": 1}}),
        ("delegation.give_role", {"account": "uid:1", "role": "hunter2"}),
        ("kept.verify", {"storage": "disk", "resource": None, "sample": None, "tell": "x"}),
    ],
)
def test_arguments_that_are_not_what_a_verb_takes_are_refused_and_not_repeated(
    ready: Application, name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(OperatorError) as caught:
        ready.call(name, arguments, supplied={"tell": print})
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_by_name_the_same_rules_hold(ready: Application) -> None:
    stranger = ready.for_session(Session(caller(7001)))
    for name in remote_verbs(stranger.nouns):
        if name in {"connections.all", "jobs.all", "runs.all", "storages.all"}:
            with pytest.raises(AccessDenied):
                stranger.call(name, {})


def test_several_sessions_share_one_home(ready: Application, world: World, tmp_path: Path) -> None:
    world.estate.add("ann@example")
    again = ready.for_session(Session(ready.session.caller))
    add_job(ready)
    assert [job.name for job in again.jobs.all()] == ["nightly"]
