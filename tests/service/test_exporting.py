"""Exported files in pieces: the caller writes them, and says which it does not take."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strongroom.errors import ItemError, OperatorError
from strongroom.service import exporting
from strongroom.service.exporting import CallersFolder, IntoFolder, Piece

WHEN = datetime(2024, 3, 5, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize("in_memory", [1, 1024])
def test_a_file_comes_whole_whatever_pieces_it_comes_in(
    tmp_path: Path, in_memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PIECE_BYTES", 4)
    monkeypatch.setattr(exporting, "_IN_MEMORY_BYTES", in_memory)
    with IntoFolder(tmp_path / "out") as write:
        folder = CallersFolder(write)
        folder.write(("a", "long"), [b"0123456789", b"", b"abc"], WHEN)
        folder.write(("a", "empty"), [], None)
    assert (tmp_path / "out/a/long").read_bytes() == b"0123456789abc"
    assert (tmp_path / "out/a/long").stat().st_mtime == WHEN.timestamp()
    assert (tmp_path / "out/a/empty").read_bytes() == b""
    assert len(list((tmp_path / "out").rglob("*"))) == 3


def test_what_cannot_be_read_to_its_end_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PIECE_BYTES", 4)

    def damaged() -> Iterator[bytes]:
        yield b"0123456789"
        raise ItemError("It is damaged.", code="damaged")

    with IntoFolder(tmp_path / "out") as write:
        with pytest.raises(ItemError, match="damaged"):
            CallersFolder(write).write(("half",), damaged(), None)
        CallersFolder(write).write(("next",), [b"whole"], None)
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["next"]
    assert (tmp_path / "out/next").read_bytes() == b"whole"


@pytest.mark.parametrize("names", [("..", "x"), ("a/b",), ("",), ("/etc", "x")])
def test_a_service_cannot_write_outside_the_callers_folder(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    with IntoFolder(tmp_path / "out") as write:
        answer = write(Piece(names=names, content=b"x", is_last=True))
        assert answer is not None
        assert answer.code == "unsafe-name"
        with pytest.raises(ItemError) as caught:
            CallersFolder(write).write(names, [b"x"], None)
        assert caught.value.code == "unsafe-name"
    assert [one.name for one in tmp_path.rglob("*")] == ["out"]


def test_what_is_there_already_is_not_written_over(tmp_path: Path) -> None:
    with IntoFolder(tmp_path) as write:
        CallersFolder(write).write(("x",), [b"first"], None)
        with pytest.raises(ItemError) as caught:
            CallersFolder(write).write(("x",), [b"second"], None)
    assert caught.value.code == "exists"
    assert (tmp_path / "x").read_bytes() == b"first"


def test_nothing_is_made_where_nothing_is_written(tmp_path: Path) -> None:
    with IntoFolder(tmp_path / "out"):
        pass
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_used_ends_the_export(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with IntoFolder(tmp_path / "out") as write, pytest.raises(OperatorError):
        write(Piece(names=("x",), content=b"x", is_last=True))
