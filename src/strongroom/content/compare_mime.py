"""Whether two MIME texts mean the same, for servers that write mail anew instead of keeping it.

Exchange takes mail apart when it comes in and writes other bytes when asked for it: other header
order, boundaries and transfer encodings. What a person would miss must still be equal.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter

from strongroom.content import codepages, tags
from strongroom.content.message import Attachment, Message, Properties, get, moment, text
from strongroom.content.mime_parts import read_fields
from strongroom.content.mime_read import from_mime
from strongroom.content.names import printable
from strongroom.content.people import author_of, recipients_of

_SHOWN_CHARACTERS = 60


def mime_differences(saved: bytes, returned: bytes) -> tuple[str, ...]:
    """Tell in words how the returned mail differs in meaning; empty: equal.

    Compared: subject, from, to, cc, date, message id, text and HTML bodies (line ends, white
    space at their ends and trailing blank lines apart), and the attachments' names and exact
    bytes, in any order, with the content ids by which the HTML text shows them. Bcc is not:
    servers take it out.
    """
    old, new = from_mime(saved), from_mime(returned)
    before, after = _meaning(old), _meaning(new)
    if not before["date"]:
        after["date"] = ""  # a server may add the date that the writer forgot
    found = [
        f"{what}: saved {_shown(before[what])}, returned {_shown(after[what])}"
        for what in before
        if before[what] != after[what]
    ]
    return (*found, *_in_attachments(old, new))


def _meaning(message: Message) -> dict[str, str]:
    bag = message.properties
    sent = moment(bag, tags.PidTagClientSubmitTime)
    author = author_of(message)
    return {
        "subject": _flat(text(bag, tags.PidTagSubject)),
        "from": _person(author) if author else "",
        "to": _people(message, tags.RECIPIENT_TO),
        "cc": _people(message, tags.RECIPIENT_CC),
        "date": f"{sent:%Y-%m-%dT%H:%M:%SZ}" if sent else "",
        "message id": "".join(text(bag, tags.PidTagInternetMessageId).split()),
        "class": text(bag, tags.PidTagMessageClass),
        "text": _lines(text(bag, tags.PidTagBody)),
        "HTML text": _html(bag),
    }


def _people(message: Message, kind: int) -> str:
    return ", ".join(map(_person, recipients_of(message, kind) if message.recipients else []))


def _person(person: tuple[str, str]) -> str:
    name, address = _flat(person[0]), "".join(_words(person[1]))
    return name if "".join(name.split()) == address else f"{name} <{address}>"


def _flat(value: str) -> str:
    # Controls and white space in a header are the writer's business; lone surrogates have no
    # form in mail.
    return " ".join(_words(value))


def _words(value: str) -> list[str]:
    """Split text into words at white space and controls."""
    spaced = "".join(" " if unicodedata.category(c) == "Cc" else c for c in value)
    return spaced.encode("utf-8", "replace").decode().split()


def _html(bag: Properties) -> str:
    data = get(bag, tags.PidTagHtml, bytes, b"")
    return _lines(codepages.decode(data, get(bag, tags.PidTagInternetCodepage, int, 65001)))


def _lines(value: str) -> str:
    lines = re.split(r"\r\n|\r|\n", value.encode("utf-8", "replace").decode())
    return "\n".join(line.rstrip(" \t") for line in lines).rstrip("\n")


def _in_attachments(saved: Message, returned: Message) -> list[str]:
    before, after = Counter(_all_enclosed(saved)), Counter(_all_enclosed(returned))
    return [
        *(f"attachment {one}: saved, not returned" for one in sorted((before - after).elements())),
        *(f"attachment {one}: returned, not saved" for one in sorted((after - before).elements())),
    ]


def _all_enclosed(message: Message) -> list[str]:
    """Tell every attachment; one that the HTML text shows, as shown under which id."""
    html = _html(message.properties)
    told = []
    for attachment in message.attachments:
        cid = text(attachment.properties, tags.PidTagAttachContentId).strip("<> ")
        is_shown = bool(cid) and f"cid:{cid}" in html
        told.append(_enclosed(attachment) + (f", shown as {_shown(cid)}" if is_shown else ""))
    return told


def _enclosed(attachment: Attachment) -> str:
    name = _flat(text(attachment.properties, tags.PidTagAttachLongFilename))
    if attachment.embedded is not None:
        inner = _meaning(attachment.embedded)
        parts = [*inner.values(), *sorted(_all_enclosed(attachment.embedded))]
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return f"{_shown(name)}, message {_shown(inner['subject'])} (meaning {digest[:12]})"
    data = get(attachment.properties, tags.PidTagAttachDataBinary, bytes, b"")
    if text(attachment.properties, tags.PidTagAttachMimeTag) == "multipart/signed":
        # What the signature covers lies behind the fields, which a server may fold anew.
        data = data[read_fields(data, 0, len(data))[1] :]
    return f"{_shown(name)}, {len(data)} bytes (SHA-256 {hashlib.sha256(data).hexdigest()[:12]})"


def _shown(value: str) -> str:
    if len(value) > _SHOWN_CHARACTERS:
        digest = hashlib.sha256(value.encode()).hexdigest()[:12]
        value = f"{value[:_SHOWN_CHARACTERS]}… ({len(value)} characters, SHA-256 {digest})"
    return f"'{printable(value)}'"
