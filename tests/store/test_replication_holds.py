"""A hold that comes while a second copy is made, at whatever step: what is still there stays."""

from __future__ import annotations

import pytest

from strongroom.store.holds import StoredHold
from tests.fakes.copied_storage import ID, KIND, ONE, TWO, Places
from tests.fakes.storages import HOME, NOW

HELD = StoredHold(id="h1234", reason="court", by="x", at=NOW)


@pytest.fixture
def places() -> Places:
    """Give a copy of which a restore point is to go, for the storage has had it no more a week."""
    made = Places()
    made.back_up(ONE)
    made.back_up(TWO)
    made.copy()
    (first, _) = made.saved
    made.repository.upkeep.prune([first])
    made.copy()
    made.clock.move(days=8)
    return made


@pytest.mark.parametrize("where", ["here", "there"])
def test_it_keeps_what_was_to_go_until_the_very_moment(places: Places, where: str) -> None:
    (first, _) = places.saved
    gone = f"{HOME}snapshots/{first}"
    files = (dict(places.here.files), dict(places.there.files))
    writes: list[str] = []
    places.there.on_write = writes.append
    places.copy()
    assert writes.count(gone) == 1
    assert gone not in places.there.files
    for step in range(writes.index(gone)):
        for backend, before in zip((places.here, places.there), files, strict=True):
            backend.files.clear()
            backend.files.update(before)
        left = step

        def hold(_: str) -> None:
            nonlocal left
            if left == 0:
                places.there.on_write = lambda _: None
                side = places.storage if where == "here" else places.opened()
                side.holds(KIND, ID).add(HELD)
            left -= 1

        places.there.on_write = hold
        copied = places.copy()
        assert gone in places.there.files, writes[step]
        assert copied.missed == 1
        assert any("held" in note for note in copied.notes), copied.notes
        places.assert_sound(places.there, places.saved)
