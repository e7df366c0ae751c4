"""The next backup of a large folder costs what changed in it, not what it holds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.mailbox import EPOCH
from tests.operations.support import World

ITEMS_A_DAY = 55
BYTES_MAX = 100_000


@pytest.mark.parametrize("items", [2_000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_a_small_change_of_a_large_folder_stores_and_reads_little(
    items: int, tmp_path: Path
) -> None:
    world = World()
    world.storage.index_caches = tmp_path
    box = world.mailbox
    box.page_items = 2_000
    folder = box.add_folder("Inbox")
    step = timedelta(days=1) / ITEMS_A_DAY
    for number in range(items):
        box.add_item(folder, f"Letter {number}", b"body", when=EPOCH + number * step)
    world.back_up()
    known = set(world.backend.files)
    ids = list(box.folders[folder].items)
    for item_id in (ids[0], ids[items // 3], ids[items // 2], ids[-60], ids[-1]):
        box.delete_item(item_id)
    for number in range(10):
        box.add_item(folder, f"New {number}", b"new", when=EPOCH + (items + number) * step)
    read: list[int] = []
    load_range = world.backend.load_range

    def counted(name: str, offset: int, length: int) -> bytes:
        read.append(length)
        return load_range(name, offset, length)

    world.backend.load_range = counted  # type: ignore[method-assign]
    coverage = world.back_up()
    bytes_read = sum(read)
    new = {name: len(data) for name, data in world.backend.files.items() if name not in known}
    assert coverage.is_complete
    assert coverage.totals.saved == 10
    assert sum(new.values()) < BYTES_MAX, new
    assert bytes_read < BYTES_MAX
    assert world.saved() == box.contents()
