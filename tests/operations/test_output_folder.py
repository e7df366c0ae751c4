"""Writing below one folder, on systems with handles of folders and on those without."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strongroom.errors import ItemError, OperatorError
from strongroom.operations.export import ExportRequest
from strongroom.operations.folder_handles import FolderHandle, HeldFolder, NamedFolder, stand_in
from strongroom.operations.output_folder import OutputFolder
from tests.operations.support import World
from tests.operations.test_export import exported

Stand = Callable[[Path], FolderHandle]
WHEN = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)


@pytest.fixture(params=[HeldFolder, NamedFolder])
def stand(request: pytest.FixtureRequest) -> Stand:
    kind: type[HeldFolder | NamedFolder] = request.param
    return kind.at


def test_files_come_into_folders_that_are_made_for_them(stand: Stand, tmp_path: Path) -> None:
    with OutputFolder(tmp_path / "out", stand) as output:
        output.write(("a", ".items", "one"), [b"1", b"1"], WHEN)
        output.write(("a", ".items", "two"), [b"2"], None)
        output.write(("top",), [b"0"], WHEN)
        output.write(("a", "b", "three"), [], None)
    found = {
        str(path.relative_to(tmp_path / "out")): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert found == {"a/.items/one": b"11", "a/.items/two": b"2", "top": b"0", "a/b/three": b""}
    assert (tmp_path / "out" / "top").stat().st_mtime == WHEN.timestamp()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "out").rglob("*"))


def test_the_same_bytes_again_are_well_and_others_are_refused(stand: Stand, tmp_path: Path) -> None:
    with OutputFolder(tmp_path, stand) as output:
        output.write(("one",), [b"mine"], None)
        output.write(("one",), [b"mi", b"ne"], None)
        with pytest.raises(ItemError) as caught:
            output.write(("one",), [b"other"], None)
    assert caught.value.code == "exists"
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("one", b"mine")]


def test_links_in_the_way_are_not_followed(stand: Stand, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "folder").symlink_to(outside, target_is_directory=True)
    (tmp_path / "out" / "file").symlink_to(outside / "file")
    with OutputFolder(tmp_path / "out", stand) as output:
        for names in (("folder", "x"), ("file", "x"), ("file",)):
            with pytest.raises(ItemError):
                output.write(names, [b"mine"], None)
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == {"file": b"mine"}
    assert not list(tmp_path.rglob("*.part"))


def test_an_error_in_the_middle_leaves_no_half_file(stand: Stand, tmp_path: Path) -> None:
    def pieces() -> object:
        yield b"half"
        raise OSError(errno.EIO, "broken")

    with OutputFolder(tmp_path, stand) as output, pytest.raises(OperatorError):
        output.write(("a", "one"), pieces(), None)  # type: ignore[arg-type]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_system_without_hard_links_will_do(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with OutputFolder(tmp_path, stand) as output:
        output.write(("one",), [b"mine"], None)
        output.write(("one",), [b"mine"], None)
        with pytest.raises(ItemError):
            output.write(("one",), [b"other"], None)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("one", b"mine")]


@pytest.mark.parametrize("name", ["C:x", "x:stream", "NUL", "com1.txt", "x.", "x ", "a*b", "."])
def test_what_windows_takes_for_something_else_is_refused_where_names_are_all_there_is(
    name: str, tmp_path: Path
) -> None:
    with OutputFolder(tmp_path, NamedFolder.at) as output:
        for names in ((name,), (name, "x")):
            with pytest.raises(ItemError) as caught:
                output.write(names, [b"x"], None)
            assert caught.value.code == "unsafe-name"
    assert list(tmp_path.iterdir()) == []


def test_without_handles_of_folders_an_export_gives_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    inbox = world.mailbox.add_folder("Inbox")
    for subject in ("Letter", "..", "NUL", "a:b", "x" * 300, "\u202egnp.exe"):
        world.mailbox.add_item(inbox, subject)
        world.mailbox.add_item(world.mailbox.add_folder(subject, inbox), subject)
    world.back_up()
    assert exported(world, ExportRequest(output=tmp_path / "held")).is_complete
    monkeypatch.setattr(os, "supports_dir_fd", set())
    assert isinstance(stand_in(tmp_path), NamedFolder)
    assert exported(world, ExportRequest(output=tmp_path / "named")).is_complete
    assert files(tmp_path / "held") == files(tmp_path / "named")


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
