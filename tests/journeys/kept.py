"""What lies in a storage, read directly: the commands search for each folder anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from strongroom import compose
from strongroom.operations.points import RestorePoint, choose
from strongroom.operations.saved import SavedTree
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from tests.journeys.support import Strongroom


@contextmanager
def storage_of(strongroom: Strongroom, name: str) -> Iterator[Storage]:
    """Open a storage of a home."""
    with compose.open_application(strongroom.home) as application:
        yield application.storages.open(name)


def kept_items(storage: Storage) -> Mapping[str, list[str]]:
    """List the ids of all items in each resource's newest restore point, sorted."""
    found: dict[str, list[str]] = {}
    for kind, id_ in storage.repositories():
        repository = storage.repository(kind, id_)
        point = choose(repository)
        assert point.resource not in found
        found[point.resource] = _items(repository, point)
    return found


def _items(repository: Repository, point: RestorePoint) -> list[str]:
    tree = SavedTree(repository.reader(), point.tree)
    return sorted(one.item.id for folder in tree.folders() for one in tree.items(folder))
