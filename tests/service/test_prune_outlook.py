"""What a prune would free, said beforehand of each resource and in total."""

from __future__ import annotations

import random

import pytest

from strongroom.service.application import Application
from strongroom.service.retention import KeepRules
from strongroom.service.selections import BackupSelection
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.store.trees import FileEntry, patch
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import STORAGE_URL, World
from tests.fakes.memory_backend import MemoryBackend
from tests.service.support import wait

ANN, BOB = "ann@example", "bob@example"
SIZES = {ANN: 60_000, BOB: 25_000}


@pytest.fixture
def kept(ready: Application, world: World) -> Application:
    """Give a home with two points of each of two mailboxes, each point with bytes of its own."""
    assert isinstance(world.clock, HandClock)
    for address in SIZES:
        world.estate.add(address)
    ready.jobs.add_backup(
        "nightly",
        connection="office",
        storage="disk",
        selection=BackupSelection(resources=tuple(SIZES)),
        keep=KeepRules(keep="last:1"),
    )
    chance = random.Random(3)
    for address, size in SIZES.items():
        for _ in range(2):
            save(ready, world, address, chance.randbytes(size))
            world.clock.move(days=1)
    return ready


def save(application: Application, world: World, address: str, content: bytes) -> None:
    """Make a restore point of this alone."""
    made, now = repository(application, world, address), world.clock.now()
    with made.lock():
        entry = FileEntry(made.writer().save_file(content), now)
        made.save_snapshot(
            Snapshot(
                time=now,
                tree=patch(made.reader(), made.writer(), None, {("message",): entry}, now),
                host="office",
                paths=(address,),
                tags=(
                    "mailbox",
                    world.estate.id_of(address),
                    "complete",
                    f"job:{application.jobs.show('nightly').id}",
                ),
            )
        )


def repository(application: Application, world: World, address: str) -> Repository:
    storage = application.storages.open("disk")
    return storage.repository("mailbox", world.estate.id_of(address), create=True)


def test_it_is_what_the_prune_then_frees_and_looking_changes_nothing(
    kept: Application, world: World
) -> None:
    backend = world.backends[STORAGE_URL]
    assert isinstance(backend, MemoryBackend)
    before = dict(backend.files)
    foreseen = kept.retention.foresee("disk")
    assert backend.files == before
    told = {one.resource: one for one in foreseen.frees}
    for address, size in SIZES.items():
        assert told[address].points == 1
        assert size < (told[address].bytes_freed or 0) < size + 2000
    assert foreseen.bytes_freed == sum(one.bytes_freed or 0 for one in told.values())
    assert [one.resource for one in kept.retention.foresee("disk", (BOB,)).frees] == [BOB]
    run, _ = kept.retention.ask_prune("disk")
    for task in wait(kept, run)["tasks"]:
        freed = told[task["resource"]].bytes_freed or 0
        assert 0 <= freed - task["ways"]["bytes_freed"] < 500, "the headers of new packs"


def test_one_that_is_damaged_or_being_pruned_is_named_and_hides_no_other(
    kept: Application, world: World
) -> None:
    backend = world.backends[STORAGE_URL]
    assert isinstance(backend, MemoryBackend)
    folder = f"repositories/mailbox/{world.estate.id_of(ANN)}/data/"
    for name in [name for name in backend.files if name.startswith(folder)]:
        del backend.files[name]
    with repository(kept, world, BOB).lock(exclusive=True):
        ann, bob = sorted(kept.retention.foresee("disk").frees, key=lambda one: one.resource)
    assert (ann.bytes_freed, bob.bytes_freed) == (None, None)
    assert "missing" in ann.problem
    assert "locked by" in bob.problem
    assert (ann.is_damage, bob.is_damage) == (True, False)
    bob = next(one for one in kept.retention.foresee("disk").frees if one.resource == BOB)
    assert bob.bytes_freed
