"""Windows code pages: how text in eight-bit strings and HTML bodies is meant."""

from __future__ import annotations

import codecs
from functools import cache

UTF16 = 1200
UTF8 = 65001
WESTERN = 1252
ASCII = 20127
_LATIN1 = 28591

# Where Python's name is not simply "cp" and the number.
_CODECS: dict[int, str] = {
    UTF16: "utf-16-le",
    1201: "utf-16-be",
    10000: "mac-roman",
    12000: "utf-32-le",
    ASCII: "ascii",
    20866: "koi8-r",
    20932: "euc-jp",
    20936: "gb2312",
    21866: "koi8-u",
    _LATIN1: "latin-1",
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
# Charsets of the internet are read as the Windows page that contains them, as mail programs do:
# what calls itself GB2312 regularly holds characters of GBK.
_NUMBERS: dict[str, int] = {
    **{codecs.lookup(codec).name: number for number, codec in reversed(_CODECS.items())},
} | {
    **dict.fromkeys(("gb2312", "gbk"), 936),
    **dict.fromkeys(("big5", "big5hkscs"), 950),
    **dict.fromkeys(("tis-620", "iso8859-11"), 874),
    "shift_jis": 932,
    "euc_kr": 949,
    "utf-16": UTF16,
    "utf-8-sig": UTF8,
}
_CHARSETS: dict[int, str] = {
    **{number: f"windows-{number}" for number in (874, *range(1250, 1259))},
    **{number: f"iso-8859-{number - 28590}" for number in _CODECS if 28590 < number < 28610},
    **dict.fromkeys((50220, 50221), "iso-2022-jp"),
    932: "shift_jis",
    936: "gb2312",
    949: "ks_c_5601-1987",
    950: "big5",
    ASCII: "us-ascii",
    20866: "koi8-r",
    21866: "koi8-u",
    51932: "euc-jp",
    51949: "euc-kr",
    54936: "gb18030",
    UTF8: "utf-8",
}


@cache
def codec_of(codepage: int) -> str | None:
    """Name Python's codec for a code page, or None if there is none."""
    try:
        return codecs.lookup(_CODECS.get(codepage, f"cp{codepage}")).name
    except LookupError:
        return None


def charset_of(codepage: int) -> str | None:
    """Name a code page for the Content-Type of mail; None for those that do not belong there."""
    return _CHARSETS.get(codepage)


@cache
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
    return str(data, codec_of(codepage) or "cp1252", "replace")


def understand(data: bytes, charset: str | None) -> tuple[str, int]:
    """Decode text by what it says of itself, else by what it looks like; never raises.

    Returns:
        The text, and the code page by which the same bytes give it.
    """
    declared = codepage_of(charset) if charset else None
    for codepage in (declared, ASCII, UTF8, WESTERN):
        codec = codec_of(codepage) if codepage is not None else None
        if codepage is None or codec is None:
            continue
        try:
            return data.decode(codec), codepage
        except UnicodeError:
            continue
    return data.decode("latin-1"), _LATIN1
