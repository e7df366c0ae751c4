"""How many items are asked for together: most items of a site cost no request of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.pace.lane import LanePace

ITEMS_MAX = 256
FILES_MAX = 4
"""A file is a request by itself; few together, so that all open slots have some."""
BYTES_MAX = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SitePacing:
    """The pace of a site.

    Attributes:
        lane: Its lane on the server.
    """

    lane: LanePace

    def take(self, sizes: Sequence[int], *, are_all: bool = False) -> int:
        """Say how many of the next items go together, at least one.

        Args:
            sizes: Bytes of the items that wait, in order; at least one.
            are_all: Nothing more will come for now.
        """
        files_max = 1 if are_all else FILES_MAX
        files = held = 0
        for count, size in enumerate(sizes[:ITEMS_MAX]):
            files += size > 0
            held += size
            if count and (files > files_max or held > BYTES_MAX):
                return count
        return min(len(sizes), ITEMS_MAX)

    def may_begin(self, undone: int) -> bool:
        """Say whether one more may be prepared while so many are not yet done."""
        return self.lane.may_begin(undone)

    def enter(self) -> None:
        """Say that work begins."""
        self.lane.enter()

    def leave(self) -> None:
        """Say that nothing more is wanted for now."""
        self.lane.leave()
