"""The tree of parts in the bytes of a mail, each with the exact bytes that it consists of.

The standard library's parser does not say where in the input a part lies, and signed mail must be
kept to the byte; it also leaves a message that was sent as base64 undecoded and recurses as deep
as the sender likes. This one keeps offsets, bounds the depth, and takes any bytes. It agrees with
the standard library on what is a header and where parts end (tests hold one against the other).

Source:
    RFC 2045, RFC 2046.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from itertools import pairwise

from strongroom.content.mime_headers import decode_base64, parameters, raw_text, unfold

NESTING_MAX = 50
"""Deeper parts are left as they are, as the content of the part that holds them."""

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]+)[ \t]*:[ \t]*")
_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]*(?:\r\n|\r|\n|\Z)")
_TYPE = re.compile(r"[!-.0-~]+/[!-.0-~]+")


@dataclass(slots=True)
class Part:
    """One entity of a mail, or the whole mail.

    Attributes:
        data: The bytes that it lies in.
        fields: Header fields in order: name as written, value as written but for its line ends.
        start: Where its header begins.
        body: Where its body begins.
        end: Where it ends.
        kind: Its media type in lower case, ``text/plain`` if it says nothing usable.
        options: The parameters of its Content-Type.
        disposition: ``inline``, ``attachment`` or empty.
        disposition_options: The parameters of its Content-Disposition.
        children: The parts of a multipart, in order.
        depth: How many parts and messages it lies within.
    """

    data: bytes
    fields: list[tuple[str, str]]
    start: int
    body: int
    end: int
    kind: str = "text/plain"
    options: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    disposition_options: dict[str, str] = field(default_factory=dict)
    children: list[Part] = field(default_factory=list)
    depth: int = 0

    def header(self, name: str) -> str:
        """Give the first field of that name (lower case) on one line, still encoded; or ``""``."""
        return next((unfold(v) for n, v in self.fields if n.lower() == name), "")

    def headers(self, name: str) -> list[str]:
        """Give all fields of that name (lower case), each on one line, still encoded."""
        return [unfold(value) for field_name, value in self.fields if field_name.lower() == name]

    @property
    def is_multipart(self) -> bool:
        """Whether parts were found in it."""
        return bool(self.children)

    @property
    def file_name(self) -> str:
        """What the sender calls the file, untrusted; or ``""``."""
        return self.disposition_options.get("filename") or self.options.get("name", "")

    def raw_body(self) -> bytes:
        """Give the body as it was sent."""
        return self.data[self.body : self.end]

    def content(self) -> bytes:
        """Give the body with its transfer encoding taken off; unknown encodings stay on."""
        encoding = self.header("content-transfer-encoding").split(";")[0].strip().lower()
        raw = self.raw_body()
        match encoding:
            case "base64":
                return decode_base64(raw)
            case "quoted-printable":
                return binascii.a2b_qp(raw)
            case "x-uuencode" | "uuencode" | "x-uue" | "uue":
                return _decode_uu(raw)
            case _:
                return raw


def split(data: bytes, *, depth: int = 0) -> Part:
    """Find the parts of a mail. Any bytes are a mail, if need be one with nothing but a body.

    Args:
        data: The whole mail.
        depth: How many parts and messages it lay within.
    """
    return _split(data, 0, len(data), depth=depth, default="text/plain")


def _split(data: bytes, start: int, end: int, *, depth: int, default: str) -> Part:
    fields, body = read_fields(data, start, end)
    part = Part(data, fields, start, body, end, kind=default, depth=depth)
    kind, options = parameters(part.header("content-type"))
    if _TYPE.fullmatch(kind):
        part.kind, part.options = kind, options
    part.disposition, part.disposition_options = parameters(part.header("content-disposition"))
    boundary = part.options.get("boundary", "").rstrip().encode("utf-8", "replace")
    if part.kind.startswith("multipart/") and boundary and depth < NESTING_MAX:
        inner = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
        part.children = [
            _split(data, child_start, child_end, depth=depth + 1, default=inner)
            for child_start, child_end in _between_boundaries(data, body, end, boundary)
        ]
    if part.kind.startswith("multipart/") and not part.children:
        # Announced, but nothing in it is a part: then it is text, as every mail program shows it.
        part.kind, part.options = "text/plain", {}
    return part


def read_fields(data: bytes, start: int, end: int) -> tuple[list[tuple[str, str]], int]:
    """Read header fields; give them and where the body begins.

    The header ends at the first empty line, or without one at the first line that is no field.
    """
    fields: list[tuple[str, list[bytes]]] = []
    offset = start
    while offset < end:
        match = _LINE.match(data, offset, end)
        assert match is not None  # the pattern matches anything
        line = match[0]
        if not line.strip(b"\r\n"):
            offset = match.end()
            break
        named = _FIELD.match(line)
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(line)
        elif named:
            fields.append((named[1].decode("ascii"), [line[named.end() :]]))
        elif offset != start or not line.startswith((b"From ", b">From ")):
            break
        offset = match.end()
    return [(name, raw_text(b"".join(lines)).rstrip("\r\n")) for name, lines in fields], offset


def _between_boundaries(
    data: bytes, start: int, end: int, boundary: bytes
) -> list[tuple[int, int]]:
    """Find the spans between boundary lines; with no closing one the last part runs to the end."""
    mark = b"--" + boundary
    lines: list[tuple[int, int]] = []
    offset = data.find(mark, start, end)
    while offset >= 0:
        after = _AFTER_BOUNDARY.match(data, offset + len(mark), end)
        if after and (offset == start or data[offset - 1] in b"\r\n"):
            lines.append((offset, after.end()))
            if after[1]:
                break
        offset = data.find(mark, offset + len(mark), end)
    else:
        lines.append((end, end))
    return [(a[1], max(a[1], _before_line_end(data, b[0], end))) for a, b in pairwise(lines)]


def _before_line_end(data: bytes, offset: int, end: int) -> int:
    """Step back over the line end that belongs to the boundary line, not to the part."""
    if offset == end:
        return end
    if data[offset - 2 : offset] == b"\r\n":
        return offset - 2
    return offset - 1


def _decode_uu(raw: bytes) -> bytes:
    _, begin, rest = raw.partition(b"begin ")
    if not begin:
        return raw
    out: list[bytes] = []
    for line in rest.splitlines()[1:]:
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some writers pad lines with rubbish: take what the length in front asks for.
            wanted = (((line[0] - 32) & 63) * 4 + 5) // 3 + 1 if line else 0
            try:
                out.append(binascii.a2b_uu(line[:wanted]))
            except binascii.Error:
                return raw
    return b"".join(out)
