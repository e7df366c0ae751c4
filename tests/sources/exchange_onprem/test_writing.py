"""One suite for both ways back: what comes back, and that nothing is sent on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strongroom.content import fts, tags
from strongroom.content.message import FileTime, Message, Properties
from strongroom.errors import OperatorError, OutcomeUnknown, TransientError
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.settings import InboxRule, OutOfOffice
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.quirks import Quirks
from strongroom.operations.interfaces import Source, Target
from strongroom.sources.exchange_onprem.source import ExchangeSource
from strongroom.sources.exchange_onprem.target import ExchangeTarget
from strongroom.words.item import Content, Folder, Item, Part
from strongroom.words.restoring import Outgoing, Written
from tests.fakes.exchange import PASSWORD, TARGET, Backup, Restored, Site, read_all, restore, site

WAYS = ("export", "mime")
SENT = FileTime.from_datetime(datetime(2026, 2, 1, 8, 0, tzinfo=UTC))


def seams(source: ExchangeSource, target: ExchangeTarget) -> tuple[Source, Target]:
    """Prove to the type checker that the seams are kept."""
    return source, target


def offer(site: Site, way: str) -> None:
    site.quirks(without=("export",) if way == "mime" else ())


def letter(subject: str, flags: int = 0, *, to: str = "") -> Message:
    properties: Properties = {
        tags.PidTagMessageClass: "IPM.Note",
        tags.PidTagSubject: subject,
        tags.PidTagBody: f"About {subject}.\r\n",
        tags.PidTagMessageFlags: flags,
        tags.PidTagMessageDeliveryTime: SENT,
        tags.PidTagClientSubmitTime: SENT,
        tags.PidTagInternetMessageId: f"<{subject.replace(' ', '.')}@lab.example>",
        tags.PidTagReadReceiptRequested: True,
    }
    recipients: list[Properties] = (
        [
            {
                tags.PidTagRecipientType: tags.RECIPIENT_TO,
                tags.PidTagDisplayName: to,
                tags.PidTagAddressType: "SMTP",
                tags.PidTagEmailAddress: to,
                tags.PidTagSmtpAddress: to,
            }
        ]
        if to
        else []
    )
    return Message(properties, recipients)


def origin(site: Site) -> str:
    if site.estate.mailbox("origin@lab.example") is None:
        site.estate.add_mailbox("origin@lab.example", "Origin", password="made-up")
    return "origin@lab.example"


def put(site: Site, role: str, *messages: Message) -> list[StoredItem]:
    folder = site.mailbox(origin(site)).folder_by_role(role)
    return [folder.add_item(message) for message in messages]


def arrived(site: Site, role: str) -> list[StoredItem]:
    return site.mailbox(TARGET).folder_by_role(role).items


def saved_item(backup: Backup, name: str) -> Item:
    return next(item for items in backup.items.values() for item in items if item.name == name)


@pytest.mark.parametrize("way", WAYS)
def test_every_kind_of_item_comes_back_equal_and_nothing_is_sent(populated: Site, way: str) -> None:
    offer(populated, way)
    server = populated.open()
    for mailbox in [m for m in populated.estate.mailboxes if m.items and m.role != "disabled"]:
        backup = read_all(server, mailbox.address)
        restored = restore(server, TARGET, backup)
        rules = [one for one in restored.failed if one.code == "rule-not-written"]
        assert restored.failed == rules
        assert restored.different == []
        assert len(restored.compared) + len(rules) == len(backup.contents)
    assert populated.estate.outgoing == []


@pytest.mark.parametrize("way", WAYS)
def test_folders_come_back_with_their_place_class_role_and_hiding(
    populated: Site, way: str
) -> None:
    offer(populated, way)
    server = populated.open()
    source = server.source(server.resolve(populated.estate.mailboxes[0].address))
    before = source.hierarchy(None).folders
    restore(server, TARGET, Backup(source.hierarchy(None), items={f.id: [] for f in before}))
    after = server.source(server.resolve(TARGET)).hierarchy(None).folders

    def shape(folders: tuple[Folder, ...]) -> set[tuple[object, ...]]:
        return {(f.path, f.kind, f.role, f.facts.get("hidden")) for f in folders}

    assert shape(before) <= shape(after)


@pytest.mark.parametrize("way", WAYS)
def test_the_restore_into_the_same_folders_twice_finds_them_again(quiet: Site, way: str) -> None:
    offer(quiet, way)
    mailbox = quiet.mailbox(origin(quiet))
    mailbox.add_folder(mailbox.folder_by_role("msgfolderroot"), "Straße")
    server = quiet.open()
    backup = read_all(server, mailbox.address)
    restore(server, TARGET, backup)
    count = len(quiet.mailbox(TARGET).folders)
    restore(server, TARGET, backup)
    assert len(quiet.mailbox(TARGET).folders) == count


@pytest.mark.parametrize("way", WAYS)
def test_a_message_comes_back_received_with_its_times_and_flags(quiet: Site, way: str) -> None:
    offer(quiet, way)
    flagged = letter("flagged", tags.FLAG_READ)
    flagged.properties[tags.PidTagFlagStatus] = 2
    flagged.properties[tags.PidNameKeywords] = ["Blue", "Round"]
    flagged.properties[tags.PidTagImportance] = 2
    put(quiet, "inbox", letter("unread"), flagged)
    server = quiet.open()
    restore(server, TARGET, read_all(server, origin(quiet)))
    items = {item.subject: item for item in arrived(quiet, "inbox")}
    assert not items["unread"].flags & tags.FLAG_UNSENT
    assert not items["unread"].is_read
    assert items["flagged"].is_read
    assert items["flagged"].get(tags.PidTagMessageDeliveryTime) == SENT
    assert items["flagged"].get(tags.PidTagClientSubmitTime) == SENT
    assert items["flagged"].get(tags.PidTagFlagStatus) == 2
    assert items["flagged"].get(tags.PidNameKeywords) == ["Blue", "Round"]
    assert items["flagged"].get(tags.PidTagImportance) == 2
    assert items["flagged"].get(tags.PidTagSearchKey) is not None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("is_read", [True, False])
def test_a_read_flag_that_changed_after_the_content_was_saved_comes_back_as_saved_last(
    quiet: Site,
    way: str,
    is_read: bool,  # noqa: FBT001
) -> None:
    offer(quiet, way)
    put(quiet, "inbox", letter("one", 0 if is_read else tags.FLAG_READ))
    server = quiet.open()
    backup = read_all(server, origin(quiet))
    for id_, items in backup.items.items():
        backup.items[id_] = [
            replace(item, state={**item.state, "is_read": is_read}) for item in items
        ]
    restored = restore(server, TARGET, backup)
    assert [item.is_read for item in arrived(quiet, "inbox")] == [is_read]
    assert restored.different == []
    assert quiet.estate.outgoing == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("flags", [tags.FLAG_SUBMITTED, tags.FLAG_READ, 0])
def test_mail_from_the_outbox_comes_back_as_a_draft_and_is_not_sent(
    quiet: Site, way: str, flags: int
) -> None:
    offer(quiet, way)
    waiting = letter("waiting", flags, to="somebody@elsewhere.example")
    waiting.properties[tags.PidTagDeferredSendTime] = SENT
    put(quiet, "outbox", waiting)
    server = quiet.open()
    restored = restore(server, TARGET, read_all(server, origin(quiet)))
    (item,) = arrived(quiet, "outbox")
    assert item.flags & tags.FLAG_UNSENT
    assert not item.flags & tags.FLAG_SUBMITTED
    assert item.get(tags.PidTagDeferredSendTime) is None
    assert restored.different == []
    assert quiet.estate.outgoing == []


def test_a_hidden_rule_comes_back_switched_off(quiet: Site) -> None:
    rule = Message(
        {tags.PidTagMessageClass: "IPM.Rule.Version2.Message", 0x65E90003: 1, 0x65EB001F: "x"}
    )
    quiet.mailbox(origin(quiet)).folder_by_role("inbox").add_item(rule, is_associated=True)
    server = quiet.open()
    restored = restore(server, TARGET, read_all(server, origin(quiet)))
    (item,) = arrived(quiet, "inbox")
    assert item.is_associated
    assert item.get(0x65E90003) == 0
    assert restored.different == []


@pytest.mark.parametrize("way", WAYS)
def test_replacing_puts_the_saved_item_into_the_place_of_the_other(quiet: Site, way: str) -> None:
    offer(quiet, way)
    (stored,) = put(quiet, "inbox", letter("as saved"))
    server = quiet.open()
    backup = read_all(server, origin(quiet))
    item = saved_item(backup, "as saved")
    target = server.target(server.resolve(TARGET))
    folder_id = target.folder(backup.folders["Inbox"], None)
    first = Restored()
    target.write(folder_id, [Outgoing(item=item, content=backup.contents[item.id])], first.take)
    (there,) = target.arrivals(folder_id, None)
    again = Outgoing(item=item, content=backup.contents[item.id], replaces=there)
    second = Restored()
    target.write(folder_id, [again], second.take)
    assert second.failed == []
    assert [one.subject for one in arrived(quiet, "inbox")] == [stored.subject]
    target.compare([(again, second.new_ids[item.id])], second.compared.append)
    assert second.different == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [FaultKind.DROP, FaultKind.CUT])
def test_a_write_without_answer_is_told_as_unknown_and_not_repeated(
    quiet: Site, way: str, kind: FaultKind
) -> None:
    offer(quiet, way)
    put(quiet, "inbox", letter("one"))
    server = quiet.open()
    backup = read_all(server, origin(quiet))
    operation = "UploadItems" if way == "export" else "CreateItem"
    quiet.lab.exchange.faults.add(Fault(kind=kind, operation=operation))
    target = server.target(server.resolve(TARGET))
    folder_id = target.folder(backup.folders["Inbox"], None)
    mark = target.mark(folder_id)
    item = saved_item(backup, "one")
    told: list[Written] = []
    with pytest.raises(OutcomeUnknown):
        target.write(
            folder_id, [Outgoing(item=item, content=backup.contents[item.id])], told.append
        )
    assert told == []
    assert quiet.lab.exchange.requests[operation] == 1
    assert quiet.lab.exchange.faults.unfired == []
    found = list(target.arrivals(folder_id, mark))
    assert [(each.name, each.facts["search_key"]) for each in found] == [
        ("one", item.facts["search_key"])
    ]


@pytest.mark.parametrize("way", WAYS)
def test_a_busy_server_is_asked_again_after_the_time_it_orders(quiet: Site, way: str) -> None:
    offer(quiet, way)
    put(quiet, "inbox", letter("one"))
    server = quiet.open()
    backup = read_all(server, origin(quiet))
    operation = "UploadItems" if way == "export" else "CreateItem"
    quiet.lab.exchange.faults.add(
        Fault(kind=FaultKind.BUSY, operation=operation, seconds=30, times=2)
    )
    before = quiet.clock.now()
    restored = restore(server, TARGET, backup)
    assert restored.failed == []
    assert (quiet.clock.now() - before).total_seconds() >= 60
    assert len(arrived(quiet, "inbox")) == 1


def test_a_server_that_stays_busy_is_left_with_nothing_written(quiet: Site) -> None:
    put(quiet, "inbox", letter("one"))
    server = quiet.open()
    backup = read_all(server, origin(quiet))
    quiet.lab.exchange.faults.add(
        Fault(kind=FaultKind.BUSY, operation="UploadItems", seconds=30, times=50)
    )
    with pytest.raises(TransientError):
        restore(server, TARGET, backup)
    assert arrived(quiet, "inbox") == []


def big(mebibytes: int) -> Outgoing:
    stream = fts.build(
        Message({tags.PidTagMessageClass: "IPM.Note", tags.PidTagHtml: bytes(mebibytes << 20)})
    )
    when = datetime(2026, 1, 1, tzinfo=UTC)
    part = Part(name="fts", suffix=".fts", content=stream)
    return Outgoing(
        item=Item(id="big", change_key="", kind="IPM.Note", name="", when=when),
        content=Content(item_id="big", way="export", parts=(part,)),
    )


@pytest.mark.parametrize("status", [413, 404])
def test_an_item_that_the_server_finds_too_large_is_told_with_the_setting(
    tmp_path: Path, status: int
) -> None:
    quirks = Quirks(request_bytes_max=1024 * 1024, too_large_status=status)
    told: list[Written] = []
    with site(tmp_path / "ca.pem", quirks=quirks) as small:
        server = small.open()
        target = server.target(server.resolve(TARGET))
        folder_id = target.folder(Folder(id="", path=("Inbox",), role="inbox"), None)
        target.write(folder_id, [big(2)], told.append)
    assert [(one.code, one.is_permanent, one.new_id) for one in told] == [("too-large", True, None)]
    assert "maxAllowedContentLength" in told[0].why
    assert "maxReceivedMessageSize" in told[0].why


def test_a_full_mailbox_stops_the_restore_with_a_clear_error(quiet: Site) -> None:
    put(quiet, "inbox", letter("one"))
    server = quiet.open()
    backup = read_all(server, origin(quiet))
    quiet.mailbox(TARGET).quota_bytes = 1
    with pytest.raises(OperatorError, match="full") as told:
        restore(server, TARGET, backup)
    assert "quota" in told.value.hint


def test_rules_and_automatic_replies_come_back_switched_off_and_are_named(quiet: Site) -> None:
    settings = quiet.mailbox(origin(quiet)).settings
    settings.rules.append(
        InboxRule(
            id="1",
            name="Send on",
            sequence=1,
            actions="<t:ForwardToRecipients><t:Address><t:EmailAddress>boss@lab.example"
            "</t:EmailAddress></t:Address></t:ForwardToRecipients>",
            forwards_to=("boss@lab.example",),
        )
    )
    settings.out_of_office = OutOfOffice(state="Enabled", internal_reply="Away.", audience="All")
    server = quiet.open()
    saved = server.source(server.resolve(origin(quiet))).settings()
    said = server.target(server.resolve(TARGET)).settle(saved)
    restored = quiet.mailbox(TARGET).settings
    assert [(rule.name, rule.is_enabled) for rule in restored.rules] == [("Send on", False)]
    assert restored.out_of_office.state == "Disabled"
    assert "Away." in restored.out_of_office.internal_reply
    assert any("Send on" in line and "boss@lab.example" in line for line in said)
    assert any("replies switched off" in line for line in said)
    again = server.target(server.resolve(TARGET)).settle(saved)
    assert len(restored.rules) == 1
    assert any("has one of this name" in line for line in again)
    assert quiet.estate.outgoing == []


@pytest.mark.parametrize("way", WAYS)
def test_a_delegate_with_full_access_restores_too(quiet: Site, way: str) -> None:
    offer(quiet, way)
    put(quiet, "inbox", letter("one"), letter("two", tags.FLAG_READ))
    helper = quiet.estate.add_mailbox("helper@lab.example", "Helper", password=PASSWORD)
    for address in (origin(quiet), TARGET):
        quiet.mailbox(address).full_access.add(helper.address)
    server = quiet.open(helper.address, access="delegate")
    restored = restore(server, TARGET, read_all(server, origin(quiet)))
    assert (restored.failed, restored.different) == ([], [])
    assert {item.subject for item in arrived(quiet, "inbox")} == {"one", "two"}
    assert quiet.estate.outgoing == []


@pytest.mark.parametrize("way", WAYS)
def test_an_archive_takes_what_a_mailbox_had(quiet: Site, way: str) -> None:
    offer(quiet, way)
    put(quiet, "inbox", letter("one"))
    server = quiet.open()
    restored = restore(server, f"archive:{TARGET}", read_all(server, origin(quiet)))
    archive = quiet.mailbox(TARGET).archive
    assert archive is not None
    assert (restored.failed, restored.different) == ([], [])
    assert [item.subject for item in archive.folder_by_role("inbox").items] == ["one"]
