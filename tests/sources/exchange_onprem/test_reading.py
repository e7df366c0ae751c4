"""One suite for both ways of reading: what is told and kept does not depend on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from strongroom.content import fts, mime, tags
from strongroom.content.message import Attachment, FileTime, Message, Properties
from strongroom.errors import CursorExpired, ItemError
from strongroom.lab.estate.folder import Folder as StoredFolder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.faults import Fault, FaultKind
from strongroom.sources.exchange_onprem.reading import notes
from strongroom.sources.exchange_onprem.source import ExchangeSource
from strongroom.words.item import (
    Change,
    Changed,
    Content,
    Folder,
    Item,
    Missed,
    Removed,
    StateChanged,
)
from tests.fakes.exchange import TARGET, Backup, Site, read_all, whole

WAYS = ("export", "mime")
SENT = FileTime.from_datetime(datetime(2026, 2, 1, 8, 0, tzinfo=UTC))


def letter(subject: str, **more: object) -> Message:
    properties: Properties = {
        tags.PidTagMessageClass: "IPM.Note",
        tags.PidTagSubject: subject,
        tags.PidTagBody: f"About {subject}.\r\n",
        tags.PidTagMessageFlags: 0,
        tags.PidTagMessageDeliveryTime: SENT,
        tags.PidTagClientSubmitTime: SENT,
        tags.PidTagInternetMessageId: f"<{subject}@lab.example>",
    }
    return Message(properties | dict(more))  # type: ignore[arg-type]


def offer(site: Site, way: str) -> None:
    site.quirks(without=("export",) if way == "mime" else ())


def inbox(site: Site) -> StoredFolder:
    return site.mailbox(TARGET).folder_by_role("inbox")


def opened(site: Site) -> tuple[ExchangeSource, Folder]:
    server = site.open()
    source = server.source(server.resolve(TARGET))
    found = source.hierarchy(None)
    return source, next(folder for folder in found.folders if folder.role == "inbox")


def changes(source: ExchangeSource, folder: Folder, cursor: str | None) -> tuple[list[Change], str]:
    told: list[Change] = []
    last = ""
    for page in source.changes(folder, cursor):
        told += page.changes
        last = page.cursor
    return told, last


def items_of(told: list[Change]) -> list[Item]:
    return [change.item for change in told if isinstance(change, Changed)]


def fetched(source: ExchangeSource, items: list[Item]) -> dict[str, Content | Missed]:
    kept: dict[str, Content | Missed] = {}

    def keep(found: Content | Missed) -> None:
        assert found.item_id not in kept
        kept[found.item_id] = found if isinstance(found, Missed) else whole(found)

    source.fetch(items, keep)
    return kept


def stored(site: Site) -> list[StoredItem]:
    return [
        item
        for item in site.estate.mailboxes[0].items
        if item.folder.is_below(site.estate.mailboxes[0].folder_by_role("msgfolderroot"))
    ]


@pytest.mark.parametrize("way", WAYS)
def test_every_item_of_every_kind_is_told_and_kept(populated: Site, way: str) -> None:
    offer(populated, way)
    backup = read_all(populated.open(), populated.estate.mailboxes[0].address)
    told = [item for items in backup.items.values() for item in items]
    # XML cannot carry what some subjects hold, so names are not compared.
    assert sorted(item.kind for item in told) == sorted(
        item.item_class for item in stored(populated)
    )
    assert backup.missed == []
    assert {content.way for content in backup.contents.values()} == {way}
    assert backup.contents.keys() == {item.id for item in told}
    assert sum(item.is_associated for item in told) == sum(
        item.is_associated for item in stored(populated)
    )


def test_what_the_list_tells_needs_no_request_per_item(populated: Site) -> None:
    address = populated.estate.mailboxes[0].address
    server = populated.open()
    source = server.source(server.resolve(address))
    folders = source.hierarchy(None).folders
    listed = [folder for folder in folders if not folder.is_listed_only]
    source.standings(listed)

    def list_all() -> None:
        for folder in listed:
            list(source.changes(folder, None))

    assert populated.count(list_all) == len(listed)


def test_sealed_items_are_kept_and_named(populated: Site) -> None:
    backup = read_all(populated.open(), populated.estate.mailboxes[0].address)
    items = {item.id: item for items in backup.items.values() for item in items}
    noted = {
        items[content.item_id].kind: content.notes
        for content in backup.contents.values()
        if content.notes
    }
    assert any("encrypted" in note for note in noted["IPM.Note.SMIME"])
    assert any("signed" in note for note in noted["IPM.Note.SMIME.MultipartSigned"])


@pytest.mark.parametrize("way", WAYS)
def test_new_changed_moved_and_deleted_items_are_told_once(quiet: Site, way: str) -> None:
    offer(quiet, way)
    folder = inbox(quiet)
    first, second, third = (folder.add_item(letter(name)) for name in ("one", "two", "three"))
    source, ours = opened(quiet)
    before, cursor = changes(source, ours, None)
    ids = {item.name: item.id for item in items_of(before)}
    assert ids.keys() == {"one", "two", "three"}

    folder.add_item(letter("four"))
    folder.change_item(first, changes={tags.PidTagSubject: "one again"})
    quiet.mailbox(TARGET).move_item(second, quiet.mailbox(TARGET).folder_by_role("drafts"))
    folder.remove_item(third)
    told, cursor = changes(source, ours, cursor)

    assert {item.name for item in items_of(told)} == {"four", "one again"}
    assert {change.item_id for change in told if isinstance(change, Removed)} == {
        ids["two"],
        ids["three"],
    }
    assert changes(source, ours, cursor)[0] == []


def test_a_read_flag_alone_is_told_as_a_state_and_any_other_change_in_full(quiet: Site) -> None:
    folder = inbox(quiet)
    read, flagged = folder.add_item(letter("read")), folder.add_item(letter("flagged"))
    source, ours = opened(quiet)
    before, cursor = changes(source, ours, None)
    ids = {item.name: item.id for item in items_of(before)}
    folder.mark_read(read, is_read=True)
    folder.change_item(flagged, changes={tags.PidTagFlagStatus: 2})
    told, _ = changes(source, ours, cursor)
    states = [change for change in told if isinstance(change, StateChanged)]
    assert [(each.item_id, each.state) for each in states] == [(ids["read"], {"is_read": True})]
    assert [item.name for item in items_of(told)] == ["flagged"]


@pytest.mark.parametrize("way", WAYS)
def test_an_item_that_vanishes_while_it_is_read_is_gone_and_not_missing(
    quiet: Site, way: str
) -> None:
    offer(quiet, way)
    folder = inbox(quiet)
    folder.add_item(letter("stays"))
    vanishing = folder.add_item(letter("vanishes"))
    source, ours = opened(quiet)
    items = items_of(changes(source, ours, None)[0])
    folder.remove_item(vanishing)
    kept = fetched(source, items)
    fates = {item.name: kept[item.id] for item in items}
    assert isinstance(fates["stays"], Content)
    gone = fates["vanishes"]
    assert isinstance(gone, Missed)
    assert gone.fate == "gone"


def test_a_cursor_that_the_server_does_not_know_has_expired(quiet: Site) -> None:
    source, ours = opened(quiet)
    with pytest.raises(CursorExpired):
        list(source.changes(ours, "bm90IGEgc3RhdGU="))


def test_a_folder_that_was_deleted_meanwhile_is_told_as_an_error_of_its_own(quiet: Site) -> None:
    mailbox = quiet.mailbox(TARGET)
    extra = mailbox.add_folder(mailbox.folder_by_role("msgfolderroot"), "Extra")
    server = quiet.open()
    source = server.source(server.resolve(TARGET))
    ours = next(folder for folder in source.hierarchy(None).folders if folder.path == ("Extra",))
    mailbox.delete_folder(extra)
    with pytest.raises(ItemError) as told:
        list(source.changes(ours, None))
    assert told.value.code == "ErrorSyncFolderNotFound"
    assert ours.id not in source.standings([ours])


@pytest.mark.parametrize(
    ("kind", "fate"), [(FaultKind.ITEM_CORRUPT, "skipped"), (FaultKind.TRUNCATED_EXPORT, "failed")]
)
def test_a_damaged_item_keeps_no_other_from_being_read(
    quiet: Site, kind: FaultKind, fate: str
) -> None:
    folder = inbox(quiet)
    for name in ("one", "two"):
        folder.add_item(letter(name))
    source, ours = opened(quiet)
    items = items_of(changes(source, ours, None)[0])
    quiet.lab.exchange.faults.add(Fault(kind=kind, operation="ExportItems", times=20))
    kept = fetched(source, items).values()
    assert [each.fate for each in kept if isinstance(each, Missed)] == [fate]
    assert len([each for each in kept if isinstance(each, Content)]) == 1


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.BATCH_STOPPED,
        FaultKind.BUSY,
        FaultKind.BUSY_IN_BODY,
        FaultKind.CUT,
        FaultKind.SOAP_FAULT_200,
        FaultKind.TRUNCATED_EXPORT,
        FaultKind.UNAVAILABLE,
    ],
)
def test_trouble_that_passes_costs_no_item(quiet: Site, kind: FaultKind) -> None:
    folder = inbox(quiet)
    for name in ("one", "two", "three"):
        folder.add_item(letter(name))
    source, ours = opened(quiet)
    items = items_of(changes(source, ours, None)[0])
    quiet.lab.exchange.faults.add(Fault(kind=kind, operation="ExportItems", seconds=3))
    kept = fetched(source, items)
    assert [type(each) for each in kept.values()] == [Content] * 3
    assert quiet.lab.exchange.faults.unfired == []


def test_the_way_is_found_by_the_first_item_without_a_question_more(quiet: Site) -> None:
    inbox(quiet).add_item(letter("one"))
    source, ours = opened(quiet)
    items = items_of(changes(source, ours, None)[0])
    assert quiet.count(lambda: fetched(source, items)) == 1
    assert quiet.count(lambda: source.way) == 0
    assert source.way == "export"


def test_a_server_without_export_is_asked_once_and_then_read_as_mime(quiet: Site) -> None:
    offer(quiet, "mime")
    for name in ("one", "two"):
        inbox(quiet).add_item(letter(name))
    source, ours = opened(quiet)
    items = items_of(changes(source, ours, None)[0])
    fetched(source, items[:1])
    assert source.way == "mime"
    assert quiet.lab.exchange.requests["ExportItems"] == 2
    kept = fetched(source, items[1:])
    assert quiet.lab.exchange.requests["ExportItems"] == 2
    content = kept[items[1].id]
    assert isinstance(content, Content)
    assert [part.name for part in content.parts] == ["mime", "properties"]


def test_an_item_that_could_not_be_uploaded_again_is_noted_with_the_setting() -> None:
    item = Item(
        id="1",
        change_key="",
        kind="IPM.Note",
        name="",
        when=datetime(2026, 1, 1, tzinfo=UTC),
        size=50 * 1024 * 1024,
    )
    assert any("maxAllowedContentLength" in note for note in notes(item))
    assert notes(replace(item, size=40 * 1024 * 1024)) == ()


@pytest.mark.parametrize("digits", [0, 7, 9])
def test_times_of_any_precision_are_read(quiet: Site, digits: int) -> None:
    quiet.quirks(fraction_digits=digits)
    inbox(quiet).add_item(letter("one"))
    source, ours = opened(quiet)
    (item,) = items_of(changes(source, ours, None)[0])
    assert item.when == datetime(2026, 2, 1, 8, 0, tzinfo=UTC)


def test_a_reference_to_the_whole_backup_is_repeatable(populated: Site) -> None:
    address = f"archive:{populated.estate.mailboxes[0].address}"
    first: Backup = read_all(populated.open(), address)
    second = read_all(populated.open(), address)
    assert first.hierarchy == second.hierarchy
    assert first.items == second.items
    assert {k: v.parts for k, v in first.contents.items()} == {
        k: v.parts for k, v in second.contents.items()
    }


@pytest.mark.parametrize("way", WAYS)
def test_a_large_item_comes_in_pieces_and_whole(quiet: Site, way: str) -> None:
    offer(quiet, way)
    large = letter("large")
    data = bytes(range(256)) * (36 * 1024)
    large.attachments.append(
        Attachment(
            {
                tags.PidTagAttachMethod: tags.ATTACH_BY_VALUE,
                tags.PidTagAttachLongFilename: "plan.bin",
                tags.PidTagAttachDataBinary: data,
            }
        )
    )
    inbox(quiet).add_item(large)
    source, ours = opened(quiet)
    (item,) = items_of(changes(source, ours, None)[0])
    kept: list[Content] = []
    in_pieces: list[bool] = []

    def keep(found: Content | Missed) -> None:
        assert isinstance(found, Content)
        in_pieces.append(not isinstance(found.parts[0].content, bytes))
        kept.append(whole(found))

    source.fetch([item], keep)
    assert in_pieces == [True]
    content = kept[0].parts[0].content
    assert isinstance(content, bytes)
    message = fts.parse(content) if way == "export" else mime.from_mime(content)
    assert [each.properties[tags.PidTagAttachDataBinary] for each in message.attachments] == [data]


def test_nothing_is_asked_for_no_items(quiet: Site) -> None:
    source, _ = opened(quiet)
    assert quiet.count(lambda: fetched(source, [])) == 0
