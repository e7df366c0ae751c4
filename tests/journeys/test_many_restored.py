"""After a disaster: everyone is brought back by one command, everyone's newest days first."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from strongroom.clock import SystemClock
from strongroom.content import tags
from strongroom.content.message import FileTime, Message
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Lab, Wishes
from tests.fakes.marked import canary
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process

PEOPLE = tuple(f"lost-{name}@lab.example" for name in ("ann", "ben", "cleo"))
AGES_D = (0, 2, 5, 20, 200, 2000)
NEWEST = 3
"""So many of them are of the last seven days."""


def fill(lab: Lab, address: str) -> Mailbox:
    mailbox = lab.estate.add_mailbox(
        address, address.title(), password=canary(f"password of {address}"), archive=False
    )
    for age_d in AGES_D:
        when = FileTime.from_datetime(SystemClock().now() - timedelta(days=age_d))
        mailbox.folder_by_role("inbox").add_item(
            Message(
                {
                    tags.PidTagMessageClass: "IPM.Note",
                    tags.PidTagSubject: f"{age_d} days old",
                    tags.PidTagMessageDeliveryTime: when,
                    tags.PidTagInternetMessageId: f"<{age_d}.{address}>",
                    tags.PidTagMessageFlags: tags.FLAG_READ,
                    tags.PidTagBody: f"What {address} was told {age_d} days ago.",
                }
            )
        )
    return mailbox


def held(mailbox: Mailbox) -> Counter[str]:
    return Counter(item.subject for item in mailbox.folder_by_role("inbox").items)


def test_everyones_newest_days_are_back_before_anything_older(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(seed=3))
    with lab.estate.lock:
        boxes = [fill(lab, address) for address in PEOPLE]
        before = [held(box) for box in boxes]
    assert strongroom.back_up("all", *PEOPLE)["status"] == "complete"
    with lab.estate.lock:
        for box in boxes:
            for item in list(box.folder_by_role("inbox").items):
                box.hard_delete_item(item)
    sent = len(lab.outgoing)
    back = strongroom(
        "restore", "disk", "--all", "--connection", "lab", "--folder", "/", "--conflict", "skip",
        "--wait",
    )  # fmt: skip
    assert back["status"] == "complete", back
    assert [held(box) for box in boxes] == before
    for box in boxes:
        # In the order in which they came back: all of the newest days before anything else.
        inbox = sorted(box.folder_by_role("inbox").items, key=lambda item: item.arrived)
        newest = {f"{age_d} days old" for age_d in AGES_D[:NEWEST]}
        assert {item.subject for item in inbox[:NEWEST]} == newest
    first, rest = back["tasks"][: len(PEOPLE)], back["tasks"][len(PEOPLE) :]
    assert {one["resource"] for one in first} == {f"{one}: last 7 days" for one in PEOPLE}
    assert {one["resource"] for one in rest} == set(PEOPLE)
    assert max(one["started"] for one in first) <= min(one["started"] for one in rest)
    assert back["totals"]["saved"] == back["totals"]["on_server"] == sum(map(len, before))
    assert back["forecast"] is None
    assert len(lab.outgoing) == sent
    again = strongroom(
        "restore", "disk", *PEOPLE[:2], "--connection", "lab", "--folder", "/", "--conflict",
        "skip", "--newest-first", "3", "--wait",
    )  # fmt: skip
    assert (again["totals"]["saved"], again["totals"]["unchanged"]) == (0, 2 * len(AGES_D))
