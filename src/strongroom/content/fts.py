"""The export stream of one item (ExportItems, UploadItems, Graph's exportItems): read and written.

An envelope of operations around a FastTransfer stream; docs/formats/export-stream.md has the byte
tables. What was exported is always kept as it came; parsing serves previews, export to other
formats, comparison and the lab. The stream's grammar, which this file follows:

    message    = [DnPrefix] properties *DelProp *recipient *DelProp *attachment
    recipient  = StartRecip properties EndToRecip
    attachment = NewAttach AttachNumber properties [StartEmbed message EndEmbed] EndAttach

Nothing in it says how long it is: a stream that was cut exactly behind an attachment cannot be
told from a whole one. Whoever fetched it has to know from the transport that all of it came.

Source:
    [MS-OXCFXICS] 2.2.4.2, messageContent.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

from strongroom.content import tags
from strongroom.content.fts_envelope import looks_like_stream, slices, wrap
from strongroom.content.fts_values import (
    DELETE_PROPERTIES,
    DN_PREFIX_ID,
    EC_WARNING,
    END_ATTACH,
    END_EMBED,
    END_RECIPIENT,
    NEW_ATTACH,
    START_EMBED,
    START_RECIPIENT,
    Buffer,
    FtsError,
    read_properties,
    read_tag,
    skip_string,
    write_properties,
)
from strongroom.content.message import Attachment, Message, Properties

__all__ = [
    "EMBEDDED_DEPTH_MAX",
    "FtsError",
    "build",
    "build_pieces",
    "looks_like_stream",
    "parse",
    "summary",
]

EMBEDDED_DEPTH_MAX = 50
"""Messages within messages; Exchange itself stops far earlier."""

_DEFAULT_VERSION = (15, 2, 2562, 17)
# A server announces that it replaces the whole list by "deleting" the list's property first.
_RECIPIENTS_FOLLOW = struct.pack("<II", DELETE_PROPERTIES, 0x0E12000D)
_ATTACHMENTS_FOLLOW = struct.pack("<II", DELETE_PROPERTIES, 0x0E13000D)
_SUMMARY_SLICES_FIRST = 4


def parse(data: Buffer) -> Message:
    """Read a whole export stream.

    Raises:
        FtsError: anything in it is not as the format says; nothing else is raised for any bytes.
    """
    view = _joined(list(slices(data)))
    message, offset = _read_message(view, 0, depth=0)
    if offset != len(view):
        raise FtsError("Something follows the end of the item", offset=offset)
    return message


def summary(data: Buffer) -> Properties:
    """Read the item's own properties only, not its recipients and attachments.

    The properties come first, so only as many slices are joined as they fill.

    Raises:
        FtsError: as `parse`, for the part that is read.
    """
    remaining = slices(data)
    taken = list(islice(remaining, _SUMMARY_SLICES_FIRST))
    while True:
        more = list(islice(remaining, len(taken)))
        view = _joined(taken)
        try:
            properties, offset = read_properties(view, _skip_prefix(view, 0))
        except FtsError:
            if not more:
                raise
        else:
            if offset < len(view) or not more:
                return properties
        taken += more


def _joined(pieces: list[memoryview]) -> memoryview:
    return pieces[0] if len(pieces) == 1 else memoryview(b"".join(pieces))


def _skip_prefix(view: memoryview, offset: int) -> int:
    """Step over the name prefix that older servers begin with; it abbreviates nothing here."""
    if len(view) >= offset + 4 and read_tag(view, offset) >> 16 == DN_PREFIX_ID:
        return skip_string(view, offset + 4)
    return offset


def _read_message(view: memoryview, offset: int, depth: int) -> tuple[Message, int]:
    if depth > EMBEDDED_DEPTH_MAX:
        raise FtsError("Messages are nested too deeply", offset=offset)
    properties, offset = read_properties(view, _skip_prefix(view, offset))
    message = Message(properties)
    while offset < len(view):
        tag = read_tag(view, offset)
        if tag in {DELETE_PROPERTIES, EC_WARNING}:
            read_tag(view, offset + 4)
            offset += 8
        elif tag == START_RECIPIENT and not message.attachments:
            recipient, offset = read_properties(view, offset + 4)
            offset = _expect(view, offset, END_RECIPIENT)
            message.recipients.append(recipient)
        elif tag == NEW_ATTACH:
            attachment, offset = _read_attachment(view, offset + 4, depth)
            message.attachments.append(attachment)
        else:
            break
    return message, offset


def _read_attachment(view: memoryview, offset: int, depth: int) -> tuple[Attachment, int]:
    properties, after = read_properties(view, offset)
    if next(iter(properties), None) != tags.PidTagAttachNumber:
        raise FtsError("An attachment without its number", offset=offset)
    attachment = Attachment(properties)
    if read_tag(view, after) == START_EMBED:
        attachment.embedded, after = _read_message(view, after + 4, depth + 1)
        after = _expect(view, after, END_EMBED)
    return attachment, _expect(view, after, END_ATTACH)


def _expect(view: memoryview, offset: int, marker: int) -> int:
    if read_tag(view, offset) != marker:
        raise FtsError(f"Marker 0x{marker:08X} is missing", offset=offset)
    return offset + 4


def build(message: Message, *, version: tuple[int, int, int, int] = _DEFAULT_VERSION) -> bytes:
    """Write a message as an export stream, as the server of that version would.

    Attachments without PidTagAttachNumber get their position as number; otherwise `parse` gives
    an equal message back.

    Raises:
        ValueError: a value does not fit its property's type, or messages nest deeper than 50.
    """
    return b"".join(build_pieces(message, version=version))


def build_pieces(
    message: Message, *, version: tuple[int, int, int, int] = _DEFAULT_VERSION
) -> Iterator[bytes]:
    """Write as `build` does, piece by piece (at most 31,688 bytes each), for large items.

    Raises:
        ValueError: as `build`, before the first piece.
    """
    pieces: list[bytes] = []
    _write_message(message, pieces, depth=0)
    return wrap(pieces, version)


def _write_message(message: Message, out: list[bytes], depth: int) -> None:
    if depth > EMBEDDED_DEPTH_MAX:
        raise ValueError("messages are nested too deeply")
    write_properties(message.properties, out)
    out.append(_RECIPIENTS_FOLLOW)
    for recipient in message.recipients:
        out.append(struct.pack("<I", START_RECIPIENT))
        write_properties(recipient, out)
        out.append(struct.pack("<I", END_RECIPIENT))
    out.append(_ATTACHMENTS_FOLLOW)
    for position, attachment in enumerate(message.attachments):
        _write_attachment(attachment, position, out, depth)


def _write_attachment(attachment: Attachment, position: int, out: list[bytes], depth: int) -> None:
    out.append(struct.pack("<I", NEW_ATTACH))
    # The number stands first, wherever the bag has it.
    numbered: Properties = {tags.PidTagAttachNumber: position}
    numbered.update(attachment.properties)
    write_properties(numbered, out)
    if attachment.embedded is not None:
        out.append(struct.pack("<I", START_EMBED))
        _write_message(attachment.embedded, out, depth + 1)
        out.append(struct.pack("<I", END_EMBED))
    out.append(struct.pack("<I", END_ATTACH))
