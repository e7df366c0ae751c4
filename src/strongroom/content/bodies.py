"""The text of an item, in whichever of its forms it has one."""

from __future__ import annotations

from typing import NamedTuple

from strongroom.content import codepages, tags
from strongroom.content.message import Message, Properties, get, text
from strongroom.content.summaries import field_lines


class Html(NamedTuple):
    """An HTML body: its bytes, and the code page that they are in."""

    data: bytes
    codepage: int


def html_of(bag: Properties) -> Html | None:
    """Give the HTML body in a code page that mail can name, or None."""
    written = text(bag, tags.PidTagBodyHtml)
    if written:
        return Html(written.encode("utf-8", "replace"), codepages.UTF8)
    data = get(bag, tags.PidTagHtml, bytes, b"")
    if not data:
        return None
    codepage = get(bag, tags.PidTagInternetCodepage, int, codepages.UTF8)
    if codepages.charset_of(codepage) is None or codepages.codec_of(codepage) is None:
        decoded = codepages.decode(data, codepage)
        return Html(decoded.encode("utf-8", "replace"), codepages.UTF8)
    return Html(data, codepage)


def text_of(message: Message) -> str:
    """Give the plain text of an item: its fields, where its kind has any, and its text."""
    fields = field_lines(message)
    body = text(message.properties, tags.PidTagBody)
    return "\r\n".join([*fields, "", body]) if fields else body
