from __future__ import annotations

import base64
import hashlib
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.content.names import item_file_stem, printable, safe_name

# Anything a server may hold, lone surrogates included, with the worst of it made likely.
nasty = st.text(st.characters() | st.sampled_from('./\\: "<>|?*\x00\n\x1b\u202e\u200b\u0301~$'))
devices = st.sampled_from(["CON", "nul", "Com1", "LPT9", "aux", "COM¹", "CONIN$", "..", "."])


@given(nasty | st.builds(str.__add__, devices, nasty), st.integers(8, 200))
def test_a_safe_name_is_safe_everywhere(text: str, bytes_max: int) -> None:
    name = safe_name(text, bytes_max=bytes_max)
    assert 1 <= len(name.encode()) <= bytes_max
    assert not set(name) & set('<>:"/\\|?*')
    assert name.isprintable()
    assert name == unicodedata.normalize("NFC", name)
    assert name[-1] not in ". "
    assert name[0] not in ". "
    stem = name.partition(".")[0].rstrip().upper()
    assert stem not in {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
    assert stem[:3] not in {"COM", "LPT"} or stem[3:] not in set("0123456789¹²³")


@given(nasty | st.builds(str.__add__, devices, nasty), st.integers(8, 200))
def test_a_safe_name_is_left_alone(text: str, bytes_max: int) -> None:
    once = safe_name(text, bytes_max=bytes_max)
    assert safe_name(once, bytes_max=bytes_max) == once


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Offer for the new roof", "Offer for the new roof"),
        ("RE: 5/6 done?", "RE_ 5_6 done_"),
        ("../../etc/passwd", "_._.._etc_passwd"),
        ("C:\\Windows\\system.ini", "C__Windows_system.ini"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("\x1b[2Jgone", "_[2Jgone"),
        ("line\r\nline", "line  line"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("CONTENT", "CONTENT"),
        (".profile", "_profile"),
        ("dots...   ", "dots"),
        ("Caf\u0065\u0301", "Caf\u00e9"),
        ("\ud800", "_"),
        ("", "_"),
        (" . ", "_"),
        ("雪" * 50, "雪" * 40),
    ],
)
def test_names_stay_recognisable(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_an_items_file_is_named_after_time_and_subject() -> None:
    when = datetime(2024, 3, 5, 12, 15, tzinfo=timezone(timedelta(hours=2)))
    stem = item_file_stem(when, "Offer for the new roof", "AAMkAD")
    assert stem == "101500 Offer for the new roof [ggw3i3kf]"


@given(nasty)
def test_the_key_in_a_name_is_base32_of_forty_bits_of_the_ids_hash(item_id: str) -> None:
    digest = hashlib.sha256(item_id.encode("utf-8", "surrogatepass")).digest()
    key = base64.b32encode(digest[:5]).decode().lower()
    assert item_file_stem(datetime(2024, 3, 5, tzinfo=UTC), "", item_id) == f"000000 [{key}]"


def test_a_long_or_missing_subject_makes_a_name_too() -> None:
    when = datetime(2024, 3, 5, 10, 15, tzinfo=UTC)
    assert item_file_stem(when, "  ", "x").startswith("101500 [")
    assert len(item_file_stem(when, "word " * 40, "x")) <= 7 + 60 + 11
    assert len(item_file_stem(when, "𒀀" * 60, "x").encode()) <= 120 + 11


@given(nasty, nasty, nasty)
def test_items_of_one_subject_differ_in_any_case_or_form(subject: str, a: str, b: str) -> None:
    when = datetime(2024, 3, 5, tzinfo=UTC)
    one, other = item_file_stem(when, subject, a), item_file_stem(when, subject, b)
    folded = [unicodedata.normalize("NFD", name).casefold() for name in (one, other)]
    assert (folded[0] == folded[1]) == (a == b)
    assert one == safe_name(one, bytes_max=131)


@given(nasty)
def test_printable_text_moves_no_cursor(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert printable(shown) == shown
    shown.encode()


def test_what_is_not_printable_is_shown() -> None:
    assert printable("a\x1b[31m\u202eb\nc\ud800") == r"a\x1b[31m\u202eb\nc\ud800"
    assert printable("C:\\temp Füße 雪\u3000雪") == "C:\\temp Füße 雪 雪"
