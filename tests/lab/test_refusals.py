"""Each real cause has its real code."""

from __future__ import annotations

import base64

import pytest

from strongroom.content import fts, tags
from strongroom.content.message import Message
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.https import Request
from strongroom.lab.quirks import Quirks
from tests.fakes.face_client import (
    NS,
    PATH,
    FaceClient,
    basic,
    create_item,
    envelope,
    extended,
    folder_ref,
    get_item,
    item_ref,
    sync_hierarchy,
    sync_items,
    text,
)
from tests.fakes.lab_people import ANN, BEN

INBOX = folder_ref("inbox")


@pytest.fixture
def item(mailbox: Mailbox) -> StoredItem:
    return mailbox.folder_by_role("inbox").add_item(Message({tags.PidTagSubject: "here"}))


def _update(item: StoredItem, key: str, resolution: str = "NeverOverwrite") -> str:
    return (
        f'<m:UpdateItem ConflictResolution="{resolution}"><m:ItemChanges><t:ItemChange>'
        f"{item_ref(ids.item_id(item), key or None)}<t:Updates><t:SetItemField>"
        '<t:FieldURI FieldURI="item:Subject"/><t:Message><t:Subject>new</t:Subject></t:Message>'
        "</t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )


def _export(*references: str) -> str:
    return f"<m:ExportItems><m:ItemIds>{''.join(references)}</m:ItemIds></m:ExportItems>"


def _upload(folder_id: str, data: bytes, *, action: str = "CreateNew", extra: str = "") -> str:
    return (
        f'<m:UploadItems><m:Items><t:Item CreateAction="{action}">'
        f'<t:ParentFolderId Id="{folder_id}"/>{extra}<t:Data>{base64.b64encode(data).decode()}'
        "</t:Data></t:Item></m:Items></m:UploadItems>"
    )


@pytest.mark.parametrize(
    ("item_id", "code"),
    [
        ("", "ErrorInvalidIdEmpty"),
        ("!!", "ErrorInvalidIdMalformed"),
        ("AAAA", "ErrorInvalidIdMalformed"),
    ],
)
def test_what_is_no_id_is_malformed(ann: FaceClient, item_id: str, code: str) -> None:
    assert ann.codes(get_item(item_id)) == [code]


def test_a_deleted_item_is_not_found(ann: FaceClient, item: StoredItem) -> None:
    item.folder.remove_item(item)
    assert ann.codes(get_item(ids.item_id(item))) == ["ErrorItemNotFound"]
    assert ann.codes(_export(item_ref(ids.item_id(item)))) == ["ErrorItemNotFound"]


def test_the_old_id_of_a_moved_item_is_not_found(
    ann: FaceClient, mailbox: Mailbox, item: StoredItem
) -> None:
    moved = mailbox.move_item(item, mailbox.folder_by_role("drafts"))
    assert ids.item_id(moved) != ids.item_id(item)
    assert ann.codes(get_item(ids.item_id(item), ids.item_id(moved))) == [
        "ErrorItemNotFound",
        "NoError",
    ]


def test_ids_are_case_sensitive(ann: FaceClient, item: StoredItem) -> None:
    assert ann.codes(get_item(ids.item_id(item).swapcase())) != ["NoError"]


def test_folder_and_item_ids_are_not_mixed_up(ann: FaceClient, item: StoredItem) -> None:
    folder_id = ids.folder_id(item.folder)
    assert ann.codes(get_item(folder_id)) == ["ErrorCannotUseFolderIdForItemId"]
    wrong = f'<t:FolderId Id="{ids.item_id(item)}"/>'
    assert ann.codes(sync_items(wrong)) == ["ErrorCannotUseItemIdForFolderId"]


def test_stale_and_broken_change_keys_are_told(ann: FaceClient, item: StoredItem) -> None:
    stale = ids.change_key("Message", item.change_key)
    item.folder.change_item(item, changes={tags.PidTagSubject: "changed"})
    assert ann.codes(_update(item, stale)) == ["ErrorIrresolvableConflict"]
    assert ann.codes(_update(item, "AAAA")) == ["ErrorInvalidChangeKey"]
    assert ann.codes(_update(item, "")) == ["ErrorChangeKeyRequiredForWriteOperations"]
    assert ann.codes(_export(item_ref(ids.item_id(item), stale))) == ["ErrorInvalidChangeKey"]
    assert ann.codes(_update(item, stale, "AlwaysOverwrite")) == ["NoError"]
    sending = (
        f'<m:SendItem SaveItemToFolder="false"><m:ItemIds>{item_ref(ids.item_id(item), stale)}'
        "</m:ItemIds></m:SendItem>"
    )
    assert ann.codes(sending) == ["ErrorStaleObject"]


def test_a_foreign_or_damaged_sync_state_is_refused(ann: FaceClient) -> None:
    state = text(ann.message(sync_items(INBOX)), "m:SyncState")
    refused = ["ErrorInvalidSyncStateData"]
    assert ann.codes(sync_items(folder_ref("drafts"), state)) == refused
    assert ann.codes(sync_items(INBOX, state, hidden=True)) == refused
    assert ann.codes(sync_items(INBOX, state[:-8] + "AAAAAAA=")) == refused
    assert ann.codes(sync_items(INBOX, "not base64!")) == refused
    assert ann.codes(sync_hierarchy(state)) == refused
    message = ann.message(sync_items(INBOX, "AAAA"))
    assert message.find("m:SyncState", NS) is not None
    assert text(message, "m:IncludesLastItemInRange") == "true"


def test_a_deleted_folder_cannot_be_synchronised(ann: FaceClient, mailbox: Mailbox) -> None:
    folder = mailbox.add_folder(mailbox.folder_by_role("inbox"), "short-lived")
    reference = f'<t:FolderId Id="{ids.folder_id(folder)}"/>'
    mailbox.delete_folder(folder)
    assert ann.codes(sync_items(reference)) == ["ErrorSyncFolderNotFound"]


@pytest.mark.parametrize("limit", [0, 513])
def test_a_page_holds_1_to_512_changes(ann: FaceClient, limit: int) -> None:
    answer = ann.post(sync_items(INBOX, limit=limit))
    assert ann.status == 500
    names = {str(one.get("Name")) for one in answer.iter("{*}Value")}
    assert names == {"LineNumber", "LinePosition", "Violation"}


def test_an_unknown_operation_is_refused(ann: FaceClient) -> None:
    assert ann.fault("<m:Nonsense/>") == "ErrorInvalidRequest"


def test_a_server_without_export_does_not_know_the_operation(
    face: ExchangeFace, ann: FaceClient, item: StoredItem
) -> None:
    face.quirks = Quirks(without={"export"})
    assert ann.fault(_export(item_ref(ids.item_id(item)))) == "ErrorInvalidRequest"
    assert ann.fault(_upload(ids.folder_id(item.folder), b"")) == "ErrorInvalidRequest"


def test_a_mailbox_without_archive_says_so(ben: FaceClient) -> None:
    codes = ben.codes(sync_items(folder_ref("archivemsgfolderroot")))
    assert codes == ["ErrorArchiveMailboxNotEnabled"]


def test_a_second_folder_of_a_name_is_refused_and_the_first_is_named(
    ann: FaceClient, mailbox: Mailbox
) -> None:
    made = mailbox.add_folder(mailbox.folder_by_role("inbox"), "twice")
    body = (
        f"<m:CreateFolder><m:ParentFolderId>{INBOX}</m:ParentFolderId><m:Folders><t:Folder>"
        "<t:DisplayName>TWICE</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>"
    )
    message = ann.message(body)
    assert text(message, "m:ResponseCode") == "ErrorFolderExists"
    assert text(message, "m:MessageXml/t:Value") == ids.folder_id(made)


def test_known_folders_cannot_be_deleted_or_renamed(ann: FaceClient) -> None:
    body = (
        f'<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds>{INBOX}</m:FolderIds>'
        "</m:DeleteFolder>"
    )
    assert ann.codes(body) == ["ErrorDeleteDistinguishedFolder"]


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("MoveToDeletedItems", "ErrorCannotDeleteObject"),
        ("SoftDelete", "ErrorCannotDeleteObject"),
        ("HardDelete", "NoError"),
    ],
)
def test_hidden_items_go_for_good_or_not_at_all(
    ann: FaceClient, mailbox: Mailbox, how: str, code: str
) -> None:
    inbox = mailbox.folder_by_role("inbox")
    hidden = inbox.add_item(Message({tags.PidTagSubject: "hidden"}), is_associated=True)
    body = (
        f'<m:DeleteItem DeleteType="{how}"><m:ItemIds>{item_ref(ids.item_id(hidden))}'
        "</m:ItemIds></m:DeleteItem>"
    )
    assert ann.codes(body) == [code]
    assert (inbox.items == []) == (code == "NoError")


