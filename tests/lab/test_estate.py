"""The organisation itself, without any protocol."""

from __future__ import annotations

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.entry_ids import read_entry_id
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.refusals import AddressTaken, FolderExists, NotAllowed, QuotaExceeded
from strongroom.lab.estate.source import LazyMessage, Overlay, overlaid
from tests.fakes.hand_clock import HandClock
from tests.fakes.lab_people import ANN, BEN


def _message(subject: str = "s", flags: int = 0) -> Message:
    return Message({tags.PidTagSubject: subject, tags.PidTagMessageFlags: flags})


def test_the_same_seed_makes_the_same_guids() -> None:
    one, two, other = Estate(seed=7), Estate(seed=7), Estate(seed=8)
    guids = {made.add_mailbox(ANN, "Ann", password="a").guid for made in (one, two)}
    assert len(guids) == 1
    assert other.add_mailbox(ANN, "Ann", password="a").guid not in guids


def test_a_reused_address_gets_a_new_guid(estate: Estate, mailbox: Mailbox) -> None:
    with pytest.raises(AddressTaken):
        estate.add_mailbox(ANN.upper(), "Ann", password="x")
    estate.remove_mailbox(mailbox)
    again = estate.add_mailbox(ANN, "Another Ann", password="x")
    assert again.guid != mailbox.guid
    assert estate.mailbox_by_guid(mailbox.guid) is None


def test_a_new_address_keeps_guid_and_password(estate: Estate, mailbox: Mailbox) -> None:
    estate.readdress_mailbox(mailbox, "anna@lab.example")
    assert estate.mailbox("ANNA@lab.example") is mailbox
    assert estate.sign_in(ANN, "ann's") is None
    assert estate.sign_in("anna@lab.example", "ann's") is not None


def test_entry_ids_name_mailbox_folder_and_item(mailbox: Mailbox) -> None:
    inbox = mailbox.folder_by_role("inbox")
    item = inbox.add_item(_message())
    read = read_entry_id(item.entry_id)
    assert read.mailbox_guid == mailbox.guid
    assert (read.folder_counter, read.message_counter) == (inbox.counter, item.counter)
    assert read_entry_id(inbox.entry_id).message_counter is None
    with pytest.raises(ValueError, match="entry id"):
        read_entry_id(item.entry_id[:-1])


def test_a_moved_item_keeps_its_search_key_and_loses_its_id(mailbox: Mailbox) -> None:
    item = mailbox.folder_by_role("inbox").add_item(_message())
    moved = mailbox.move_item(item, mailbox.folder_by_role("drafts"))
    assert moved.get(tags.PidTagSearchKey) == item.get(tags.PidTagSearchKey)
    assert moved.entry_id != item.entry_id
    assert mailbox.items == [moved]


def test_counts_follow_everything_that_happens(mailbox: Mailbox, clock: HandClock) -> None:
    inbox = mailbox.folder_by_role("inbox")
    first, second = inbox.add_item(_message()), inbox.add_item(_message(flags=tags.FLAG_READ))
    inbox.add_item(_message(), is_associated=True)
    assert (inbox.content_count, inbox.associated_count, inbox.unread_count) == (2, 1, 1)
    clock.move(seconds=5)
    assert inbox.mark_read(first, is_read=True)
    assert not inbox.mark_read(first, is_read=True)
    assert (inbox.unread_count, inbox.last_commit) == (0, clock.now())
    inbox.remove_item(second)
    assert (inbox.content_count, inbox.deleted_count) == (1, 1)
    assert inbox.bytes_used == sum(item.size for item in inbox.items)


def test_what_is_deleted_goes_where_it_belongs(mailbox: Mailbox) -> None:
    inbox = mailbox.folder_by_role("inbox")
    soft, hard, held = (inbox.add_item(_message(name)) for name in ("soft", "hard", "held"))
    mailbox.soft_delete_item(soft)
    mailbox.hard_delete_item(hard)
    mailbox.is_on_hold = True
    mailbox.hard_delete_item(held)
    buried = {
        role: [item.subject for item in mailbox.folder_by_role(f"recoverableitems{role}").items]
        for role in ("deletions", "purges")
    }
    assert buried == {"deletions": ["soft"], "purges": ["held"]}


