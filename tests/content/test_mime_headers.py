from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.content.mime_headers import (
    Address,
    addresses,
    decode_base64,
    decode_words,
    parameters,
    parse_date,
    raw_text,
    unfold,
)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("plain", "plain"),
        ("=?utf-8?B?w6Q=?=", "ä"),
        ("=?iso-8859-1?q?a=E4_b?= c", "aä b c"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?B?w6TD?=\r\n =?utf-8?B?tg==?=", "äö"),
        ("=?utf-8?Q?a?= =?koi8-r?Q?=C1?=", "a\u0430"),
        ("x =?utf-8?Q?a?= y =?utf-8?Q?b?= z", "x a y b z"),
        ("=?utf-8*de?Q?M=C3=BCll?=", "Müll"),
        ("=?utf-8?Q?has spaces?=", "has spaces"),
        ("=?gb2312?B?1tDOxA==?=", "中文"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?no-such?Q?a=E4?=", "aä"),
        ("=?utf-8?Q?broken", "=?utf-8?Q?broken"),
        ("=?utf-8?B?QUJDR?=", "ABC"),
    ],
)
def test_encoded_words_are_decoded(text: str, meaning: str) -> None:
    assert decode_words(text) == meaning


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("ada@example.test", [("", "ada@example.test")]),
        ("Ada <ada@example.test>", [("Ada", "ada@example.test")]),
        (
            '"Example, Ada" <a@b.test>, Bob <b@b.test>',
            [("Example, Ada", "a@b.test"), ("Bob", "b@b.test")],
        ),
        ("ada@example.test (Ada E.)", [("Ada E.", "ada@example.test")]),
        ("=?utf-8?Q?=C3=84da?= <a@b.test>", [("Äda", "a@b.test")]),
        ('"=?utf-8?Q?=C3=84da?=" <a@b.test>', [("Äda", "a@b.test")]),
        ("undisclosed-recipients:;", []),
        ("friends: a@b.test, c@d.test;", [("", "a@b.test"), ("", "c@d.test")]),
        ("Everyone", [("Everyone", "Everyone")]),
        (r'"say \"hi\"" <a@b.test>', [('say "hi"', "a@b.test")]),
        ("Ada\r\n <a@b.test>", [("Ada", "a@b.test")]),
        ("", []),
        (" , ;", []),
    ],
)
def test_addresses_are_found(value: str, found: list[tuple[str, str]]) -> None:
    assert addresses(value) == [Address(*one) for one in found]


@pytest.mark.parametrize(
    ("value", "when"),
    [
        ("Tue, 5 Mar 2024 10:15:00 +0100", datetime(2024, 3, 5, 9, 15, tzinfo=UTC)),
        ("Tue, 5 Mar 2024 10:15:00 -0000", datetime(2024, 3, 5, 10, 15, tzinfo=UTC)),
        ("5 Mar 24 10:15 EST", datetime(2024, 3, 5, 15, 15, tzinfo=UTC)),
        ("Tue, 5 Mar\r\n 2024 10:15:00 GMT (a comment)", datetime(2024, 3, 5, 10, 15, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("Tue, 5 Mar 2024 99:99:99 +0000", None),
    ],
)
def test_dates_are_read_or_none(value: str, when: datetime | None) -> None:
    assert parse_date(value) == when


@pytest.mark.parametrize(
    ("value", "word", "options"),
    [
        ("Text/Plain; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
        ('a/b; x="1; y=2"; z=3', "a/b", {"x": "1; y=2", "z": "3"}),
        ("a/b;; x=1 ;", "a/b", {"x": "1"}),
        (
            "attachment; filename*=utf-8''%C3%A4.txt; filename=a.txt",
            "attachment",
            {"filename": "ä.txt"},
        ),
        ("a; n*0*=iso-8859-1'de'%E4; n*1=%41; n*2*=%42", "a", {"n": "ä%41B"}),
        ("a; n*1=second; n*0=first", "a", {"n": "firstsecond"}),
        ("a; name==?utf-8?Q?=C3=A4?=", "a", {"name": "ä"}),
        ('a; name="=?utf-8?Q?=C3=A4?="', "a", {"name": "ä"}),
        ("", "", {}),
    ],
)
def test_parameters_are_taken_apart(value: str, word: str, options: dict[str, str]) -> None:
    assert parameters(value) == (word, options)


@given(st.text(st.characters() | st.sampled_from("=?*\"';,:<>()@\r\n\t qQbB_%0")))
def test_no_text_makes_a_header_fail(text: str) -> None:
    # Sums of lengths, so that nothing is computed in vain and nothing can grow without bound.
    assert len(decode_words(text)) <= len(text)
    assert sum(len(a.name) for a in addresses(text)) <= 2 * len(text)
    assert len(parameters(text)[0]) <= 3 * len(text)  # lower case may be longer
    assert "\n" not in unfold(text)
    parsed = parse_date(text)
    assert parsed is None or parsed.tzinfo is UTC


@given(st.binary())
def test_any_bytes_are_base64_of_something(data: bytes) -> None:
    assert len(decode_base64(data)) <= len(data)
    assert isinstance(raw_text(data), str)