def test_a_full_mailbox_stops_the_batch(ann: FaceClient, mailbox: Mailbox) -> None:
    mailbox.quota_bytes = mailbox.bytes_used
    data = base64.b64encode(fts.build(Message({tags.PidTagSubject: "more"}))).decode()
    one = (
        '<t:Item CreateAction="CreateNew"><t:ParentFolderId'
        f' Id="{ids.folder_id(mailbox.folder_by_role("inbox"))}"/><t:Data>{data}</t:Data></t:Item>'
    )
    body = f"<m:UploadItems><m:Items>{one}{one}</m:Items></m:UploadItems>"
    assert ann.codes(body) == ["ErrorQuotaExceeded", "ErrorBatchProcessingStopped"]


def _attach(item: StoredItem, content: bytes) -> str:
    return (
        f'<m:CreateAttachment><m:ParentItemId Id="{ids.item_id(item)}"/><m:Attachments>'
        "<t:FileAttachment><t:Name>a</t:Name><t:Content>"
        f"{base64.b64encode(content).decode()}</t:Content></t:FileAttachment></m:Attachments>"
        "</m:CreateAttachment>"
    )


@pytest.mark.parametrize(
    ("limit", "code"),
    [("quota_bytes", "ErrorQuotaExceeded"), ("item_bytes_max", "ErrorMessageSizeExceeded")],
)
def test_an_item_may_not_grow_over_the_limits_either(
    ann: FaceClient, mailbox: Mailbox, item: StoredItem, limit: str, code: str
) -> None:
    setattr(mailbox, limit, mailbox.bytes_used + 5000)
    stream = fts.build(Message({tags.PidTagSubject: "new", tags.PidTagBody: "x" * 9000}))
    reference = item_ref(ids.item_id(item))
    upload = _upload(ids.folder_id(item.folder), stream, action="Update", extra=reference)
    assert ann.codes(_attach(item, b"x" * 9000)) == [code]
    assert ann.codes(upload) == [code]
    assert item.subject == "here"
    assert item.message().attachments == []
    assert ann.codes(_attach(item, b"x" * 900)) == ["NoError"]
    setattr(mailbox, limit, 1)
    smaller = fts.build(Message({tags.PidTagSubject: "new"}))
    shrink = _upload(ids.folder_id(item.folder), smaller, action="Update", extra=reference)
    assert ann.codes(shrink) == ["NoError"]