def test_known_folders_stay_what_they_are(mailbox: Mailbox) -> None:
    inbox, top = mailbox.folder_by_role("inbox"), mailbox.folder_by_role("msgfolderroot")
    own = mailbox.add_folder(inbox, "own")
    below = mailbox.add_folder(own, "below")
    with pytest.raises(FolderExists):
        mailbox.add_folder(inbox, "OWN")
    with pytest.raises(NotAllowed):
        mailbox.move_folder(inbox, own)
    with pytest.raises(NotAllowed):
        mailbox.move_folder(own, below)
    with pytest.raises(NotAllowed):
        mailbox.delete_folder(top)
    mailbox.move_folder(own, top)
    assert below.path == ("Top of Information Store", "own", "below")


def test_a_quota_is_kept(mailbox: Mailbox) -> None:
    mailbox.quota_bytes = 100
    with pytest.raises(QuotaExceeded):
        mailbox.folder_by_role("inbox").add_item(_message("x" * 200))
    assert mailbox.bytes_used == 0


def test_a_lazy_item_is_made_only_when_its_content_is_wanted(mailbox: Mailbox) -> None:
    made = 0

    def make() -> Message:
        nonlocal made
        made += 1
        return Message({tags.PidTagSubject: "big", tags.PidTagBody: "content"})

    source = LazyMessage(headline={tags.PidTagSubject: "big"}, size=2_000_000, make=make)
    inbox = mailbox.folder_by_role("inbox")
    item = inbox.add_item(source)
    inbox.mark_read(item, is_read=True)
    assert (item.subject, item.size, item.is_read, made) == ("big", 2_000_000, True, 0)
    assert item.get(tags.PidTagBody) == "content"
    inbox.change_item(item, changes={tags.PidTagSubject: "changed", tags.PidTagBody: None})
    properties = item.message().properties
    assert (properties[tags.PidTagSubject], tags.PidTagBody in properties) == ("changed", False)
    assert made == 2


def test_a_lazy_stream_gets_what_the_server_keeps(mailbox: Mailbox) -> None:
    told: list[Overlay] = []

    def stream(kept: Overlay) -> list[bytes]:
        told.append(kept)
        return [b"one", b"two"]

    source = LazyMessage(headline={}, size=6, make=Message, stream=lambda kept: iter(stream(kept)))
    item = mailbox.folder_by_role("inbox").add_item(source)
    assert list(item.export_pieces((15, 2, 2562, 17))) == [b"one", b"two"]
    laid_over = overlaid(Message(), told[0]).properties
    assert laid_over[tags.PidTagSearchKey] == item.get(tags.PidTagSearchKey)
    assert tags.PidTagEntryId not in laid_over


def test_delivery_to_nobody_is_an_error(estate: Estate) -> None:
    with pytest.raises(KeyError):
        estate.deliver("nobody@lab.example", _message())
    assert estate.deliver(BEN, _message()).folder.role == "inbox"


def test_an_item_that_moves_is_known_again_and_its_copy_is_another(mailbox: Mailbox) -> None:
    inbox, drafts = (mailbox.folder_by_role(name) for name in ("inbox", "drafts"))
    item = inbox.add_item(Message({tags.PidTagSubject: "x"}))
    moved = mailbox.move_item(item, drafts)
    assert moved.counter != item.counter
    assert moved.identity == item.identity
    assert mailbox.item_by_identity(item.identity) is moved
    copied = mailbox.copy_item(moved, inbox)
    assert copied.identity != moved.identity
    drafts.remove_item(moved)
    assert mailbox.item_by_identity(item.identity) is None


def test_an_item_that_goes_to_another_mailbox_is_another_there(
    estate: Estate, mailbox: Mailbox
) -> None:
    ben = estate.mailbox(BEN)
    assert ben is not None
    inbox = ben.folder_by_role("inbox")
    first = inbox.add_item(_message())
    for _ in range(3):
        mailbox.folder_by_role("inbox").add_item(_message())
    for item in mailbox.folder_by_role("inbox").items:
        came = mailbox.move_item(item, inbox)
        assert came.identity == came.counter
    assert ben.item_by_identity(first.identity) is first
