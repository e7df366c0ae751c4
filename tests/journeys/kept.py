"""What lies in a storage, read directly: the commands search for each folder anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from strongroom import compose
from strongroom.operations.points import RestorePoint, choose
from strongroom.operations.saved import SavedTree
from strongroom.store.files import TEMPORARY
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


def locks_of(repository: Path) -> list[str]:
    """Name the locks in a repository's folder.

    Whoever is killed while a file is written leaves its beginning under another name, which nobody
    takes for a lock, and which goes after a day.
    """
    names = (one.name for one in (repository / "locks").iterdir())
    return [name for name in names if not name.startswith(TEMPORARY)]


def _items(repository: Repository, point: RestorePoint) -> list[str]:
    tree = SavedTree(repository.reader(), point.tree)
    return sorted(one.item.id for folder in tree.folders() for one in tree.items(folder))
