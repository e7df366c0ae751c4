"""Every reply that we read: literal ones, and the ways in which servers differ from the book."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.errors import (
    AccessDenied,
    CursorExpired,
    ItemError,
    OutcomeUnknown,
    StrongroomError,
    TransientError,
)
from strongroom.wire.ews import (
    convert_id,
    create_attachment,
    create_folder,
    create_item,
    delegates,
    delete_folder,
    delete_item,
    expand_dl,
    find_folder,
    find_item,
    get_attachment,
    get_folder,
    get_item,
    get_searchable_mailboxes,
    get_server_time_zones,
    inbox_rules,
    oof_settings,
    resolve_names,
    sync_folder_hierarchy,
    sync_folder_items,
    update_folder,
    update_item,
    upload_items,
    user_configuration,
)
from strongroom.wire.ews.answers import NotSoap, SoapFault, open_answer
from strongroom.wire.ews.faults import EwsItemError, Meaning
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.ews.properties import ExtendedPath
from strongroom.wire.ews.sync_folder_items import ItemChanged, ItemRemoved, ReadFlagChanged
from strongroom.wire.ews.things import EwsFolder, EwsItem
from tests.fakes.ews import GOLDEN, answer, fault, golden, golden_answer, soap, violations

FLAGS = ExtendedPath.of_tag(0x0E070003)


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.reply.xml")), ids=lambda file: file.stem)
def test_the_literal_replies_themselves_keep_to_the_schema(file: Path) -> None:
    assert violations(file.read_text()) == []


def test_folders_and_their_errors_come_in_the_order_asked() -> None:
    root, missing = get_folder.parse(golden_answer("GetFolder"), 2)
    assert isinstance(root, EwsFolder)
    assert (root.id, root.name) == ("AAMkAGIwROOT=", "Top of Information Store")
    assert root.number("ChildFolderCount") == 14
    assert root.extended == {ExtendedPath.of_tag(0x36010003): 1}
    assert isinstance(missing, EwsItemError)
    assert missing.is_gone
    assert missing.code == "ErrorFolderNotFound"


def test_another_number_of_answers_than_questions_is_half_an_answer() -> None:
    with pytest.raises(TransientError, match="2 of 3"):
        get_folder.parse(golden_answer("GetFolder"), 3)


def test_a_page_of_folders_says_where_the_next_begins() -> None:
    page = find_folder.parse(golden_answer("FindFolder"))
    assert [folder.name for folder in page.folders] == ["Projects"]
    assert (page.total, page.next_offset, page.is_last) == (1, 1, True)


def test_an_answer_without_root_folder_is_an_empty_last_page() -> None:
    bare = answer(
        "<m:FindFolderResponse><m:ResponseMessages>"
        '<m:FindFolderResponseMessage ResponseClass="Success">'
        "<m:ResponseCode>NoError</m:ResponseCode></m:FindFolderResponseMessage>"
        "</m:ResponseMessages></m:FindFolderResponse>"
    )
    page = find_folder.parse(bare, 7)
    assert (page.folders, page.next_offset, page.is_last) == ((), 7, True)


def test_a_page_of_items_says_where_the_next_begins() -> None:
    page = find_item.parse(golden_answer("FindItem"))
    assert [item.text("Subject") for item in page.items] == ["Hello"]
    assert (page.total, page.next_offset, page.is_last) == (2500, 1000, False)


def test_hierarchy_changes_are_told_apart() -> None:
    page = sync_folder_hierarchy.parse(golden_answer("SyncFolderHierarchy"))
    assert [(f.element, f.name) for f in page.changed] == [
        ("Folder", "Inbox"),
        ("CalendarFolder", "Calendar"),
        ("ContactsFolder", "People"),
    ]
    assert page.changed[0].parent_id == "AAMkAGIwROOT="
    assert page.removed_ids == ("AAMkAGIwFOLDER9=",)
    assert page.sync_state == "H4sIAAAAAAAEAGNgYGBgZGBg"
    assert page.is_last


def test_item_changes_are_told_apart_and_keep_their_order() -> None:
    page = sync_folder_items.parse(golden_answer("SyncFolderItems"))
    created, calendar, updated, read, removed = page.changes
    assert isinstance(created, ItemChanged)
    assert created.is_new
    assert created.item.number("Size") == 4711
    assert isinstance(calendar, ItemChanged)
    assert calendar.item.element == "CalendarItem"
    assert isinstance(updated, ItemChanged)
    assert not updated.is_new
    assert read == ReadFlagChanged("AAMkAGIwITEM4=", "CQAAABYAAAB4", is_read=True)
    assert removed == ItemRemoved("AAMkAGIwITEM5=")
    assert not page.is_last


def test_a_sync_state_that_the_server_forgot_is_an_expired_cursor() -> None:
    with pytest.raises(CursorExpired):
        sync_folder_items.parse(golden_answer("SyncInvalidState"))


def test_an_item_comes_with_all_that_was_told() -> None:
    (item,) = get_item.parse(golden_answer("GetItem"), 1)
    assert isinstance(item, EwsItem)
    assert item.ref == ItemRef("AAMkAGIwITEM1=", "CQAAABYAAAB1")
    assert item.parent_id == "AAMkAGIwFOLDER1="
    assert item.extended == {FLAGS: 1}
    assert item.time("DateTimeReceived") == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert item.flag("IsRead") is True
    assert item.flag("IsFromMe") is None
    body, mime, to = item.node("Body"), item.node("MimeContent"), item.node("ToRecipients")
    assert body is not None
    assert (body.attributes["BodyType"], body.text) == ("HTML", "<p>Hi</p>")
    assert mime is not None
    assert mime.attributes == {"CharacterSet": "UTF-8"}
    assert to is not None
    assert to.text_of("Mailbox", "EmailAddress") == "bob@lab.example"


def test_new_things_come_with_their_ids() -> None:
    (item,) = create_item.parse(golden_answer("CreateItem"), 1)
    (folder,) = create_folder.parse(golden_answer("CreateFolder"), 1)
    (uploaded,) = upload_items.parse(golden_answer("UploadItems"), 1)
    (attached,) = create_attachment.parse(golden_answer("CreateAttachment"), 1)
    assert isinstance(item, EwsItem)
    assert item.id == "AAMkAGIwNEWITEM="
    assert isinstance(folder, EwsFolder)
    assert (folder.element, folder.id) == ("CalendarFolder", "AAMkAGIwNEW=")
    assert uploaded == ItemRef("AAMkAGIwNEWITEM=", "CQAAABYAAACC")
    assert attached == create_attachment.CreatedAttachment(
        "AAMkATT9=", ItemRef("AAMkITEM1=", "CQAAABYB")
    )


def test_an_upload_that_succeeded_without_an_id_may_have_happened() -> None:
    nameless = golden("UploadItems.reply").replace(
        '<m:ItemId Id="AAMkAGIwNEWITEM=" ChangeKey="CQAAABYAAACC"/>', ""
    )
    with pytest.raises(OutcomeUnknown):
        upload_items.parse(answer(nameless), 1)


def test_changed_and_deleted_things_are_told() -> None:
    (item,) = update_item.parse(golden_answer("UpdateItem"), 1)
    (folder,) = update_folder.parse(golden_answer("UpdateFolder"), 1)
    assert isinstance(item, EwsItem)
    assert item.change_key == "CQAAABYC"
    assert isinstance(folder, EwsFolder)
    assert folder.change_key == "AQAAABYC"
    assert delete_item.parse(golden_answer("DeleteItem"), 1) == [None]
    assert delete_folder.parse(golden_answer("DeleteFolder"), 1) == [None]


def test_an_attachment_comes_with_its_content() -> None:
    (attachment,) = get_attachment.parse(golden_answer("GetAttachment"), 1)
    assert not isinstance(attachment, EwsItemError)
    assert attachment.element == "FileAttachment"
    assert attachment.facts.text_of("Name") == "a.txt"
    assert attachment.facts.text_of("Content") == "SGVsbG8gd29ybGQh"
    assert attachment.item is None


def test_an_attached_item_is_read_as_an_item() -> None:
    inside = answer(
        "<m:GetAttachmentResponse><m:ResponseMessages>"
        '<m:GetAttachmentResponseMessage ResponseClass="Success">'
        "<m:ResponseCode>NoError</m:ResponseCode><m:Attachments><t:ItemAttachment>"
        '<t:AttachmentId Id="A="/><t:Name>fwd</t:Name><t:Message>'
        "<t:ItemClass>IPM.Note</t:ItemClass>"
        "<t:Subject>inner</t:Subject></t:Message></t:ItemAttachment></m:Attachments>"
        "</m:GetAttachmentResponseMessage></m:ResponseMessages></m:GetAttachmentResponse>"
    )
    (attachment,) = get_attachment.parse(inside, 1)
    assert not isinstance(attachment, EwsItemError)
    assert attachment.item is not None
    assert (attachment.item.element, attachment.item.text("Subject")) == ("Message", "inner")


def test_names_are_resolved() -> None:
    (bob,) = resolve_names.parse(golden_answer("ResolveNames"))
    assert (bob.name, bob.address, bob.mailbox_type) == ("Bob", "bob@lab.example", "Mailbox")


def test_several_matches_are_a_warning_with_a_result() -> None:
    warned = golden("ResolveNames.reply").replace(
        'ResponseClass="Success"><m:ResponseCode>NoError<',
        'ResponseClass="Warning"><m:ResponseCode>ErrorNameResolutionMultipleResults<',
    )
    assert len(resolve_names.parse(answer(warned))) == 1


def test_members_of_a_group_are_read_with_what_each_is() -> None:
    found = expand_dl.parse(golden_answer("ExpandDL"))
    assert [(one.address, one.mailbox_type) for one in found.members] == [
        ("bob@lab.example", "Mailbox"),
        ("all@lab.example", "PublicDL"),
        ("eve@supplier.example", "Contact"),
        ("", "Mailbox"),
    ]
    assert found.is_whole
    more = golden("ExpandDL.reply").replace('Range="true"', 'Range="false"')
    assert not expand_dl.parse(answer(more)).is_whole


def test_a_group_without_members_is_read_as_such() -> None:
    start, _, rest = golden("ExpandDL.reply").partition("<m:DLExpansion")
    end = rest.partition("</m:DLExpansion>")[2]
    assert expand_dl.parse(answer(start + end)).members == ()


def test_directory_ids_and_time_zones_are_read() -> None:
    listed = get_searchable_mailboxes.parse(golden_answer("GetSearchableMailboxes"))
    assert [box.address for box in listed.mailboxes] == ["bob@lab.example"]
    assert convert_id.parse(golden_answer("ConvertId"), 1) == ["00000000AB"]
    zones = get_server_time_zones.parse(golden_answer("GetServerTimeZones"))
    assert zones == {"UTC": "(UTC) Coordinated Universal Time"}


def test_a_missing_role_is_the_operators_to_give() -> None:
    denied = answer(
        '<m:GetSearchableMailboxesResponse ResponseClass="Error">'
        "<m:MessageText>no</m:MessageText><m:ResponseCode>ErrorAccessDenied</m:ResponseCode>"
        "</m:GetSearchableMailboxesResponse>"
    )
    with pytest.raises(AccessDenied, match="ErrorAccessDenied"):
        get_searchable_mailboxes.parse(denied)


def test_rules_are_kept_whole() -> None:
    rules = inbox_rules.parse(golden_answer("GetInboxRules"))
    assert rules.has_outlook_blob
    (rule,) = rules.rules
    assert rule.text_of("DisplayName") == "To Bob"
    address = rule.text_of("Actions", "ForwardToRecipients", "Address", "EmailAddress")
    assert address == "bob@lab.example"
    inbox_rules.parse_added(golden_answer("UpdateInboxRules"))


def test_out_of_office_settings_are_kept_whole() -> None:
    settings = oof_settings.parse(golden_answer("GetUserOofSettings"))
    assert settings.text_of("OofState") == "Scheduled"
    assert settings.text_of("Duration", "EndTime") == "2027-01-02T00:00:00"
    oof_settings.parse_set(golden_answer("SetUserOofSettings"))


def test_configurations_and_delegates_are_read() -> None:
    configuration = user_configuration.parse(golden_answer("GetUserConfiguration"))
    assert configuration.xml_data == b"<categories/>"
    assert configuration.dictionary is not None
    told = delegates.parse(golden_answer("GetDelegate"))
    assert [user.text_of("UserId", "PrimarySmtpAddress") for user in told.users] == [
        "bob@lab.example"
    ]
    assert told.deliver_meeting_requests == "DelegatesAndMe"
    assert len(told.failed) == 1


def test_unknown_elements_are_ignored() -> None:
    strange = golden("SyncFolderItems.reply").replace(
        "<t:ItemClass>IPM.Note</t:ItemClass>",
        '<t:Novelty xmlns:n="urn:n"><n:Deep/></t:Novelty><t:ItemClass>IPM.Note</t:ItemClass>',
    )
    page = sync_folder_items.parse(answer(strange))
    assert isinstance(page.changes[0], ItemChanged)
    assert page.changes[0].item.text("ItemClass") == "IPM.Note"


def test_comments_between_elements_change_nothing() -> None:
    strange = golden("SyncFolderItems.reply").replace("<t:Create>", "<!-- x --><t:Create>")
    assert len(sync_folder_items.parse(answer(strange)).changes) == 5


def test_any_prefix_will_do() -> None:
    other = soap(golden("FindItem.reply")).replace(b"<m:", b"<x:").replace(b"</m:", b"</x:")
    other = other.replace(b"xmlns:m=", b"xmlns:x=")
    page = find_item.parse(open_answer(other))
    assert [item.text("Subject") for item in page.items] == ["Hello"]


def test_the_servers_version_is_read_from_the_header() -> None:
    version = golden_answer("GetFolder").version
    assert version is not None
    assert (str(version), version.schema) == ("15.2.2562.17", "V2018_01_08")


def test_a_fault_carries_code_words_and_the_order_to_wait() -> None:
    with pytest.raises(SoapFault) as caught:
        open_answer(fault("ErrorServerBusy", "Try again later.", back_off_ms=297749))
    error = caught.value.error
    assert (error.code, error.text, error.retry_after_s) == (
        "ErrorServerBusy",
        "Try again later.",
        297.749,
    )


def test_busy_hidden_in_an_internal_error_is_found() -> None:
    hidden = answer(
        "<m:GetItemResponse><m:ResponseMessages>"
        '<m:GetItemResponseMessage ResponseClass="Error">'
        "<m:ResponseCode>ErrorInternalServerError</m:ResponseCode><m:MessageXml>"
        '<t:Value Name="InnerErrorResponseCode">ErrorServerBusy</t:Value>'
        '<t:Value Name="BackOffMilliseconds">5000</t:Value></m:MessageXml>'
        "<m:Items/></m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse>"
    )
    (error,) = get_item.parse(hidden, 1)
    assert isinstance(error, EwsItemError)
    assert (error.meaning, error.retry_after_s) == (Meaning.BUSY, 5.0)
    assert hidden.throttled == [error]


def test_an_item_that_was_not_looked_at_is_to_be_asked_again() -> None:
    stopped = answer(golden("ExportItems.reply"))
    results = stopped.results(lambda _: None, 3)
    assert results[0] is None
    assert isinstance(results[1], EwsItemError)
    assert results[1].is_gone
    assert isinstance(results[2], EwsItemError)
    assert results[2].is_stopped
    assert results[2].is_transient


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml at all",
        b"<html><body>hello</body></html>",
        soap(golden("FindItem.reply"))[:-1],
        soap(golden("FindItem.reply"))[:300],
        b'<!DOCTYPE x [<!ENTITY e "boom">]>' + soap(golden("FindItem.reply")).partition(b"?>")[2],
    ],
)
def test_what_is_no_whole_envelope_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotSoap):
        open_answer(body)


def test_an_entity_is_not_resolved() -> None:
    with pytest.raises(NotSoap):
        open_answer(soap("<m:X>&undefined;</m:X>"))


def test_an_unknown_code_is_the_items_own_and_not_permanent() -> None:
    error = EwsItemError(code="ErrorSomethingNew").as_error()
    assert isinstance(error, ItemError)
    assert not error.is_permanent
    assert error.code == "ErrorSomethingNew"


@given(
    flips=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=5),
    is_fault=st.booleans(),
)
def test_garbled_answers_end_in_our_own_errors_and_no_others(
    flips: list[tuple[int, int]],
    is_fault: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    told = soap(golden("FindItem.reply"))
    body = bytearray(fault("ErrorServerBusy", "x", back_off_ms=5) if is_fault else told)
    for place, byte in flips:
        body[place % len(body)] = byte
    with contextlib.suppress(NotSoap, SoapFault, StrongroomError):
        find_item.parse(open_answer(bytes(body)))