def test_a_too_large_item_is_refused(ann: FaceClient, mailbox: Mailbox) -> None:
    mailbox.item_bytes_max = 1000
    body = create_item("Message", f"<t:Subject>{'x' * 2000}</t:Subject>", folder=INBOX)
    assert ann.codes(body) == ["ErrorMessageSizeExceeded"]


@pytest.mark.parametrize(
    ("element", "code"),
    [
        ("Message", "ErrorMessageDispositionRequired"),
        ("CalendarItem", "ErrorSendMeetingInvitationsRequired"),
        ("Contact", "NoError"),
    ],
)
def test_what_would_send_must_be_told_whether_to(ann: FaceClient, element: str, code: str) -> None:
    assert ann.codes(create_item(element, attributes={})) == [code]


@pytest.mark.parametrize(
    "path",
    [
        'PropertyTag="0x8001" PropertyType="String"',
        'PropertyName="x" PropertyType="String"',
        'PropertyTag="0x37" PropertyName="x" PropertyType="String"',
        'PropertyTag="0x37" PropertyType="Object"',
    ],
)
def test_impossible_extended_properties_are_refused(
    ann: FaceClient, item: StoredItem, path: str
) -> None:
    shape = (
        "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"
        f"<t:ExtendedFieldURI {path}/></t:AdditionalProperties></m:ItemShape>"
    )
    assert ann.fault(get_item(ids.item_id(item), shape=shape)) == "ErrorInvalidExtendedProperty"


def test_a_value_that_does_not_fit_its_property_is_refused(ann: FaceClient) -> None:
    body = create_item("Message", extended("0x0E07", "Integer", "one"), folder=INBOX)
    assert ann.codes(body) == ["ErrorInvalidExtendedPropertyValue"]


