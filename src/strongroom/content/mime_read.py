"""Internet mail into the message model, as Exchange takes mail in.

Source:
    [MS-OXCMAIL] for what goes into which property, [MS-OXOSMIME] for signed and encrypted mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from strongroom.content import codepages, tags
from strongroom.content.message import Attachment, FileTime, Message, Properties, PropertyKey
from strongroom.content.mime_headers import (
    Address,
    addresses,
    decode_base64,
    decode_words,
    parse_date,
)
from strongroom.content.mime_parts import NESTING_MAX, Part, split

CLASS_NOTE = "IPM.Note"
CLASS_SIGNED = "IPM.Note.SMIME.MultipartSigned"
CLASS_ENCRYPTED = "IPM.Note.SMIME"

_PKCS7 = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_BODIES = frozenset({"text/plain", "text/html"})
_PREFIX = re.compile(r"([^\s:\d]{1,3}:\s+)(?=\S)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SENSITIVITIES = {"personal": 1, "private": 2, "company-confidential": 3}
_IMPORTANCES = {"low": 0, "normal": 1, "high": 2}
_RECIPIENT_HEADERS = (
    ("to", tags.RECIPIENT_TO, tags.PidTagDisplayTo),
    ("cc", tags.RECIPIENT_CC, tags.PidTagDisplayCc),
    ("bcc", tags.RECIPIENT_BCC, tags.PidTagDisplayBcc),
)
_PLAIN_HEADERS = (
    ("message-id", tags.PidTagInternetMessageId),
    ("in-reply-to", tags.PidTagInReplyToId),
    ("references", tags.PidTagInternetReferences),
    ("list-help", tags.PidTagListHelp),
    ("list-subscribe", tags.PidTagListSubscribe),
    ("list-unsubscribe", tags.PidTagListUnsubscribe),
    ("content-class", tags.PidNameContentClass),
)
_MAIL_USER = 6  # PidTagObjectType
_ATTACH_RENDERED_IN_BODY = 4  # bit of PidTagAttachFlags


def from_mime(data: bytes) -> Message:
    """Read any bytes as an internet message; strange mail gives strange messages, never an error.

    Headers stay whole in PidTagTransportMessageHeaders. A signed or encrypted message becomes an
    item of class ``IPM.Note.SMIME.MultipartSigned`` or ``IPM.Note.SMIME`` whose one attachment
    holds the original bytes.
    """
    return _read(split(data))


def _read(part: Part) -> Message:
    message = Message()
    bag = message.properties
    bag[tags.PidTagMessageClass] = CLASS_NOTE
    bag[tags.PidTagTransportMessageHeaders] = _header_block(part)
    _read_subject(part, bag)
    _read_identity(part, bag)
    _read_flags(part, bag)
    _read_people(part, message)
    if part.kind in _PKCS7:
        _read_encrypted(part, message)
    elif part.kind == "multipart/signed":
        _read_signed(part, message)
    else:
        _Content(message).take(part, is_root=True)
    _finish(message)
    return message


def _header_block(part: Part) -> str:
    fields = (f"{name}: {value}\n" for name, value in part.fields)
    return "\r\n".join(_LINE_END.split("".join(fields)))


def _read_subject(part: Part, bag: Properties) -> None:
    subject = decode_words(part.header("subject"))
    prefix = _PREFIX.match(subject)
    normalized = subject[prefix.end() :] if prefix else subject
    bag[tags.PidTagSubject] = subject
    bag[tags.PidTagSubjectPrefix] = prefix[1] if prefix else ""
    bag[tags.PidTagNormalizedSubject] = normalized
    bag[tags.PidTagConversationTopic] = decode_words(part.header("thread-topic")) or normalized


def _read_identity(part: Part, bag: Properties) -> None:
    for name, tag in _PLAIN_HEADERS:
        value = decode_words(part.header(name))
        if value:
            bag[tag] = value
    index = decode_base64(part.header("thread-index").encode("ascii", "replace"))
    if len(index) >= 22:
        bag[tags.PidTagConversationIndex] = index
    sent = parse_date(part.header("date"))
    # The topmost Received line was written by the server that delivered.
    arrived = parse_date(part.header("received").rpartition(";")[2]) or sent
    if sent:
        bag[tags.PidTagClientSubmitTime] = FileTime.from_datetime(sent)
    if arrived:
        bag[tags.PidTagMessageDeliveryTime] = FileTime.from_datetime(arrived)


def _read_flags(part: Part, bag: Properties) -> None:
    importance = _IMPORTANCES.get(part.header("importance").lower())
    if importance is None:
        importance = {"1": 2, "2": 2, "4": 0, "5": 0}.get(part.header("x-priority")[:1], 1)
    bag[tags.PidTagImportance] = importance
    bag[tags.PidTagPriority] = importance - 1
    bag[tags.PidTagSensitivity] = _SENSITIVITIES.get(part.header("sensitivity").lower(), 0)
    if part.header("disposition-notification-to"):
        bag[tags.PidTagReadReceiptRequested] = True
    keywords = [
        word.strip()
        for line in part.headers("keywords")
        for word in decode_words(line).split(",")
        if word.strip()
    ]
    if keywords:
        bag[tags.PidNameKeywords] = keywords


def _read_people(part: Part, message: Message) -> None:
    author = next(iter(_addresses(part, "from")), None)
    sender = next(iter(_addresses(part, "sender")), author)
    if author := author or sender:
        _put_address(message.properties, _REPRESENTED, author)
    if sender:
        _put_address(message.properties, _SENDER, sender)
    for header, kind, display in _RECIPIENT_HEADERS:
        people = _addresses(part, header)
        message.properties[display] = "; ".join(name or address for name, address in people)
        for person in people:
            recipient: Properties = {
                tags.PidTagRowid: len(message.recipients),
                tags.PidTagRecipientType: kind,
                tags.PidTagObjectType: _MAIL_USER,
                tags.PidTagDisplayType: 0,
            }
            _put_address(recipient, _RECIPIENT, person)
            message.recipients.append(recipient)
    replies = [name or address for name, address in _addresses(part, "reply-to")]
    if replies:
        message.properties[tags.PidTagReplyRecipientNames] = "; ".join(replies)


_SENDER = (
    tags.PidTagSenderName,
    tags.PidTagSenderAddressType,
    tags.PidTagSenderEmailAddress,
    tags.PidTagSenderSmtpAddress,
)
_REPRESENTED = (
    tags.PidTagSentRepresentingName,
    tags.PidTagSentRepresentingAddressType,
    tags.PidTagSentRepresentingEmailAddress,
    tags.PidTagSentRepresentingSmtpAddress,
)
_RECIPIENT = (
    tags.PidTagDisplayName,
    tags.PidTagAddressType,
    tags.PidTagEmailAddress,
    tags.PidTagSmtpAddress,
)


def _addresses(part: Part, header: str) -> list[Address]:
    return [person for line in part.headers(header) for person in addresses(line)]


def _put_address(bag: Properties, keys: Iterable[PropertyKey], person: Address) -> None:
    values = (person.name or person.address, "SMTP", person.address, person.address)
    bag.update(zip(keys, values, strict=True))


def _read_encrypted(part: Part, message: Message) -> None:
    """Keep encrypted or opaquely signed mail closed: its one attachment is the CMS object."""
    bag = message.properties
    bag[tags.PidTagMessageClass] = CLASS_ENCRYPTED
    bag[tags.PidNameContentType] = part.header("content-type")
    message.attachments = [_file("smime.p7m", part.kind, part.content())]


def _read_signed(part: Part, message: Message) -> None:
    """Keep signed mail to the byte in its one attachment; its text is shown, but not the source."""
    inner = Message()
    for child in part.children[:1]:
        _Content(inner).take(child, is_root=True)
    message.properties.update(inner.properties)
    message.properties[tags.PidTagMessageClass] = CLASS_SIGNED
    content_fields = "".join(
        f"{name}: {value}\r\n"
        for name, value in part.fields
        if name.lower().startswith(("content-", "mime-version"))
    )
    original = content_fields.encode("utf-8", "surrogatepass") + b"\r\n" + part.raw_body()
    message.attachments = [_file("smime.p7m", "multipart/signed", original)]


def _finish(message: Message) -> None:
    bag = message.properties
    for number, attachment in enumerate(message.attachments):
        attachment.properties[tags.PidTagAttachNumber] = number
    bag[tags.PidTagHasAttachments] = bool(message.attachments)
    bag[tags.PidTagMessageFlags] = tags.FLAG_HAS_ATTACHMENT if message.attachments else 0


class _Content:
    """Sorts the parts of one message into its bodies and its attachments."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def take(self, part: Part, *, is_root: bool = False, is_related: bool = False) -> None:
        """Take a part with all that is in it.

        Args:
            part: What to take.
            is_root: It is where a reader begins, so text in it is the message's text.
            is_related: It belongs to the HTML text beside it (a picture in it).
        """
        if part.is_multipart:
            self._take_parts(part, is_root=is_root)
        elif part.kind == "message/rfc822" and part.depth < NESTING_MAX:
            self._embed(part)
        elif is_root and part.kind in _BODIES and self._is_free(part):
            self._set_body(part)
        else:
            self._attach(part, is_related=is_related)

    def _take_parts(self, part: Part, *, is_root: bool) -> None:
        for position, child in enumerate(part.children):
            if part.kind == "multipart/related":
                self.take(child, is_root=is_root and position == 0, is_related=position > 0)
            else:
                # In a mixed message the first text is the text: what follows it is enclosed.
                is_text = part.kind == "multipart/alternative" or not self._has_text()
                self.take(child, is_root=is_root and is_text)

    def _has_text(self) -> bool:
        return not {tags.PidTagBody, tags.PidTagHtml}.isdisjoint(self._message.properties)

    def _is_free(self, part: Part) -> bool:
        if part.disposition == "attachment" or part.file_name:
            return False
        return _body_tag(part.kind) not in self._message.properties

    def _set_body(self, part: Part) -> None:
        bag = self._message.properties
        raw = part.content()
        text, codepage = codepages.understand(raw, part.options.get("charset"))
        if part.kind == "text/plain":
            bag[tags.PidTagBody] = "\r\n".join(_LINE_END.split(text))
            bag.setdefault(tags.PidTagNativeBody, tags.NATIVE_TEXT)
            bag.setdefault(tags.PidTagInternetCodepage, codepage)
            return
        if codepages.charset_of(codepage) is None:  # UTF-16 and the like have no place in mail
            raw, codepage = text.encode("utf-8", "replace"), codepages.UTF8
        bag[tags.PidTagHtml] = raw
        bag[tags.PidTagNativeBody] = tags.NATIVE_HTML
        bag[tags.PidTagInternetCodepage] = codepage

    def _embed(self, part: Part) -> None:
        inner = split(part.content(), depth=part.depth + 1)
        bag: Properties = {
            tags.PidTagAttachMethod: tags.ATTACH_EMBEDDED_MESSAGE,
            tags.PidTagRenderingPosition: -1,
            tags.PidTagAttachMimeTag: "message/rfc822",
            tags.PidTagDisplayName: decode_words(inner.header("subject")),
        }
        if part.file_name:
            bag[tags.PidTagAttachLongFilename] = part.file_name
        self._message.attachments.append(Attachment(bag, _read(inner)))

    def _attach(self, part: Part, *, is_related: bool) -> None:
        attachment = _file(part.file_name, part.kind, part.content())
        bag = attachment.properties
        content_id = part.header("content-id").strip("<> ")
        if content_id:
            bag[tags.PidTagAttachContentId] = content_id
        if location := part.header("content-location"):
            bag[tags.PidTagAttachContentLocation] = location
        if charset := part.options.get("charset"):
            bag[tags.PidTagTextAttachmentCharset] = charset
        if is_related and (content_id or location):
            bag[tags.PidTagAttachFlags] = _ATTACH_RENDERED_IN_BODY
            bag[tags.PidTagAttachmentHidden] = True
        self._message.attachments.append(attachment)


def _body_tag(kind: str) -> PropertyKey:
    return tags.PidTagHtml if kind == "text/html" else tags.PidTagBody


def _file(name: str, kind: str, data: bytes) -> Attachment:
    bag: Properties = {
        tags.PidTagAttachMethod: tags.ATTACH_BY_VALUE,
        tags.PidTagRenderingPosition: -1,
        tags.PidTagAttachMimeTag: kind,
        tags.PidTagAttachSize: len(data),
        tags.PidTagAttachDataBinary: data,
    }
    if name:
        dot = name.rfind(".")
        bag[tags.PidTagAttachLongFilename] = name
        bag[tags.PidTagAttachFilename] = name
        bag[tags.PidTagDisplayName] = name
        bag[tags.PidTagAttachExtension] = name[dot:] if dot > 0 else ""
    return Attachment(bag)
