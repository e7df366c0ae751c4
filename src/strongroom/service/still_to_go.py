"""Seeing to it, right before each restore point goes, that nobody wants it to stay after all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from strongroom.errors import ResourceLocked
from strongroom.operations.retaining import Fate, Verdict
from strongroom.store.holds import FOLDER, StoredHolds


class StillToGo:
    """Of one prune of one repository, under its exclusive lock. Of one thread.

    Everything is judged anew before the first restore point goes, and before another one whenever
    holds came or went since: one listing for each.

    Args:
        going: Ids of the restore points that are to go.
        holds: Of the repository.
        judge: Judges all of its restore points as things stand now.
    """

    def __init__(
        self, going: Collection[str], holds: StoredHolds, judge: Callable[[], Sequence[Verdict]]
    ) -> None:
        self._going = frozenset(going)
        self._holds = holds
        self._judge = judge
        self._judged_by: frozenset[str] | None = None

    def make_sure(self) -> None:
        """See to it that what is to go is still to go.

        Raises:
            ResourceLocked: one is to stay; all is to be judged anew.
        """
        files = frozenset(one.name for one in self._holds.backend.list(FOLDER))
        if files == self._judged_by:
            return
        still = {one.point.id for one in self._judge() if one.fate is Fate.GOES}
        if not self._going <= still:
            raise ResourceLocked(
                "A restore point that was to be forgotten is to stay; nothing more was forgotten.",
                why="A hold, other rules or a person's word came while the prune looked around.",
                hint="Run the prune again.",
            )
        self._judged_by = files
