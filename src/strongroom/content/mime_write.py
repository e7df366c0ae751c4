"""The message model as internet mail, as Exchange writes it anew: for export, and for the lab.

Source:
    [MS-OXCMAIL] for which property goes into which field, [MS-OXOSMIME] for signed mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime

from strongroom.content import codepages, tags
from strongroom.content.bodies import Html, html_of, text_of
from strongroom.content.icalendar import calendar_of
from strongroom.content.message import Attachment, Message, Properties, get, moment, text
from strongroom.content.mime_encode import (
    Entity,
    address_field,
    base64_lines,
    is_kind,
    kept_field,
    multipart,
    parameter,
    raw_field,
    render,
    text_entity,
    text_field,
)
from strongroom.content.mime_parts import read_fields
from strongroom.content.people import author_of, recipients_of, sender_of
from strongroom.content.vcard import card_of

_OWN_FIELDS = frozenset(
    {
        *("from", "sender", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to"),
        *("references", "importance", "x-priority", "sensitivity", "keywords", "thread-topic"),
        *("thread-index", "mime-version", "x-unsent"),
    }
)
# A receipt asked for years ago must not be sent when someone opens the exported file.
_LEFT_OUT = frozenset({"disposition-notification-to", "return-receipt-to", "resent-bcc"})
_IMPORTANCES = {0: "low", 2: "high"}
_SENSITIVITIES = {1: "personal", 2: "private", 3: "company-confidential"}


def to_mime(message: Message) -> bytes:
    """Write a message as an internet message, CRLF line ends, the same bytes each time.

    Bcc recipients are left out. Appointments carry a ``text/calendar`` part, contacts a vCard,
    tasks and notes their fields as text. Whatever stands in the properties, every value stays
    within its own field. Never raises for a message that could be parsed.
    """
    fields = [*_own_fields(message), *_kept_fields(message.properties), "MIME-Version: 1.0"]
    head = "".join(f"{field}\r\n" for field in fields).encode("utf-8", "replace")
    closed = _closed_content(message)
    return b"".join((head, *(closed or render(_content(message)))))


def _own_fields(message: Message) -> Iterator[str]:
    bag = message.properties
    author, sender = author_of(message), sender_of(message)
    if author:
        yield address_field("From", [author])
    if sender and sender[1].lower() != (author or sender)[1].lower():
        yield address_field("Sender", [sender])
    for name, kind in (("To", tags.RECIPIENT_TO), ("Cc", tags.RECIPIENT_CC)):
        people = recipients_of(message, kind)
        if people:
            yield address_field(name, people)
    yield text_field("Subject", text(bag, tags.PidTagSubject, tags.PidTagNormalizedSubject))
    sent = moment(
        bag, tags.PidTagClientSubmitTime, tags.PidTagMessageDeliveryTime, tags.PidTagCreationTime
    )
    if sent:
        yield f"Date: {_date(sent)}"
    for name, tag in (
        ("Message-ID", tags.PidTagInternetMessageId),
        ("In-Reply-To", tags.PidTagInReplyToId),
        ("References", tags.PidTagInternetReferences),
    ):
        value = text(bag, tag)
        if value:
            yield raw_field(name, value.split())
    yield from _flag_fields(bag)


def _flag_fields(bag: Properties) -> Iterator[str]:
    topic = text(bag, tags.PidTagConversationTopic)
    if topic:
        yield text_field("Thread-Topic", topic)
    index = get(bag, tags.PidTagConversationIndex, bytes, b"")
    if index:
        yield raw_field("Thread-Index", [base64_lines(index).decode().replace("\r\n", "")])
    importance = _IMPORTANCES.get(get(bag, tags.PidTagImportance, int, 1))
    if importance:
        yield f"Importance: {importance}"
    sensitivity = _SENSITIVITIES.get(get(bag, tags.PidTagSensitivity, int, 0))
    if sensitivity:
        yield f"Sensitivity: {sensitivity}"
    keywords = bag.get(tags.PidNameKeywords)
    if isinstance(keywords, list) and keywords:
        yield text_field("Keywords", ", ".join(map(str, keywords)))
    if get(bag, tags.PidTagMessageFlags, int, 0) & tags.FLAG_UNSENT:
        yield "X-Unsent: 1"


def _date(when: datetime) -> str:
    return format_datetime(when.replace(microsecond=0))


def _kept_fields(bag: Properties) -> Iterator[str]:
    """Keep fields that came with the message and have no property: its way, its mailing list."""
    raw = text(bag, tags.PidTagTransportMessageHeaders).encode("utf-8", "replace")
    for name, value in read_fields(raw, 0, len(raw))[0]:
        lower = name.lower()
        if lower not in _OWN_FIELDS | _LEFT_OUT and not lower.startswith("content-"):
            yield kept_field(name, value)


def _closed_content(message: Message) -> list[bytes]:
    """Give signed or encrypted content as it came, from its field on; empty for other mail."""
    kind = text(message.properties, tags.PidTagMessageClass).lower()
    if not kind.startswith("ipm.note.smime") or len(message.attachments) != 1:
        return []
    data = get(message.attachments[0].properties, tags.PidTagAttachDataBinary, bytes, b"")
    if kind.startswith("ipm.note.smime.multipartsigned"):
        fields, body = read_fields(data, 0, len(data))
        content_fields = [
            kept_field(name, value) for name, value in fields if name.lower() != "mime-version"
        ]
        head = "".join(f"{field}\r\n" for field in content_fields)
        is_signed = any(name.lower() == "content-type" for name, _ in fields)
        return [head.encode("utf-8", "replace"), b"\r\n", data[body:]] if is_signed else []
    content_type = text(message.properties, tags.PidNameContentType)
    if "pkcs7-mime" not in content_type.lower():
        content_type = "application/pkcs7-mime; name=smime.p7m"
    head = (
        f"{kept_field('Content-Type', content_type)}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename=smime.p7m\r\n\r\n"
    )
    return [head.encode("utf-8", "replace"), base64_lines(data), b"\r\n"]


def _content(message: Message) -> Entity:
    html = html_of(message.properties)
    texts = _texts(message, html)
    inline = [a for a in message.attachments if html and _is_inline(a)]
    enclosed = [a for a in message.attachments if not (html and _is_inline(a))]
    if inline:
        related = multipart("multipart/related", [texts.pop(), *map(_enclosure, inline)])
        texts.append(related)
    parts = [multipart("multipart/alternative", texts)] if texts else []
    card = card_of(message)
    if card:
        parts.append(text_entity("text/vcard", "utf-8", card.encode("utf-8", "replace")))
    parts += map(_enclosure, enclosed)
    return multipart("multipart/mixed", parts)


def _texts(message: Message, html: Html | None) -> list[Entity]:
    """Write the same text in up to three ways, the best one last; none if only files came."""
    out: list[Entity] = []
    plain = text_of(message)
    calendar = calendar_of(message)
    if plain or not (html or calendar or message.attachments):
        charset = "us-ascii" if plain.isascii() else "utf-8"
        out.append(text_entity("text/plain", charset, plain.encode("utf-8", "replace")))
    if calendar:
        kind = f"text/calendar; method={calendar.method}"
        out.append(text_entity(kind, "utf-8", calendar.text.encode("utf-8", "replace")))
    if html:
        charset = codepages.charset_of(html.codepage) or "utf-8"
        out.append(text_entity("text/html", charset, html.data))
    return out


def _is_inline(attachment: Attachment) -> bool:
    bag = attachment.properties
    is_named = text(bag, tags.PidTagAttachContentId, tags.PidTagAttachContentLocation)
    is_shown = get(bag, tags.PidTagAttachFlags, int, 0) & 4 or get(
        bag, tags.PidTagAttachmentHidden, bool, default=False
    )
    return bool(is_named and is_shown and attachment.embedded is None)


def _enclosure(attachment: Attachment) -> Entity:
    bag = attachment.properties
    name = text(bag, tags.PidTagAttachLongFilename, tags.PidTagAttachFilename)
    named = parameter("filename", name) if name else ""
    if attachment.embedded is not None:
        head = ("Content-Type: message/rfc822", f"Content-Disposition: attachment{named}")
        body = to_mime(attachment.embedded)
        encoding = () if body.isascii() else ("Content-Transfer-Encoding: 8bit",)
        return Entity((*head, *encoding), body)
    data = bag.get(tags.PidTagAttachDataBinary, bag.get(tags.PidTagAttachDataObject, b""))
    kind = text(bag, tags.PidTagAttachMimeTag).lower()
    if not is_kind(kind) or kind.startswith(("multipart/", "message/rfc822")):
        kind = "application/octet-stream"
    link = text(bag, tags.PidTagAttachLongPathname)
    if not data and link:
        kind, data = "text/plain", link.encode("utf-8", "replace")
    charset = text(bag, tags.PidTagTextAttachmentCharset)
    options = parameter("charset", charset) if charset and kind.startswith("text/") else ""
    way = "inline" if _is_inline(attachment) else "attachment"
    return Entity(
        (
            f"Content-Type: {kind}{options}",
            "Content-Transfer-Encoding: base64",
            f"Content-Disposition: {way}{named}",
            *_reference_fields(bag),
        ),
        base64_lines(data if isinstance(data, bytes) else b""),
    )


def _reference_fields(bag: Properties) -> Iterator[str]:
    content_id = text(bag, tags.PidTagAttachContentId)
    if content_id:
        yield raw_field("Content-ID", [f"<{content_id}>"])
    location = text(bag, tags.PidTagAttachContentLocation)
    if location:
        yield raw_field("Content-Location", [location])
