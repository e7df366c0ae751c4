"""What cannot be read any more of a restore point, named as far as the names are still known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from strongroom.operations.layout import Shard
from strongroom.words.coverage import FolderCoverage, Shortfall

DAMAGED = "damaged"
"""The code, in ledgers, of what is stored and cannot be read."""

REPAIR = "`strongroom storage repair` makes the storage work again; a new backup then keeps anew \
what the server still has."


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that cannot be read.

    Attributes:
        path: The folder's real names; ``()`` with ``folder`` empty: about the point as a whole.
        folder: The folder's id, or an empty string.
        shard: The folders below ``.items`` that it lies in; ``()``: it is about the folder itself.
        item_id: The item; empty if only a name is known, or nothing of single items.
        name: What the item is called, or its file's name; empty if it is about more than one.
        what: For a person.
    """

    path: tuple[str, ...] = ()
    folder: str = ""
    shard: Shard = ()
    item_id: str = ""
    name: str = ""
    what: str

    @property
    def is_item(self) -> bool:
        """Whether it is about one item."""
        return bool(self.item_id or self.name)


class DamageLog:
    """Everything that was found damaged while something was read, each thing once."""

    def __init__(self) -> None:
        self._found: dict[Damage, None] = {}

    def add(self, damage: Damage) -> None:
        """Take note of it."""
        self._found.setdefault(damage)

    def __iter__(self) -> Iterator[Damage]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def of(self, folder_id: str) -> list[Damage]:
        """Give what is about one folder."""
        return [one for one in self._found if one.folder == folder_id]


def with_damage(line: FolderCoverage, found: Iterable[Damage]) -> FolderCoverage:
    """Add to a folder's line what could not even be chosen: by item where it has a name."""
    failed = [
        Shortfall(item_id=one.item_id, name=one.name, code=DAMAGED, why=one.what)
        for one in found
        if one.is_item
    ]
    problems = [line.problem, *(one.what for one in found if not one.is_item)]
    return replace(
        line,
        on_server=line.on_server + len(failed),
        failed=(*line.failed, *failed),
        problem=" ".join(problem for problem in problems if problem),
    )
