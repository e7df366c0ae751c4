"""GetAttachment: read attachments, large ones in pieces.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getattachment-operation
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lxml import etree

from strongroom.errors import TransientError
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.contents import fetch_contents
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import ContentAnswer, Fetched
from strongroom.wire.ews.nodes import Node, read_node
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.things import EwsItem, read_item
from strongroom.wire.ews.xml import M, T, attribute, truth

ANSWER = ContentAnswer(response="GetAttachmentResponse", content="Content")


@dataclass(frozen=True, slots=True, kw_only=True)
class EwsAttachment:
    """An attachment as told, its file content included.

    Attributes:
        element: ``FileAttachment``, ``ItemAttachment`` or ``ReferenceAttachment``.
        facts: Its element as told (``Name``, ``ContentType``, ``Content`` in base64 …).
        item: The item inside an ``ItemAttachment``, else None.
    """

    element: str
    facts: Node
    item: EwsItem | None = None


def get_attachments(
    connection: EwsConnection, attachment_ids: Sequence[str], *, has_mime: bool = True
) -> list[EwsAttachment | EwsItemError]:
    """Read attachments of any kind, whole in memory, one result each, in order.

    Args:
        connection: The mailbox's.
        attachment_ids: Which, as the item's ``Attachments`` told them.
        has_mime: Items inside come with their MIME content.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read_each(attachment_ids, lambda some: operation(some, has_mime=has_mime))


def fetch_files(
    connection: EwsConnection,
    attachment_ids: Sequence[str],
    keep: Callable[[Fetched | EwsItemError, str], None],
) -> None:
    """Read file attachments' content and hand each to ``keep``, as ``export_items`` does.

    Not for attached items: they have no content of their own, and come as ``no-content``.
    """
    fetch_contents(connection, attachment_ids, file_operation, ANSWER, keep)


def file_operation(attachment_ids: Sequence[str]) -> Operation[object]:
    """Build the request for content alone."""
    return Operation(
        name="GetAttachment",
        body=_body(attachment_ids, has_mime=False),
        parse=lambda answer: answer,
        item_count=len(attachment_ids),
    )


def operation(
    attachment_ids: Sequence[str], *, has_mime: bool
) -> Operation[list[EwsAttachment | EwsItemError]]:
    """Build the request."""
    return Operation(
        name="GetAttachment",
        body=_body(attachment_ids, has_mime=has_mime),
        parse=lambda answer: parse(answer, len(attachment_ids)),
        item_count=len(attachment_ids),
    )


def parse(answer: Answer, count: int) -> list[EwsAttachment | EwsItemError]:
    """Read the answer."""
    return answer.results(_attachment, count)


def _body(attachment_ids: Sequence[str], *, has_mime: bool) -> str:
    ids = "".join(f'<t:AttachmentId Id="{attribute(each)}"/>' for each in attachment_ids)
    mime = f"<t:IncludeMimeContent>{truth(has_mime)}</t:IncludeMimeContent>"
    return (
        f"<m:GetAttachment><m:AttachmentShape>{mime}</m:AttachmentShape>"
        f"<m:AttachmentIds>{ids}</m:AttachmentIds></m:GetAttachment>"
    )


# What stands beside the item inside an ``ItemAttachment``.
_ABOUT = frozenset(
    {
        f"{T}AttachmentId",
        f"{T}Name",
        f"{T}ContentType",
        f"{T}ContentId",
        f"{T}ContentLocation",
        f"{T}Size",
        f"{T}LastModifiedTime",
        f"{T}IsInline",
    }
)


def _attachment(message: etree._Element) -> EwsAttachment:
    group = message.find(f"{M}Attachments")
    if group is None or len(group) == 0:
        raise TransientError("The server told a success and no attachment.")
    facts = read_node(group[0])
    item = None
    if facts.name == "ItemAttachment":
        inside = next((child for child in group[0] if child.tag not in _ABOUT), None)
        item = None if inside is None else read_item(inside)
    return EwsAttachment(element=facts.name, facts=facts, item=item)
