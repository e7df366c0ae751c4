"""The pieces of which a mail is written: header fields that hold only what they should, entities.

Whatever stands in a property is untrusted: a subject may hold a line end followed by a header of
its own. Every value goes through a function here that leaves it no way out of its field.

Source:
    RFC 5322, RFC 2045 to 2047, RFC 2231, RFC 6532.
"""

from __future__ import annotations

import binascii
import hashlib
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

_LINE_MAX = 76
_SPECIAL = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+")
_KIND = re.compile(r"[A-Za-z0-9!#$&.+^_-]{1,100}/[A-Za-z0-9!#$&.+^_-]{1,100}")
_EXACT_PIECE = re.compile(r"(?:%..|[^%]){1,20}")
_NAME = re.compile(r"[\x21-\x39\x3b-\x7e]+")


@dataclass(frozen=True, slots=True)
class Entity:
    """One part on its way out.

    Attributes:
        head: Its content fields, ready: ``name: value`` each, folded.
        body: Its body, transfer encoding applied; empty for a multipart.
        children: The parts of a multipart.
    """

    head: Sequence[str]
    body: bytes = b""
    children: Sequence[Entity] = ()


def clean(text: str) -> str:
    """Make one line without controls out of a value; lone surrogates become question marks."""
    flat = "".join(c if c >= " " and c != "\x7f" else " " for c in text)
    return flat.encode("utf-8", "replace").decode().strip()


def text_field(name: str, value: str) -> str:
    """Write a field of free text, in encoded words where it needs them."""
    return _fold(name, _words(clean(value)).split(" "))


def raw_field(name: str, values: Iterable[str]) -> str:
    """Write a field of values that must not be encoded (message ids), one space between them."""
    return _fold(name, [clean(value) for value in values])


def address_field(name: str, people: Iterable[tuple[str, str]]) -> str:
    """Write a field of addresses, given as names and addresses."""
    written = [_address(*person) for person in people]
    return _fold(name, [f"{one}," for one in written[:-1]] + written[-1:])


def kept_field(name: str, value: str) -> str:
    """Write a field as it once came, folding included; a further line stays a continuation."""
    lines = [clean(line) for line in re.split(r"\r\n|\r|\n", value)]
    return f"{clean_name(name)}: " + "\r\n\t".join(line for line in lines if line)


def clean_name(name: str) -> str:
    """Give a field's name if it is one, else a name that says that it was not."""
    return name if _NAME.fullmatch(name) else "X-Unreadable"


def parameter(name: str, value: str) -> str:
    """Write ``; name=value``, with the exact value in RFC 2231 form where it is not plain."""
    flat = clean(value)
    if _TOKEN.fullmatch(value):
        return f";\r\n {name}={value}"
    if value == flat and flat.isascii() and not set('"\\') & set(flat) and len(flat) < 60:
        return f';\r\n {name}="{flat}"'
    exact = quote(value.encode("utf-8", "replace"), safe="")
    pieces = _EXACT_PIECE.findall(exact)
    if len(pieces) <= 1:
        return f";\r\n {name}*=utf-8''{exact}"
    return "".join(
        f";\r\n {name}*{number}*=" + ("utf-8''" if number == 0 else "") + piece
        for number, piece in enumerate(pieces)
    )


def is_kind(kind: str) -> bool:
    """Whether this is a media type that may stand in a header."""
    return bool(_KIND.fullmatch(kind))


def text_entity(kind: str, charset: str, data: bytes, extra: Sequence[str] = ()) -> Entity:
    """Write text readable where it can be: as it is, quoted-printable, or in base64."""
    lines = b"\r\n".join(re.split(rb"\r\n|\r|\n", data))
    head = f"Content-Type: {kind}; charset={charset}"
    if _is_plain(lines):
        return Entity((head, "Content-Transfer-Encoding: 7bit", *extra), lines)
    quoted = binascii.b2a_qp(lines, istext=True)
    if len(quoted) > 1.4 * len(lines) + 100:
        return Entity((head, "Content-Transfer-Encoding: base64", *extra), base64_lines(lines))
    return Entity((head, "Content-Transfer-Encoding: quoted-printable", *extra), quoted)


def _is_plain(lines: bytes) -> bool:
    if not lines.isascii() or b"\0" in lines:
        return False
    return all(
        len(line) <= _LINE_MAX + 2 and not line.startswith((b"From ", b"--", b"."))
        for line in lines.split(b"\r\n")
    )


def base64_lines(data: bytes) -> bytes:
    """Encode in base64, 76 characters a line."""
    # In blocks of a thousand lines: one object per line of a 150 MB file would fill the memory.
    view = memoryview(data)
    blocks = (view[i : i + 57_000] for i in range(0, len(data), 57_000))
    return b"\r\n".join(_base64_block(block) for block in blocks)


def _base64_block(block: memoryview) -> bytes:
    encoded = binascii.b2a_base64(block, newline=False)
    return b"\r\n".join(encoded[i : i + _LINE_MAX] for i in range(0, len(encoded), _LINE_MAX))


def multipart(kind: str, children: Sequence[Entity]) -> Entity:
    """Join entities; one alone stays as it is."""
    return children[0] if len(children) == 1 else Entity((kind,), children=children)


def render(entity: Entity) -> list[bytes]:
    """Write an entity: head, empty line, body.

    A boundary is made of the digest of what it bounds: the same each time, and nobody can put
    into a part the boundary that this part will get.
    """
    if not entity.children:
        return [*_head(entity.head), b"\r\n", entity.body]
    children = [render(child) for child in entity.children]
    digest = hashlib.sha256()
    for piece in itertools.chain.from_iterable(children):
        digest.update(piece)
    boundary = f"=_{digest.hexdigest()[:32]}"
    mark = b"--" + boundary.encode()
    out = [*_head((f'Content-Type: {entity.head[0]};\r\n boundary="{boundary}"',)), b"\r\n"]
    for child in children:
        out += (mark, b"\r\n", *child, b"\r\n")
    return [*out, mark, b"--\r\n"]


def _head(fields: Sequence[str]) -> list[bytes]:
    return [f"{field}\r\n".encode("utf-8", "replace") for field in fields]


def _words(text: str) -> str:
    """Encode text in encoded words if it is not plain ASCII in words of a sensible length."""
    longest = max(map(len, text.split(" ")), default=0)
    if text.isascii() and "=?" not in text and longest < 200 and "  " not in text:
        return text
    words: list[str] = []
    piece = ""
    for character in text:
        if len((piece + character).encode()) > 39:
            words.append(piece)
            piece = ""
        piece += character
    words.append(piece)
    return " ".join(
        f"=?utf-8?B?{binascii.b2a_base64(w.encode(), newline=False).decode()}?=" for w in words
    )


def _address(name: str, address: str) -> str:
    flat = re.sub(r"[<>\s]", "", clean(address))
    shown = clean(name)
    if "@" not in address and name == address:
        return _phrase(shown)
    if shown == flat or not shown:
        return flat if _PLAIN_ADDRESS.fullmatch(flat) else f"<{flat}>"
    return f"{_phrase(shown)} <{flat}>"


def _phrase(text: str) -> str:
    encoded = _words(text)
    if encoded == text and _SPECIAL.search(text):
        escaped = re.sub(r'(["\\])', r"\\\1", text)
        return f'"{escaped}"'
    return encoded


def _fold(name: str, words: Sequence[str]) -> str:
    lines = [f"{clean_name(name)}:"]
    for position, word in enumerate(words):
        if position and len(lines[-1]) + 1 + len(word) > _LINE_MAX:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)
