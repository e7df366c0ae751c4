"""CreateAttachment: add files to an item that is there already.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/createattachment-operation
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from strongroom.errors import OutcomeUnknown
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.create_item import NewItem
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.parts import Part, pieces
from strongroom.wire.ews.xml import M, T, attribute, text, truth


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """One attachment to add.

    Attributes:
        name: Its file name.
        content: The bytes of a file, or a whole item.
        content_type: MIME type, or an empty string.
        content_id: What the body refers to it by, or an empty string.
        is_inline: It is shown inside the body.
    """

    name: str
    content: bytes | NewItem
    content_type: str = ""
    content_id: str = ""
    is_inline: bool = False

    def parts(self) -> list[Part]:
        """Write the attachment's element; its children have a fixed order."""
        kind = f"<t:ContentType>{text(self.content_type)}</t:ContentType>"
        cid = f"<t:ContentId>{text(self.content_id)}</t:ContentId>"
        head = (
            f"<t:Name>{text(self.name)}</t:Name>{kind if self.content_type else ''}"
            f"{cid if self.content_id else ''}<t:IsInline>{truth(self.is_inline)}</t:IsInline>"
        )
        if isinstance(self.content, NewItem):
            item = self.content.parts()
            return [f"<t:ItemAttachment>{head}", *item, "</t:ItemAttachment>"]
        tail = "</t:Content></t:FileAttachment>"
        return [f"<t:FileAttachment>{head}<t:Content>", self.content, tail]


@dataclass(frozen=True, slots=True)
class CreatedAttachment:
    """What the server made.

    Attributes:
        id: The attachment's id.
        item: The item it belongs to, with the change key it has now.
    """

    id: str
    item: ItemRef


def create_attachments(
    connection: EwsConnection, item: ItemRef, attachments: Sequence[NewAttachment]
) -> list[CreatedAttachment | EwsItemError]:
    """Add attachments to an item, one result each, in order.

    Raises:
        OutcomeUnknown: no answer.
        StrongroomError: as ``EwsConnection.write``.
    """
    return connection.write(operation(item, attachments))


def operation(
    item: ItemRef, attachments: Sequence[NewAttachment]
) -> Operation[list[CreatedAttachment | EwsItemError]]:
    """Build the request."""
    key = f' ChangeKey="{attribute(item.change_key)}"' if item.change_key else ""
    parts: list[Part] = [
        f'<m:CreateAttachment><m:ParentItemId Id="{attribute(item.id)}"{key}/><m:Attachments>'
    ]
    for attachment in attachments:
        parts += attachment.parts()
    parts.append("</m:Attachments></m:CreateAttachment>")
    return Operation(
        name="CreateAttachment",
        body=pieces(parts),
        parse=lambda answer: parse(answer, len(attachments)),
        item_count=len(attachments),
    )


def parse(answer: Answer, count: int) -> list[CreatedAttachment | EwsItemError]:
    """Read the answer: the new ids."""
    return answer.results(_created, count)


def _created(message: etree._Element) -> CreatedAttachment:
    told = message.find(f"{M}Attachments//{T}AttachmentId")
    if told is None:
        raise OutcomeUnknown("The server told that it took an attachment, and not its id.")
    item = ItemRef(told.get("RootItemId", ""), told.get("RootItemChangeKey", ""))
    return CreatedAttachment(told.get("Id", ""), item)
