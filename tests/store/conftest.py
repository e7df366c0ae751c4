"""What several tests of the store begin with."""

from __future__ import annotations

import pytest

from strongroom.store.repository import Repository
from tests.fakes.copied_storage import ONE, Places
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import new_repository


@pytest.fixture
def backend() -> MemoryBackend:
    """Give an empty place in memory."""
    return MemoryBackend()


@pytest.fixture
def repository(backend: MemoryBackend) -> Repository:
    """Give an empty repository there."""
    return new_repository(backend)


@pytest.fixture
def places() -> Places:
    """Give a storage with one restore point, and an empty place for its copy."""
    made = Places()
    made.back_up(ONE)
    return made
