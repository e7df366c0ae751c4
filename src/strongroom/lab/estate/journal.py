"""What happened in a folder, in order, so that a client can be told what it does not know yet."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Removal:
    """An item that is not in the folder any more.

    Attributes:
        change: Change number of the removal.
        arrived: Change number at which the item had come into the folder.
        entry_id: Which it was.
        change_key: Its last version there.
        identity: Its number that moving does not change.
    """

    change: int
    arrived: int
    entry_id: bytes
    change_key: bytes
    is_associated: bool
    item_class: str
    identity: int


@dataclass(slots=True)
class Journal:
    """The history of one folder. Grows for ever: a lab's life is short.

    Arrivals are not noted here: the folder keeps its items in the order in which they came.
    """

    _changes: list[tuple[int, int]] = field(default_factory=list)
    _removals: list[Removal] = field(default_factory=list)

    def note_change(self, change: int, arrived: int) -> None:
        """Note that the item that came with change number ``arrived`` was changed."""
        self._changes.append((change, arrived))

    def note_removal(self, removal: Removal) -> None:
        """Note that an item left the folder."""
        self._removals.append(removal)

    @property
    def newest(self) -> int:
        """Change number of the newest entry, or 0."""
        changed = self._changes[-1][0] if self._changes else 0
        return max(changed, self._removals[-1].change if self._removals else 0)

    def arrivals_changed_since(self, change: int) -> set[int]:
        """Say which items, by the change number of their arrival, were changed after ``change``."""
        start = bisect_right(self._changes, change, key=lambda entry: entry[0])
        return {arrived for _, arrived in self._changes[start:]}

    def removals_between(self, low: int, high: int) -> Iterator[Removal]:
        """Give the removals with ``low < change <= high``, newest first."""
        number = attrgetter("change")
        start = bisect_right(self._removals, low, key=number)
        end = bisect_right(self._removals, high, key=number)
        return reversed(self._removals[start:end])
