"""The real backend and the fake keep the same promises; the real one also keeps its own."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from strongroom.errors import OperatorError, StorageFull
from strongroom.store import files
from strongroom.store.backend import BlobBackend, NameTaken
from strongroom.store.files import FileBackend
from strongroom.store.objects import memory_backend
from tests.contracts.backend import BackendContract
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend


class TestFileBackend(BackendContract):
    @pytest.fixture
    def backend(self, tmp_path: Path) -> BlobBackend:
        return FileBackend(tmp_path / "not" / "there" / "yet")


class TestFileBackendWithoutHardLinks(BackendContract):
    @pytest.fixture
    def backend(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BlobBackend:
        def refuse(source: Path, target: Path) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(os, "link", refuse)
        return FileBackend(tmp_path)

    def test_of_many_that_save_one_name_at_once_exactly_one_wins(
        self, backend: BlobBackend
    ) -> None:
        """Without hard links only this much can be promised: who comes later loses."""
        backend.save("config", b"first")
        with pytest.raises(NameTaken):
            backend.save("config", b"second")
        assert backend.load("config") == b"first"


class TestMemoryBackend(BackendContract):
    @pytest.fixture
    def backend(self) -> BlobBackend:
        return MemoryBackend()


def test_file_and_folder_are_flushed_before_save_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story: list[str] = []
    real_fsync, real_link = os.fsync, os.link

    def fsync(descriptor: int) -> None:
        story.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_fsync(descriptor)

    def link(source: Path, target: Path) -> None:
        story.append("named")
        real_link(source, target)

    backend = FileBackend(tmp_path)
    backend.save("data/first", b"makes the folder")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "link", link)
    backend.save("data/second", b"x")
    assert story == ["file", "named", "folder"]


def test_what_a_killed_process_left_is_not_listed_and_goes_away_a_day_later(tmp_path: Path) -> None:
    clock = HandClock()
    backend = FileBackend(tmp_path, clock=clock)
    backend.save("data/ab/pack", b"x")
    leftover = tmp_path / "data" / "ab" / f"{files.TEMPORARY}0123456789abcdef"
    leftover.write_bytes(b"half a pa")
    written = clock.now().timestamp()
    os.utime(leftover, (written, written))

    assert [entry.name for entry in backend.list("data/")] == ["data/ab/pack"]
    assert leftover.exists(), "somebody may still be writing it"

    clock.move(hours=25)
    assert [entry.name for entry in backend.list("data/")] == ["data/ab/pack"]
    assert not leftover.exists()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    backend = FileBackend(tmp_path)
    backend.save("data/before", b"x")

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageFull) as caught:
        backend.save("data/after", b"x" * 100)
    assert "data/after" in caught.value.what
    assert caught.value.hint
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["before"]


def test_a_refusal_of_the_operating_system_names_the_file_and_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OperatorError) as caught:
        FileBackend(tmp_path).save("config", b"x")
    assert "config" in caught.value.what
    assert caught.value.hint


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    FileBackend(tmp_path / "storage").save("data/pack", b"x")
    assert (tmp_path / "storage" / "data" / "pack").stat().st_mode & 0o077 == 0
    assert (tmp_path / "storage").stat().st_mode & 0o077 == 0


def test_a_file_in_the_place_of_a_storage_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_bytes(b"dear Ada")
    with pytest.raises(OperatorError, match="is a file") as caught:
        list(FileBackend(tmp_path / "letter.txt").list(""))
    assert caught.value.hint


class TestObjectBackend(BackendContract):
    @pytest.fixture
    def backend(self) -> BlobBackend:
        return memory_backend()
