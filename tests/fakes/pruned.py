"""What tests of pruning share: two snapshots that have something in common, and what lies where."""

from __future__ import annotations

from strongroom.store.trees import TreePath
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import HOME

KEPT: dict[TreePath, bytes] = {("mail", "kept"): b"kept" * 100, ("mail", "both"): b"both" * 100}
GONE: dict[TreePath, bytes] = {("mail", "gone"): b"gone" * 100, ("mail", "both"): b"both" * 100}


def names(backend: MemoryBackend, folder: str) -> set[str]:
    """Name what lies in a folder of the repository."""
    below = f"{HOME}{folder}/"
    return {name.removeprefix(below) for name in backend.files if name.startswith(below)}


def all_files(backend: MemoryBackend) -> dict[str, bytes]:
    """Give everything that is there but locks."""
    return {name: data for name, data in backend.files.items() if "/locks/" not in name}
