"""A storage that was opened for reading alone is not changed."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError
from strongroom.store.backend import Stored
from strongroom.store.layers.read_only import ReadOnly
from tests.fakes.memory_backend import MemoryBackend


def test_everything_can_be_read_and_nothing_changed() -> None:
    inner = MemoryBackend()
    inner.save("data/one", b"123")
    backend = ReadOnly(inner)
    assert backend.load("data/one") == b"123"
    assert backend.load_range("data/one", 1, 1) == b"2"
    assert list(backend.list("data/")) == [Stored("data/one", 3)]
    assert list(backend.folders("")) == ["data"]
    with pytest.raises(OperatorError, match="reading alone"):
        backend.save("data/two", b"2")
    with pytest.raises(OperatorError, match="reading alone") as caught:
        backend.delete("data/one")
    assert caught.value.hint
    assert inner.files == {"data/one": b"123"}
