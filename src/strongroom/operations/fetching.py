"""Asking for the content of items, a batch at a time: what one of the crew does."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from strongroom.errors import ItemError, SignInEnded, TransientError
from strongroom.operations.folder_work import Wanted
from strongroom.operations.interfaces import Source
from strongroom.operations.pacing import Pacing
from strongroom.operations.sealer import Feeder, Sealer
from strongroom.words.item import Content, Missed

UNREACHABLE = "unreachable"
NOT_ANSWERED = "not-answered"

ITEMS_MAX = 512
"""So many are looked at to choose a batch; no server of ours takes more in one request."""

Batch = dict[str, Wanted]
"""Items for one request, by id."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one batch, besides what went to the sealer.

    Attributes:
        missed: Items without content.
        error: What broke the batch off, if it was not about the items.
    """

    missed: tuple[tuple[Wanted, Missed], ...]
    error: TransientError | SignInEnded | None = None


class Gathering:
    """Items that wait to be asked for, from any number of folders.

    Args:
        pacing: Says how many go into one request.
    """

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing
        self._waiting: deque[Wanted] = deque()

    def add(self, wanted: Sequence[Wanted]) -> None:
        """Let items join."""
        self._waiting.extend(wanted)

    def full_batches(self) -> Iterator[Batch]:
        """Give batches for as long as more waits than one request should carry."""
        while self._waiting and (count := self._next()) < len(self._waiting):
            yield self._cut(count)

    def all_batches(self) -> Iterator[Batch]:
        """Give batches until nothing waits any more, as many as may be fetched side by side."""
        if not self._waiting:
            return
        spread = self._next(are_all=True)
        while self._waiting:
            yield self._cut(min(spread, self._next()))

    def drop(self, unwanted: Sequence[Wanted]) -> list[Wanted]:
        """Let some go; give those of them that nobody has asked for yet."""
        ids = set(map(id, unwanted))
        dropped = [one for one in self._waiting if id(one) in ids]
        self._waiting = deque(one for one in self._waiting if id(one) not in ids)
        return dropped

    def _next(self, *, are_all: bool = False) -> int:
        sizes = [one.item.size for one in islice(self._waiting, ITEMS_MAX)]
        return self._pacing.take(sizes, are_all=are_all)

    def _cut(self, count: int) -> Batch:
        """Take items off the front, fewer if an id comes again.

        The same id twice may not be asked for (an item on its way between two folders): the answer
        would not tell which of them it is for.
        """
        batch: Batch = {}
        while self._waiting and len(batch) < count and self._waiting[0].item.id not in batch:
            wanted = self._waiting.popleft()
            batch[wanted.item.id] = wanted
        return batch


def fetch(source: Source, batch: Batch, sealer: Sealer[Wanted]) -> Fetched:
    """Read a batch's content into the sealer; done by one of the crew.

    Whatever breaks the batch off, what was answered before counts, and every other item is told as
    missed: none is lost from the ledger.
    """
    waiting = dict(batch)
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
        source.fetch([wanted.item for wanted in batch.values()], keep)
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
