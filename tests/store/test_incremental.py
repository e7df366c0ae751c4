"""A small change of a very large folder costs as much as the change, not as the folder."""

from __future__ import annotations

import pytest

from tests.fakes.large_folder import LargeFolder
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import new_repository, reopen

BYTES_MAX = 100_000


@pytest.mark.parametrize("items", [10_000, pytest.param(200_000, marks=pytest.mark.soak)])
def test_a_small_change_of_a_large_folder_stores_little(items: int) -> None:
    """Packs, index and snapshot count; what the ten new items hold would come on top."""
    backend = MemoryBackend()
    folder = LargeFolder(new_repository(backend), items)
    folder.fill()
    known = set(backend.files)
    folder.repository = reopen(backend)
    folder.change()
    new = {name: len(data) for name, data in backend.files.items() if name not in known}
    folders = sorted(name.split("/")[3] for name in new)
    assert folders == ["data", "data", "index", "snapshots"]
    assert sum(new.values()) < BYTES_MAX, new
