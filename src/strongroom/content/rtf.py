"""The text in a compressed RTF body, where an item has no other.

Old programs keep only RTF; what was HTML or plain text before lies inside it and is taken out as
it was. Of real RTF the text is kept, without its looks.

Source:
    [MS-OXRTFCP] for the compression, [MS-OXRTFEX] for HTML and text inside.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from typing import NamedTuple

from strongroom.content import codepages

_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_WINDOW = 4096
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D  # "LZFu" and "MELA"
_HEADER = struct.Struct("<IIII")

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.DOTALL,
)
_HIDDEN = frozenset(
    {
        *(b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header"),
        *(b"footer", b"fldinst", b"themedata", b"datastore", b"listtable", b"listoverridetable"),
    }
)
_CHARACTERS = {
    **dict.fromkeys((b"par", b"line", b"row", b"sect", b"page"), "\r\n"),
    **dict.fromkeys((b"tab", b"cell"), "\t"),
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
    b"bullet": "\u2022",
    b"endash": "\u2013",
    b"emdash": "\u2014",
}
_SYMBOLS = {
    b"~": "\u00a0",
    b"_": "-",
    b"\\": "\\",
    b"{": "{",
    b"}": "}",
    b"\r": "\r\n",
    b"\n": "\r\n",
}
# What \fcharset of a font says of the bytes set in it.
_FONT_CODEPAGES: dict[int | None, int] = {
    128: 932,
    129: 949,
    134: 936,
    136: 950,
    161: 1253,
    162: 1254,
    163: 1258,
    177: 1255,
    178: 1256,
    186: 1257,
    204: 1251,
    222: 874,
    238: 1250,
}


class RtfText(NamedTuple):
    """What was inside: text, and whether it is HTML."""

    text: str
    is_html: bool


def read_rtf(compressed: bytes) -> RtfText:
    """Take the text out of the bytes of PidTagRtfCompressed; damaged ones give what is there."""
    rtf = decompress(compressed)
    return _Extractor(rtf).run()


def decompress(data: bytes) -> bytes:
    """Undo the compression of an RTF body; what is cut short gives what is there.

    The result is at most nine times as long as the data, since two bytes can stand for 17.
    """
    if len(data) < _HEADER.size:
        return b""
    _, raw_size, kind, _ = _HEADER.unpack_from(data)
    if kind == _PLAIN:
        return data[_HEADER.size : _HEADER.size + raw_size]
    if kind != _COMPRESSED:
        return b""
    window = bytearray(_START.ljust(_WINDOW, b"\0"))
    write, out = len(_START), bytearray()
    offset = _HEADER.size
    while offset < len(data):
        control = data[offset]
        offset += 1
        for bit in range(8):
            if not control >> bit & 1:
                piece = data[offset : offset + 1]
                offset += 1
            else:
                reference = int.from_bytes(data[offset : offset + 2].ljust(2, b"\0"), "big")
                offset += 2
                start, length = reference >> 4, (reference & 0xF) + 2
                if start == write % _WINDOW or offset > len(data):
                    return bytes(out[:raw_size])
                piece = _from_window(window, start, write, length)
            for byte in piece:
                window[write % _WINDOW] = byte
                write += 1
            out += piece
    return bytes(out[:raw_size])


def _from_window(window: bytearray, start: int, write: int, length: int) -> bytes:
    """Copy from the window; what is copied may overlap what is being written."""
    distance = (write - start) % _WINDOW
    known = bytes(window[(start + i) % _WINDOW] for i in range(min(length, distance)))
    return (known * (length // len(known) + 1))[:length]


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds inside the present pair of braces."""

    is_hidden: bool = False
    is_for_rtf_only: bool = False
    codepage: int = codepages.WESTERN
    fallback: int = 1


class _Extractor:
    """Walks through RTF once and keeps what is text."""

    def __init__(self, rtf: bytes) -> None:
        self._rtf = rtf
        head = rtf[:1000]
        self._is_html = rb"\fromhtml" in head
        declared = re.search(rb"\\ansicpg(\d{1,5})", head)
        self._group = _Group(codepage=int(declared[1]) if declared else codepages.WESTERN)
        self._outer: list[_Group] = []
        self._fonts: dict[int, int] = {}
        self._font = 0
        self._out: list[str] = []
        self._bytes = bytearray()
        self._skip = 0

    def run(self) -> RtfText:
        """Walk to the end."""
        for match in _TOKEN.finditer(self._rtf):
            word, number, code, symbol, brace, plain = match.groups()
            if word:
                self._word(word.lower(), int(number) if number else None)
            elif code:
                self._put_bytes(bytes.fromhex(code.decode()))
            elif brace:
                self._brace(is_open=brace == b"{")
            elif plain:
                self._put_bytes(plain)
            elif symbol == b"*":
                self._group = replace(self._group, is_hidden=True)
            elif symbol in _SYMBOLS:
                self._put(_SYMBOLS[symbol])
        self._flush()
        # Characters beyond the first plane come as two halves, each a word of its own.
        raw = "".join(self._out).encode("utf-16-le", "surrogatepass")
        return RtfText(raw.decode("utf-16-le", "replace").rstrip("\0"), self._is_html)

    def _brace(self, *, is_open: bool) -> None:
        self._flush()
        self._skip = 0
        if is_open:
            self._outer.append(self._group)
        elif self._outer:
            self._group = self._outer.pop()

    def _word(self, word: bytes, number: int | None) -> None:
        if word in _HIDDEN:
            self._group = replace(self._group, is_hidden=True)
        elif word == b"htmltag":
            self._group = replace(self._group, is_hidden=False)
        elif word == b"htmlrtf":
            self._group = replace(self._group, is_for_rtf_only=number != 0)
        elif word == b"f" and number is not None:
            self._flush()
            self._font = number
            self._group = replace(
                self._group, codepage=self._fonts.get(number, self._group.codepage)
            )
        elif word == b"fcharset" and number in _FONT_CODEPAGES:
            self._fonts[self._font] = _FONT_CODEPAGES[number]
        elif word == b"uc":
            self._group = replace(self._group, fallback=max(0, number or 0))
        elif word == b"u" and number is not None:
            self._put(chr(number & 0xFFFF))
            self._skip = self._group.fallback
        elif word in _CHARACTERS:
            self._put(_CHARACTERS[word])

    def _put(self, text: str) -> None:
        if self._is_shown():
            self._flush()
            self._out.append(text)

    def _put_bytes(self, data: bytes) -> None:
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        if self._is_shown():
            self._bytes += data[skipped:]

    def _is_shown(self) -> bool:
        return not (self._group.is_hidden or self._group.is_for_rtf_only)

    def _flush(self) -> None:
        if self._bytes:
            self._out.append(codepages.decode(bytes(self._bytes), self._group.codepage))
            self._bytes.clear()
