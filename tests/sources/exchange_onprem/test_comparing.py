"""A comparison that cannot fail is worth nothing: each kind of damage must show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from strongroom.content import tags
from strongroom.content.message import FileTime, Message, Properties
from strongroom.lab.estate.item import StoredItem
from strongroom.words.restoring import Compared, Outgoing
from tests.fakes.exchange import PASSWORD, TARGET, Restored, Site, read_all, restore

WAYS = ("export", "mime")
OTHER = FileTime.from_datetime(datetime(2020, 1, 1, tzinfo=UTC))


def _turn(item: StoredItem) -> None:
    item.folder.mark_read(item, is_read=not item.is_read)


DAMAGE: dict[str, Callable[[StoredItem], None]] = {
    "subject": lambda item: item.folder.change_item(item, changes={tags.PidTagSubject: "other"}),
    "body": lambda item: item.folder.change_item(item, changes={tags.PidTagBody: "other"}),
    "delivery time": lambda item: item.folder.change_item(
        item, changes={tags.PidTagMessageDeliveryTime: OTHER}
    ),
    "read flag": _turn,
    "categories": lambda item: item.folder.change_item(
        item, changes={tags.PidNameKeywords: ["Other"]}
    ),
    "importance": lambda item: item.folder.change_item(item, changes={tags.PidTagImportance: 0}),
    "flag": lambda item: item.folder.change_item(item, changes={tags.PidTagFlagStatus: 1}),
    "search key": lambda item: item.folder.change_item(
        item, changes={tags.PidTagSearchKey: b"sixteen bytes...."}
    ),
    "class": lambda item: item.folder.change_item(
        item, changes={tags.PidTagMessageClass: "IPM.Note.Other"}
    ),
}


ORIGIN = "origin@lab.example"
LETTER: Properties = {
    tags.PidTagMessageClass: "IPM.Note",
    tags.PidTagSubject: "Offer",
    tags.PidTagBody: "About the roof.\r\n",
    tags.PidTagMessageFlags: 0,
    tags.PidTagMessageDeliveryTime: FileTime.from_datetime(datetime(2026, 2, 1, tzinfo=UTC)),
    tags.PidTagInternetMessageId: "<offer@lab.example>",
}


def compared_after(site: Site, damage: Callable[[StoredItem], None] | None) -> Compared:
    """Restore one letter, do something to it on the server, and compare it again."""
    origin = site.estate.add_mailbox(ORIGIN, "Origin", password=PASSWORD)
    origin.folder_by_role("inbox").add_item(Message(dict(LETTER)))
    server = site.open()
    backup = read_all(server, ORIGIN)
    made = restore(server, TARGET, backup)
    (item,) = [item for items in backup.items.values() for item in items]
    (stored,) = site.mailbox(TARGET).items
    if damage is not None:
        damage(stored)
    again = Restored()
    target = server.target(server.resolve(TARGET))
    pair = (Outgoing(item=item, content=backup.contents[item.id]), made.new_ids[item.id])
    target.compare([pair], again.compared.append)
    return again.compared[0]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", DAMAGE)
def test_every_damage_shows(quiet: Site, way: str, what: str) -> None:
    quiet.quirks(without=("export",) if way == "mime" else ())
    assert compared_after(quiet, DAMAGE[what]).differences


@pytest.mark.parametrize("way", WAYS)
def test_an_item_that_vanished_after_it_was_written_shows(quiet: Site, way: str) -> None:
    quiet.quirks(without=("export",) if way == "mime" else ())
    found = compared_after(quiet, lambda item: item.folder.remove_item(item))
    assert any("cannot be read back" in line for line in found.differences)


@pytest.mark.parametrize("way", WAYS)
def test_an_item_that_nobody_touched_compares_equal(quiet: Site, way: str) -> None:
    quiet.quirks(without=("export",) if way == "mime" else ())
    assert compared_after(quiet, None).differences == ()
