"""A journal survives what a crash does to a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.errors import IntegrityError
from strongroom.operations.journal import FileJournal
from strongroom.words.json import Json


def lines_of(path: Path) -> list[dict[str, Json]]:
    with FileJournal(path) as journal:
        return list(journal.lines())


def test_what_was_appended_is_read_again(tmp_path: Path) -> None:
    with FileJournal(tmp_path / "journal") as journal:
        journal.append({"a": 1}, {"b": "ü\n"})
        journal.append({"c": [1, 2]})
    assert lines_of(tmp_path / "journal") == [{"a": 1}, {"b": "ü\n"}, {"c": [1, 2]}]


def test_a_last_line_cut_anywhere_is_dropped_and_writing_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with FileJournal(path) as journal:
        journal.append({"a": 1}, {"b": "x" * 100_000})
    whole = path.read_bytes()
    for cut in (1, 2, 50_000, 70_000, len(whole) - 9, len(whole) - 1):
        path.write_bytes(whole[:-cut])
        with FileJournal(path) as journal:
            journal.append({"c": 3})
        kept = [{"a": 1}] if whole[:-cut].startswith(b'{"a":1}\n') else []
        assert lines_of(path) == [*kept, {"c": 3}]


def test_damage_in_the_middle_is_loud(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'{"a":1}\n{"b":\n{"c":1}\n')
    with pytest.raises(IntegrityError) as caught:
        lines_of(path)
    assert "line 2" in caught.value.what
    assert caught.value.hint


def test_it_is_for_its_owner_only(tmp_path: Path) -> None:
    FileJournal(tmp_path / "journal").close()
    assert (tmp_path / "journal").stat().st_mode & 0o077 == 0