def test_garbage_is_no_upload(ann: FaceClient, mailbox: Mailbox) -> None:
    folder_id = ids.folder_id(mailbox.folder_by_role("inbox"))
    assert ann.codes(_upload(folder_id, b"garbage")) == ["ErrorCorruptData"]


def test_a_stream_that_is_cut_anywhere_is_no_upload(ann: FaceClient, mailbox: Mailbox) -> None:
    inbox = mailbox.folder_by_role("inbox")
    stream = fts.build(Message({tags.PidTagSubject: "whole", tags.PidTagMessageFlags: 1}))
    codes = {
        code
        for end in range(len(stream))
        for code in ann.codes(_upload(ids.folder_id(inbox), stream[:end]))
    }
    assert codes == {"ErrorCorruptData"}
    assert inbox.items == []


def test_export_data_that_the_server_cut_short_does_not_come_back(
    face: ExchangeFace, ann: FaceClient, item: StoredItem
) -> None:
    face.validates_answers = False
    face.faults.add(Fault(kind=FaultKind.TRUNCATED_EXPORT))
    data = text(ann.message(_export(item_ref(ids.item_id(item)))), "m:Data")
    whole = _upload(ids.folder_id(item.folder), b"")
    assert ann.fault(whole.replace("<t:Data>", f"<t:Data>{data}")) == "ErrorSchemaValidation"
    assert item.folder.items == [item]


def test_update_needs_an_item_of_that_folder(
    ann: FaceClient, mailbox: Mailbox, item: StoredItem
) -> None:
    stream = fts.build(Message({tags.PidTagSubject: "new"}))
    elsewhere = ids.folder_id(mailbox.folder_by_role("drafts"))
    reference = item_ref(ids.item_id(item))
    wrong = _upload(elsewhere, stream, action="Update", extra=reference)
    assert ann.codes(wrong) == ["ErrorItemNotFound"]
    right = _upload(ids.folder_id(item.folder), stream, action="Update", extra=reference)
    assert ann.codes(right) == ["NoError"]
    assert item.subject == "new"


def test_update_or_create_makes_what_is_not_there(
    ann: FaceClient, mailbox: Mailbox, item: StoredItem
) -> None:
    inbox = mailbox.folder_by_role("inbox")
    stream = fts.build(Message({tags.PidTagSubject: "new"}))

    def upload(reference: str, action: str = "UpdateOrCreate") -> list[str]:
        body = _upload(ids.folder_id(inbox), stream, action=action, extra=reference)
        return ann.codes(body)

    stale = ids.change_key("Message", item.change_key)
    item.folder.change_item(item, changes={tags.PidTagSubject: "changed"})
    assert upload(item_ref(ids.item_id(item), stale)) == ["ErrorInvalidChangeKey"]
    assert upload(item_ref(ids.item_id(item))) == ["NoError"]
    assert [one.subject for one in inbox.items] == ["new"]
    inbox.remove_item(item)
    assert upload(item_ref(ids.item_id(item))) == ["NoError"]
    assert [one.subject for one in inbox.items] == ["new"]
    assert inbox.items[0] is not item
    assert upload(item_ref(ids.item_id(item)), "CreateNew") == ["ErrorInvalidRequest"]
    assert upload("", "Update") == ["ErrorItemNotFound"]


def test_an_item_of_a_mailbox_that_is_not_there_names_the_guid(ann: FaceClient) -> None:
    elsewhere = Estate(seed=2).add_mailbox("far@away.example", "Far", password="f")
    stranger = elsewhere.folder_by_role("inbox").add_item(Message({tags.PidTagSubject: "far"}))
    for body in (get_item(ids.item_id(stranger)), _export(item_ref(ids.item_id(stranger)))):
        message = ann.message(body)
        assert text(message, "m:ResponseCode") == "ErrorNonExistentMailbox"
        assert text(message, "m:MessageXml/t:Value") == str(elsewhere.guid)


def test_a_version_that_the_server_does_not_speak_is_refused(face: ExchangeFace) -> None:
    request = Request(
        method="POST",
        path=PATH,
        headers={"authorization": basic(BEN, "ben's")},
        body=envelope(sync_hierarchy(), version="Exchange2040").encode(),
    )
    response = face.answer(request)
    assert response.status == 500
    assert isinstance(response.body, bytes)
    assert b"a:ErrorInvalidServerVersion<" in response.body


