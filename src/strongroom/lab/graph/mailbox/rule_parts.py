"""Conditions and actions of inbox rules: how EWS writes them, and how Graph does.

Graph knows fewer than EWS. A rule with one that it does not know is told without it, and cannot be
changed through Graph.

Source:
    https://learn.microsoft.com/graph/api/resources/messagerulepredicates
    https://learn.microsoft.com/graph/api/resources/messageruleactions
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from strongroom.lab.exchange.xml import (
    TYPES,
    Element,
    children,
    element,
    escape,
    find,
    name_of,
    parse,
    text_of,
)
from strongroom.lab.graph.mailbox import ids
from strongroom.lab.graph.mailbox.errors import invalid

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one sort of value is read from EWS's XML and written to it."""

    read: Callable[[Element], object]
    write: Callable[[object], str]


def _read_texts(node: Element) -> object:
    return [one.text or "" for one in children(node)]


def _write_texts(value: object) -> str:
    return "".join(element("String", str(one)) for one in _list(value))


def _read_people(node: Element) -> object:
    return [
        {
            "emailAddress": {
                "name": text_of(one, "t:Name") or text_of(one, "t:EmailAddress") or "",
                "address": text_of(one, "t:EmailAddress") or "",
            }
        }
        for one in children(node)
    ]


def _write_people(value: object) -> str:
    return "".join(
        f"<t:Address>{element('EmailAddress', address)}</t:Address>" for address in addresses(value)
    )


def addresses(value: object) -> list[str]:
    """Give the addresses of a list of recipients.

    Raises:
        GraphError: 400, it is none.
    """
    found = []
    for one in _list(value):
        told = one.get("emailAddress") if isinstance(one, dict) else None
        address = told.get("address") if isinstance(told, dict) else None
        if not isinstance(address, str):
            raise invalid("A recipient needs an address.")
        found.append(address)
    return found


def _read_range(node: Element) -> object:
    return {
        name: int(text_of(node, f"t:{ours}") or "0")
        for name, ours in (("minimumSize", "MinimumSize"), ("maximumSize", "MaximumSize"))
        if find(node, f"t:{ours}") is not None
    }


def _write_range(value: object) -> str:
    row = value if isinstance(value, dict) else {}
    return "".join(
        element(ours, str(int(row[name])))
        for name, ours in (("minimumSize", "MinimumSize"), ("maximumSize", "MaximumSize"))
        if isinstance(row.get(name), int)
    )


def _read_folder(node: Element) -> object:
    named = next(children(node))
    return ids.in_address(str(named.get("Id")))


def _write_folder(value: object) -> str:
    return f'<t:FolderId Id="{escape(ids.in_ews(str(value)))}"/>'


def _read_choice(node: Element) -> object:
    text = node.text or ""
    return text.casefold() if text.isupper() else text[:1].casefold() + text[1:]


def _write_choice(value: object) -> str:
    text = str(value)
    return text.upper() if text == "fyi" else text[:1].upper() + text[1:]


_TEXTS = _Kind(_read_texts, _write_texts)
_PEOPLE = _Kind(_read_people, _write_people)
_RANGE = _Kind(_read_range, _write_range)
_FOLDER = _Kind(_read_folder, _write_folder)
_CHOICE = _Kind(_read_choice, lambda value: escape(_write_choice(value)))
_YES = _Kind(lambda node: node.text == "true", lambda value: "true" if value else "false")

# In the order of EWS's schema.
CONDITIONS: Mapping[str, tuple[str, _Kind]] = {
    "categories": ("Categories", _TEXTS),
    "bodyContains": ("ContainsBodyStrings", _TEXTS),
    "headerContains": ("ContainsHeaderStrings", _TEXTS),
    "recipientContains": ("ContainsRecipientStrings", _TEXTS),
    "senderContains": ("ContainsSenderStrings", _TEXTS),
    "bodyOrSubjectContains": ("ContainsSubjectOrBodyStrings", _TEXTS),
    "subjectContains": ("ContainsSubjectStrings", _TEXTS),
    "messageActionFlag": ("FlaggedForAction", _CHOICE),
    "fromAddresses": ("FromAddresses", _PEOPLE),
    "hasAttachments": ("HasAttachments", _YES),
    "importance": ("Importance", _CHOICE),
    "isApprovalRequest": ("IsApprovalRequest", _YES),
    "isAutomaticForward": ("IsAutomaticForward", _YES),
    "isAutomaticReply": ("IsAutomaticReply", _YES),
    "isEncrypted": ("IsEncrypted", _YES),
    "isMeetingRequest": ("IsMeetingRequest", _YES),
    "isMeetingResponse": ("IsMeetingResponse", _YES),
    "isNonDeliveryReport": ("IsNDR", _YES),
    "isPermissionControlled": ("IsPermissionControlled", _YES),
    "isReadReceipt": ("IsReadReceipt", _YES),
    "isSigned": ("IsSigned", _YES),
    "isVoicemail": ("IsVoicemail", _YES),
    "notSentToMe": ("NotSentToMe", _YES),
    "sentCcMe": ("SentCcMe", _YES),
    "sentOnlyToMe": ("SentOnlyToMe", _YES),
    "sentToAddresses": ("SentToAddresses", _PEOPLE),
    "sentToMe": ("SentToMe", _YES),
    "sentToOrCcMe": ("SentToOrCcMe", _YES),
    "sensitivity": ("Sensitivity", _CHOICE),
    "withinSizeRange": ("WithinSizeRange", _RANGE),
}
ACTIONS: Mapping[str, tuple[str, _Kind]] = {
    "assignCategories": ("AssignCategories", _TEXTS),
    "copyToFolder": ("CopyToFolder", _FOLDER),
    "delete": ("Delete", _YES),
    "forwardAsAttachmentTo": ("ForwardAsAttachmentToRecipients", _PEOPLE),
    "forwardTo": ("ForwardToRecipients", _PEOPLE),
    "markImportance": ("MarkImportance", _CHOICE),
    "markAsRead": ("MarkAsRead", _YES),
    "moveToFolder": ("MoveToFolder", _FOLDER),
    "permanentDelete": ("PermanentDelete", _YES),
    "redirectTo": ("RedirectToRecipients", _PEOPLE),
    "stopProcessingRules": ("StopProcessingRules", _YES),
}
SENDING = ("forwardAsAttachmentTo", "forwardTo", "redirectTo")


def read(xml: str, known: Mapping[str, tuple[str, _Kind]]) -> tuple[Row, bool]:
    """Read parts that EWS wrote; say whether Graph knows all of them."""
    if not xml:
        return {}, True
    root = parse(f'<t:Parts xmlns:t="{TYPES}">{xml}</t:Parts>'.encode())
    by_name = {name_of(node): node for node in children(root)}
    ours = {theirs for theirs, _ in known.values()}
    found = {
        name: kind.read(by_name[theirs])
        for name, (theirs, kind) in known.items()
        if theirs in by_name
    }
    return found, by_name.keys() <= ours


def write(row: Mapping[str, object], known: Mapping[str, tuple[str, _Kind]]) -> str:
    """Write parts as EWS does.

    Raises:
        GraphError: 400, one is not known.
    """
    for name in row:
        if name not in known and not name.startswith("@odata."):
            raise invalid(f"The property '{name}' is not known.")
    return "".join(
        f"<t:{theirs}>{kind.write(row[name])}</t:{theirs}>"
        for name, (theirs, kind) in known.items()
        if row.get(name) is not None and row[name] != []
    )


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise invalid("A collection was expected.")
    return value
