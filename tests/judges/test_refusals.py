"""What the lab refuses, exchangelib recognises by the right code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from exchangelib import IMPERSONATION, Account
from exchangelib.errors import (
    ErrorAccessDenied,
    ErrorFolderNotFound,
    ErrorImpersonateUserDenied,
    ErrorInvalidIdMalformed,
    ErrorInvalidOperation,
    ErrorInvalidSchemaVersionForMailboxVersion,
    ErrorInvalidServerVersion,
    ErrorInvalidSyncStateData,
    ErrorIrresolvableConflict,
    ErrorItemNotFound,
    ErrorNonExistentMailbox,
    ErrorServerBusy,
    TransportError,
    UnauthorizedError,
)
from exchangelib.folders import (
    Calendar,
    Contacts,
    Folder,
    FolderCollection,
    Inbox,
    SingleFolderQuerySet,
)
from exchangelib.properties import DistinguishedFolderId
from exchangelib.properties import Mailbox as EwsMailbox

from strongroom.content import tags
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.lab import ADMINISTRATOR
from tests.judges.conftest import Judge


def asked(account: Account) -> str:
    return str(account.inbox.name)


def test_a_wrong_password_is_not_let_in(judge: Judge) -> None:
    address = judge.lab.cast.users[0].address

    with pytest.raises(UnauthorizedError):
        asked(judge.account(address, user=address, password="wrong"))


def test_who_is_disabled_cannot_sign_in(judge: Judge) -> None:
    address = judge.lab.cast.former.address

    with pytest.raises(UnauthorizedError):
        asked(judge.account(address, user=address, password=judge.lab.password(address)))


def test_an_ordinary_user_may_not_impersonate(judge: Judge) -> None:
    one, two = judge.lab.cast.users[:2]
    account = judge.account(
        two.address, user=one.address, password=judge.lab.password(one.address),
        access=IMPERSONATION,
    )  # fmt: skip

    with pytest.raises(ErrorImpersonateUserDenied):
        asked(account)


def test_nobody_can_be_impersonated_who_is_not_there(judge: Judge) -> None:
    with pytest.raises(ErrorNonExistentMailbox):
        asked(judge.administrator("nobody@lab.example"))


def test_the_administrator_reads_what_the_owner_reads(judge: Judge) -> None:
    owner = judge.owner()
    administrator = judge.administrator(owner.primary_smtp_address)

    assert administrator.inbox.total_count == owner.inbox.total_count > 0
    assert administrator.inbox.id == owner.inbox.id


def test_a_stranger_does_not_see_anothers_inbox_but_a_delegate_sees_the_calendar(
    judge: Judge,
) -> None:
    owner = EwsMailbox(email_address=judge.lab.cast.users[0].address)
    deputy, stranger = judge.owner(1), judge.owner(2)

    def shared(visitor: Account, kind: type[Folder]) -> Folder | ErrorFolderNotFound:
        name = DistinguishedFolderId(id=kind.DISTINGUISHED_FOLDER_ID, mailbox=owner)
        folder = kind(root=visitor.root, _distinguished_id=name)
        return SingleFolderQuerySet(account=visitor, folder=folder).resolve()

    assert shared(deputy, Calendar).total_count > 0
    for visitor, kind in ((deputy, Inbox), (stranger, Inbox), (stranger, Contacts)):
        assert isinstance(shared(visitor, kind), ErrorFolderNotFound)


def test_an_unknown_item_is_not_found(judge: Judge) -> None:
    account = judge.owner()
    mail = account.inbox.all().only("subject")[0]
    mailbox = judge.mailbox(account)
    for item in mailbox.folder_by_role("inbox").items:
        item.folder.remove_item(item)
    (result,) = account.fetch([(mail.id, mail.changekey)])

    assert isinstance(result, ErrorItemNotFound)


def test_an_id_that_is_none_is_malformed(judge: Judge) -> None:
    account = judge.owner()
    (result,) = account.fetch([("bm90IGFuIGlk", None)])

    assert isinstance(result, ErrorInvalidIdMalformed)


def test_a_stale_change_key_is_refused_and_nothing_changes(judge: Judge) -> None:
    account = judge.owner()
    mail = account.inbox.filter(subject="Files").get()
    stored = next(
        item
        for item in judge.mailbox(account).folder_by_role("inbox").items
        if item.subject == "Files"
    )
    stored.folder.change_item(stored, changes={tags.PidTagImportance: 2})
    mail.subject = "Too late"

    with pytest.raises(ErrorIrresolvableConflict):
        mail.save(update_fields=["subject"], conflict_resolution="NeverOverwrite")
    assert stored.subject == "Files"


def test_a_sync_state_of_something_else_is_refused(judge: Judge) -> None:
    account = judge.owner()
    list(account.sent.sync_items(only_fields=["subject"]))
    foreign = account.sent.item_sync_state

    with pytest.raises(ErrorInvalidSyncStateData):
        list(account.inbox.sync_items(sync_state=foreign, only_fields=["subject"]))
    with pytest.raises(ErrorInvalidSyncStateData):
        list(account.inbox.sync_items(sync_state="H4sIAAAA", only_fields=["subject"]))


def test_a_mailbox_without_an_archive_says_so(judge: Judge) -> None:
    account = judge.administrator("empty@lab.example")

    # The code is in Microsoft's schema, but exchangelib has no class for it.
    with pytest.raises(TransportError, match="ErrorArchiveMailboxNotEnabled"):
        account.archive_root.refresh()


def test_public_folders_cannot_be_searched_deeply(judge: Judge) -> None:
    account = judge.owner()
    tree = FolderCollection(account=account, folders=[account.public_folders_root])

    with pytest.raises(ErrorInvalidOperation):
        list(tree.find_folders(depth="Deep"))


def test_a_server_without_export_says_that_it_does_not_know_the_operation(
    start: Callable[..., Judge],
) -> None:
    judge = start(without=("export",))
    account = judge.owner()
    mail = account.sent.all().only("subject")[0]

    # exchangelib takes an unknown operation for a version it must not speak, and tries them all.
    with pytest.raises((ErrorInvalidServerVersion, ErrorInvalidSchemaVersionForMailboxVersion)):
        account.export([mail])
    with pytest.raises((ErrorInvalidServerVersion, ErrorInvalidSchemaVersionForMailboxVersion)):
        account.upload([(account.sent, "AQAAAA==")])


def test_a_busy_server_is_recognised_with_its_back_off(judge: Judge) -> None:
    account = judge.owner()
    assert account.inbox.name
    judge.lab.server.exchange.faults.add(Fault(kind=FaultKind.BUSY, seconds=3))

    with pytest.raises(ErrorServerBusy) as busy:
        account.sent.all().count()
    assert busy.value.back_off == 3
    assert judge.lab.server.exchange.faults.unfired == []


def test_a_service_account_without_a_mailbox_cannot_use_it_without_impersonating(
    judge: Judge,
) -> None:
    account = judge.account(
        "nobody@lab.example", user=ADMINISTRATOR, password=judge.lab.admin_password
    )

    with pytest.raises((ErrorNonExistentMailbox, ErrorFolderNotFound, ErrorAccessDenied)):
        asked(account)
