"""The fields of distribution lists.

A member is a one-off entry id, little-endian: flags 4, provider UID 16, version 2, flags 2, then
name, address type and address, each UTF-16 and ended by a zero.

Source:
    [MS-OXCDATA] 2.2.5.1, [MS-OXOCNTC] 2.2.2.2
"""

from __future__ import annotations

import struct

from strongroom.content import tags
from strongroom.lab.exchange.shapes.addresses import mailbox_xml
from strongroom.lab.exchange.shapes.field import Draft, Field, Reading, computed_field
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, children, element, find, text_of

_PROVIDER = bytes.fromhex("812b1fa4bea310199d6e00dd010f5402")
_HEAD_BYTES = 24
_UNICODE = 0x8000
_NO_RICH_TEXT = 0x0001


def _members(view: View, _reading: Reading) -> str:
    entries = view.get(tags.PidLidDistributionListOneOffMembers)
    if not isinstance(entries, list):
        entries = view.get(tags.PidLidDistributionListMembers)
    found = [_read(one) for one in entries if isinstance(one, bytes)] if entries else []  # type: ignore[union-attr]
    inner = "".join(
        f"<t:Member>{mailbox_xml(name, address, kind or 'SMTP', 'OneOff')}"
        f"{element('Status', 'Normal')}</t:Member>"
        for name, kind, address in (one for one in found if one is not None)
    )
    return f"<t:Members>{inner}</t:Members>" if inner else ""


def _write_members(draft: Draft, node: Element | None) -> None:
    boxes = [find(one, "t:Mailbox") for one in children(node)] if node is not None else []
    entries = [_entry(box) for box in boxes if box is not None]
    draft.properties[tags.PidLidDistributionListOneOffMembers] = entries or None
    draft.properties[tags.PidLidDistributionListMembers] = entries or None


def _entry(box: Element) -> bytes:
    address = text_of(box, "t:EmailAddress") or ""
    texts = (text_of(box, "t:Name") or address, text_of(box, "t:RoutingType") or "SMTP", address)
    head = bytes(4) + _PROVIDER + struct.pack("<HH", 0, _UNICODE | _NO_RICH_TEXT)
    return head + b"".join(text.encode("utf-16-le", "replace") + b"\0\0" for text in texts)


def _read(entry: bytes) -> tuple[str, str, str] | None:
    if len(entry) < _HEAD_BYTES or entry[4:20] != _PROVIDER:
        return None
    (flags,) = struct.unpack_from("<H", entry, 22)
    codec, end = ("utf-16-le", "\0") if flags & _UNICODE else ("cp1252", "\0")
    parts = entry[_HEAD_BYTES:].decode(codec, "replace").split(end)
    return (parts[0], parts[1], parts[2]) if len(parts) > 2 else None


LIST_FIELDS: tuple[Field, ...] = (
    computed_field("distributionlist:Members", _members, _write_members),
)
