"""Requests as published, posted bare: no client in between that could smooth anything over.

The bodies follow the examples of Microsoft's web service reference
(https://learn.microsoft.com/exchange/client-developer/web-service-reference/), with ids of the lab.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import urllib3
from lxml import etree

from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids
from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes

M = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
T = "{http://schemas.microsoft.com/exchange/services/2006/types}"
ENVELOPE = """<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
  xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"
  xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
 <soap:Header><t:RequestServerVersion Version="Exchange2013_SP1"/>
  <t:ExchangeImpersonation><t:ConnectingSID><t:SmtpAddress>{address}</t:SmtpAddress>
  </t:ConnectingSID></t:ExchangeImpersonation></soap:Header>
 <soap:Body>{body}</soap:Body></soap:Envelope>"""
SHAPE = """<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>
 <t:FieldURI FieldURI="item:ItemClass"/><t:FieldURI FieldURI="item:Size"/>
 </t:AdditionalProperties></m:ItemShape>"""
MIME = "<t:IncludeMimeContent>true</t:IncludeMimeContent>"
EVERYTHING = f"""<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape>{MIME}<t:AdditionalProperties>
 <t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/>
 <t:ExtendedFieldURI PropertyTag="0x300B" PropertyType="Binary"/>
 <t:ExtendedFieldURI DistinguishedPropertySetId="PublicStrings" PropertyName="Keywords"
  PropertyType="StringArray"/></t:AdditionalProperties></m:ItemShape>"""


@dataclass
class Bare:
    """Posts to a lab as ``curl`` would."""

    lab: Lab
    pool: urllib3.PoolManager
    address: str

    @property
    def mailbox(self) -> Mailbox:
        """The mailbox behind the server's back."""
        found = self.lab.estate.mailbox(self.address)
        assert found is not None
        return found

    def post(self, body: str, *, expect: str = "NoError") -> etree._Element:
        """Post a request body; every response message must carry the expected code."""
        secret = base64.b64encode(f"{ADMINISTRATOR}:{self.lab.admin_password}".encode()).decode()
        answer = self.pool.request(
            "POST",
            self.lab.ews_url,
            body=ENVELOPE.format(address=self.address, body=body).encode(),
            headers={"Authorization": f"Basic {secret}", "Content-Type": "text/xml; charset=utf-8"},
        )
        assert answer.status == 200, answer.data[:2000]
        root = etree.fromstring(answer.data, etree.XMLParser(huge_tree=True))
        codes = {node.text for node in root.iter(f"{M}ResponseCode")}
        assert codes == {expect}, answer.data[:2000]
        return root

    def first(self, body: str, path: str) -> dict[str, str]:
        """Post, and give the attributes of the first such element of the answer."""
        node = next(self.post(body).iter(path))
        return {str(name): str(value) for name, value in node.attrib.items()}

    def folder(self, role: str) -> str:
        body = (
            "<m:GetFolder><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape>"
            f'<m:FolderIds><t:DistinguishedFolderId Id="{role}"/></m:FolderIds></m:GetFolder>'
        )
        return self.first(body, f"{T}FolderId")["Id"]

    def item(self, role: str) -> str:
        body = (
            f'<m:FindItem Traversal="Shallow">{SHAPE}<m:IndexedPageItemView MaxEntriesReturned="1"'
            ' Offset="0" BasePoint="Beginning"/><m:ParentFolderIds>'
            f'<t:FolderId Id="{self.folder(role)}"/></m:ParentFolderIds></m:FindItem>'
        )
        return self.first(body, f"{T}ItemId")["Id"]


@pytest.fixture(scope="module")
def bare() -> Iterator[Bare]:
    with Lab(Wishes(validates_answers=True)) as lab:
        context = ssl.create_default_context(cadata=lab.ca_pem.decode())
        with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
            yield Bare(lab, pool, lab.cast.users[0].address)


def texts(root: etree._Element, name: str) -> list[str]:
    return [node.text or "" for node in root.iter(name)]


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


def get_items(items: list[StoredItem], shape: str) -> str:
    wanted = "".join(f'<t:ItemId Id="{ids.item_id(item)}"/>' for item in items)
    return f"<m:GetItem>{shape}<m:ItemIds>{wanted}</m:ItemIds></m:GetItem>"


def test_an_item_is_exported_and_uploaded(bare: Bare) -> None:
    item, folder = bare.item("inbox"), bare.folder("drafts")
    root = bare.post(
        f'<m:ExportItems><m:ItemIds><t:ItemId Id="{item}"/></m:ItemIds></m:ExportItems>'
    )
    (data,) = texts(root, f"{M}Data")
    bare.post(
        '<m:UploadItems><m:Items><t:Item CreateAction="CreateNew" IsAssociated="false">'
        f'<t:ParentFolderId Id="{folder}"/><t:Data>{data}</t:Data></t:Item></m:Items>'
        "</m:UploadItems>"
    )

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
