"""The MIME of an item as the server answers it."""

from __future__ import annotations

import email
import re
from email import policy

from strongroom.content import mime
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.quirks import Quirks

_WITHOUT_MIME = frozenset({"Task", "DistributionList"})
_BARE = {"CalendarItem": "text/calendar", "Contact": "text/vcard"}

# The order in which Exchange writes the headers that it knows; the others follow as they came.
_ORDER = (
    b"received",
    b"from",
    b"to",
    b"cc",
    b"subject",
    b"thread-topic",
    b"thread-index",
    b"date",
    b"message-id",
    b"references",
    b"in-reply-to",
)
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*(?:\r?\n|\Z)")


def has_mime(view: View) -> bool:
    """Say whether items of that kind have MIME at all."""
    return view.element not in _WITHOUT_MIME


def mime_of(view: View, quirks: Quirks) -> bytes:
    """Give the MIME of an item.

    What came as MIME goes out with its body as it was and its headers in the server's own order:
    no server gives back the bytes that it took.

    Raises:
        EwsError: ErrorUnsupportedMimeConversion, for kinds that have no MIME.
    """
    kind = view.element
    if kind in _WITHOUT_MIME:
        raise EwsError("ErrorUnsupportedMimeConversion")
    kept = None if view.numbers else view.root.mime
    if kept is not None and not quirks.resynthesised_mime and kind not in _BARE:
        return reordered(kept)
    made = mime.to_mime(view.message())
    return _bare(made, _BARE[kind]) if kind in _BARE else made


def reordered(data: bytes) -> bytes:
    """Put the headers of a message into the server's order and leave the rest as it is.

    A header block with a line that is no header stays as it came.
    """
    headers = []
    at = 0
    while match := _HEADER.match(data, at):
        headers.append(match.group())
        at = match.end()
    rest = data[at:]
    if not headers or not (rest == b"" or rest.startswith((b"\n", b"\r\n"))):
        return data
    headers.sort(key=_place)
    return b"".join(headers) + rest


def wrapped(kind: str, data: bytes) -> bytes:
    """Give bare iCalendar or vCard the headers that make it MIME."""
    if kind not in _BARE or not data.lstrip()[:6].upper().startswith(b"BEGIN:"):
        return data
    return b"MIME-Version: 1.0\r\nContent-Type: %s; charset=utf-8\r\n\r\n%s" % (
        _BARE[kind].encode("ascii"),
        data,
    )


def _place(header: bytes) -> int:
    name = header.partition(b":")[0].strip().lower()
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _bare(data: bytes, kind: str) -> bytes:
    message = email.message_from_bytes(data, policy=policy.default)
    for part in message.walk():
        if part.get_content_type() in (kind, "text/x-vcard"):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                return payload
    return data
