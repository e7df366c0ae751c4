"""Showing how far a run is: bars on a terminal, a line every few seconds anywhere else.

All of it goes to standard error, so that standard output holds the answer alone.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from strongroom.cli import output, progress_text
from strongroom.cli.pace_text import figures
from strongroom.clock import Clock, SystemClock
from strongroom.words.json import Json

if TYPE_CHECKING:
    from strongroom.control.records import Run

_LINE_EVERY_S = 10.0

_CHANGE_EVERY_S = 3.0
"""What limits a run can change with each answer; nobody reads faster."""

_WAIT_EVERY_S = 60.0
"""How long a run waits changes all the time."""


class Meter(Protocol):
    """Shows the resources in hand (see ``service.progress`` for what is in a document)."""

    def update(
        self,
        resources: Mapping[str, Mapping[str, Any]],
        pace: Mapping[str, Any] | None,
        run: Mapping[str, Any] | None,
    ) -> None:
        """Show how far they are now, how fast the server is used, and all of the run, if any is."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class RunDisplay:
    """Shows a run, or an operation in this process, until the block ends. A context manager.

    Args:
        clock: Time between lines.
        is_terminal: Draw bars; None: if standard error is a terminal.
    """

    def __init__(self, *, clock: Clock | None = None, is_terminal: bool | None = None) -> None:
        self._clock = clock or SystemClock()
        self._is_terminal = sys.stderr.isatty() if is_terminal is None else is_terminal
        self._meter: Meter | None = None
        self._waits_for: str | None = None
        self._next_wait_s = 0.0
        self._notes_shown: Counter[str] = Counter()
        self._ever_shown: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._meter is not None:
            self._meter.close()

    def show(self, run: Run) -> None:
        """Show a run as it stands."""
        now_s = self._clock.monotonic_s()
        if run.waits_for != self._waits_for or (run.waits_for and now_s >= self._next_wait_s):
            self._waits_for, self._next_wait_s = run.waits_for, now_s + _WAIT_EVERY_S
            if run.waits_for is not None:
                waits = progress_text.waits(run.waits_for, run.waits_for_s)
                output.message(f"Run {run.id} {waits}.")
        if run.live is not None:
            self.tell(run.live)

    def tell(self, progress: Mapping[str, Json], *, is_urgent: bool = False) -> None:
        """Show a progress document (see ``service.progress.Tell``)."""
        del is_urgent  # whatever is told is shown
        document: Mapping[str, Any] = progress
        self._show_notes(document)
        if self._meter is None:
            self._meter = self._make_meter()
        self._meter.update(document["resources"], document.get("pace"), document.get("run"))

    def tell_rest(self, notes: Iterable[str]) -> None:
        """Show the notes that nobody has seen yet: a run can end before one looks at it again."""
        for note in notes:
            if note not in self._ever_shown:
                self._ever_shown.add(note)
                output.message(note)

    def _show_notes(self, document: Mapping[str, Any]) -> None:
        """Show the notes that were not there the last time.

        What several workers tell comes late now and then, and so not always at the end.
        """
        notes: list[str] = document["notes"]
        known = self._notes_shown.copy()
        for note in notes:
            if known[note] > 0:
                known[note] -= 1
            else:
                output.message(note)
                self._ever_shown.add(note)
        self._notes_shown = Counter(notes)

    def _make_meter(self) -> Meter:
        if not self._is_terminal:
            return LineMeter(self._clock)
        from strongroom.cli.bars import BarMeter  # noqa: PLC0415 - rich is slow to load

        return BarMeter()


class LineMeter:
    """Writes one line per resource every few seconds, and what limits when that changes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next_s = clock.monotonic_s() + _LINE_EVERY_S
        self._next_change_s = clock.monotonic_s()
        self._limiters: list[str] = []

    def update(
        self,
        resources: Mapping[str, Mapping[str, Any]],
        pace: Mapping[str, Any] | None,
        run: Mapping[str, Any] | None,
    ) -> None:
        """See ``Meter``."""
        now_s = self._clock.monotonic_s()
        limiters = progress_text.limiters(run, pace)
        told = progress_text.limited(run, pace)
        is_due = now_s >= self._next_s
        if is_due:
            self._next_s = now_s + _LINE_EVERY_S
            self._write(resources, pace, run)
        if told and (is_due or (now_s >= self._next_change_s and limiters != self._limiters)):
            self._limiters, self._next_change_s = limiters, now_s + _CHANGE_EVERY_S
            output.message(told)

    def _write(
        self,
        resources: Mapping[str, Mapping[str, Any]],
        pace: Mapping[str, Any] | None,
        run: Mapping[str, Any] | None,
    ) -> None:
        for reference, counts in progress_text.shown_first(resources):
            output.message(f"{progress_text.name(reference)}: {progress_text.of_resource(counts)}")
        if others := progress_text.others(resources):
            output.message(others)
        if run is not None:
            output.message(f"Together: {progress_text.of_run(run)}")
        if pace is not None:
            output.message(f"Pace: {figures(pace)}")

    def close(self) -> None:
        """See ``Meter``."""
