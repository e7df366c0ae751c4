"""The properties that every item, recipient and attachment of a real mailbox carries.

The makers of mail, appointments, contacts and so on lay their own properties over what stands here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from random import Random

from strongroom.content import tags
from strongroom.content.message import Attachment, FileTime, Message, Properties
from strongroom.lab.seed.files import File
from strongroom.lab.seed.people import Person

UTF8_CODEPAGE = 65001
ENGLISH = 1033
NORMAL, LOW, HIGH = 1, 0, 2

_ONE_OFF_PROVIDER = bytes.fromhex("812B1FA4BEA310199D6E00DD010F5402")
_ONE_OFF_UNICODE_NO_RICH_TEXT = 0x9001
_IS_MAIL_USER = 6
_NOT_IN_THE_TEXT = -1
_ATTACHMENT_RELATED = 4  # shown inside the HTML body


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When an item came into being, precise to the tick.

    Attributes:
        when: Aware, UTC.
        ticks: 0 to 9 hundreds of nanoseconds on top: real stamps have them, and whoever puts them
            through a microsecond clock loses them.
    """

    when: datetime
    ticks: int = 0

    @property
    def stamp(self) -> FileTime:
        """The moment as a property holds it."""
        return FileTime(FileTime.from_datetime(self.when) + self.ticks)


def common(rng: Random, item_class: str, subject: str, made: datetime) -> Properties:
    """Give what items of all kinds have.

    Args:
        rng: Draws the search key and the ticks.
        item_class: Message class.
        subject: As shown, prefix included.
        made: Created and last changed: aware, UTC.
    """
    prefix, normalized = split_subject(subject)
    stamp = Moment(when=made, ticks=rng.randrange(10)).stamp
    return {
        tags.PidTagMessageClass: item_class,
        tags.PidTagSubject: subject,
        tags.PidTagSubjectPrefix: prefix,
        tags.PidTagNormalizedSubject: normalized,
        tags.PidTagConversationTopic: normalized,
        tags.PidTagImportance: NORMAL,
        tags.PidTagPriority: 0,
        tags.PidTagSensitivity: 0,
        tags.PidTagMessageFlags: tags.FLAG_READ,
        tags.PidTagCreationTime: stamp,
        tags.PidTagLastModificationTime: stamp,
        tags.PidTagSearchKey: rng.randbytes(16),
        tags.PidTagMessageLocaleId: ENGLISH,
        tags.PidTagMessageCodepage: UTF8_CODEPAGE,
        tags.PidLidSideEffects: 0,
    }


def split_subject(subject: str) -> tuple[str, str]:
    """Take ``RE: `` or ``FW: `` off a subject.

    Source:
        [MS-OXCMSG] 2.2.1.9: up to three letters, a colon and a space.
    """
    prefix, colon, rest = subject.partition(": ")
    if colon and 0 < len(prefix) <= 3 and prefix.isalpha():
        return f"{prefix}: ", rest
    return "", subject


def text_body(text: str) -> Properties:
    """Give the body of an item written as plain text."""
    return {
        tags.PidTagBody: text,
        tags.PidTagNativeBody: tags.NATIVE_TEXT,
        tags.PidTagInternetCodepage: UTF8_CODEPAGE,
    }


def html_body(text: str, html: str) -> Properties:
    """Give the body of an item written as HTML, with the text that the server derives from it."""
    return {
        tags.PidTagBody: text,
        tags.PidTagHtml: html.encode(),
        tags.PidTagNativeBody: tags.NATIVE_HTML,
        tags.PidTagInternetCodepage: UTF8_CODEPAGE,
    }


def author(person: Person) -> Properties:
    """Say who sent the item, and in whose name (the same person)."""
    entry, key = one_off_entry_id(person), search_key(person)
    return {
        tags.PidTagSenderName: person.name,
        tags.PidTagSenderAddressType: "SMTP",
        tags.PidTagSenderEmailAddress: person.address,
        tags.PidTagSenderSmtpAddress: person.address,
        tags.PidTagSenderEntryId: entry,
        tags.PidTagSenderSearchKey: key,
        tags.PidTagSentRepresentingName: person.name,
        tags.PidTagSentRepresentingAddressType: "SMTP",
        tags.PidTagSentRepresentingEmailAddress: person.address,
        tags.PidTagSentRepresentingSmtpAddress: person.address,
        tags.PidTagSentRepresentingEntryId: entry,
        tags.PidTagSentRepresentingSearchKey: key,
    }


