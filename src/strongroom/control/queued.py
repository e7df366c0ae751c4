"""One run in the queue, as the conflict rule and its order look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

KINDS = ("storage", "connection", "server", "resource", "repository")
"""The first words of the keys that runs claim, in the order in which they are compared."""


class Asked(IntEnum):
    """What a run is to do at its next safe point. The values are those of ``runs.stop_asked``."""

    NOTHING = 0
    STOP = 1
    PAUSE = 2
    YIELD = 3
    GIVE_UP = 4
    """To end; but before that it is granted once more, to put back what it changed for its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A run that waits or runs: what decides when it is granted (see ``Run`` for the fields).

    Attributes:
        claimed: How many keys it claims; None: they are not in the table of claims yet.
    """

    id: str
    position: int
    kind: str = "backup"
    sort_ms: int = 0
    is_running: bool = False
    is_urgent: bool = False
    overtaken: int = 0
    asked: Asked = Asked.NOTHING
    blocked_by: str | None = None
    stands_since: datetime | None = None
    yields_from: datetime | None = None
    not_before: datetime | None = None
    claimed: int | None = None

    @property
    def is_leaving(self) -> bool:
        """A person asked it to end or to pause, and it need not be granted for that."""
        return self.asked in {Asked.STOP, Asked.PAUSE}
