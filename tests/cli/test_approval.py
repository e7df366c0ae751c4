"""What is marked needs a second person, who is somebody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom import compose
from strongroom.errors import AccessDenied
from strongroom.service.callers import Caller
from tests.cli.conftest import Cli
from tests.fakes.mail_server import World

SOMEBODY = Caller(ids=("uid:4242",), name="Night shift")


def test_a_marked_connection_is_changed_by_two_persons_only(
    ready: Cli, world: World, home: Path
) -> None:
    ready("role", "give", "uid:4242", "administrator", expect=0)
    marked = ready("approval", "mark", "--connection", "office", "--json", expect=0).document
    assert ready("approval", "marks", "--json", expect=0).document == [marked]
    assert "office" in ready("approval", "marks", expect=0).stdout
    with (
        compose.open_application(home, world.ports(), caller=SOMEBODY) as theirs,
        pytest.raises(AccessDenied),
    ):
        theirs.connections.remove("office")
    (request,) = ready("approval", "list", "--json", expect=0).document
    assert (request["account"], request["verb"]) == ("uid:4242", "connections.remove")
    approved = ready("approval", "give", request["id"], "--json", expect=0).document
    assert approved["approved_by"].startswith(("uid:", "sid:"))
    assert "approved already" in ready("approval", "give", request["id"], expect=2).stderr
    with compose.open_application(home, world.ports(), caller=SOMEBODY) as theirs:
        theirs.connections.remove("office")
    assert ready("connection", "list", "--json").document == []


def test_nobody_approves_their_own_request(ready: Cli) -> None:
    marked = ready("approval", "mark", "--storage", "disk", "--json", expect=0).document
    assert "approve" in ready("approval", "unmark", marked["thing"], expect=2).stderr
    (request,) = ready("approval", "list", "--json").document
    assert "their own" in ready("approval", "give", request["id"], expect=2).stderr
    assert request["id"] in ready("approval", "list", expect=0).stdout
    assert ready("approval", "marks", "--json").document == [marked]


def test_one_stored_mailbox_is_marked_by_its_id(kept: Cli, world: World) -> None:
    marked = kept(
        "approval", "mark", "--storage", "disk", "--resource", "ann@example", "--json", expect=0
    ).document
    assert marked["thing"].endswith(f"/mailbox:{world.estate.id_of('ann@example')}")
    kept("browse", "disk", "ann@example", expect=2)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--storage", "disk", "--connection", "office"),
        ("--connection", "office", "--resource", "ann@example"),
    ],
)
def test_a_mark_is_of_one_thing(words: tuple[str, ...], ready: Cli) -> None:
    assert "--storage S" in ready("approval", "mark", *words, expect=2).stderr
    assert ready("approval", "marks", "--json").document == []
