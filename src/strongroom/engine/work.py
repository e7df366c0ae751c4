"""The seam between the engine and what runs do: a handler per kind of run.

plan → work, on as many workers at once as there are → conclude
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from strongroom.clock import Clock
from strongroom.control import progress as progress_rows
from strongroom.control.database import Database
from strongroom.control.outages import OUTAGES
from strongroom.control.records import Fault, Run, RunStatus
from strongroom.engine.tasks import Tasks
from strongroom.words.json import Json

_LIVE_EVERY_S = 0.5

_QUIET_S = 2.0
"""Whoever watches is told anew so often, even if nothing happens: a pause counts down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended.

    Attributes:
        status: ``complete``, ``partial``, ``failed`` or ``cancelled``; or ``paused``, which is no
            end: a person must act first, and the handler is called again when they have.
        fault: Why, where one sentence for the whole run can say it.
    """

    status: RunStatus
    fault: Fault | None = None


class Handler(Protocol):
    """Does the work of one kind of run. Safe in many threads: it knows no run but the one given."""

    def plan(self, run: Run, desk: Desk) -> None:
        """Say what is to be done, as tasks (``Desk.tasks``).

        Called again when a run goes on that a person had paused, or more than an hour later than
        the last time: what is done stays done.

        Raises:
            What ``work`` raises.
        """

    def work(self, run: Run, desk: Desk) -> None:
        """Take tasks and do them until none can be taken, here and perhaps elsewhere as well.

        Raises:
            Interrupted: ``desk.stop`` said so; the run goes on later.
            SignInEnded: the run pauses until a person has acted.
            StrongroomError: the run as a whole failed.
        """

    def conclude(self, run: Run) -> Ending:
        """Say how the run ended, from how its tasks did."""


@runtime_checkable
class GivesUp(Protocol):
    """A handler whose runs change something for their time. Not every one's do."""

    def has_to_give_up(self, run: Run) -> bool:
        """Say whether a run left something that must be put back. Asks no server.

        For a run that nobody works on, or by whoever concludes it.
        """

    def give_up(self, run: Run, desk: Desk) -> None:
        """Put back what a run changed that does not go on; what else it did stays.

        May be cut off and called again.

        Raises:
            StrongroomError: not all of it could be put back.
        """


class Desk:
    """What a run's work has of the engine in one worker. Safe in many threads.

    Whether to stop, what to do next, and where to tell how far it is.

    Attributes:
        tasks: The run's tasks, as this worker takes and ends them.
    """

    def __init__(self, run_id: str, tasks: Tasks, database: Database, clock: Clock) -> None:
        self.tasks = tasks
        self._run_id = run_id
        self._worker = tasks.worker
        self._patience = tasks.patience
        self._database = database
        self._clock = clock
        self._is_stopping = threading.Event()
        self._lock = threading.Lock()
        self._next_live_s = clock.monotonic_s()
        self._tell_anew: Callable[[], None] | None = None

    def stop(self) -> bool:
        """Say whether the run is to end at its next safe point (see ``operations.Stop``)."""
        return self._is_stopping.is_set()

    def ask_stop(self) -> None:
        """Let ``stop`` say True from now on."""
        self._is_stopping.set()

    def is_due(self) -> bool:
        """Say whether what is told now would be kept, though it is not urgent."""
        with self._lock:
            return self._clock.monotonic_s() >= self._next_live_s

    def say_live(self, progress: Mapping[str, Json], *, is_urgent: bool = False) -> None:
        """Tell how far the run is. Kept at most twice a second, so call it as often as you like."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            if now_s < self._next_live_s and not is_urgent:
                return
            self._next_live_s = now_s + _LIVE_EVERY_S
        # Nobody's work waits for that: it is told anew half a second later.
        with suppress(*OUTAGES), self._database.write() as db:
            progress_rows.say(db, self._run_id, self._worker, progress)

    def leave_live(self) -> None:
        """Keep the figures of what was told here, and let the rest of it be gone."""

        def leave() -> None:
            with self._database.write() as db:
                progress_rows.leave(db, self._run_id, self._worker)

        self._patience.outlast(leave)

    @contextmanager
    def told_anew(self, tell: Callable[[], None]) -> Iterator[None]:
        """Have a function called every few seconds in which nothing was told, by the worker.

        The run's own threads cannot: while a server is to be left alone, all of them wait.
        """
        with self._lock:
            self._tell_anew = tell
        try:
            yield
        finally:
            with self._lock:
                self._tell_anew = None

    def look_after(self) -> None:
        """Let the run tell how far it is, if it has not done so for some seconds."""
        with self._lock:
            is_quiet = self._clock.monotonic_s() - self._next_live_s >= _QUIET_S - _LIVE_EVERY_S
            tell = self._tell_anew if is_quiet else None
        if tell is not None:
            tell()
