"""How many items go into one export: twenty at the most, by their bytes fewer.

Source:
    https://learn.microsoft.com/graph/api/mailbox-exportitems (1 to 20 ids)
    https://learn.microsoft.com/graph/throttling-limits (four requests at a time and mailbox)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.pace.lane import LanePace
from strongroom.sources.exchange_onprem.limits import CONTENT_BYTES_MAX
from strongroom.wire.graph.mailbox.at_once import AT_ONCE_MAX
from strongroom.wire.graph.mailbox.export_items import ITEMS_MAX


@dataclass(frozen=True, slots=True)
class ExportPacing:
    """The pace of one mailbox.

    Attributes:
        lane: Its lane.
    """

    lane: LanePace

    def take(self, sizes: Sequence[int], *, are_all: bool = False) -> int:  # noqa: ARG002
        """Say how many of the next items go together, at least one.

        Always as many as may: requests are what is counted here, not slots.

        Args:
            sizes: Bytes of the items that wait, in order; at least one.
            are_all: Nothing more will come for now.
        """
        held = 0
        for count, size in enumerate(sizes[:ITEMS_MAX]):
            held += size
            if count and held > CONTENT_BYTES_MAX:
                return count
        return min(len(sizes), ITEMS_MAX)

    def may_begin(self, undone: int) -> bool:
        """Say whether one more may be prepared while so many are not yet done."""
        return undone < AT_ONCE_MAX + 2 and self.lane.may_begin(undone)

    def enter(self) -> None:
        """Say that work begins."""
        self.lane.enter()

    def leave(self) -> None:
        """Say that nothing more is wanted for now."""
        self.lane.leave()
