"""Asking for the content of items, a batch at a time: what one lane does."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.errors import ItemError, SignInEnded, TransientError
from strongroom.operations.folder_work import Wanted
from strongroom.operations.interfaces import Source
from strongroom.operations.sealer import Feeder, Sealer
from strongroom.slots.fixed import BATCH_BYTES_MAX, BATCH_ITEMS_MAX
from strongroom.words.item import Content, Missed

UNREACHABLE = "unreachable"
NOT_ANSWERED = "not-answered"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one batch, besides what went to the sealer.

    Attributes:
        missed: Items without content.
        error: What broke the batch off, if it was not about the items.
    """

    missed: tuple[tuple[Wanted, Missed], ...]
    error: TransientError | SignInEnded | None = None


class Batch:
    """Items gathered for one request, from any number of folders."""

    def __init__(self) -> None:
        self.wanted: dict[str, Wanted] = {}
        self._bytes = 0

    def has_room_for(self, wanted: Wanted) -> bool:
        """Say whether one more item may join.

        The same id twice may not (an item on its way between two folders): the answer would not
        tell which of them it is for.
        """
        return not self.wanted or (
            len(self.wanted) < BATCH_ITEMS_MAX
            and self._bytes + wanted.item.size <= BATCH_BYTES_MAX
            and wanted.item.id not in self.wanted
        )

    def add(self, wanted: Wanted) -> None:
        """Let an item join."""
        self.wanted[wanted.item.id] = wanted
        self._bytes += wanted.item.size


def fetch(source: Source, batch: Batch, sealer: Sealer[Wanted]) -> Fetched:
    """Read a batch's content into the sealer; runs in a lane.

    Whatever breaks the batch off, what was answered before counts, and every other item is told as
    missed: none is lost from the ledger.
    """
    waiting = dict(batch.wanted)
    missed: list[tuple[Wanted, Missed]] = []
    feeder = Feeder(sealer)

    def keep(answer: Content | Missed) -> None:
        wanted = waiting[answer.item_id]
        if isinstance(answer, Missed):
            missed.append((wanted, answer))
        else:
            feeder.add(wanted, answer)
        del waiting[answer.item_id]

    error: TransientError | SignInEnded | None = None
    code, why, fate = NOT_ANSWERED, "The server's answer leaves this item out.", "failed"
    try:
        source.fetch([wanted.item for wanted in batch.wanted.values()], keep)
    except (TransientError, SignInEnded) as caught:
        error, code, why = caught, UNREACHABLE, str(caught)
    except ItemError as caught:
        code, why = caught.code, str(caught)
        fate = "skipped" if caught.is_permanent else "failed"
    feeder.flush()
    missed += [
        (wanted, Missed(item_id=item_id, fate=fate, code=code, why=why))
        for item_id, wanted in waiting.items()
    ]
    return Fetched(tuple(missed), error)
