"""Hidden items on a server whose list of changes tells visible items only."""

from __future__ import annotations

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.errors import CursorExpired
from strongroom.lab.estate.folder import Folder as StoredFolder
from strongroom.sources.exchange_onprem import hidden
from strongroom.sources.exchange_onprem.source import ExchangeSource
from strongroom.words.item import Change, Changed, Folder, Item, Removed
from tests.fakes.exchange import TARGET, Site, read_all, restore

CLASS = "IPM.Microsoft.FolderDesign.NamedView"


def view(subject: str) -> Message:
    return Message({tags.PidTagMessageClass: CLASS, tags.PidTagSubject: subject})


def letter(subject: str) -> Message:
    return Message({tags.PidTagMessageClass: "IPM.Note", tags.PidTagSubject: subject})


def inbox(site: Site) -> StoredFolder:
    return site.mailbox(TARGET).folder_by_role("inbox")


def opened(site: Site) -> tuple[ExchangeSource, Folder]:
    server = site.open()
    source = server.source(server.resolve(TARGET))
    folders = source.hierarchy(None).folders
    source.standings(folders)
    return source, next(folder for folder in folders if folder.role == "inbox")


def told_since(
    source: ExchangeSource, folder: Folder, cursor: str | None
) -> tuple[list[Change], str]:
    pages = list(source.changes(folder, cursor))
    return [change for page in pages for change in page.changes], pages[-1].cursor


def items_of(told: list[Change]) -> dict[str, Item]:
    return {change.item.name: change.item for change in told if isinstance(change, Changed)}


@pytest.mark.parametrize("way", ["export", "mime"])
def test_every_hidden_item_is_kept_and_comes_back(populated: Site, way: str) -> None:
    populated.quirks(without_sync_scope=True, without=("export",) if way == "mime" else ())
    mailbox = populated.estate.mailboxes[0]
    there = {
        item.item_class
        for item in mailbox.items
        if item.is_associated and item.folder.is_below(mailbox.folder_by_role("msgfolderroot"))
    }
    assert there
    saved = read_all(populated.open(), mailbox.address)
    told = [item for items in saved.items.values() for item in items if item.is_associated]
    assert {item.kind for item in told} == there
    assert {item.id for item in told} <= saved.contents.keys()
    made = restore(populated.open(), TARGET, saved)
    # Without export, rules come back with the settings.
    assert {one.code for one in made.failed} <= {"rule-not-written"}
    assert not made.failed or way == "mime"
    assert made.different == []


def test_hidden_items_are_told_once_and_then_only_when_they_change(quiet: Site) -> None:
    quiet.quirks(without_sync_scope=True)
    folder = inbox(quiet)
    folder.add_item(letter("visible"))
    changing, going, _ = (
        folder.add_item(view(name), is_associated=True) for name in ("changes", "goes", "stays")
    )
    source, ours = opened(quiet)
    first, cursor = told_since(source, ours, None)
    before = items_of(first)
    assert len(first) == len(before)
    assert {name for name, item in before.items() if item.is_associated} == {
        "changes",
        "goes",
        "stays",
    }
    told, cursor = told_since(source, ours, cursor)
    assert told == []

    folder.change_item(changing, changes={tags.PidTagSubject: "changed"})
    folder.remove_item(going)
    folder.add_item(view("new"), is_associated=True)
    folder.add_item(letter("mail"))
    told, cursor = told_since(source, ours, cursor)
    assert {name: item.is_associated for name, item in items_of(told).items()} == {
        "changed": True,
        "new": True,
        "mail": False,
    }
    gone = [change.item_id for change in told if isinstance(change, Removed)]
    assert gone == [before["goes"].id]
    told, cursor = told_since(source, ours, cursor)
    assert told == []


def test_the_last_hidden_item_that_goes_is_told(quiet: Site) -> None:
    quiet.quirks(without_sync_scope=True)
    only = inbox(quiet).add_item(view("only"), is_associated=True)
    source, ours = opened(quiet)
    first, cursor = told_since(source, ours, None)
    inbox(quiet).remove_item(only)
    assert told_since(source, ours, cursor)[0] == [Removed(item_id=items_of(first)["only"].id)]


def test_a_restore_recognises_what_arrived_hidden(quiet: Site) -> None:
    quiet.quirks(without_sync_scope=True)
    folder = inbox(quiet)
    folder.add_item(view("before"), is_associated=True)
    _, ours = opened(quiet)
    server = quiet.open()
    target = server.target(server.resolve(TARGET))
    mark = target.mark(ours.id)
    folder.add_item(view("after"), is_associated=True)
    assert [item.name for item in target.arrivals(ours.id, mark)] == ["after"]
    assert {item.name for item in target.arrivals(ours.id, None)} == {"before", "after"}


def test_an_empty_folder_is_marked_so_that_hidden_arrivals_show(quiet: Site) -> None:
    quiet.quirks(without_sync_scope=True)
    _, ours = opened(quiet)
    server = quiet.open()
    target = server.target(server.resolve(TARGET))
    mark = target.mark(ours.id)
    inbox(quiet).add_item(view("after"), is_associated=True)
    assert [item.name for item in target.arrivals(ours.id, mark)] == ["after"]


def test_a_server_that_does_as_it_is_told_is_not_asked_twice(quiet: Site) -> None:
    inbox(quiet).add_item(view("one"), is_associated=True)
    source, ours = opened(quiet)
    assert quiet.count(lambda: list(source.changes(ours, None))) == 1


def test_a_server_that_lists_no_hidden_items_either_is_still_read(quiet: Site) -> None:
    quiet.quirks(without_sync_scope=True, without=("FindItem",))
    folder = inbox(quiet)
    folder.add_item(letter("visible"))
    folder.add_item(view("hidden"), is_associated=True)
    source, ours = opened(quiet)
    assert items_of(told_since(source, ours, None)[0]).keys() == {"visible"}
    # The server counts one more than it tells: the ledger's sum does not meet.
    assert source.standings([ours])[ours.id].count == 2


@pytest.mark.parametrize("known", [None, {}, {"AAk+/=": "CQ==", "b": ""}])
def test_a_cursor_comes_apart_as_it_was_made(known: dict[str, str] | None) -> None:
    assert hidden.opened(hidden.written(known, "H4sI+/==")) == (known, "H4sI+/==")


def test_a_damaged_list_in_a_cursor_has_expired() -> None:
    with pytest.raises(CursorExpired):
        hidden.opened("hidden\n[1]\nstate")
