"""The text of an item, in whichever of its forms it has one."""

from __future__ import annotations

from typing import NamedTuple

from strongroom.content import codepages, tags
from strongroom.content.message import Message, Properties, get, text
from strongroom.content.rtf import RtfText, read_rtf
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
        inside = _rtf(bag)
        return Html(inside.text.encode("utf-8"), codepages.UTF8) if inside.is_html else None
    codepage = get(bag, tags.PidTagInternetCodepage, int, codepages.UTF8)
    if codepages.charset_of(codepage) is None or codepages.codec_of(codepage) is None:
        decoded = codepages.decode(data, codepage)
        return Html(decoded.encode("utf-8", "replace"), codepages.UTF8)
    return Html(data, codepage)


def text_of(message: Message) -> str:
    """Give the plain text of an item: its fields, where its kind has any, and its text."""
    fields = field_lines(message)
    body = text(message.properties, tags.PidTagBody)
    if not body and not get(message.properties, tags.PidTagHtml, bytes, b""):
        inside = _rtf(message.properties)
        body = "" if inside.is_html else inside.text
    return "\r\n".join([*fields, "", body]) if fields else body


def _rtf(bag: Properties) -> RtfText:
    return read_rtf(get(bag, tags.PidTagRtfCompressed, bytes, b""))
