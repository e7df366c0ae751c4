"""Look into a restore point: folders, items, and one item's content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.operations.points import RestorePoint
from strongroom.operations.saved import SavedFolder, SavedItem
from strongroom.store.repository import Repository
from strongroom.words.item import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What stands at one path of a restore point.

    Attributes:
        point: Which restore point.
        folder: The folder asked for; None for the root of a resource whose root is no folder.
        folders: The folders right below it.
        items: Its items, by month and day, hidden (associated) ones included: look at
            ``item.is_associated``. Can be gone through once.
    """

    point: RestorePoint
    folder: SavedFolder | None
    folders: tuple[SavedFolder, ...]
    items: Iterator[SavedItem]


def browse(repository: Repository, path: tuple[str, ...] = (), *, at: str | None = None) -> Listing:
    """List a folder of a restore point by its real names.

    Raises:
        OperatorError: no such point or folder.
    """
    raise NotImplementedError


def show(
    repository: Repository, item: str, *, at: str | None = None
) -> tuple[SavedFolder, SavedItem, Content]:
    """Read one item with its whole content.

    Args:
        repository: Where it lies.
        item: The item's id, or the eight characters in its file's name.
        at: See ``points.choose``.

    Raises:
        OperatorError: no such point or item, or more than one.
    """
    raise NotImplementedError
