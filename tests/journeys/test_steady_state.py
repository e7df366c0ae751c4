"""A few changes in a large mailbox cost a few requests and little space."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from strongroom import compose
from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.words.paths import path_text
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom

ADDRESS = "large@lab.example"
ITEMS, FOLDERS = 20_000, 40


def live_on(mailbox: Mailbox) -> None:
    """Ten new, five changed, three moved, four deleted items, in four folders."""
    bulk = mailbox.folder_by_role("msgfolderroot").child("Bulk")
    assert bulk is not None
    a, b, c, d = list(bulk.descendants())[:4]
    for number in range(10):
        (a, b)[number % 2].add_item(
            Message(
                properties={
                    tags.PidTagSubject: f"new {number}",
                    tags.PidTagBody: random.Random(number).randbytes(2000).hex(),
                }
            )
        )
    for item in list(c.items)[:5]:
        c.change_item(item, changes={tags.PidTagSubject: f"changed {item.subject}"})
    for item in list(a.items)[100:103]:
        mailbox.move_item(item, d)
    for item in list(d.items)[200:204]:
        d.remove_item(item)


@pytest.mark.soak
def test_twenty_two_changes_among_20_000_items_cost_at_most_16_requests_and_200_kb(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(
        Wishes(loads=(Load(address=ADDRESS, items=ITEMS, item_bytes=2048, folders=FOLDERS),))
    )
    mailbox = lab.estate.mailbox(ADDRESS)
    assert mailbox is not None
    first = strongroom.back_up("large", ADDRESS)
    assert first["totals"]["saved"] >= ITEMS
    live_on(mailbox)

    second = strongroom.back_up("large", ADDRESS)

    assert second["status"] == "complete", second
    assert second["totals"]["on_server"] == first["totals"]["on_server"] + 10 - 4
    assert second["totals"]["saved"] == 10 + 5 + 3
    assert second["totals"]["requests"] <= 16
    assert second["totals"]["bytes_stored"] < 200_000
    strongroom("verify", "disk", "--resource", ADDRESS)
    assert kept(strongroom) == Counter(
        (item.folder.path[1:], item.subject) for item in mailbox.items
    )


def kept(strongroom: Strongroom) -> Counter[tuple[tuple[str, ...], str]]:
    """Count what the newest restore point holds by folder and subject."""
    found: Counter[tuple[tuple[str, ...], str]] = Counter()
    with compose.open_application(strongroom.home) as application:
        waiting: list[tuple[str, ...]] = [()]
        while waiting:
            listing = application.kept.browse("disk", ADDRESS, path_text(waiting.pop()))
            waiting += [folder.folder.path for folder in listing.folders]
            if listing.folder is not None:
                path = listing.folder.folder.path
                found.update((path, item.item.name) for item in listing.items)
    return found
