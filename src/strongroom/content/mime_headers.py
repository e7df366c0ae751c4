"""Header fields of internet mail as they are met: encoded words, addresses, dates, parameters.

Own code where the standard library's raises or gives up on mail that every mail program shows:
broken base64 in a subject, an encoded word inside quotes, a date without a zone, a group without
members. Nothing here raises for any text.

Source:
    RFC 5322, RFC 2047, RFC 2231.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from strongroom.content.codepages import understand

# The text of a word is short by rule (75 characters); the bound keeps hostile headers linear.
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?(.{0,1000}?)\?=", re.DOTALL)
_FOLD = re.compile(r"(?:\r\n|\r|\n)[ \t]*")
_ADDRESS_TOKEN = re.compile(
    r'"(?:\\.|[^"\\])*"?|\((?:\\.|[^()\\])*\)?|<[^>]*>?|[,;:)]|[^",;:<()]+', re.DOTALL
)
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:\\.|[^"\\])*"?|[^;]*)', re.DOTALL)
_CONTINUED = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?$")


class Address(NamedTuple):
    """One mailbox named in a header; either part may be empty."""

    name: str
    address: str


def unfold(value: str) -> str:
    """Make one line of a folded value."""
    return _FOLD.sub(" ", value).strip()


def raw_text(data: bytes) -> str:
    """Read header bytes that should be ASCII and often are not."""
    return understand(data, None)[0]


def decode_words(text: str) -> str:
    """Decode the encoded words in a header; what is broken stays as it is written."""
    out: list[str] = []
    waiting, charset, position = b"", "", 0
    for match in _WORD.finditer(text):
        gap = text[position : match.start()]
        word_charset = match[1].partition("*")[0].lower()
        # White space between two words is folding, and a character may be cut in two between them.
        if gap.strip() or word_charset != charset or not waiting:
            out.append(understand(waiting, charset)[0])
            out.append(gap if gap.strip() or not waiting else "")
            waiting = b""
        waiting += _word_bytes(match[2], match[3])
        charset, position = word_charset, match.end()
    out += (understand(waiting, charset)[0], text[position:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    return decode_base64(raw)


def decode_base64(data: bytes) -> bytes:
    """Decode base64 as far as it goes: foreign characters are skipped, missing padding is added."""
    try:
        return binascii.a2b_base64(data + b"===")
    except binascii.Error:
        # One character too many, which can only be the last: nothing else makes the decoder stop.
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        return binascii.a2b_base64(kept[: len(kept) // 4 * 4])


def addresses(value: str) -> list[Address]:
    """Read an address list: names decoded, comments as names where there is no other, groups flat.

    Something without an ``@`` is given as name and as address: it may be all that is known.
    """
    found: list[Address] = []
    words: list[str] = []
    comment = angle = ""
    has_at = False
    for match in _ADDRESS_TOKEN.finditer(unfold(value) + ","):
        piece = match[0]
        if piece[0] in ",;":
            if angle or "".join(words).strip():
                found.append(_address(words, comment, angle))
            words, comment, angle, has_at = [], "", "", False
        elif piece[0] == "<":
            angle = angle or piece
        elif piece[0] == "(":
            comment = comment or piece.strip("()")
        elif piece == ":" and not angle and not has_at:
            words = []  # that was the name of a group
        else:
            words.append(piece)
            has_at = has_at or "@" in piece
    return found


def _address(words: list[str], comment: str, angle: str) -> Address:
    text = "".join(_unquoted(word) if word[0] == '"' else word for word in words)
    name = decode_words(" ".join(text.split()))
    if angle:
        return Address(name or decode_words(comment), angle.strip("<> \t"))
    if "@" in name:
        return Address(decode_words(comment), name.replace(" ", ""))
    return Address(name, name)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:].removesuffix('"'))


def parse_date(value: str) -> datetime | None:
    """Read a Date header as an aware UTC time, or None if it is no date."""
    try:
        when = parsedate_to_datetime(unfold(value))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Take a structured value apart: ``text/plain; charset=utf-8`` → its word and its parameters.

    Names and the leading word come in lower case; RFC 2231 pieces are joined and decoded.
    """
    line = unfold(value)
    word = line.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(line):
        text = _unquoted(match[2]) if match[2].startswith('"') else match[2].strip()
        parts = _CONTINUED.match(match[1].lower())
        if parts and (parts[2] or parts[3]):
            piece = (int(parts[2] or 0), bool(parts[3]), text)
            pieces.setdefault(parts[1], []).append(piece)
        else:
            plain.setdefault(match[1].lower(), decode_words(text))
    # The extended form is the exact one; the plain one beside it is for old programs.
    return word, plain | {name: _joined(parts) for name, parts in pieces.items()}


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    charset, raw = "", b""
    for number, is_encoded, text in sorted(pieces):
        rest = text
        if is_encoded and number == 0 and text.count("'") >= 2:
            charset, _, rest = text.split("'", 2)
        raw += unquote_to_bytes(rest) if is_encoded else rest.encode("utf-8", "replace")
    return understand(raw, charset)[0]
