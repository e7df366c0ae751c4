"""Requests as published, posted bare: no client in between that could smooth anything over.

The bodies follow the examples of Microsoft's web service reference
(https://learn.microsoft.com/exchange/client-developer/web-service-reference/), with ids of the lab.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from strongroom.lab.lab import Lab, Wishes
from tests.judges.bare import (
    EVERYTHING,
    MIME,
    SHAPE,
    Bare,
    M,
    T,
    export_items,
    get_items,
    posting,
    texts,
    upload_items,
)


@pytest.fixture(scope="module")
def bare() -> Iterator[Bare]:
    lab = Lab(Wishes(validates_answers=True))
    with lab, posting(lab, lab.cast.users[0].address) as posted:
        yield posted


def test_the_folder_hierarchy_is_synced(bare: Bare) -> None:
    root = bare.post(
        """<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>
        <t:AdditionalProperties><t:FieldURI FieldURI="folder:DisplayName"/>
        <t:FieldURI FieldURI="folder:ParentFolderId"/><t:FieldURI FieldURI="folder:FolderClass"/>
        <t:FieldURI FieldURI="folder:TotalCount"/>
        <t:ExtendedFieldURI PropertyTag="0x10F4" PropertyType="Boolean"/></t:AdditionalProperties>
        </m:FolderShape><m:SyncFolderId><t:DistinguishedFolderId Id="msgfolderroot"/>
        </m:SyncFolderId></m:SyncFolderHierarchy>"""
    )

    assert "Inbox" in texts(root, f"{T}DisplayName")
    assert texts(root, f"{M}IncludesLastFolderInRange") == ["true"]


def test_items_are_synced_page_by_page_with_hidden_ones(bare: Bare) -> None:
    folder, state, seen = bare.folder("calendar"), "", 0
    for _ in range(100):
        root = bare.post(
            f"""<m:SyncFolderItems>{SHAPE}<m:SyncFolderId><t:FolderId Id="{folder}"/>
            </m:SyncFolderId>{state and f"<m:SyncState>{state}</m:SyncState>"}
            <m:MaxChangesReturned>5</m:MaxChangesReturned>
            <m:SyncScope>NormalAndAssociatedItems</m:SyncScope></m:SyncFolderItems>"""
        )
        (state,) = texts(root, f"{M}SyncState")
        seen += len(texts(root, f"{T}ItemClass"))
        if texts(root, f"{M}IncludesLastItemInRange") == ["true"]:
            break

    assert seen == len(bare.mailbox.folder_by_role("calendar").items)


def test_folders_are_found_one_level_deep(bare: Bare) -> None:
    root = bare.post(
        """<m:FindFolder Traversal="Shallow"><m:FolderShape><t:BaseShape>Default</t:BaseShape>
        </m:FolderShape><m:IndexedPageFolderView MaxEntriesReturned="500" Offset="0"
        BasePoint="Beginning"/><m:ParentFolderIds>
        <t:DistinguishedFolderId Id="publicfoldersroot"/></m:ParentFolderIds></m:FindFolder>"""
    )

    assert texts(root, f"{T}DisplayName") == ["Notices", "Supplier cards"]


def test_items_are_found_since_a_time_in_order(bare: Bare) -> None:
    root = bare.post(
        f"""<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>
        <t:AdditionalProperties><t:FieldURI FieldURI="item:DateTimeReceived"/>
        </t:AdditionalProperties></m:ItemShape><m:IndexedPageItemView MaxEntriesReturned="1000"
        Offset="0" BasePoint="Beginning"/><m:Restriction><t:IsGreaterThanOrEqualTo>
        <t:FieldURI FieldURI="item:DateTimeReceived"/><t:FieldURIOrConstant>
        <t:Constant Value="2026-10-01T00:00:00Z"/></t:FieldURIOrConstant></t:IsGreaterThanOrEqualTo>
        </m:Restriction><m:SortOrder><t:FieldOrder Order="Ascending">
        <t:FieldURI FieldURI="item:DateTimeReceived"/></t:FieldOrder></m:SortOrder>
        <m:ParentFolderIds><t:FolderId Id="{bare.folder("inbox")}"/></m:ParentFolderIds>
        </m:FindItem>"""
    )
    received = texts(root, f"{T}DateTimeReceived")

    assert received == sorted(received)
    assert received[0] >= "2026-10-01"


def test_every_item_is_given_with_all_its_properties(bare: Bare) -> None:
    """Every shape that the lab can answer meets the schema once."""
    chosen = [item for item in bare.mailbox.items if not item.is_associated]
    root = bare.post(get_items(chosen, EVERYTHING.replace(MIME, "")))

    assert len(texts(root, f"{T}ItemClass")) == len(chosen)


def test_mail_meetings_cards_and_posts_are_given_as_mime(bare: Bare) -> None:
    kinds = ("IPM.Note", "IPM.Appointment", "IPM.Schedule", "IPM.Contact", "IPM.Post")
    chosen = [item for item in bare.mailbox.items if item.item_class.startswith(kinds)]
    root = bare.post(get_items(chosen, EVERYTHING))
    mimes = [base64.b64decode(text, validate=True) for text in texts(root, f"{T}MimeContent")]

    assert len(mimes) == len(chosen)
    assert all(mimes)


def test_an_item_is_exported_and_uploaded(bare: Bare) -> None:
    folder = bare.mailbox.folder_by_role("inbox")
    (data,) = texts(bare.post(export_items(folder.items[:1])), f"{M}Data")
    bare.post(upload_items(bare.folder("drafts"), [data]))

    assert data.startswith(
        "AQAAAAgAAAAAAAAAAQAAAAMAAAAYAAAAAQAAAAcDAgAAAAAAwAAAAAAAAEYAJACABAAAAAYAAAA"
    )


def test_a_message_is_made_from_mime_as_received(bare: Bare) -> None:
    folder = bare.folder("drafts")
    mime = base64.b64encode(b"Subject: From MIME\r\n\r\nHi\r\n").decode()
    made = bare.first(
        f"""<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>
        <t:FolderId Id="{folder}"/></m:SavedItemFolderId><m:Items><t:Message>
        <t:MimeContent CharacterSet="UTF-8">{mime}</t:MimeContent><t:ExtendedProperty>
        <t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/><t:Value>1</t:Value>
        </t:ExtendedProperty><t:IsRead>true</t:IsRead></t:Message></m:Items></m:CreateItem>""",
        f"{T}ItemId",
    )
    root = bare.post(
        f'<m:GetItem>{EVERYTHING}<m:ItemIds><t:ItemId Id="{made["Id"]}"/></m:ItemIds></m:GetItem>'
    )

    assert texts(root, f"{T}Subject") == ["From MIME"]
    assert texts(root, f"{T}IsDraft") == ["false"]


def test_an_item_is_moved_and_deleted(bare: Bare) -> None:
    item, folder = bare.item("sentitems"), bare.folder("junkemail")
    moved = bare.first(
        f'<m:MoveItem><m:ToFolderId><t:FolderId Id="{folder}"/></m:ToFolderId><m:ItemIds>'
        f'<t:ItemId Id="{item}"/></m:ItemIds><m:ReturnNewItemIds>true</m:ReturnNewItemIds>'
        "</m:MoveItem>",
        f"{T}ItemId",
    )
    delete = (
        '<m:DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendToNone"'
        ' AffectedTaskOccurrences="AllOccurrences" SuppressReadReceipts="true"><m:ItemIds>'
        '<t:ItemId Id="{}"/></m:ItemIds></m:DeleteItem>'
    )
    assert moved["Id"] != item
    bare.post(delete.format(item), expect="ErrorItemNotFound")
    bare.post(delete.format(moved["Id"]))
    bare.post(delete.format(moved["Id"]), expect="ErrorItemNotFound")

    assert bare.lab.outgoing == []


def test_a_folder_is_made_and_a_second_of_its_name_refused(bare: Bare) -> None:
    body = """<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id="msgfolderroot"/>
        </m:ParentFolderId><m:Folders><t:CalendarFolder><t:FolderClass>IPF.Appointment</t:FolderClass>
        <t:DisplayName>Restored</t:DisplayName></t:CalendarFolder></m:Folders></m:CreateFolder>"""
    bare.post(body)
    bare.post(body, expect="ErrorFolderExists")


def test_an_attachment_is_given(bare: Bare) -> None:
    root = bare.post(
        f"""<m:FindItem Traversal="Shallow">{SHAPE}<m:IndexedPageItemView MaxEntriesReturned="1"
        Offset="0" BasePoint="Beginning"/><m:Restriction><t:IsEqualTo>
        <t:FieldURI FieldURI="item:Subject"/><t:FieldURIOrConstant><t:Constant Value="Files"/>
        </t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds>
        <t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>"""
    )
    item = next(root.iter(f"{T}ItemId")).get("Id")
    found = bare.post(
        f'<m:GetItem>{EVERYTHING}<m:ItemIds><t:ItemId Id="{item}"/></m:ItemIds></m:GetItem>'
    )
    attachment = next(found.iter(f"{T}AttachmentId")).get("Id")
    given = bare.post(
        "<m:GetAttachment><m:AttachmentShape><t:IncludeMimeContent>true</t:IncludeMimeContent>"
        f'</m:AttachmentShape><m:AttachmentIds><t:AttachmentId Id="{attachment}"/>'
        "</m:AttachmentIds></m:GetAttachment>"
    )

    assert base64.b64decode(texts(given, f"{T}Content")[0]) == b"Nothing to see here.\r\n"


def test_names_mailboxes_ids_and_zones_are_told(bare: Bare) -> None:
    resolved = bare.post(
        '<m:ResolveNames ReturnFullContactData="true" SearchScope="ActiveDirectory"'
        f' ContactDataShape="Default"><m:UnresolvedEntry>smtp:{bare.address}</m:UnresolvedEntry>'
        "</m:ResolveNames>"
    )
    searchable = bare.post(
        "<m:GetSearchableMailboxes><m:SearchFilter></m:SearchFilter>"
        "<m:ExpandGroupMembership>false</m:ExpandGroupMembership></m:GetSearchableMailboxes>"
    )
    converted = bare.post(
        f"""<m:ConvertId DestinationFormat="HexEntryId"><m:SourceIds>
        <t:AlternateId Format="EwsId" Id="{bare.item("inbox")}" Mailbox="{bare.address}"/>
        </m:SourceIds></m:ConvertId>"""
    )
    zones = bare.post(
        '<m:GetServerTimeZones ReturnFullTimeZoneData="false"><m:Ids><t:Id>UTC</t:Id></m:Ids>'
        "</m:GetServerTimeZones>"
    )

    assert texts(resolved, f"{T}EmailAddress")[0] == bare.address
    assert bare.address in texts(searchable, f"{T}PrimarySmtpAddress")
    assert len(bytes.fromhex(str(next(converted.iter(f"{M}AlternateId")).get("Id")))) == 70
    assert [zone.get("Id") for zone in zones.iter(f"{T}TimeZoneDefinition")] == ["UTC"]
