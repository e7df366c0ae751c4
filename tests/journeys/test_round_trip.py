"""A mailbox of every kind of item is backed up, lost, and restored; nothing is sent."""

from __future__ import annotations

from collections import Counter

import pytest

from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Lab, Wishes
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom

WAYS = {"export": Wishes(seed=3), "mime": Wishes(seed=3, without=("export",))}


def contents(mailbox: Mailbox, *below: str) -> Counter[tuple[tuple[str, ...], str, str]]:
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
    sent_before = list(lab.outgoing)

    back = strongroom(
        "restore", "disk", mailbox.address, "--connection", "lab", "--to", "empty@lab.example",
        "--folder", "Back", "--wait",
    )  # fmt: skip

    assert back["status"] == "complete", back
    empty = lab.estate.mailbox("empty@lab.example")
    assert empty is not None
    assert contents(empty, "Back") == before
    assert lab.outgoing == sent_before


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
    told = {task["resource"] for task in document["tasks"]}
    for mailbox in lab.estate.mailboxes:
        assert mailbox.address in told
    assert "public-folders" in told
    assert any(name.startswith("archive:") for name in told)
    assert any(name.startswith("recoverable:") for name in told)
    assert document["status"] == "complete", document
