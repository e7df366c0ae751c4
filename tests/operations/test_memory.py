"""Twenty thousand items do not have to fit in memory."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

import pytest

from strongroom.operations import collecting
from tests.fakes.mailbox import EPOCH
from tests.operations.support import World

ITEMS = 20_000
BODY = b"The same body every time, so that the storage stays small. " * 10


def test_a_folder_of_twenty_thousand_items_takes_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collecting, "CHECKPOINT_ITEMS", 5_000)
    world = World()
    box = world.mailbox
    box.page_items = 5_000
    folder = box.add_folder("Inbox")
    for number in range(ITEMS):
        box.add_item(folder, f"Letter {number}", BODY, when=EPOCH + timedelta(minutes=20 * number))
    tracemalloc.start()
    coverage = world.back_up()
    first = tracemalloc.get_traced_memory()[1]
    assert coverage.is_complete
    for item_id in list(box.folders[folder].items)[::5_000]:
        box.edit_item(item_id, b"edited")
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    assert world.back_up().totals.saved == 4
    second = tracemalloc.get_traced_memory()[1] - held
    tracemalloc.stop()
    # Everything at once would be three times that; the second run touches four days.
    assert first < 60_000_000, first
    assert second < 15_000_000, second
