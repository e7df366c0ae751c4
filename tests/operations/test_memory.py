"""A folder's items do not have to fit in memory."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

import pytest

from strongroom.operations import collecting
from tests.fakes.mailbox import EPOCH
from tests.operations.support import World

BODY = b"The same body every time, so that the storage stays small. " * 10


@pytest.mark.parametrize("items", [4_000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_a_large_folder_takes_little_memory(items: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "CHECKPOINT_ITEMS", items // 4)
    world = World()
    box = world.mailbox
    box.page_items = items // 4
    folder = box.add_folder("Inbox")
    for number in range(items):
        box.add_item(folder, f"Letter {number}", BODY, when=EPOCH + timedelta(minutes=20 * number))
    tracemalloc.start()
    coverage = world.back_up()
    first = tracemalloc.get_traced_memory()[1]
    assert coverage.is_complete
    for item_id in list(box.folders[folder].items)[:: items // 4]:
        box.edit_item(item_id, b"edited")
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    assert world.back_up().totals.saved == 4
    second = tracemalloc.get_traced_memory()[1] - held
    tracemalloc.stop()
    # Everything at once would be 2,000 bytes an item; the second run touches four days.
    assert first < 1_600 * items, first
    assert second < 500 * items, second
