"""The middle of a backup: ask the folders, fetch what changed, until everything stands still.

The steps are one generator that runs in the operation's own thread: it asks folders for changes and
yields batches to fetch, which the crew works off side by side while the next folder is asked. Where
it yields a pause, everything in flight is awaited first, so that what stands in memory then is
whole: the moment for a checkpoint, or for counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import TypeVar

from strongroom.clock import Clock
from strongroom.errors import (
    AccessDenied,
    CursorExpired,
    Interrupted,
    ItemError,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.operations.fetching import Batch, Fetched, Gathering, fetch
from strongroom.operations.folder_work import FolderWork, Wanted
from strongroom.operations.interfaces import Preparing, Progress, Source, Stop
from strongroom.operations.sealer import Sealer
from strongroom.operations.shards import ROWS_MAX
from strongroom.operations.stopping import Stopping
from strongroom.pace.crew import Crew
from strongroom.words.coverage import Coverage, FolderCoverage
from strongroom.words.item import Changed, ChangePage, Folder, Standing

T = TypeVar("T")

CHECKPOINT_S = 300.0
"""Five minutes: what a person waits who starts a restore that makes a long run yield (D6)."""

CHECKPOINT_BYTES = 4 * 1024**3
"""What a fast line brings in five minutes, about; so that a fast one loses no more than a slow."""

CHECKPOINT_ITEMS = 25_000
"""So many rows are in memory then (40 MB); after a checkpoint they are let go."""

ROUNDS_MAX = 5
"""A folder that changes faster than it can be read five times over is told as it was."""

TROUBLES_MAX = 5
"""So many folders or batches in a row that the server cannot answer: it is ill, not they."""


class Pause(Enum):
    """Why the steps pause; everything in flight is awaited first."""

    COUNT = auto()
    CHECKPOINT = auto()


Step = Callable[[], Fetched] | Pause


class Collection:
    """What is collected in one run.

    Args:
        source: The resource on the server.
        works: All its folders, parents before children.
        sealer: Where content goes.
        crew: Who fetches it.
        clock: Time.
        progress: Who is told.
        stop: Asked between requests.
        save_checkpoint: Stores what there is so far; run in the sealing thread.
    """

    def __init__(
        self,
        source: Source,
        works: Sequence[FolderWork],
        sealer: Sealer[Wanted],
        *,
        crew: Crew,
        clock: Clock,
        progress: Progress,
        stop: Stop,
        save_checkpoint: Callable[[datetime], None],
    ) -> None:
        self._source = source
        self._works = works
        self._sealer = sealer
        self._crew = crew
        self._clock = clock
        self._progress = progress
        self._stopping = Stopping(stop, clock)
        self._save_checkpoint = save_checkpoint
        self._gathering = Gathering(source.pacing)
        self._standings: Mapping[str, Standing] = {}
        self._pause: Pause | None = None
        self._ending: StrongroomError | None = None
        self._troubles = 0
        self._checkpoint_at_s = clock.monotonic_s()
        self._items_since = 0
        self._bytes_since = 0
        self._bytes_read = 0
        self._ways: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()

    def collect(self) -> None:
        """Collect everything.

        Raises:
            Interrupted: ``stop`` said so; a checkpoint was made.
            SignInEnded: the server lets nobody in any more; a checkpoint was made.
            TransientError: the server is too ill to go on; a checkpoint was made.
        """
        steps = self._steps()
        while True:
            self._pause = None
            for fetched in self._crew.run(self._until_pause(steps)):
                self._note(fetched)
                self._gather()
            if self._pause is None:
                return
            # All batches are with the sealer; this waits until it is through with them.
            self._sealer.call(lambda: None)
            self._gather()
            if self._pause is Pause.CHECKPOINT:
                self._make_checkpoint()
            for work in self._works:
                work.items.let_go(0)

    def ask(self, call: Callable[[], T]) -> T:
        """Ask the server for something between two calls of ``collect``.

        Raises:
            SignInEnded: it lets nobody in any more; a checkpoint was made.
        """
        try:
            return call()
        except SignInEnded as error:
            self._ending = error
            self._make_checkpoint()
            raise

    def admit(self, works: Sequence[FolderWork]) -> None:
        """Take in folders that came into being meanwhile; the next ``collect`` asks them too."""
        self._works = [*self._works, *works]

    @property
    def works(self) -> Sequence[FolderWork]:
        """All folders of the run."""
        return self._works

    def coverage(
        self, resource: str, notes: Iterable[str], listed: Sequence[Folder] = ()
    ) -> Coverage:
        """Write the ledger.

        Args:
            resource: How the command line names it.
            notes: What else a person should know.
            listed: The folders that the server lists after everything.
        """
        ids = {folder.id for folder in listed}
        lines = [self._line(work, ids) for work in self._works]
        for work, line in zip(self._works, lines, strict=True):
            work.doubt = line.missing
        return Coverage(
            resource=resource,
            folders=(*lines, *self._not_asked(listed)),
            notes=(
                *notes,
                *(f"{text} ({count} items)" for text, count in sorted(self._notes.items())),
            ),
            ways=dict(self._ways),
            bytes_read=self._bytes_read,
        )

    def _until_pause(self, steps: Iterator[Step]) -> Iterator[Callable[[], Fetched]]:
        for step in steps:
            if isinstance(step, Pause):
                self._pause = step
                return
            yield step

    def _steps(self) -> Iterator[Step]:
        """Ask who must be asked, then count, and ask again whoever has moved since."""
        asked = [work for work in self._works if not work.folder.is_listed_only]
        folders = [work.folder for work in asked]
        now = self._clock.now()
        standings = self._source.standings(folders)
        due: list[tuple[FolderWork, bool]] = []
        for work in asked:
            work.standing = standings.get(work.folder.id, Standing(count=None))
            is_overdue = work.is_overdue(now)
            if work.is_due(work.standing, now):
                due.append((work, False))
            if is_overdue:
                work.doubt = 0
            yield from self._add(work, work.retries(with_skipped=is_overdue), work.cursor)
            if self._stopping.is_late():
                yield from self._maybe_pause(work)
        # A folder is listed only as fast as it is read, so its server's own count says more of how
        # much there is to do than what is listed of it.
        new = sum(max(0, (work.standing.count or 0) - work.kept) for work, _ in due)
        self._progress.foresee(new)
        for _ in range(ROUNDS_MAX):
            if isinstance(self._source, Preparing):
                self._source.prepare([(work.folder, work.cursor) for work, _ in due])
            for work, is_anew in due:
                yield from self._sync(work, standings, is_anew=is_anew)
            self._progress.foresee(0)
            yield from self._fetch_rest()
            yield Pause.COUNT
            standings = self._standings = self._look(folders)
            if isinstance(self._ending, SignInEnded):
                yield Pause.CHECKPOINT
            again = [(work, self._how_to_ask_again(work)) for work in asked]
            due = [(work, is_anew) for work, is_anew in again if is_anew is not None]
            if not due:
                return

    def _look(self, folders: Sequence[Folder]) -> Mapping[str, Standing]:
        """Ask how the folders stand; whether the sign-in still holds is in ``_ending`` then."""
        if not isinstance(self._ending, SignInEnded):
            try:
                return self._source.standings(folders)
            except SignInEnded as error:
                self._ending = error
        return {}

    def _how_to_ask_again(self, work: FolderWork) -> bool | None:
        """Say whether a folder has moved since it was read (False) or must be listed anew (True).

        A folder whose sums do not meet although it stands still was told wrongly at some time: it
        is listed anew, once for the same difference, and what is known is not fetched again.
        """
        after = self._standings.get(work.folder.id)
        if after is None or after.problem or work.problem:
            return None
        if (after.mark, after.count) != (work.standing.mark, work.standing.count):
            return False
        missing = work.coverage(after).missing
        if missing in {0, work.doubt} and not work.is_doubted:
            return None
        work.doubt = missing
        work.is_doubted = False
        return True

    def _sync(
        self, work: FolderWork, standings: Mapping[str, Standing], *, is_anew: bool
    ) -> Iterator[Step]:
        """Ask one folder for its changes, page by page."""
        if work.folder.id not in standings:
            return
        for page in self._pages(work, standings[work.folder.id], is_anew=is_anew):
            cursor = work.cursor
            yield from self._add(work, work.take(page), cursor)
            self._items_since += sum(not isinstance(one, Changed) for one in page.changes)
            yield from self._maybe_pause(work)
        if not work.problem:
            work.end(self._clock.now())
        yield from self._maybe_pause(work)

    def _pages(
        self, work: FolderWork, standing: Standing, *, is_anew: bool
    ) -> Iterator[ChangePage]:
        """Give the pages of changes; what goes wrong with this folder stays with this folder."""
        cursor = work.begin(standing, anew=is_anew)
        try:
            try:
                yield from self._source.changes(work.folder, cursor)
            except CursorExpired:
                yield from self._source.changes(work.folder, work.begin(standing, anew=True))
        except CursorExpired as error:
            work.fail(f"The server refuses even a new listing. {error}")
        except SignInEnded as error:
            work.fail(str(error))
            self._ending = error
        except (ItemError, AccessDenied) as error:
            work.fail(str(error))
        except TransientError as error:
            work.fail(str(error))
            self._trouble(error)
        else:
            self._troubles = 0

    def _maybe_pause(self, work: FolderWork) -> Iterator[Step]:
        """After a whole page: stop, make a checkpoint, or let rows go, whatever is due.

        Only here do the cursors stand exactly behind what will be kept.
        """
        if self._ending is None and self._stopping.is_asked():
            self._ending = Interrupted(
                "The backup was asked to stop.", hint="The next run goes on where it stopped."
            )
        if self._ending is not None or self._is_checkpoint_due():
            yield from self._fetch_rest()
            yield Pause.CHECKPOINT
        elif work.items.row_count > 2 * ROWS_MAX:
            yield from self._fetch_rest()
            yield Pause.COUNT

    def _is_checkpoint_due(self) -> bool:
        if self._items_since >= CHECKPOINT_ITEMS or self._bytes_since >= CHECKPOINT_BYTES:
            return True
        waited_s = self._clock.monotonic_s() - self._checkpoint_at_s
        return waited_s >= CHECKPOINT_S and self._items_since > 0

    def _make_checkpoint(self) -> None:
        self._sealer.call(lambda: self._save_checkpoint(self._clock.now()))
        self._checkpoint_at_s = self._clock.monotonic_s()
        self._items_since = self._bytes_since = 0
        if self._ending is not None:
            raise self._ending

    def _add(
        self, work: FolderWork, wanted: Sequence[Wanted], cursor: str | None
    ) -> Iterator[Step]:
        """Gather items; as much as one request should carry is a step.

        Args:
            work: Whose they are.
            wanted: The items.
            cursor: From where they are told again, if they are put off because the run is to stop.
        """
        if wanted:
            self._progress.expect(len(wanted), sum(one.item.size for one in wanted))
            self._items_since += len(wanted)
        self._gathering.add(wanted)
        for batch in self._gathering.full_batches():
            yield self._fetching(batch)
            if self._stopping.is_late():
                work.put_off(self._gathering.drop(wanted), cursor)
                return

    def _fetch_rest(self) -> Iterator[Step]:
        yield from map(self._fetching, self._gathering.all_batches())

    def _fetching(self, batch: Batch) -> Callable[[], Fetched]:
        return lambda: fetch(self._source, batch, self._sealer)

    def _note(self, fetched: Fetched) -> None:
        for wanted, missed in fetched.missed:
            wanted.work.miss(wanted, missed)
            self._progress.advance(1, wanted.item.size)
        if isinstance(fetched.error, SignInEnded):
            self._ending = fetched.error
        elif fetched.error is not None:
            self._trouble(fetched.error)
        else:
            self._troubles = 0

    def _trouble(self, error: TransientError) -> None:
        """Count what the server could not answer, although it was asked again within the budget."""
        self._troubles += 1
        if self._troubles >= TROUBLES_MAX:
            self._ending = error

    def _gather(self) -> None:
        """Take what the sealer is through with into the folders' rows."""
        count = listed_bytes = 0
        for sealed in self._sealer.sealed():
            wanted = sealed.key
            count += 1
            listed_bytes += wanted.item.size
            self._bytes_read += sealed.size
            self._bytes_since += sealed.size
            if wanted.work.keep(wanted, sealed):
                self._ways[sealed.way] += 1
                self._notes.update(sealed.notes)
        if count:
            self._progress.advance(count, listed_bytes)

    def _not_asked(self, listed: Sequence[Folder]) -> Iterator[FolderCoverage]:
        """Name the folders that came too late for this run: without them it is not complete."""
        known = {work.folder.id for work in self._works}
        for folder in listed:
            if folder.id not in known:
                yield FolderCoverage(
                    path=folder.path,
                    on_server=0,
                    problem="It came into being while the backup ran; the next run keeps it.",
                )

    def _line(self, work: FolderWork, listed: Container[str]) -> FolderCoverage:
        standing = self._standings.get(work.folder.id)
        if standing is None and work.folder.id in listed and not work.folder.is_listed_only:
            # Two answers that contradict each other: "gone" alone is not believed.
            standing = Standing(count=None, problem="The server lists it and does not find it.")
        return work.coverage(standing)
