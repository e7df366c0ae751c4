from __future__ import annotations

import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.content import tags
from strongroom.content.message import Message, get, text
from strongroom.content.mime import from_mime, to_mime
from strongroom.content.outlook_msg import read_msg
from strongroom.content.rtf import decompress, read_rtf
from tests.content.corpus import files_in


def stored(rtf: bytes) -> bytes:
    """Wrap RTF as an uncompressed body."""
    return struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf


@pytest.mark.parametrize(
    ("compressed", "rtf"),
    [
        (
            """2d000000 2b000000 4c5a4675 f1c5c7a7 03000a00 72637067 31323542
            320af320 68656c09 00206277 05b06c64 7d0a800f a0""",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        (
            "1a000000 1c000000 4c5a4675 e2d44b51 41000420 5758595a 0d6e7d01 0eb0",
            b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
        ),
    ],
)
def test_the_documented_examples_are_decompressed(compressed: str, rtf: bytes) -> None:
    assert decompress(bytes.fromhex(compressed)) == rtf


@pytest.mark.parametrize(
    ("rtf", "shown"),
    [
        (rb"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe\par Ada}", "Grüße\r\nAda"),
        (rb"{\rtf1\ansi\ansicpg1251 \'c4\'e0}", "Да"),
        (rb"{\rtf1{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}\f0 x\f1 \'c4\'e0}", "xД\u0430"),
        (rb"{\rtf1\uc1 \u8364?\u26234?}", "€智"),
        (rb"{\rtf1 \u-10179?\u-8704?}", "😀"),
        (rb"{\rtf1{\*\generator Word;}{\stylesheet x}shown{\pict 00ff}}", "shown"),
        (rb"{\rtf1 a\{b\}\\c\~d\tab e}", "a{b}\\c\u00a0d\te"),
        (rb"{\rtf1\ansi}}}} after", " after"),
        (b"not RTF", "not RTF"),
        (b"", ""),
    ],
)
def test_text_is_taken_out(rtf: bytes, shown: str) -> None:
    assert read_rtf(stored(rtf)).text == shown


def test_html_is_taken_out_as_it_was() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\htmltag64 <p class=x>}\htmlrtf {\htmlrtf0 "
        rb"Gr\'fc\'dfe{\*\htmltag72 </p>}\htmlrtf\par}\htmlrtf0}"
    )
    found = read_rtf(stored(rtf))
    assert found.is_html
    assert found.text == "<p class=x>Grüße</p>"


def test_an_item_with_nothing_but_rtf_is_written_with_its_text() -> None:
    plain = Message({tags.PidTagRtfCompressed: stored(rb"{\rtf1 only here}")})
    assert from_mime(to_mime(plain)).properties[tags.PidTagBody] == "only here"
    html = Message(
        {tags.PidTagRtfCompressed: stored(rb"{\rtf1\fromhtml1{\*\htmltag <b>}x{\*\htmltag </b>}}")}
    )
    assert from_mime(to_mime(html)).properties[tags.PidTagHtml] == b"<b>x</b>"


@given(st.binary(max_size=400))
def test_any_bytes_are_some_text(data: bytes) -> None:
    head = struct.pack("<IIII", len(data) + 12, 10**9, 0x75465A4C, 0)
    assert len(decompress(head + data)) <= 9 * len(data)
    read_rtf(head + data).text.encode()
    read_rtf(stored(rb"{\rtf1 " + data)).text.encode()
    assert decompress(data) == b"" or data[8:12] in {b"LZFu", b"MELA"}


def words(value: str) -> str:
    # Letters and digits only: bullets and links are drawn in the one and spelt in the other.
    return "".join(re.findall(r"\w", re.sub(r"HYPERLINK\s*\"[^\"]*\"|<[^<>]*>", "", value)))


def test_rtf_of_real_files_says_what_their_text_says() -> None:
    compared = 0
    for name, data in files_in("outlook-msg.zip"):
        bag = read_msg(data).properties
        found = read_rtf(get(bag, tags.PidTagRtfCompressed, bytes, b""))
        if found.text and not found.is_html and "unknown" not in name:
            assert words(found.text) == words(text(bag, tags.PidTagBody)), name
            compared += 1
    assert compared >= 8
