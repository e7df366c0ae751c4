"""A run that builds on what a killed one left loses nothing to a power cut right after it.

A killed process may have named a file whose folder it never flushed. Others see it, and a run does
not store again what is there already. If the power goes before the file system has written it by
itself, it is gone, and with it what the later run stood on: unless that saw to it first.
"""

from __future__ import annotations

from pathlib import Path

from strongroom.store.files import FileBackend
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from strongroom.store.trees import TreePath
from tests.fakes.faults import Faults, power_cut_at
from tests.fakes.faulty_disk import FaultyDisk
from tests.fakes.hand_clock import HandClock
from tests.fakes.storages import PASSWORD, content, new_repository, new_storage, put, reopen

BEFORE: dict[TreePath, bytes] = {("mail", "one"): b"one" * 50}
NEW: dict[TreePath, bytes] = {("mail", "two"): b"two" * 50, ("mail", "three"): b"three" * 50}


def quick(folder: Path) -> FileBackend:
    """Open a folder on a disk on which nothing happens."""
    return FileBackend(folder, disk=FaultyDisk(Faults()))


def run(repository: Repository, base: str) -> str:
    return put(repository, NEW, root=repository.load_snapshot(base).tree)


def changes_of_a_run(folder: Path) -> int:
    base = put(new_repository(quick(folder)), BEFORE)
    with Faults() as faults:
        run(reopen(FileBackend(folder, disk=FaultyDisk(faults))), base)
    return faults.changes


def test_a_run_after_a_killed_one_stands_on_what_is_durable(tmp_path: Path) -> None:
    for number in range(1, changes_of_a_run(tmp_path / "counted") + 1):
        folder = tmp_path / str(number)
        base = put(new_repository(quick(folder)), BEFORE)
        with power_cut_at(number) as faults:
            killed = FaultyDisk(faults, loses=False)
            run(reopen(FileBackend(folder, disk=killed)), base)
        disk = killed.after_kill(Faults())
        second = run(reopen(FileBackend(folder, disk=disk)), base)
        disk.lose()
        after = reopen(FileBackend(folder))
        assert after.check(read_data=True) == [], f"killed at {faults.steps[-1]}"
        assert content(after, second) == BEFORE | NEW
        assert content(after, base) == BEFORE


def test_a_repository_whose_making_was_killed_is_durable_once_it_is_used(tmp_path: Path) -> None:
    new_storage(quick(tmp_path / "counted"))
    with Faults() as counted:
        opened(tmp_path / "counted", FaultyDisk(counted))
    for number in range(1, counted.changes + 1):
        folder = tmp_path / str(number)
        new_storage(quick(folder))
        with power_cut_at(number) as faults:
            killed = FaultyDisk(faults, loses=False)
            opened(folder, killed)
        disk = killed.after_kill(Faults())
        only = put(opened(folder, disk), BEFORE)
        disk.lose()
        after = reopen(FileBackend(folder))
        assert content(after, only) == BEFORE, f"killed at {faults.steps[-1]}"


def opened(folder: Path, disk: FaultyDisk) -> Repository:
    """Open the storage's repository, and make it if it is not there."""
    storage = Storage.open_with_password(
        FileBackend(folder, disk=disk), PASSWORD, clock=HandClock()
    )
    return storage.repository("mailbox", "a1b2", create=True)