def received_by(person: Person) -> Properties:
    """Say in whose mailbox the item arrived."""
    return {
        tags.PidTagReceivedByName: person.name,
        tags.PidTagReceivedByAddressType: "SMTP",
        tags.PidTagReceivedByEmailAddress: person.address,
        tags.PidTagReceivedByEntryId: one_off_entry_id(person),
        tags.PidTagReceivedRepresentingName: person.name,
        tags.PidTagReceivedRepresentingAddressType: "SMTP",
        tags.PidTagReceivedRepresentingEmailAddress: person.address,
    }


def recipient(row: int, person: Person, kind: int, *, flags: int = 1) -> Properties:
    """Give one row of a recipient table.

    Args:
        row: Its place, from 0.
        person: Who.
        kind: ``RECIPIENT_TO``, ``_CC`` or ``_BCC``; in meetings required, optional, resource.
        flags: PidTagRecipientFlags: 1 sendable, 2 organiser, 0x200 original.
    """
    entry = one_off_entry_id(person)
    return {
        tags.PidTagRowid: row,
        tags.PidTagRecipientType: kind,
        tags.PidTagDisplayName: person.name,
        tags.PidTagAddressType: "SMTP",
        tags.PidTagEmailAddress: person.address,
        tags.PidTagSmtpAddress: person.address,
        tags.PidTagRecipientDisplayName: person.name,
        tags.PidTagRecipientEntryId: entry,
        tags.PidTagEntryId: entry,
        tags.PidTagSearchKey: search_key(person),
        tags.PidTagRecipientFlags: flags,
        tags.PidTagRecipientTrackStatus: 0,
        tags.PidTagRecipientOrder: row,
        tags.PidTagDisplayType: 0,
        tags.PidTagObjectType: _IS_MAIL_USER,
        tags.PidTagResponsibility: False,
        tags.PidTagSendRichInfo: False,
    }


def display(people: tuple[Person, ...]) -> str:
    """Join names as the display-to line does."""
    return "; ".join(person.name for person in people)


def search_key(person: Person) -> bytes:
    """Give the key by which address books find somebody: ``SMTP:ADDRESS`` in capitals and a NUL."""
    return f"SMTP:{person.address.upper()}".encode("ascii") + b"\0"


def one_off_entry_id(person: Person) -> bytes:
    """Give the entry id of somebody who is in no address book.

    Source:
        [MS-OXCDATA] 2.2.5.1
    """
    names = "".join(f"{part}\0" for part in (person.name, "SMTP", person.address))
    header = struct.pack("<4x16s2H", _ONE_OFF_PROVIDER, 0, _ONE_OFF_UNICODE_NO_RICH_TEXT)
    return header + names.encode("utf-16-le")


def file_attachment(
    number: int, file: File, made: datetime, *, content_id: str | None = None
) -> Attachment:
    """Hang a file on an item; with a content id it is shown inside the HTML body."""
    properties = _attachment(number, file.name, made, tags.ATTACH_BY_VALUE)
    properties |= {
        tags.PidTagAttachDataBinary: file.data,
        tags.PidTagAttachSize: len(file.data) + 512,
        tags.PidTagAttachMimeTag: file.mime_type,
    }
    if content_id is not None:
        properties |= {
            tags.PidTagAttachContentId: content_id,
            tags.PidTagAttachFlags: _ATTACHMENT_RELATED,
            tags.PidTagAttachmentHidden: True,
        }
    return Attachment(properties=properties)


def item_attachment(number: int, message: Message, name: str, made: datetime) -> Attachment:
    """Hang an item on an item."""
    properties = _attachment(number, name, made, tags.ATTACH_EMBEDDED_MESSAGE)
    return Attachment(properties=properties, embedded=message)


def _attachment(number: int, name: str, made: datetime, method: int) -> Properties:
    stamp = FileTime.from_datetime(made)
    suffix = PurePosixPath(name.replace("\n", "")).suffix
    return {
        tags.PidTagAttachNumber: number,
        tags.PidTagAttachMethod: method,
        tags.PidTagDisplayName: name,
        tags.PidTagAttachLongFilename: name,
        tags.PidTagAttachFilename: name[:8] + suffix[:4],
        tags.PidTagAttachExtension: suffix,
        tags.PidTagRenderingPosition: _NOT_IN_THE_TEXT,
        tags.PidTagAttachFlags: 0,
        tags.PidTagAttachmentHidden: False,
        tags.PidTagAttachmentFlags: 0,
        tags.PidTagCreationTime: stamp,
        tags.PidTagLastModificationTime: stamp,
    }
