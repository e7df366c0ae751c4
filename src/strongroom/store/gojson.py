"""JSON exactly as Go writes it: restic names a tree by the hash of its JSON, so every byte counts.

Go escapes ``<``, ``>``, ``&`` and the two Unicode line separators, cuts trailing zeros off a
second's fraction, and restic quotes names as ``strconv.Quote`` does before they become JSON
strings. A tree that any other encoder wrote is still read by restic, but its ``rewrite`` refuses
it.

Source:
    https://pkg.go.dev/encoding/json#Marshal, https://pkg.go.dev/strconv#Quote,
    https://pkg.go.dev/time#Time.MarshalJSON
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson

_SEPARATORS = {"\u2028".encode(): b"\\u2028", "\u2029".encode(): b"\\u2029"}
_SHORT = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    '"': '\\"', "\\": "\\\\",
}  # fmt: skip
_SHORT_BACK = {short[1]: char for char, short in _SHORT.items()}
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))", re.DOTALL)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def dumps(document: Any) -> bytes:  # noqa: ANN401 - JSON
    """Encode a document of dicts (their order is kept), lists, strings, ints, booleans and None."""
    raw = orjson.dumps(document)
    # Outside of strings none of these occurs in JSON, so the whole text can be searched at once.
    raw = raw.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")
    if b"\xe2\x80" in raw:
        for char, escape in _SEPARATORS.items():
            raw = raw.replace(char, escape)
    return raw


def quote(name: str) -> str:
    r"""Quote a file name as Go's ``strconv.Quote`` does, without the quotation marks around it.

    Bytes that are not UTF-8 come as lone surrogates (``surrogateescape``) and leave as ``\xNN``.
    """
    if name.isprintable() and '"' not in name and "\\" not in name:
        return name
    return "".join(_quote_char(char) for char in name)


def unquote(quoted: str) -> str:
    """Undo ``quote``.

    Raises:
        ValueError: Go would not have written this.
    """
    if "\\" not in quoted:
        return quoted
    # The bytes are put together first, because several escaped bytes may make up one character.
    raw = bytearray()
    at = 0
    while (escape := quoted.find("\\", at)) >= 0:
        raw += quoted[at:escape].encode("utf-8", "surrogateescape")
        match = _ESCAPE.match(quoted, escape)
        if match is None:
            raise ValueError(f"not a name quoted by Go: {quoted!r}")
        raw += _unescape(match)
        at = match.end()
    raw += quoted[at:].encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "surrogateescape")


def format_time(time: datetime) -> str:
    """Write a time as RFC 3339, its own offset kept, zeros at the end of the fraction cut.

    Raises:
        ValueError: it has no offset.
    """
    if time.tzinfo is UTC:
        # Nearly all of them, and one for every file: the long way takes three times as long.
        text = time.isoformat().removesuffix("+00:00")
        return f"{text.rstrip('0') if time.microsecond else text}Z"
    offset = time.utcoffset()
    if offset is None:
        raise ValueError("a time without an offset says nothing")
    text = (
        time.replace(tzinfo=None).isoformat(timespec="microseconds").rstrip("0").removesuffix(".")
    )
    minutes = offset.total_seconds() // 60
    if not minutes:
        return f"{text}Z"
    hours, minutes = divmod(abs(int(minutes)), 60)
    return f"{text}{'-' if offset.days < 0 else '+'}{hours:02}:{minutes:02}"


def parse_time(text: str) -> datetime:
    """Read such a time; nanoseconds, which Go has and Python has not, are cut. UTC.

    Raises:
        ValueError: it is none.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"not a time: {text!r}")
    seconds, fraction, zone = match.groups()
    if zone == "Z" and fraction is None:
        return datetime.fromisoformat(text)  # nearly all of them, and one for every file
    digits = (fraction or "").ljust(6, "0")[:6]
    return datetime.fromisoformat(f"{seconds}.{digits}{zone}").astimezone(UTC)


def _quote_char(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if char.isprintable():
        return char
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _unescape(match: re.Match[str]) -> bytes:
    byte, short_code, long_code, letter = match.groups()
    if byte:
        return bytes([int(byte, 16)])
    if letter:
        if letter not in _SHORT_BACK:
            raise ValueError(f"Go knows no escape \\{letter}")
        return _SHORT_BACK[letter].encode()
    try:
        return chr(int(short_code or long_code, 16)).encode()
    except (UnicodeEncodeError, OverflowError) as error:
        raise ValueError(f"not a character: {match[0]}") from error
