"""Planned faults come where they are planned, a dead machine stays dead, and a lost one forgets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.disk import Disk
from strongroom.errors import StorageFull, TransientError
from strongroom.store.backend import BlobBackend, NotStored
from strongroom.store.files import TEMPORARY, FileBackend
from tests.contracts.backend import BackendContract
from tests.fakes.faults import Faults, PowerCut, power_cut_at
from tests.fakes.faulty_backend import FaultyBackend
from tests.fakes.faulty_disk import FaultyDisk
from tests.fakes.memory_backend import MemoryBackend

STEPS_OF_A_FIRST_SAVE = [
    *("make_folder", "flush_folder", "make_folder", "flush_folder"),
    *("create", "write", "flush", "link", "remove", "flush_folder"),
]
STEPS_OF_A_DELETE = ["remove", "flush_folder"]


class TestFaultyBackend(BackendContract):
    @pytest.fixture
    def backend(self) -> BlobBackend:
        return FaultyBackend(MemoryBackend(), Faults())


class TestFaultyDisk(BackendContract):
    @pytest.fixture
    def backend(self, tmp_path: Path) -> BlobBackend:
        return FileBackend(tmp_path, disk=FaultyDisk(Faults()))


def test_the_power_goes_at_the_step_that_was_planned_and_stays_away() -> None:
    inner = MemoryBackend()
    with power_cut_at(2) as faults:
        backend = FaultyBackend(inner, faults)
        backend.save("one", b"1")
        assert backend.load("one") == b"1", "reading is no change"
        with pytest.raises(PowerCut):
            backend.delete("one")
        calls: list[Callable[[], object]] = [
            lambda: backend.save("two", b"2"),
            lambda: backend.load("one"),
            lambda: backend.load_range("one", 0, 1),
            lambda: list(backend.list("")),
            lambda: list(backend.folders("")),
            lambda: backend.delete("one"),
        ]
        for call in calls:
            with pytest.raises(PowerCut):
                call()
    assert inner.files == {"one": b"1"}
    assert [step.verb for step in faults.steps] == ["save", "delete"]


def test_a_fault_that_never_came_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="change 2"), power_cut_at(2) as faults:
        FaultyBackend(MemoryBackend(), faults).save("one", b"1")


def test_another_failure_is_not_hidden_by_a_fault_that_never_came() -> None:
    with pytest.raises(ZeroDivisionError), power_cut_at(2):
        raise ZeroDivisionError


def test_a_call_fails_as_often_as_planned_where_it_was_planned() -> None:
    with Faults() as faults:
        faults.fail("load", lambda: TransientError("Busy."), names="index/", passes=1, times=2)
        backend = FaultyBackend(MemoryBackend(), faults)
        backend.save("index/1", b"x")
        backend.save("config", b"c")
        assert backend.load("config") == b"c"
        assert backend.load("index/1") == b"x"
        for _ in range(2):
            with pytest.raises(TransientError):
                backend.load("index/1")
        assert backend.load("index/1") == b"x"


def test_an_answer_may_be_lost_after_the_deed() -> None:
    inner = MemoryBackend()
    with Faults() as faults:
        faults.fail("save", lambda: TransientError("No answer."), comes_after=True)
        with pytest.raises(TransientError):
            FaultyBackend(inner, faults).save("one", b"1")
    assert inner.files == {"one": b"1"}


def test_a_full_storage_takes_nothing_more_and_still_deletes() -> None:
    with Faults() as faults:
        faults.full_at(2)
        backend = FaultyBackend(MemoryBackend(), faults)
        backend.save("one", b"1")
        for name in ("two", "three"):
            with pytest.raises(StorageFull):
                backend.save(name, b"2")
        backend.delete("one")


def test_every_step_of_a_save_and_of_a_delete_is_told(tmp_path: Path) -> None:
    faults = Faults()
    backend = FileBackend(tmp_path, disk=FaultyDisk(faults))
    backend.save("a/b/one", b"1")
    backend.delete("a/b/one")
    assert [step.verb for step in faults.steps] == STEPS_OF_A_FIRST_SAVE + STEPS_OF_A_DELETE


@pytest.mark.parametrize("loses", [True, False])
@pytest.mark.parametrize("number", range(1, len(STEPS_OF_A_FIRST_SAVE) + 1))
def test_a_save_stopped_anywhere_leaves_all_or_nothing(
    tmp_path: Path, number: int, *, loses: bool
) -> None:
    with power_cut_at(number) as faults:
        FileBackend(tmp_path, disk=FaultyDisk(faults, loses=loses)).save("a/b/one", b"1" * 100)
    after = FileBackend(tmp_path)
    assert [entry.size for entry in after.list("")] in ([], [100])
    after.save("a/b/one", b"1" * 100)
    assert after.load("a/b/one") == b"1" * 100


def test_what_save_returned_from_is_there_after_a_power_cut(tmp_path: Path) -> None:
    with power_cut_at(len(STEPS_OF_A_FIRST_SAVE) + 1) as faults:
        backend = FileBackend(tmp_path, disk=FaultyDisk(faults))
        backend.save("a/b/one", b"1")
        backend.save("a/b/two", b"2")
    assert FileBackend(tmp_path).load("a/b/one") == b"1"
    assert not list(tmp_path.glob(f"a/b/{TEMPORARY}*")), "its removal was flushed too"


def _lost_without(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileBackend:
    """Save one file on a disk that leaves one kind of step out, and cut the power."""
    faults = Faults()
    backend = FileBackend(tmp_path, disk=FaultyDisk(faults))
    monkeypatch.setattr(FaultyDisk, step, lambda *_: None)
    backend.save("one", b"1")
    faults.stop_at(faults.changes + 1)
    with pytest.raises(PowerCut):
        backend.save("two", b"2")
    return FileBackend(tmp_path)


def test_content_that_was_never_flushed_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _lost_without("flush", tmp_path, monkeypatch).load("one") == b""


def test_a_name_that_was_never_flushed_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotStored):
        _lost_without("flush_folder", tmp_path, monkeypatch).load("one")


def test_a_removal_that_was_never_flushed_is_undone(tmp_path: Path) -> None:
    FileBackend(tmp_path).save("one", b"1")
    with power_cut_at(2) as faults:
        FileBackend(tmp_path, disk=FaultyDisk(faults)).delete("one")
    assert FileBackend(tmp_path).load("one") == b"1"


@pytest.mark.parametrize("number", range(1, len(STEPS_OF_A_FIRST_SAVE) + 1))
def test_a_full_disk_is_told_at_every_step_that_needs_room(tmp_path: Path, number: int) -> None:
    needs_room = {"make_folder", "create", "write", "link"} & set(
        STEPS_OF_A_FIRST_SAVE[number - 1 :]
    )
    faults = Faults()
    faults.full_at(number)
    backend = FileBackend(tmp_path, disk=FaultyDisk(faults))
    if needs_room:
        with pytest.raises(StorageFull):
            backend.save("a/b/one", b"1" * 100)
        assert list(FileBackend(tmp_path).list("")) == []
        assert not list(tmp_path.rglob(f"{TEMPORARY}*"))
    else:
        backend.save("a/b/one", b"1" * 100)


def test_many_threads_die_at_once() -> None:
    died: list[bool] = []
    with power_cut_at(50) as faults:
        backend = FaultyBackend(MemoryBackend(), faults)

        def save(thread: int) -> None:
            try:
                for number in range(50):
                    backend.save(f"{thread}/{number}", b"x")
            except PowerCut:
                died.append(True)

        threads = [threading.Thread(target=save, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert died == [True] * 4
    assert faults.changes == 50


def test_the_real_disk_and_the_faulty_one_have_the_same_steps() -> None:
    steps = {name for name in vars(Disk) if not name.startswith("_")}
    assert steps <= set(vars(FaultyDisk))
