"""Backups of Exchange Online by Graph where something goes wrong on the way: what is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.entra.words import User
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.graph.errors import GraphError
from strongroom.lab.graph.mailbox import exporting, ids
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.journeys.conftest import OpenLab
from tests.journeys.graph_support import connect, exports
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process

ILL, WELL = "ill@lab.example", "well@lab.example"
ITEMS, OTHERS = 130, 12


@pytest.fixture
def lab(open_lab: OpenLab) -> Lab:
    loads = (
        Load(address=ILL, items=ITEMS, item_bytes=512, folders=3),
        Load(address=WELL, items=OTHERS, item_bytes=512),
    )
    return open_lab(Wishes(seed=5, loads=loads))


@pytest.fixture
def nightly(strongroom: Strongroom, lab: Lab) -> Callable[..., Any]:
    """Give what runs a job for both mailboxes, and insists on its exit code."""
    connect(strongroom, lab)
    strongroom("job", "add", "backup", "nightly", "--connection", "tenant", "--storage", "disk",
               "--resource", ILL, "--resource", WELL)  # fmt: skip

    def run(expect: int = 0) -> Any:
        found = strongroom("job", "run", "nightly", "--wait", expect=expect)
        assert lab.cloud.graph.crashes == []
        return found

    return run


def task(run: Any, address: str) -> Any:
    (found,) = [one for one in run["tasks"] if address in one["resource"]]
    return found


def mailbox(lab: Lab) -> Mailbox:
    found = lab.estate.mailbox(ILL)
    assert found is not None
    return found


def at_export(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, nth: int, happens: Callable[[], None]
) -> None:
    """Let something happen when Graph is asked to export for the nth time."""
    mail = lab.cloud.graph.mail
    real, count = mail.serve, 0

    def serve(route: Any, call: Any, *more: Any) -> Any:
        nonlocal count
        if route.name == "exportItems" and mailbox(lab).guid.hex in call.path[0].replace("-", ""):
            count += 1
            if count == nth:
                happens()
        return real(route, call, *more)

    monkeypatch.setattr(mail, "serve", serve)


def test_expired_links_and_a_lost_token_cost_a_list_and_no_content(
    lab: Lab, nightly: Callable[..., Any]
) -> None:
    assert nightly()["totals"]["saved"] == ITEMS + OTHERS
    before = exports(lab)
    lab.cloud.graph.mail.store.forget_tokens()
    with lab.estate.lock:
        mailbox(lab).items[0].folder.add_item(Message({tags.PidTagSubject: "new"}))
    # Servers under load now and then refuse a token that is good.
    lab.cloud.graph.mail.faults.add(
        Fault(kind=FaultKind.UNAUTHORIZED, operation="exportItems", mailbox=ILL)
    )
    found = nightly()
    assert lab.cloud.graph.mail.faults.unfired == []
    assert (found["totals"]["saved"], found["totals"]["unchanged"]) == (1, ITEMS + OTHERS)
    assert exports(lab) == before + 2, "one was refused, and one brought what is new"


def unlicensed(lab: Lab, user: User) -> None:
    """It is on a server of the organisation's own now, or has no licence: both look like this."""
    assert lab.cloud.tenant.users[user.id] is user
    user.has_mailbox = False


def gone(lab: Lab, user: User) -> None:
    del lab.cloud.tenant.users[user.id]


@pytest.mark.parametrize("happens", [unlicensed, pytest.param(gone, marks=pytest.mark.soak)])
def test_a_mailbox_that_goes_in_mid_run_is_named_and_the_others_are_saved(
    strongroom: Strongroom,
    lab: Lab,
    nightly: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Lab, User], None],
) -> None:
    user = lab.cloud.tenant.user(ILL)
    assert user is not None
    at_export(lab, monkeypatch, 3, lambda: happens(lab, user))
    run = nightly(expect=3)
    ill, well = task(run, ILL), task(run, WELL)
    assert (well["status"], well["totals"]["saved"]) == ("complete", OTHERS)
    assert ill["status"] == "partial", ill
    assert 0 < ill["totals"]["saved"] < ITEMS
    assert "There is no mailbox here" in json.dumps(ill["folders"])
    assert "There is no mailbox here" in strongroom.run("run", "show", run["id"]).stdout

    # What there was of it can be got at, and the next runs say why there is no more.
    assert strongroom("browse", "disk", ILL)
    later = strongroom.run("job", "run", "nightly", "--wait", "--json")
    assert later.code != 0
    assert task(later.document, WELL)["status"] == "complete"
    user.has_mailbox, lab.cloud.tenant.users[user.id] = True, user
    again = nightly()
    ill = task(again, ILL)
    assert ill["totals"]["saved"] + ill["totals"]["unchanged"] == ITEMS
    assert strongroom("verify", "disk")[0]["problems"] == []


@pytest.mark.soak
def test_an_item_that_always_fails_is_named_in_every_ledger_until_it_is_well(
    strongroom: Strongroom,
    lab: Lab,
    nightly: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = mailbox(lab).items[40]
    row = exporting._row

    def refusing(call: Any, reached: Any, text: str) -> Any:
        if reached.mailbox is bad.folder.mailbox and ids.find_item(reached.mailbox, text) is bad:
            corrupt = GraphError(500, "ErrorItemCorrupt", "The item is corrupt.")
            return exporting._refused(call, text, corrupt)
        return row(call, reached, text)

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_row", refusing)
        for saved in (ITEMS - 1, 0):
            run = nightly(expect=3)
            ill = task(run, ILL)
            assert (ill["status"], ill["totals"]["saved"]) == ("partial", saved)
            (short,) = [one for line in ill["folders"] for one in line["skipped"]]
            assert short["code"] == "ErrorItemCorrupt"
            assert bad.subject in json.dumps(short)
            assert task(run, WELL)["status"] == "complete"
            assert bad.subject in strongroom.run("run", "show", run["id"]).stdout
        strongroom("run", "acknowledge", run["id"])
        assert task(nightly(), ILL)["status"] == "complete", "somebody has taken note of it"
    with lab.estate.lock:
        bad.folder.change_item(bad, changes={tags.PidTagSubject: "mended"})
    well = task(nightly(), ILL)
    assert (well["totals"]["saved"], well["totals"]["unchanged"]) == (1, ITEMS - 1)
    assert well["totals"]["skipped"] == 0
