"""What exchangelib exports it can upload, and the item that comes back is the same item."""

from __future__ import annotations

import base64

import pytest
from exchangelib import Account
from exchangelib.errors import ErrorItemNotFound
from exchangelib.folders import BaseFolder

from strongroom.content import fts
from strongroom.lab.estate.item import StoredItem
from tests.judges.comparing import differences
from tests.judges.conftest import Judge


def exported(account: Account, folder: BaseFolder) -> list[str]:
    items = [item for _, item in folder.sync_items(only_fields=["subject"]) if item is not None]
    return [str(data) for data in account.export(items)]


@pytest.mark.parametrize(
    "role", ["inbox", "calendar", "contacts", "tasks", "notes", "journal", "sent", "drafts"]
)
def test_every_item_comes_back_equal_from_an_export_and_an_upload(judge: Judge, role: str) -> None:
    account = judge.owner()
    other = judge.administrator("empty@lab.example")
    streams = exported(account, getattr(account, role))
    target = getattr(other, role)
    new_ids = other.upload([(target, data) for data in streams])
    mailbox = judge.lab.estate.mailbox("empty@lab.example")
    assert mailbox is not None
    arrived: list[StoredItem] = mailbox.items

    assert len(streams) == len(new_ids) == len(arrived) > 0
    for data, item in zip(streams, arrived, strict=True):
        assert differences(fts.parse(base64.b64decode(data)), item.message()) == []
    assert judge.lab.outgoing == []


def test_an_export_says_what_the_estate_holds_to_the_byte(judge: Judge) -> None:
    account = judge.owner()
    items = [item for _, item in account.inbox.sync_items(only_fields=["subject"])]
    streams = [base64.b64decode(data) for data in account.export(items)]
    inbox = judge.mailbox(account).folder_by_role("inbox")
    wanted = [
        b"".join(item.export_pieces((15, 2, 2562, 17)))
        for item in inbox.items
        if not item.is_associated
    ]

    assert sorted(streams) == sorted(wanted)


def test_hidden_items_stay_hidden_through_an_upload(judge: Judge) -> None:
    account = judge.owner()
    hidden = list(account.calendar.all().depth("Associated").only("item_class"))
    (stream, *_) = account.export(hidden)
    other = judge.administrator("empty@lab.example")
    other.upload([(other.calendar, (None, True, stream))])
    mailbox = judge.lab.estate.mailbox("empty@lab.example")
    assert mailbox is not None
    (arrived,) = mailbox.items

    assert arrived.is_associated
    assert arrived.item_class.startswith("IPM.Configuration.")


def test_an_upload_over_an_item_changes_it_and_keeps_its_id(judge: Judge) -> None:
    account = judge.owner()
    one, two = account.sent.all().only("subject")[:2]
    (stream,) = account.export([one])
    ((new_id, new_key),) = account.upload([(account.sent, ((two.id, two.changekey), None, stream))])

    assert new_id == two.id
    assert new_key != two.changekey
    assert account.sent.get(id=two.id).subject == account.sent.get(id=one.id).subject


def test_one_unknown_item_does_not_spoil_the_others(judge: Judge) -> None:
    account = judge.owner()
    mails = list(account.sent.all().only("subject")[:3])
    folder = judge.mailbox(account).folder_by_role("sentitems")
    folder.remove_item(next(item for item in folder.items if item.subject == mails[1].subject))
    first, second, third = account.export(mails)

    assert isinstance(second, ErrorItemNotFound)
    assert isinstance(first, str)
    assert isinstance(third, str)
