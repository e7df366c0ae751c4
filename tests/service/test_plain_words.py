"""Untrusted text in messages means nothing but itself, whichever service shows it."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.service.plain_words import plain


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.org",
        "archive:o'brien_x+tag@example.org",
        "https://example.sharepoint.com/sites/a?b=c&d=e",
        "Grüße, 東京 (Büro) #4, 50 %",
        "AT&T",
    ],
)
def test_what_means_only_itself_stays(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\r\nBcc: x@evil.example", "a Bcc: x@evil.example"),
        ("a\u2028b\x0bc", "a b c"),
        ("a\x1b]0;x\x07\u202e", "a\ufffd)0;x\ufffd\ufffd"),
        ("<script>alert(1)</script>", "\u2039script\u203aalert(1)\u2039/script\u203a"),
        ("[click](https://evil.example)", "(click)(https://evil.example)"),
        (
            "**b** `c` ~s~ |t| \\",
            "\u2217\u2217b\u2217\u2217 'c' \u223cs\u223c \u00a6t\u00a6 \u2216",
        ),
        ("&lt;b&gt; &#60; &amp", "\uff06lt;b\uff06gt; \uff06#60; &amp"),
        ("@channel and @all, <@U123>", "\uff20channel and \uff20all, \u2039\uff20U123\u203a"),
        ("<!here> <at>ann</at>", "\u2039!here\u203a \u2039at\u203aann\u2039/at\u203a"),
    ],
)
def test_markup_of_every_service_is_nothing_but_letters(text: str, wanted: str) -> None:
    assert plain(text) == wanted


def test_what_is_too_long_is_cut_and_says_so() -> None:
    assert plain("x" * 400, letters_max=10) == "x" * 9 + "…"
    assert plain("x" * 10, letters_max=10) == "x" * 10


@given(st.text())
def test_whatever_comes_is_one_harmless_line(text: str) -> None:
    line = plain(text, letters_max=50)
    assert len(line) <= 50
    assert line.isprintable()
    assert not set(line) & set("<>[]*`|\\~")
    assert not re.search(r"&#?\w+;", line)
    assert not re.search(r"(^|\W)@\w", line)
    assert all(unicodedata.category(one) not in {"Cf", "Cc", "Zl", "Zp"} for one in line)
    assert plain(line, letters_max=50) == line
