"""An administrator takes note of skips: later runs are complete, and the skips stay listed."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom.errors import OperatorError
from strongroom.service.application import Application
from tests.fakes.mail_server import World
from tests.fakes.mailbox import FakeMailbox
from tests.service.support import add_job, back_up


def skip(mailbox: FakeMailbox, number: int) -> None:
    inbox = next(folder for folder in mailbox.folders.values() if folder.role == "inbox")
    mailbox.too_large.add(list(inbox.items)[number])


def skipped(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        one for task in report["tasks"] for folder in task["folders"] for one in folder["skipped"]
    ]


def test_an_acknowledged_skip_stays_listed_and_the_next_run_is_complete(
    ready: Application, world: World
) -> None:
    mailbox = world.estate.add("ann@example")
    skip(mailbox, 0)
    add_job(ready, "ann@example")
    first = back_up(ready)
    assert first["status"] == "partial"
    assert ready.runs.acknowledge(first["id"]) == 1
    assert ready.runs.acknowledge(first["id"]) == 0, "it was acknowledged already"

    again = back_up(ready)

    assert again["status"] == "complete"
    assert again["tasks"][0]["status"] == "complete"
    assert again["totals"]["skipped"] == 1
    (named,) = skipped(again)
    assert (named["name"], named["code"], named["acknowledged"]) == ("message 0", "too-large", True)
    assert ready.runs.show(first["id"])["status"] == "partial", "what was told is not rewritten"


def test_a_new_skip_asks_for_attention_again(ready: Application, world: World) -> None:
    mailbox = world.estate.add("ann@example")
    skip(mailbox, 0)
    add_job(ready, "ann@example")
    ready.runs.acknowledge(back_up(ready)["id"])
    inbox = next(folder for folder in mailbox.folders.values() if folder.role == "inbox")
    mailbox.add_item(inbox.id, "another one")
    skip(mailbox, -1)
    report = back_up(ready)
    assert report["status"] == "partial"
    assert [one.get("acknowledged", False) for one in skipped(report)] == [True, False]


def test_the_same_item_in_another_mailbox_is_another_matter(
    ready: Application, world: World
) -> None:
    ann, bob = world.estate.add("ann@example"), world.estate.add("bob@example")
    skip(ann, 0)
    add_job(ready, "ann@example", name="ann")
    add_job(ready, "bob@example", name="bob")
    ready.runs.acknowledge(back_up(ready, "ann")["id"])
    skip(bob, 0)
    assert back_up(ready, "bob")["status"] == "partial"


def test_what_failed_cannot_be_acknowledged(ready: Application, world: World) -> None:
    mailbox = world.estate.add("ann@example")
    inbox = next(folder for folder in mailbox.folders.values() if folder.role == "inbox")
    mailbox.failing.add(next(iter(inbox.items)))
    add_job(ready, "ann@example")
    run_id = back_up(ready)["id"]
    with pytest.raises(OperatorError, match="skipped nothing"):
        ready.runs.acknowledge(run_id)
    assert back_up(ready)["status"] == "partial"


def test_a_run_that_has_not_ended_cannot_be_acknowledged(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    run, _ = ready.jobs.ask_run("nightly")
    with pytest.raises(OperatorError, match="not ended"):
        ready.runs.acknowledge(run.id)
