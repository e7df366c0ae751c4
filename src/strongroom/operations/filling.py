"""Write the items of one saved folder into one folder of the target, each exactly once.

A server gives no key by which a write could be repeated safely. So the order is: note how the
target's folder stands; note what is about to be sent; send it; note what was told. Whoever comes
after a crash, or after an answer that never came, looks at what arrived since, knows it again, and
sends only what is missing.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from strongroom.clock import Clock
from strongroom.errors import (
    CursorExpired,
    IntegrityError,
    Interrupted,
    ItemError,
    OutcomeUnknown,
    StrongroomError,
    TransientError,
)
from strongroom.operations.choosing import Choice
from strongroom.operations.damage import DAMAGED
from strongroom.operations.interfaces import Progress, Stop, Target
from strongroom.operations.likeness import saved_ids
from strongroom.operations.matching import Existing, Traits, match
from strongroom.operations.restore_log import FolderLog, RestoreLog
from strongroom.operations.salvaged import readable
from strongroom.operations.saved import LARGE_BYTES, SavedFolder, SavedItem
from strongroom.pace.batches import paced_batches
from strongroom.pace.crew import Crew
from strongroom.store.blob_reader import BlobReader
from strongroom.words.coverage import FolderCoverage
from strongroom.words.item import Item
from strongroom.words.restoring import Compared, ConflictPolicy, Outgoing, Replaced, Written

TRIES = 5
"""So often is a folder looked at and what is missing sent again, before the server is given up."""

WAIT_S = 30.0
"""What a server gets to come to itself after it failed to answer a write and said nothing."""


Takes = Callable[[Item], bool]


@dataclass(slots=True)
class Batch:
    """Some items on their way, and what came of them.

    Attributes:
        items: What to send; with what each replaces.
        written: What the target told of sending.
        compared: How those compare that were read back.
        error: What broke it off.
    """

    items: list[tuple[SavedItem, Item | None]]
    written: list[Written] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    error: OutcomeUnknown | TransientError | None = None

    def refuse_rest(self, error: ItemError) -> None:
        """The server refuses the request as such: that is the fate of all it told nothing of."""
        told = {one.item_id for one in self.written}
        compared = {one.item_id for one in self.compared}
        for saved, _ in self.items:
            item_id = saved.item.id
            if item_id not in told:
                self.written.append(
                    Written(
                        item_id=item_id,
                        new_id=None,
                        code=error.code,
                        why=str(error),
                        is_permanent=error.is_permanent,
                    )
                )
        for one in self.written:
            if one.new_id is not None and one.item_id not in compared:
                self.compared.append(
                    Compared(item_id=one.item_id, differences=(f"not read back: {error}",))
                )


class Filling:
    """Fills folders, one after another; the batches of one go side by side.

    Args:
        target: Where to.
        choice: What.
        log: The journal.
        conflict: What to do with items that the target has already.
        crew: Who reads, sends and compares.
        clock: For the wait before sending again.
        progress: Who is told.
        stop: Asked between batches.
    """

    def __init__(
        self,
        target: Target,
        choice: Choice,
        log: RestoreLog,
        conflict: ConflictPolicy,
        *,
        crew: Crew,
        clock: Clock,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self._target = target
        self._choice = choice
        self._reader: BlobReader = choice.tree.reader
        self._log = log
        self._conflict = conflict
        self._crew = crew
        self._clock = clock
        self._progress = progress
        self._stop = stop
        self._takes: Takes | None = None
        # Those of which something is still to be written by ``settle``: by saved folder.
        self._waiting: dict[str, set[str]] = defaultdict(set)
        # Large items go one at a time: a server, and a way that must hold one whole, shall meet
        # one of 150 MB and not four.
        self._large = threading.Lock()

    def fill(
        self, folder: SavedFolder, target_id: str, count: int, *, takes: Takes | None = None
    ) -> FolderCoverage:
        """Write what is chosen of a saved folder, read it back, compare; give its ledger.

        Args:
            folder: The saved folder.
            target_id: The folder in the target.
            count: How many of its items are chosen.
            takes: Says which of them are to be written now (see ``Phase``); None: all.

        Raises:
            OutcomeUnknown, TransientError: the server does not answer, however often it is asked.
            Interrupted: ``stop`` said so; everything in hand is told and noted.
        """
        id_ = folder.folder.id
        log = self._log.folder(id_)
        if not log.target_id:
            self._log.mark(id_, target_id, self._target.mark(target_id))
        self._recognise(id_, log)
        self._compare_rest(folder, log)
        existing = self._existing(folder, log)
        self._takes = takes
        for tries_left in reversed(range(TRIES)):
            error = self._send(folder, log, existing)
            if error is None:
                break
            if not tries_left:
                raise error
            wait_s = getattr(error, "retry_after_s", None)
            self._clock.sleep(WAIT_S if wait_s is None else wait_s)
            self._recognise(id_, log)
            self._compare_rest(folder, log)
        return _line(folder, count, log)

    def compare_waiting(self, folder: SavedFolder, count: int) -> FolderCoverage | None:
        """Compare what the target told nothing of before it had settled; give the new ledger.

        Args:
            folder: The saved folder.
            count: How many of its items are chosen.

        Returns:
            None: nothing waited.

        Raises:
            ItemError: it cannot be read back.
        """
        log = self._log.folder(folder.folder.id)
        if not log.written:
            return None
        self._waiting.pop(folder.folder.id, None)
        # Nothing is sent any more: what differs now is told, and not taken for half an item.
        log.found.clear()
        self._compare_rest(folder, log, is_told=True)
        return _line(folder, count, log)

    def _recognise(self, id_: str, log: FolderLog) -> None:
        """Find out which of the items without an outcome arrived all the same."""
        if not log.intended:
            return
        try:
            pairs = match(log.intended.values(), self._arrived(log, log.mark))
            self._finish_replacing(log, pairs)
            self._log.found(id_, pairs)
        except CursorExpired:
            # What was there before cannot be told from what arrived any more. What is known again
            # counts as written: nothing comes twice, nothing of others is replaced, and the
            # comparison names what is another.
            pairs = match(log.intended.values(), self._arrived(log, None))
            self._finish_replacing(log, pairs)
            told = [Written(item_id=saved, new_id=new) for saved, new in pairs.items()]
            self._log.told(id_, told, {})
        # The others did not arrive: they are as if never sent.
        log.intended.clear()
        log.replaced.clear()

    def _finish_replacing(self, log: FolderLog, arrived: Mapping[str, str]) -> None:
        """Take away what lies beside an item that arrived to replace it.

        Before it is noted that the item arrived: whoever is cut off here does it again.
        """
        old = [log.replaced[saved] for saved in arrived if saved in log.replaced]
        if old:
            self._target.remove(old)

    def _arrived(self, log: FolderLog, mark: str | None) -> list[Traits]:
        """List what came into the target's folder since then.

        Without what is known as ours, and without what is to be replaced: it carries the same
        traits, and a flag that somebody set on it meanwhile makes it look new.
        """
        replaced = {one.id for one in log.replaced.values()}
        return [
            Traits.of(item)
            for item in self._target.arrivals(log.target_id, mark)
            if not self._log.is_ours(item.id) and item.id not in replaced
        ]

    def _halves(self, log: FolderLog) -> dict[str, Item]:
        """Find what is there and not whole, by saved id.

        An item may take several requests: its content, then its flags or its attachments. Whoever
        was cut off between them left the first half, which is replaced.
        """
        if not log.halves:
            return {}
        there = {item.id: item for item in self._target.arrivals(log.target_id, None)}
        return {saved: there[new] for saved, new in log.halves.items() if new in there}

    def _existing(self, folder: SavedFolder, log: FolderLog) -> Existing | None:
        """List what the folder held already, where the conflict policy must know."""
        if self._conflict is ConflictPolicy.COPY:
            return None
        items = self._target.arrivals(log.target_id, None)
        return Existing(
            (item for item in items if not self._log.is_ours(item.id)),
            saved_ids(self._choice.tree, folder),
        )

    def _send(
        self, folder: SavedFolder, log: FolderLog, existing: Existing | None
    ) -> StrongroomError | None:
        """Send everything that is not done; say what broke some of it off, if anything did."""
        id_ = folder.folder.id
        halves = self._halves(log)
        error: StrongroomError | None = None
        is_stopped = False

        def jobs() -> Iterator[Callable[[], Batch]]:
            nonlocal is_stopped
            for batch in self._batches(folder, existing, halves):
                # After a failure nothing more is sent before we have looked.
                if error is not None:
                    return
                if self._stop():
                    is_stopped = True
                    return
                self._log.intend(
                    id_,
                    [Traits.of(saved.item) for saved, _ in batch.items],
                    {
                        saved.item.id: Replaced(id=there.id, is_associated=there.is_associated)
                        for saved, there in batch.items
                        if there
                    },
                )
                yield lambda batch=batch: self._carry(log.target_id, batch)  # type: ignore[misc]

        for batch in self._crew.run(jobs()):
            names = {saved.item.id: saved.item.name for saved, _ in batch.items}
            self._log.told(id_, batch.written, names)
            self._log.compared(id_, batch.compared, names)
            if batch.error is None:
                self._waiting[id_].update(name for name in names if name in log.written)
            sizes = {saved.item.id: saved.size for saved, _ in batch.items}
            told = [sizes[one.item_id] for one in batch.written]
            self._progress.advance(len(told), sum(told))
            error = error or batch.error
        if is_stopped:
            raise Interrupted(
                "The restore was asked to stop.",
                hint="Start the same restore again: it goes on where it stopped.",
            )
        return error

    def _batches(
        self, folder: SavedFolder, existing: Existing | None, halves: Mapping[str, Item]
    ) -> Iterator[Batch]:
        """Group what is still to be sent, without what the conflict policy leaves alone."""
        for group in paced_batches(
            self._open_items(folder, existing, halves),
            lambda pair: pair[0].size,
            self._target.pacing.take,
        ):
            yield Batch(items=group)

    def _open_items(
        self, folder: SavedFolder, existing: Existing | None, halves: Mapping[str, Item]
    ) -> Iterator[tuple[SavedItem, Item | None]]:
        left: dict[str, str] = {}
        takes = self._takes
        for item in self._choice.items(folder):
            if self._log.is_done(item.item.id) or not (takes is None or takes(item.item)):
                continue
            if (half := halves.get(item.item.id)) is not None:
                yield item, half
                continue
            there = existing.find(item.item) if existing else None
            if there is not None and self._is_left_alone(item.item, there):
                left[item.item.id] = there.id
                self._progress.advance(1, item.size)
            else:
                yield item, there
        self._log.left(folder.folder.id, left)

    def _is_left_alone(self, saved: Item, there: Item) -> bool:
        """Whether an item stays as it is: by the policy, or since it never changed.

        The same id in the same version is the very item that was saved. To write it again would
        only make the mailbox's owner, and every device of theirs, fetch it again.
        """
        is_untouched = (there.id, there.change_key) == (saved.id, saved.change_key)
        is_the_same = is_untouched and not self._choice.is_narrowed
        return self._conflict is ConflictPolicy.SKIP or is_the_same

    def _carry(self, target_id: str, batch: Batch) -> Batch:
        """Send one batch and read it back, by one of the crew."""
        saved = [item for item, _ in batch.items]
        with self._alone_if_large(saved):
            try:
                outgoing = list(self._outgoing(batch.items, batch.written.append))
                self._target.write(target_id, outgoing, batch.written.append)
                new_ids = {one.item_id: one.new_id for one in batch.written if one.new_id}
                self._read_back(saved, new_ids, batch.compared, outgoing)
            except (OutcomeUnknown, TransientError) as error:
                batch.error = error
            except ItemError as error:
                batch.refuse_rest(error)
        return batch

    def _outgoing(
        self,
        items: Sequence[tuple[SavedItem, Item | None]],
        tell: Callable[[Written], None] = lambda _: None,
    ) -> Iterator[Outgoing]:
        """Read some items; of one that is damaged in the storage nothing is sent, and that told."""
        replaced = {saved.item.id: there for saved, there in items}
        wanted = [saved for saved, _ in items]
        for saved, content in readable(self._reader, wanted, is_proven=True):
            if isinstance(content, IntegrityError):
                why = str(content)
                tell(Written(item_id=saved.item.id, new_id=None, code=DAMAGED, why=why))
                continue
            yield Outgoing(item=saved.item, content=content, replaces=replaced[saved.item.id])

    def _read_back(
        self,
        saved: Sequence[SavedItem],
        new_ids: dict[str, str],
        compared: list[Compared],
        outgoing: Sequence[Outgoing] = (),
    ) -> None:
        """Compare what was written with what was saved.

        Pieces can be read once only: where an item had some, it is read from the storage again.
        """
        at_hand = {
            one.item.id: one
            for one in outgoing
            if all(isinstance(part.content, bytes) for part in one.content.parts)
        }
        again = [one for one in saved if one.item.id in new_ids and one.item.id not in at_hand]
        at_hand.update({one.item.id: one for one in self._outgoing([(one, None) for one in again])})
        for item_id in new_ids.keys() - at_hand.keys():
            what = "not compared: what is stored of it is damaged"
            compared.append(Compared(item_id=item_id, differences=(what,)))
        pairs = [(at_hand[one], new_id) for one, new_id in new_ids.items() if one in at_hand]
        if pairs:
            self._target.compare(pairs, compared.append)

    def _compare_rest(self, folder: SavedFolder, log: FolderLog, *, is_told: bool = False) -> None:
        """Compare what an earlier attempt wrote, or was found to have written.

        Args:
            folder: The saved folder.
            log: What is known of it.
            is_told: How far it is was told before.
        """
        id_ = folder.folder.id
        if not log.written.keys() - self._waiting[id_]:
            return
        waiting = (
            item
            for item in self._choice.items(folder)
            if item.item.id in log.written and item.item.id not in self._waiting[id_]
        )
        for group in paced_batches(waiting, lambda item: item.size, self._target.pacing.take):
            compared: list[Compared] = []
            new_ids = {item.item.id: log.written[item.item.id] for item in group}
            with self._alone_if_large(group):
                self._read_back(group, new_ids, compared)
            self._log.compared(id_, compared, {one.item.id: one.item.name for one in group})
            self._waiting[id_].update(new_ids.keys() & log.written.keys())
            done = [item for item in group if self._log.is_done(item.item.id)]
            if not is_told:
                self._progress.advance(len(done), sum(item.size for item in done))

    def _alone_if_large(self, items: Sequence[SavedItem]) -> AbstractContextManager[object]:
        is_large = any(item.size > LARGE_BYTES for item in items)
        return self._large if is_large else nullcontext()


def _line(folder: SavedFolder, count: int, log: FolderLog) -> FolderCoverage:
    return FolderCoverage(
        path=folder.folder.path,
        on_server=count,
        saved=log.saved,
        unchanged=log.left,
        skipped=tuple(log.skipped.values()),
        failed=tuple(log.failed.values()),
    )
