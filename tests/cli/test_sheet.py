"""No cell of our CSV is run by a spreadsheet, and every reader of CSV reads what was written."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.cli.sheet import harmless, line

STARTERS = "=+-@\uff1d\uff0b\uff0d\uff20"
SEPARATORS = ",;\t\r\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("ann@example", "ann@example"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("  =1+1", "'  =1+1"),
        ('" =1+1', "'\" =1+1"),
        ('"=1+1"', '\'"=1+1"'),
        ("\t=1+1", "'\t'=1+1"),
        ("\r=1", "'\r'=1"),
        ("a;=1+1", "a;'=1+1"),
        ('a; "@x', "a;' \"@x"),
        ("a,-b", "a,'-b"),
        ("2026-03-05", "2026-03-05"),
        ("a=b, c-d", "a=b, c-d"),
        ("'=1+1", "'=1+1"),
        ("", ""),
    ],
)
def test_what_would_run_gets_an_apostrophe(text: str, written: str) -> None:
    assert harmless(text) == written


def would_run(cell: str) -> bool:
    return cell.lstrip(' "').startswith(tuple(STARTERS + "\t\r"))


TEXTS = st.text(st.sampled_from([*STARTERS, *SEPARATORS, '"', "'", " ", "a", "1", "|"]))


@settings(max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_no_cell_runs_whatever_the_separator(values: list[str]) -> None:
    written = line(values)
    (cells,) = csv.reader(io.StringIO(written, newline=""))
    assert len(cells) == len(values)
    assert not any(would_run(cell) for cell in cells)
    # A spreadsheet in another country cuts at semicolons; it reads quotes as it likes.
    pieces = re.split(r"[;\t\r\n]", written)
    assert not any(would_run(piece) for piece in pieces)


@settings(max_examples=40)
@given(st.lists(st.text(), min_size=1, max_size=4))
def test_every_line_is_one_record_and_one_line(values: list[str]) -> None:
    written = line(values)
    assert written.endswith("\r\n")
    assert written.count("\n") == written.count("\r") == 1
    (cells,) = csv.reader(io.StringIO(written, newline=""), strict=True)
    assert len(cells) == len(values)


def test_numbers_times_and_nothing_stay_what_they_are() -> None:
    moment = datetime(2026, 3, 5, 10, 15, 1, 99, tzinfo=UTC)
    assert line([-5, 12345678901, moment, None, True]) == (
        "-5,12345678901,2026-03-05T10:15:01Z,,True\r\n"
    )
    assert line(['say "no", please']) == '"say ""no"", please"\r\n'
