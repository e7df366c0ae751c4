"""Internet mail (MIME, .eml) to the message model and back."""

from __future__ import annotations

from strongroom.content.message import Message


def from_mime(data: bytes) -> Message:
    """Read any bytes as an internet message; strange mail gives strange messages, never an error.

    Headers stay whole in PidTagTransportMessageHeaders. A signed or encrypted message becomes an
    item of class ``IPM.Note.SMIME.MultipartSigned`` or ``IPM.Note.SMIME`` whose one attachment
    holds the original bytes.
    """
    raise NotImplementedError


def to_mime(message: Message) -> bytes:
    """Write a message as an internet message, CRLF line ends, the same bytes each time.

    Bcc recipients are left out. Appointments carry a ``text/calendar`` part, contacts a vCard.
    Never raises for a message that could be parsed.
    """
    raise NotImplementedError
