"""Speaks EWS to a lab face without a socket, in as few words as a test wants to read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

from lxml import etree

from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.https import Request

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
M = "http://schemas.microsoft.com/exchange/services/2006/messages"
T = "http://schemas.microsoft.com/exchange/services/2006/types"
NS = {"s": SOAP, "m": M, "t": T}
PATH = "/EWS/Exchange.asmx"
ID_ONLY = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
ALL = "<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>"


class FaceClient:
    """One user of a face.

    Attributes:
        status: HTTP status of the last answer.
        headers: Headers of the last answer.
    """

    def __init__(
        self, face: ExchangeFace, user: str, password: str, *, acting_as: str | None = None
    ) -> None:
        self.face = face
        self.user = user
        self.password = password
        self.acting_as = acting_as
        self.status = 0
        self.headers: dict[str, str] = {}

    def post(self, body: str) -> etree._Element:
        """Send an operation and give the answer's document."""
        response = self.face.answer(
            Request(
                method="POST",
                path=PATH,
                headers={"authorization": basic(self.user, self.password)},
                body=envelope(body, acting_as=self.acting_as).encode(),
            )
        )
        self.status = response.status
        self.headers = dict(response.headers)
        data = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        return etree.fromstring(data, etree.XMLParser(huge_tree=True))

    def messages(self, body: str) -> list[etree._Element]:
        """Send an operation and give its response messages."""
        found = self.post(body).find("s:Body/*/m:ResponseMessages", NS)
        assert found is not None, f"no messages, HTTP {self.status}"
        return list(found)

    def message(self, body: str) -> etree._Element:
        """Send an operation that has one response message and give it."""
        (only,) = self.messages(body)
        return only

    def codes(self, body: str) -> list[str]:
        """Send an operation and give the code of each response message."""
        return [text(one, "m:ResponseCode") for one in self.messages(body)]

    def fault(self, body: str) -> str:
        """Send an operation that is refused as a whole and give the fault's code."""
        code = self.post(body).find(".//{*}detail/{*}ResponseCode")
        assert code is not None, "no fault"
        return code.text or ""


def basic(user: str, password: str) -> str:
    """Write the header of Basic sign-in."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")


def envelope(body: str, *, acting_as: str | None = None, version: str = "Exchange2013_SP1") -> str:
    """Put an operation into an envelope."""
    header = f'<t:RequestServerVersion Version="{version}"/>'
    if acting_as is not None:
        who = f"<t:SmtpAddress>{acting_as}</t:SmtpAddress>"
        header += f"<t:ExchangeImpersonation><t:ConnectingSID>{who}</t:ConnectingSID>"
        header += "</t:ExchangeImpersonation>"
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:t="{T}" xmlns:m="{M}">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def text(node: etree._Element, path: str) -> str:
    """Give the text at a path; fails if there is none."""
    found = node.find(path, NS)
    assert found is not None, f"no {path} in {etree.tostring(node)[:500]!r}"
    return found.text or ""


def folder_ref(role: str, mailbox: str | None = None) -> str:
    """Name a known folder."""
    whose = f"<t:Mailbox><t:EmailAddress>{mailbox}</t:EmailAddress></t:Mailbox>" if mailbox else ""
    return f'<t:DistinguishedFolderId Id="{role}">{whose}</t:DistinguishedFolderId>'


def item_ref(item_id: str, change_key: str | None = None) -> str:
    """Name an item."""
    key = f' ChangeKey="{change_key}"' if change_key else ""
    return f'<t:ItemId Id="{item_id}"{key}/>'


def get_item(*ids: str, shape: str = ALL) -> str:
    """Write GetItem."""
    return f"<m:GetItem>{shape}<m:ItemIds>{''.join(map(item_ref, ids))}</m:ItemIds></m:GetItem>"


def sync_items(
    folder: str, state: str = "", *, limit: int = 512, hidden: bool = False, shape: str = ID_ONLY
) -> str:
    """Write SyncFolderItems; ``folder`` is a reference."""
    known = f"<m:SyncState>{state}</m:SyncState>" if state else ""
    scope = "NormalAndAssociatedItems" if hidden else "NormalItems"
    return (
        f"<m:SyncFolderItems>{shape}<m:SyncFolderId>{folder}</m:SyncFolderId>{known}"
        f"<m:MaxChangesReturned>{limit}</m:MaxChangesReturned>"
        f"<m:SyncScope>{scope}</m:SyncScope></m:SyncFolderItems>"
    )


def sync_hierarchy(state: str = "", root: str = "msgfolderroot") -> str:
    """Write SyncFolderHierarchy."""
    known = f"<m:SyncState>{state}</m:SyncState>" if state else ""
    return (
        "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>"
        f"<m:SyncFolderId>{folder_ref(root)}</m:SyncFolderId>{known}</m:SyncFolderHierarchy>"
    )


def create_item(
    element: str,
    inner: str = "",
    *,
    attributes: Mapping[str, str] | None = None,
    folder: str | None = None,
) -> str:
    """Write CreateItem for one item that is saved and sent to nobody."""
    given = attributes
    if given is None:
        given = {"MessageDisposition": "SaveOnly", "SendMeetingInvitations": "SendToNone"}
    written = "".join(f' {name}="{value}"' for name, value in given.items())
    target = f"<m:SavedItemFolderId>{folder}</m:SavedItemFolderId>" if folder else ""
    return (
        f"<m:CreateItem{written}>{target}<m:Items><t:{element}>{inner}</t:{element}></m:Items>"
        "</m:CreateItem>"
    )


def extended(tag: str, kind: str, value: str) -> str:
    """Write an extended property by its tag."""
    path = f'<t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="{kind}"/>'
    return f"<t:ExtendedProperty>{path}<t:Value>{value}</t:Value></t:ExtendedProperty>"
