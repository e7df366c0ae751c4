from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from strongroom.wire.ews.xml import attribute, text

anything = st.text(st.characters() | st.sampled_from("&<>\"'\r\n\t\x00\x0b\ud800\ufffe"))


def as_xml_can_carry(value: str) -> str:
    def is_carried(code: int) -> bool:
        if code < 0x20:
            return code in {9, 10, 13}
        return not (0xD800 <= code < 0xE000 or code in {0xFFFE, 0xFFFF})

    return "".join(one if is_carried(ord(one)) else "\N{REPLACEMENT CHARACTER}" for one in value)


@given(anything)
@example("AAMkAGIwITEM1+/=")
@example("<\"&'>")
def test_what_is_written_is_read_back_as_it_was(value: str) -> None:
    read = etree.fromstring(f'<a b="{attribute(value)}">{text(value)}</a>')
    assert (read.text or "") == as_xml_can_carry(value)
    assert read.get("b") == as_xml_can_carry(value)
