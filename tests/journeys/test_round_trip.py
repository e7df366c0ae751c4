"""A mailbox of every kind of item is backed up, lost, and restored; nothing is sent."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from strongroom.content import tags
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Lab, Wishes
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process

WAYS = {"export": Wishes(seed=3), "mime": Wishes(seed=3, without=("export",))}


Contents = Counter[tuple[tuple[str, ...], str, str]]


def contents(mailbox: Mailbox, *below: str) -> Contents:
    """Count items by folder, class and subject, as the estate itself has them."""
    top = mailbox.folder_by_role("msgfolderroot")
    for name in below:
        child = top.child(name)
        assert child is not None, name
        top = child
    return Counter(
        (folder.path[len(top.path) :], item.item_class, item.subject)
        for folder in top.descendants()
        for item in folder.items
    )


def fullest(lab: Lab) -> Mailbox:
    return max(lab.estate.mailboxes, key=lambda mailbox: sum(contents(mailbox).values()))


@pytest.mark.parametrize("way", WAYS)
def test_every_kind_of_item_comes_back_and_nothing_is_sent(
    way: str, strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(WAYS[way])
    mailbox = fullest(lab)
    before = contents(mailbox)
    saved = strongroom.back_up("all", mailbox.address)
    assert saved["status"] == "complete"
    assert saved["totals"]["saved"] == saved["totals"]["on_server"] >= sum(before.values())

    back = strongroom(
        "restore", "disk", mailbox.address, "--connection", "lab", "--to", "empty@lab.example",
        "--folder", "Back", "--wait",
    )  # fmt: skip

    assert back["status"] == "complete", back
    empty = lab.estate.mailbox("empty@lab.example")
    assert empty is not None
    assert contents(empty, "Back") == before
    assert lab.outgoing == []


ORGANISED, ACCEPTED, NOT_ANSWERED = 1, 3, 5  # [MS-OXOCAL] 2.2.1.11, PidLidResponseStatus
NOT_BACK: dict[str, set[str]] = {"export": set(), "mime": {"rule-not-written"}}


@pytest.mark.parametrize("way", ["export", pytest.param("mime", marks=pytest.mark.soak)])
def test_organiser_attendee_room_and_outbox_come_back_in_place_and_nothing_is_sent(
    way: str, strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(WAYS[way])
    everybody = [m for m in lab.estate.mailboxes if m.items and m.role != "disabled"]
    items = [item for mailbox in everybody for item in mailbox.items]
    assert {mailbox.role for mailbox in everybody} == {"user", "shared", "room"}
    assert {ORGANISED, ACCEPTED, NOT_ANSWERED} <= {
        item.get(tags.PidLidResponseStatus) for item in items
    }
    assert any(item.get(tags.PidTagReadReceiptRequested) for item in items)
    assert any(mailbox.folder_by_role("outbox").items for mailbox in everybody)
    before = {mailbox.address: contents(mailbox) for mailbox in everybody}
    assert strongroom.back_up("everybody", *before)["status"] == "complete"

    for mailbox in everybody:
        lose_everything(mailbox)
        back = strongroom.run(
            "restore", "disk", mailbox.address, "--connection", "lab", "--folder", "/",
            "--wait", "--json",
        ).document  # fmt: skip
        assert back["totals"]["failed"] == 0, back
        assert {
            short["code"]
            for task in back["tasks"]
            for folder in task["folders"]
            for short in folder["skipped"]
        } <= NOT_BACK[way]
        was, now = before[mailbox.address], contents(mailbox)
        if way == "mime":
            was, now = without_controls(was), without_controls(now)
        assert now <= was
        assert (was - now).total() == back["totals"]["skipped"]
    assert lab.outgoing == []


def without_controls(told: Contents) -> Contents:
    """Write subjects as XML and the header of a message can carry them."""
    plain: Contents = Counter()
    for (path, kind, subject), count in told.items():
        plain[path, kind, " ".join(re.sub(r"[\x00-\x1f]", " ", subject).split())] += count
    return plain


def lose_everything(mailbox: Mailbox) -> None:
    for folder in mailbox.folder_by_role("msgfolderroot").descendants():
        for item in list(folder.items):
            folder.remove_item(item)


def test_an_unchanged_mailbox_costs_next_to_nothing(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(seed=4))
    mailbox = fullest(lab)
    first = strongroom.back_up("one", mailbox.address)
    again = strongroom.back_up("one", mailbox.address)
    assert again["status"] == "complete"
    assert again["totals"]["saved"] == 0
    assert again["totals"]["unchanged"] == first["totals"]["saved"]
    assert again["totals"]["bytes_stored"] < 50_000


def test_all_takes_every_mailbox_archive_and_dumpster_or_names_why_not(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(seed=5))
    document = strongroom.back_up("everything")
    told = {task["resource"]: task for task in document["tasks"]}
    expected = {"public-folders"}
    for mailbox in lab.estate.mailboxes:
        expected.add(mailbox.address)
        if mailbox.role != "disabled":
            expected.add(f"recoverable:{mailbox.address}")
        if mailbox.archive is not None:
            expected.add(f"archive:{mailbox.address}")
    assert set(told) == expected
    assert {"user", "shared", "room", "disabled"} == {m.role for m in lab.estate.mailboxes}
    assert any(mailbox.archive is not None for mailbox in lab.estate.mailboxes)
    for mailbox in lab.estate.mailboxes:
        task = told[mailbox.address]
        if mailbox.role == "disabled":
            assert task["status"] == "excluded"
            assert task["reason"]
        else:
            assert task["status"] == "complete"
            assert task["totals"]["saved"] >= sum(contents(mailbox).values())
    assert told["public-folders"]["totals"]["saved"] == len(lab.estate.public_folders.items) > 0
    assert document["status"] == "complete", document
