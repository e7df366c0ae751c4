"""Windows code pages: how text in eight-bit strings and HTML bodies is meant."""

from __future__ import annotations

import codecs
from functools import cache

UTF16 = 1200
UTF8 = 65001
WESTERN = 1252

# Where Python's name is not simply "cp" and the number.
_CODECS: dict[int, str] = {
    UTF16: "utf-16-le",
    1201: "utf-16-be",
    10000: "mac-roman",
    12000: "utf-32-le",
    20127: "ascii",
    20866: "koi8-r",
    20932: "euc-jp",
    20936: "gb2312",
    21866: "koi8-u",
    28591: "latin-1",
    **{28590 + part: f"iso8859-{part}" for part in (*range(2, 10), 13, 15)},
    38598: "iso8859-8",
    50220: "iso2022-jp",
    50221: "iso2022-jp",
    50222: "iso2022-jp",
    50225: "iso2022-kr",
    51932: "euc-jp",
    51936: "gb2312",
    51949: "euc-kr",
    52936: "hz",
    54936: "gb18030",
    65000: "utf-7",
    UTF8: "utf-8",
}
_NUMBERS: dict[str, int] = {
    codecs.lookup(codec).name: number for number, codec in reversed(_CODECS.items())
}


@cache
def codec_of(codepage: int) -> str | None:
    """Name Python's codec for a code page, or None if there is none."""
    try:
        return codecs.lookup(_CODECS.get(codepage, f"cp{codepage}")).name
    except LookupError:
        return None


def codepage_of(charset: str) -> int | None:
    """Give the code page of an internet charset (``utf-8`` → 65001), or None if there is none."""
    try:
        name = codecs.lookup(charset.strip()).name
    except (LookupError, ValueError):
        return None
    if name in _NUMBERS:
        return _NUMBERS[name]
    return int(name[2:]) if name[:2] == "cp" and name[2:].isdigit() else None


def decode(data: bytes | memoryview, codepage: int) -> str:
    """Decode text; an unknown page is read as Western, bytes that it does not know as U+FFFD."""
    codec = codec_of(codepage) or "cp1252"
    return str(data, codec, "replace")
