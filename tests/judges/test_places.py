"""exchangelib writes beyond the primary mailbox's own folders, and what no mail is."""

from __future__ import annotations

from exchangelib import Account, Contact, DistributionList, Mailbox, Message
from exchangelib.folders import Folder, PublicFoldersRoot
from exchangelib.properties import Member

from strongroom.lab.estate.mailbox import Mailbox as Tree
from tests.judges.conftest import Judge


def archive_of(judge: Judge, account: Account) -> Tree:
    archive = judge.mailbox(account).archive
    assert archive is not None
    return archive


def test_a_mail_moves_into_the_archive_and_is_exported_from_there(judge: Judge) -> None:
    account = judge.owner()
    mail = account.inbox.filter(subject="Files").get()
    mail.move(account.archive_inbox)
    archive = archive_of(judge, account)
    (moved,) = [item for item in archive.folder_by_role("inbox").items if item.subject == "Files"]
    (stream,) = account.export([mail])

    assert account.inbox.filter(subject="Files").count() == 0
    assert account.archive_inbox.get(id=mail.id).subject == "Files"
    account.upload([(account.archive_deleted_items, stream)])
    assert archive.folder_by_role("deleteditems").items[-1].subject == moved.subject


def test_the_archive_is_synced_with_a_state_of_its_own(judge: Judge) -> None:
    account = judge.owner()
    inbox = account.archive_inbox
    first = list(inbox.sync_items(only_fields=["subject"]))
    Message(account=account, folder=inbox, subject="Put away").save()
    second = list(inbox.sync_items(only_fields=["subject"]))

    stored = archive_of(judge, account).folder_by_role("inbox").items
    assert len(first) == len(stored) - 1
    assert [(change, item.subject) for change, item in second] == [("create", "Put away")]


def test_a_recoverable_item_is_listed_fetched_and_moved_back(judge: Judge) -> None:
    account = judge.owner()
    mail = account.inbox.filter(subject="Files").get()
    mail.soft_delete()
    (found,) = account.recoverable_items_deletions.filter(subject="Files")
    assert found.attachments
    found.move(account.inbox)

    assert account.recoverable_items_deletions.filter(subject="Files").count() == 0
    assert account.inbox.filter(subject="Files").count() == 1


def public_folder(account: Account, name: str) -> Folder:
    root = account.public_folders_root
    assert isinstance(root, PublicFoldersRoot)
    return next(folder for folder in root.walk() if folder.name == name)


def test_a_public_folder_takes_a_card_from_who_may_write(judge: Judge) -> None:
    account = judge.owner()
    cards = public_folder(account, "Supplier cards")
    count = cards.all().count()
    Contact(account=account, folder=cards, display_name="Nobody", given_name="No").save()

    assert cards.all().count() == count + 1


def test_a_list_of_people_comes_back_with_its_members(judge: Judge) -> None:
    account = judge.owner()
    eve = Mailbox(name="Eve", email_address="eve@fox.example", mailbox_type="OneOff")
    made = DistributionList(
        account=account,
        folder=account.contacts,
        display_name="Foxes",
        members=[Member(mailbox=eve, status="Normal")],
    ).save()
    again = account.contacts.get(id=made.id)

    assert isinstance(again, DistributionList)
    assert again.display_name == "Foxes"
    assert [one.mailbox.email_address for one in again.members] == ["eve@fox.example"]
