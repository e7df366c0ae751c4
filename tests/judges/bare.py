"""Posts request bodies as ``curl`` would: no client in between that could smooth anything over."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import urllib3
from lxml import etree

from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids
from strongroom.lab.lab import ADMINISTRATOR, Lab
from tests.judges.comparing import assert_sound

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


def export_items(items: Sequence[StoredItem]) -> str:
    """Write a request for the export streams of some items."""
    wanted = "".join(f'<t:ItemId Id="{ids.item_id(item)}"/>' for item in items)
    return f"<m:ExportItems><m:ItemIds>{wanted}</m:ItemIds></m:ExportItems>"


def upload_items(folder: str, streams: Sequence[str]) -> str:
    """Write a request that uploads export streams (base64) into a folder."""
    items = "".join(
        f'<t:Item CreateAction="CreateNew" IsAssociated="false"><t:ParentFolderId Id="{folder}"/>'
        f"<t:Data>{stream}</t:Data></t:Item>"
        for stream in streams
    )
    return f"<m:UploadItems><m:Items>{items}</m:Items></m:UploadItems>"


@contextmanager
def posting(lab: Lab, address: str) -> Iterator[Bare]:
    """Open connections to a running lab, as the administrator who impersonates somebody.

    At the end no answer may have broken the schema.
    """
    context = ssl.create_default_context(cadata=lab.ca_pem.decode())
    with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
        yield Bare(lab, pool, address)
    assert_sound(lab)


def texts(root: etree._Element, name: str) -> list[str]:
    """Give the texts of all elements of that name."""
    return [node.text or "" for node in root.iter(name)]


def get_items(items: Sequence[StoredItem], shape: str) -> str:
    """Write a request for some items."""
    wanted = "".join(f'<t:ItemId Id="{ids.item_id(item)}"/>' for item in items)
    return f"<m:GetItem>{shape}<m:ItemIds>{wanted}</m:ItemIds></m:GetItem>"
