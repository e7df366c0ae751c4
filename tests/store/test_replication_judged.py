"""restic judges a copy that was cut off, at every moment at which that can happen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from strongroom.store.files import FileBackend
from strongroom.store.replica import Replica
from strongroom.store.replica_words import Order
from strongroom.store.storage import Storage
from tests.fakes.faults import Faults, PowerCut
from tests.fakes.faulty_backend import FaultyBackend
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.restics import ResticProgram
from tests.fakes.storages import HOME, NOW, new_storage, put

KIND, ID = "mailbox", "a1b2"


def copy(storage: Storage, place: FaultyBackend, clock: HandClock) -> None:
    replica = Replica(storage, place, clock)
    replica.begin()
    replica.copy(KIND, ID, Order(clock=clock, lanes=1))
    replica.finish(whole=[(KIND, ID)], began=clock.now())


@pytest.mark.soak
def test_restic_finds_a_copy_clean_wherever_it_was_cut_off(
    tmp_path: Path, restic_program: ResticProgram
) -> None:
    clock = HandClock(NOW)
    storage = new_storage(MemoryBackend(), clock)
    repository = storage.repository(KIND, ID, create=True)
    root = None
    for number in range(3):
        one = put(repository, {("mail", str(number)): bytes([number]) * 900}, root=root, time=NOW)
        root = repository.load_snapshot(one).tree
    with Faults() as counted:
        copy(storage, FaultyBackend(MemoryBackend(), counted), clock)
    for number in range(1, counted.changes + 1):
        folder = tmp_path / str(number)
        with Faults() as faults:
            faults.stop_at(number)
            with pytest.raises(PowerCut):
                copy(storage, FaultyBackend(FileBackend(folder), faults), clock)
        restic = restic_program.on(folder / HOME)
        for is_whole in (False, True):
            if is_whole:
                copy(storage, FaultyBackend(FileBackend(folder), Faults()), clock)
            if (folder / HOME / "config").exists():
                restic("check", "--read-data", "--no-lock")
                known = json.loads(restic("snapshots", "--json", "--no-lock"))
                assert len(known) == 3 if is_whole else len(known) <= 3
            else:
                assert not (folder / HOME / "snapshots").exists()
