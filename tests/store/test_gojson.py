from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.store.gojson import dumps, format_time, parse_time, quote, unquote

BYTES_AS_NAMES = st.binary(max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


@given(BYTES_AS_NAMES)
def test_every_name_comes_back_from_its_quotes(name: str) -> None:
    assert unquote(quote(name)) == name


@given(BYTES_AS_NAMES)
def test_quoted_names_are_printable_and_json_can_carry_them(name: str) -> None:
    quoted = quote(name)
    assert quoted.isprintable()
    assert json.loads(dumps({"name": quoted})) == {"name": quoted}


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("plain.eml", "plain.eml"),
        ("größer 漢字 🙂", "größer 漢字 🙂"),
        ('say "hi"', r"say \"hi\""),
        ("back\\slash", r"back\\slash"),
        ("\a\b\f\n\r\t\v", r"\a\b\f\n\r\t\v"),
        ("\x00\x1f\x7f", r"\x00\x1f\x7f"),
        ("\x80\xa0\xad", r"\u0080\u00a0\u00ad"),
        ("\u200e\u2028\ufeff", r"\u200e\u2028\ufeff"),
        ("\U000e0001", r"\U000e0001"),
        ("caf\udce9", r"caf\xe9"),
        ("\ufffd", "\ufffd"),
    ],
)
def test_names_are_quoted_as_go_does(name: str, quoted: str) -> None:
    assert quote(name) == quoted
    assert unquote(quoted) == name


@pytest.mark.parametrize("quoted", ["\\", "\\q", "\\x1", "\\u12", "\\U00110000", "\\ud800", "a\\"])
def test_what_go_would_not_write_is_refused(quoted: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text differs, the branch counts
        unquote(quoted)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 2**64 - 1) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_go_json_is_json(document: object) -> None:
    raw = dumps(document)
    assert orjson.loads(raw) == document
    assert not set(b"<>&") & set(raw)
    assert "\u2028".encode() not in raw
    assert "\u2029".encode() not in raw


def test_go_escapes_what_could_hurt_in_a_web_page() -> None:
    raw = dumps({"a": "<b>&\u2028\u2029\u2027"})
    assert raw == b'{"a":"\\u003cb\\u003e\\u0026\\u2028\\u2029' + "\u2027".encode() + b'"}'


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2024, 3, 5, 10, 15, tzinfo=UTC), "2024-03-05T10:15:00Z"),
        (datetime(2024, 3, 5, 10, 15, 0, 120000, tzinfo=UTC), "2024-03-05T10:15:00.12Z"),
        (datetime(2024, 3, 5, 10, 15, 0, 1, tzinfo=UTC), "2024-03-05T10:15:00.000001Z"),
        (datetime(2024, 3, 5, 10, 15, 10, tzinfo=UTC), "2024-03-05T10:15:10Z"),
        (datetime(1601, 1, 1, tzinfo=UTC), "1601-01-01T00:00:00Z"),
        (
            datetime(2024, 3, 5, 10, 15, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2024-03-05T10:15:00+05:30",
        ),
        (
            datetime(2024, 3, 5, 10, 15, 0, 5000, tzinfo=timezone(-timedelta(hours=3.5))),
            "2024-03-05T10:15:00.005-03:30",
        ),
    ],
)
def test_times_are_written_as_go_does(time: datetime, text: str) -> None:
    assert format_time(time) == text
    assert parse_time(text) == time


def test_nanoseconds_are_read_and_cut() -> None:
    expected = datetime(2024, 3, 5, 9, 15, 0, 123456, tzinfo=UTC)
    assert parse_time("2024-03-05T10:15:00.123456789+01:00") == expected


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        format_time(datetime(2024, 3, 5))  # noqa: DTZ001 - that is the mistake


@given(st.datetimes())
def test_the_short_way_for_utc_writes_what_the_long_way_writes(time: datetime) -> None:
    other_zone = timezone(timedelta(0), "as far from UTC as UTC")
    assert format_time(time.replace(tzinfo=UTC)) == format_time(time.replace(tzinfo=other_zone))
    with pytest.raises(ValueError, match="not a time"):
        parse_time("2024-03-05T10:15:00")
