"""A pace that never changes: so many requests at once, each with so many items and bytes."""

from __future__ import annotations

from collections.abc import Sequence

ITEMS_MAX = 50


class EvenPacing:
    """See ``operations.pacing.Pacing``.

    Attributes:
        has_left: The work on the resource is over.
    """

    def __init__(
        self,
        *,
        at_once: int = 2,
        items_max: int | None = None,
        bytes_max: int = 2 * 1024 * 1024,
    ) -> None:
        self.at_once = at_once
        self.items_max = ITEMS_MAX if items_max is None else items_max
        self.bytes_max = bytes_max
        self.has_left = False

    def take(self, sizes: Sequence[int], *, are_all: bool = False) -> int:
        total = 0
        for count, size in enumerate(sizes[: self.items_max]):
            total += size
            if count and total > self.bytes_max:
                return count
        return min(len(sizes), self.items_max)

    def may_begin(self, undone: int) -> bool:
        return undone < 2 * self.at_once

    def enter(self) -> None:
        self.has_left = False

    def leave(self) -> None:
        self.has_left = True
