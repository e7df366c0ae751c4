"""The file that says who people are elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.cli.people import BYTES_MAX, people_of
from strongroom.errors import OperatorError


def test_each_line_says_who_somebody_is_there(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(
        "# left in March\n\n goro@old.example , hana@new.example\n"
        '"i:0#.w|OLD\\svc, sites",i:0#.f|membership|sites@new.example\n',
        encoding="utf-8-sig",
    )
    assert people_of(file) == {
        "goro@old.example": "hana@new.example",
        "i:0#.w|OLD\\svc, sites": "i:0#.f|membership|sites@new.example",
    }
    assert people_of(None) == {}


@pytest.mark.parametrize("line", ["goro", "goro,", "a,b,c", ",hana", "x" * 200_000])
def test_a_line_that_names_no_two_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"a,b\n{line}\n")
    with pytest.raises(OperatorError, match="Line 2 of"):
        people_of(file)


def test_what_is_no_text_or_too_much_of_it_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OperatorError, match="cannot be read"):
        people_of(file)
    file.write_bytes(b"#" * (BYTES_MAX + 1))
    with pytest.raises(OperatorError, match="too large"):
        people_of(file)
    with pytest.raises(OperatorError, match="cannot be read"):
        people_of(tmp_path / "none.csv")
