"""Attachments as EWS shows and takes them."""

from __future__ import annotations

import pybase64

from strongroom.content import tags
from strongroom.content.message import Attachment, FileTime, Properties
from strongroom.content.message import text as first_text
from strongroom.lab.estate.source import value_size
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.shapes import times
from strongroom.lab.exchange.shapes.field import boolean
from strongroom.lab.exchange.shapes.view import View, attachment_number
from strongroom.lab.exchange.xml import (
    Element,
    element,
    find,
    is_true,
    name_of,
    text_of,
)

_INLINE = 4
_IS_EXCEPTION = 2


def list_xml(view: View, digits: int) -> str:
    """Write the Attachments element of a message, without contents.

    Changed occurrences of a series are not told here: they are items of their own.
    """
    parts = [
        attachment_xml(view, attachment_number(one, index), one, digits=digits)
        for index, one in enumerate(view.message().attachments)
        if not _is_occurrence(one)
    ]
    return f"<t:Attachments>{''.join(parts)}</t:Attachments>" if parts else ""


def _is_occurrence(attachment: Attachment) -> bool:
    flags = attachment.properties.get(tags.PidTagAttachmentFlags)
    return isinstance(flags, int) and bool(flags & _IS_EXCEPTION)


def attachment_xml(
    view: View,
    number: int,
    attachment: Attachment,
    *,
    digits: int,
    content: str = "",
    with_root: bool = False,
) -> str:
    """Write one attachment; ``content`` is what GetAttachment adds."""
    properties = attachment.properties
    kind = "FileAttachment" if attachment.embedded is None else "ItemAttachment"
    inner = _id_xml(view, number, with_root=with_root)
    inner += element("Name", name_of_attachment(attachment))
    for name, key in (
        ("ContentType", tags.PidTagAttachMimeTag),
        ("ContentId", tags.PidTagAttachContentId),
        ("ContentLocation", tags.PidTagAttachContentLocation),
    ):
        text = first_text(properties, key)
        inner += element(name, text) if text else ""
    inner += element("Size", str(_size(properties)))
    when = properties.get(tags.PidTagLastModificationTime)
    stamp = when if isinstance(when, FileTime) else FileTime.from_datetime(view.root.received)
    inner += element("LastModifiedTime", times.written(stamp, digits))
    inner += boolean("IsInline", flag=_is_inline(properties))
    if kind == "FileAttachment":
        inner += boolean("IsContactPhoto", flag=False)
    return f"<t:{kind}>{inner}{content}</t:{kind}>"


def content_xml(attachment: Attachment) -> str:
    """Write the Content element of a file."""
    data = attachment.properties.get(tags.PidTagAttachDataBinary)
    text = pybase64.b64encode(data).decode("ascii") if isinstance(data, bytes) else ""
    return f"<t:Content>{text}</t:Content>"


def name_of_attachment(attachment: Attachment) -> str:
    """Give the name of a file, or the subject of a message."""
    name = first_text(
        attachment.properties,
        tags.PidTagAttachLongFilename,
        tags.PidTagAttachFilename,
        tags.PidTagDisplayName,
    )
    if not name and attachment.embedded is not None:
        name = first_text(attachment.embedded.properties, tags.PidTagSubject)
    return name


def read_attachment(node: Element) -> Attachment:
    """Read a FileAttachment; of an ItemAttachment only the outside (the caller fills it)."""
    name = text_of(node, "t:Name") or ""
    properties: Properties = {
        tags.PidTagAttachLongFilename: name,
        tags.PidTagDisplayName: name,
        tags.PidTagRenderingPosition: -1,
    }
    for tag, key in (
        ("ContentType", tags.PidTagAttachMimeTag),
        ("ContentId", tags.PidTagAttachContentId),
        ("ContentLocation", tags.PidTagAttachContentLocation),
    ):
        text = text_of(node, f"t:{tag}")
        if text:
            properties[key] = text
    if is_true(text_of(node, "t:IsInline")):
        properties[tags.PidTagAttachFlags] = _INLINE
        properties[tags.PidTagAttachmentHidden] = True
    if name_of(node) == "ItemAttachment":
        properties[tags.PidTagAttachMethod] = tags.ATTACH_EMBEDDED_MESSAGE
        return Attachment(properties)
    content = find(node, "t:Content")
    text = "" if content is None else "".join((content.text or "").split())
    properties[tags.PidTagAttachMethod] = tags.ATTACH_BY_VALUE
    properties[tags.PidTagAttachDataBinary] = pybase64.b64decode(text, validate=True)
    return Attachment(properties)


def _id_xml(view: View, number: int, *, with_root: bool) -> str:
    numbers = (*view.numbers, number)
    root = ""
    if with_root:
        key = ids.change_key(View.of_item(view.root).element, view.root.change_key)
        root = f' RootItemId="{ids.item_id(view.root)}" RootItemChangeKey="{key}"'
    return f'<t:AttachmentId Id="{ids.attachment_id(view.root, numbers)}"{root}/>'


def _size(properties: Properties) -> int:
    known = properties.get(tags.PidTagAttachSize)
    if isinstance(known, int):
        return known
    return sum(value_size(value) for value in properties.values())


def _is_inline(properties: Properties) -> bool:
    flags = properties.get(tags.PidTagAttachFlags)
    is_hidden = properties.get(tags.PidTagAttachmentHidden) is True
    return is_hidden or (isinstance(flags, int) and bool(flags & _INLINE))