def test_only_who_has_the_role_lists_mailboxes(keeper: FaceClient, ann: FaceClient) -> None:
    body = (
        "<m:GetSearchableMailboxes><m:SearchFilter/><m:ExpandGroupMembership>false"
        "</m:ExpandGroupMembership></m:GetSearchableMailboxes>"
    )
    addresses = [one.text for one in keeper.post(body).iter("{*}PrimarySmtpAddress")]
    assert addresses == [ANN, BEN]
    refused = ann.post(body)
    assert [one.text for one in refused.iter("{*}ResponseCode")] == ["ErrorAccessDenied"]
    assert list(refused.iter("{*}PrimarySmtpAddress")) == []


@pytest.mark.parametrize(
    ("typed", "code", "count"),
    [
        ("smtp:ann", "NoError", 1),
        ("a", "ErrorNameResolutionMultipleResults", 2),
        ("zoe", "ErrorNameResolutionNoResults", 0),
    ],
)
def test_names_are_one_many_or_none(
    ann: FaceClient, estate: Estate, typed: str, code: str, count: int
) -> None:
    estate.add_mailbox("abe@lab.example", "Abe", password="a")
    message = ann.message(
        f'<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>{typed}'
        "</m:UnresolvedEntry></m:ResolveNames>"
    )
    assert text(message, "m:ResponseCode") == code
    assert len(message.findall(".//t:Resolution", NS)) == count


@pytest.mark.parametrize("form", ["EntryId", "HexEntryId", "OwaId"])
def test_ids_go_into_every_form_and_back(ann: FaceClient, item: StoredItem, form: str) -> None:
    def convert(name: str, source: str, target: str) -> str:
        message = ann.message(
            f'<m:ConvertId DestinationFormat="{target}"><m:SourceIds><t:AlternateId'
            f' Format="{source}" Id="{name}" Mailbox="{ANN}"/></m:SourceIds></m:ConvertId>'
        )
        found = message.find("m:AlternateId", NS)
        assert found is not None, text(message, "m:ResponseCode")
        return str(found.get("Id"))

    ews_id = ids.item_id(item)
    other = convert(ews_id, "EwsId", form)
    assert other != ews_id
    assert convert(other, form, "EwsId") == ews_id


def test_items_do_not_move_between_peoples_mailboxes(
    ann: FaceClient, estate: Estate, mailbox: Mailbox, item: StoredItem
) -> None:
    other = estate.mailbox(BEN)
    assert other is not None
    other.full_access.add(mailbox.address)
    target = f'<t:FolderId Id="{ids.folder_id(other.folder_by_role("inbox"))}"/>'
    body = (
        f"<m:MoveItem><m:ToFolderId>{target}</m:ToFolderId><m:ItemIds>"
        f"{item_ref(ids.item_id(item))}</m:ItemIds></m:MoveItem>"
    )
    assert ann.codes(body) == ["ErrorCrossMailboxMoveCopy"]


def test_a_document_type_is_refused(face: ExchangeFace) -> None:
    client = FaceClient(face, BEN, "ben's")
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    request = Request(
        method="POST",
        path=PATH,
        headers={"authorization": basic(client.user, client.password)},
        body=bomb.encode(),
    )
    response = face.answer(request)
    assert response.status == 500
    assert isinstance(response.body, bytes)
    assert b"ErrorSchemaValidation" in response.body


def test_public_folders_are_walked_not_synchronised(ann: FaceClient, estate: Estate) -> None:
    root = estate.public_folders
    folder = root.add_folder(root.root, "Projects")
    folder.add_item(Message({tags.PidTagSubject: "open to all"}))
    assert ann.codes(sync_hierarchy(root="publicfoldersroot")) == ["ErrorInvalidOperation"]
    shape = "<m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>"
    parent = f"<m:ParentFolderIds>{folder_ref('publicfoldersroot')}</m:ParentFolderIds>"
    for traversal, code in (("Deep", "ErrorInvalidOperation"), ("Shallow", "NoError")):
        body = f'<m:FindFolder Traversal="{traversal}">{shape}{parent}</m:FindFolder>'
        assert ann.codes(body) == [code]
    reference = f'<t:FolderId Id="{ids.folder_id(folder)}"/>'
    message = ann.message(sync_items(reference))
    assert len(message.findall("m:Changes/t:Create", NS)) == 1
