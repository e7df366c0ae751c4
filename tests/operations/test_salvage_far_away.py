"""Salvage of what lies in an object store: the same is told, and all that is left comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.operations.export import ExportRequest, export
from strongroom.operations.interfaces import Quiet
from strongroom.operations.mending import mend
from strongroom.operations.restore import RestoreRequest
from strongroom.store.backend import BlobBackend
from strongroom.store.objects import memory_backend
from strongroom.store.storage import Storage
from tests.operations.support import World
from tests.operations.test_damaged import (
    HOMES,
    elsewhere,
    held,
    looked_at,
    names_of,
    new_world,
    place_of,
)

HOME = HOMES[World]


class Far:
    """A mailbox whose backups lie in an object store.

    Attributes:
        world: The mailbox, and its storage there.
        place: The object store.
    """

    def __init__(self) -> None:
        self.world = new_world()
        self.place: BlobBackend = memory_backend()
        for name, content in self.world.backend.files.items():
            self.place.save(name, content)
        self.world.storage = Storage.open_with_password(
            self.place, "password of a test", clock=self.world.clock
        )

    def change(self, name: str, how: Callable[[bytes], bytes]) -> None:
        content = self.place.load(name)
        self.place.delete(name)
        self.place.save(name, how(content))

    def flip_letter(self) -> None:
        """Flip a bit of what one letter says."""
        lies = place_of(self.world, lambda data: data.startswith(b"Letter 3"), "data")
        at = lies.entry.offset + 17
        self.change(lies.name, lambda one: one[:at] + bytes([one[at] ^ 1]) + one[at + 1 :])


@pytest.fixture
def far() -> Far:
    return Far()


def test_one_letter_is_named_and_all_others_are_restored_and_exported(
    far: Far, tmp_path: Path
) -> None:
    far.flip_letter()
    (told,) = looked_at(far.world, read_data=True)
    assert (told.items, told.lost) == (9, 1)
    assert [one.name for one in told.damage] == ["Letter 3"]
    (bare,) = looked_at(far.world)
    assert bare.is_whole, "only whoever reads all of it can know"
    other = elsewhere(far.world)
    coverage = far.world.restore(tmp_path / "journal", RestoreRequest(folder=()))
    assert names_of(coverage) == ["Letter 3"]
    (missing,) = held(far.world.mailbox) - held(other)
    assert missing[1][0] == "Letter 3"
    exported = export(
        far.world.repository(), ExportRequest(output=tmp_path / "out"), progress=Quiet()
    )
    assert names_of(exported) == ["Letter 3"]
    assert exported.totals.saved == 9


def test_a_pack_that_is_gone_names_what_lay_in_it_and_the_next_backup_has_it_again(
    far: Far,
) -> None:
    far.place.delete(place_of(far.world, lambda data: data.startswith(b"Letter 3"), "data").name)
    (told,) = looked_at(far.world)
    assert told.items + told.lost == 10
    assert told.lost > 0
    assert told.damage
    far.world.repository().upkeep.repair(read_data=True)
    mend(far.world.repository(), far.world.clock)
    assert far.world.back_up().is_complete
    newest, oldest = looked_at(far.world, read_data=True)
    assert newest.is_whole
    assert newest.items == 10
    assert oldest.is_whole, "the server still had the very same bytes"
    assert far.world.saved() == far.world.mailbox.contents()


def test_after_a_repair_of_its_index_all_is_there(far: Far, tmp_path: Path) -> None:
    (name,) = [one.name for one in far.place.list(f"{HOME}index/")]
    far.change(name, lambda data: data[:40])
    far.world.repository().upkeep.repair()
    (told,) = looked_at(far.world, read_data=True)
    assert told.is_whole
    other = elsewhere(far.world)
    assert far.world.restore(tmp_path / "journal", RestoreRequest(folder=())).is_complete
    assert held(far.world.mailbox) - held(other) == Counter()


def test_a_damaged_snapshot_hides_no_other(far: Far) -> None:
    first = far.world.repository().snapshot_ids()
    far.world.clock.move(hours=1)
    far.world.back_up()
    far.change(f"{HOME}snapshots/{first[0]}", lambda data: data[:-1])
    newest, damaged = looked_at(far.world)
    assert newest.is_whole
    assert (damaged.point, damaged.items, damaged.is_whole) == (first[0], 0, False)
