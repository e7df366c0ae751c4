"""Look into a restore point: folders, items, and one item's content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.content.names import printable
from strongroom.errors import OperatorError
from strongroom.operations.choosing import Choice, is_within, no_such_folder, real_folder
from strongroom.operations.points import RestorePoint, choose
from strongroom.operations.saved import SavedFolder, SavedItem, SavedTree, contents
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

    A real folder in a library is listed with all that lies below it.

    Raises:
        OperatorError: no such point or folder.
    """
    point = choose(repository, at)
    tree = SavedTree(repository.reader(), point.tree)
    known = tree.folders()
    here = next((folder for folder in known if folder.folder.path == path), None)
    items = tree.items(here) if here else iter(())
    if here is None and path:
        found = real_folder(tree, path, known)
        if found is None:
            raise no_such_folder(path, known)
        here, within = found
        items = (item for item in tree.items(here) if is_within(item, [within]))
    return Listing(
        point=point,
        folder=here,
        folders=tuple(
            folder for folder in known if folder.folder.path and folder.folder.path[:-1] == path
        ),
        items=items,
    )


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
    point = choose(repository, at)
    choice = Choice(SavedTree(repository.reader(), point.tree), items=[item])
    found = [(folder, one) for folder in choice.folders for one in choice.items(folder)]
    if len(found) != 1:
        raise OperatorError(
            f"{len(found)} items go by the name {printable(item)}.",
            hint="Name it by its full id: `strongroom browse --json` shows it.",
        )
    folder, saved = found[0]
    _, content = next(contents(choice.tree.reader, [saved]))
    return folder, saved, content
