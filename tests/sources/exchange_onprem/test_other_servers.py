"""Servers that differ from the book: what was saved comes back all the same."""

from __future__ import annotations

import pytest

from strongroom.content import tags
from strongroom.lab.estate.item import StoredItem
from strongroom.sources.exchange_onprem import protection
from tests.fakes.exchange import TARGET, Site, read_all, restore

DIFFERENCES: dict[str, dict[str, object]] = {
    "no charset": {"without_charset": True},
    "MIME written anew": {"resynthesised_mime": True},
    "no root folder": {"without_root_folder": True},
    "seven digits": {"fraction_digits": 7},
    "no sync scope": {"without_sync_scope": True},
    "all at once": {
        "without_charset": True,
        "resynthesised_mime": True,
        "without_root_folder": True,
        "fraction_digits": 9,
        "without_sync_scope": True,
    },
}
EVERY_RUN = ("seven digits", "all at once")
"""The others are part of these, one at a time."""


@pytest.mark.parametrize(
    "difference",
    [one if one in EVERY_RUN else pytest.param(one, marks=pytest.mark.soak) for one in DIFFERENCES],
)
@pytest.mark.parametrize("way", ["export", "mime"])
def test_a_mailbox_of_such_a_server_comes_back_equal(
    populated: Site, way: str, difference: str
) -> None:
    without = ("export",) if way == "mime" else ()
    populated.quirks(without=without, **DIFFERENCES[difference])
    server = populated.open()
    mailbox = max(
        (one for one in populated.estate.mailboxes if one.role != "disabled"),
        key=lambda one: len(one.items),
    )
    backup = read_all(server, mailbox.address)
    assert backup.missed == []
    restored = restore(server, TARGET, backup)
    assert [one for one in restored.failed if one.code != "rule-not-written"] == []
    assert restored.different == []
    assert len(restored.compared) + len(restored.failed) == len(backup.contents) > 50
    assert populated.estate.outgoing == []


@pytest.mark.parametrize("way", ["export", "mime"])
def test_rights_protected_items_are_named_as_such(populated: Site, way: str) -> None:
    populated.quirks(without=("export",) if way == "mime" else ())
    mailbox, protected = next(
        (mailbox, item)
        for mailbox in populated.estate.mailboxes
        for item in mailbox.items
        if is_rights_protected(item)
    )
    backup = read_all(populated.open(), mailbox.address)
    named = [
        content
        for content in backup.contents.values()
        if any(note.startswith("rights-protected") for note in content.notes)
    ]
    names = {item.id: item.name for items in backup.items.values() for item in items}
    assert protected.subject in {names[content.item_id] for content in named}


def is_rights_protected(item: StoredItem) -> bool:
    attached = item.message().attachments
    names = [one.properties.get(tags.PidTagAttachLongFilename) for one in attached]
    return protection.RIGHTS_ATTACHMENT in names
