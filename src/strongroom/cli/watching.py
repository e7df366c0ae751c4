"""Showing how far a run is: bars on a terminal, a line every few seconds anywhere else.

All of it goes to standard error, so that standard output holds the answer alone.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from strongroom.cli import output
from strongroom.cli.pace_text import figures
from strongroom.clock import Clock, SystemClock
from strongroom.words.durations import duration
from strongroom.words.json import Json

if TYPE_CHECKING:
    from strongroom.control.records import Run

_LINE_EVERY_S = 10.0

_CHANGE_EVERY_S = 3.0
"""What limits a run can change with each answer; nobody reads faster."""


class Meter(Protocol):
    """Shows the resources in hand (see ``service.progress`` for what is in a document)."""

    def update(
        self, resources: Mapping[str, Mapping[str, Any]], pace: Mapping[str, Any] | None
    ) -> None:
        """Show how far they are now, and how fast the server is used, if one is."""

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
        self._notes_shown = 0

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
        if run.waits_for != self._waits_for:
            self._waits_for = run.waits_for
            if run.waits_for is not None:
                output.message(f"Run {run.id} waits for {run.waits_for}.")
        if run.live is not None:
            self.tell(run.live)

    def tell(self, progress: Mapping[str, Json], *, is_urgent: bool = False) -> None:
        """Show a progress document (see ``service.progress.Tell``)."""
        del is_urgent  # whatever is told is shown
        document: Mapping[str, Any] = progress
        self._show_notes(document)
        if self._meter is None:
            self._meter = self._make_meter()
        self._meter.update(document["resources"], document.get("pace"))

    def _show_notes(self, document: Mapping[str, Any]) -> None:
        before: int = document["notes_before"]
        notes: list[str] = document["notes"]
        for note in notes[max(0, self._notes_shown - before) :]:
            output.message(note)
        self._notes_shown = max(self._notes_shown, before + len(notes))

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
        self, resources: Mapping[str, Mapping[str, Any]], pace: Mapping[str, Any] | None
    ) -> None:
        """See ``Meter``."""
        now_s = self._clock.monotonic_s()
        if now_s >= self._next_s:
            self._next_s = now_s + _LINE_EVERY_S
            for reference, counts in resources.items():
                output.message(f"{reference}: {progress_text(counts)}")
            if pace is not None:
                output.message(f"Pace: {figures(pace)}")
                self._tell(pace, now_s)
        elif pace is not None and self._is_changed(pace, now_s):
            self._tell(pace, now_s)

    def _is_changed(self, pace: Mapping[str, Any], now_s: float) -> bool:
        return now_s >= self._next_change_s and self._limiters != _limiters(pace)

    def _tell(self, pace: Mapping[str, Any], now_s: float) -> None:
        self._limiters = _limiters(pace)
        self._next_change_s = now_s + _CHANGE_EVERY_S
        if pace["told"]:
            output.message(pace["told"])

    def close(self) -> None:
        """See ``Meter``."""


def _limiters(pace: Mapping[str, Any]) -> list[str]:
    """Say what limits, without the seconds that count down."""
    return [limit["by"] for limit in pace["limits"]]


def progress_text(counts: Mapping[str, Any]) -> str:
    """Say how far a resource is: items, bytes, rate, and the time left if it can be guessed."""
    items, expected = counts["items"], counts["items_expected"]
    rate = items / counts["elapsed_s"] if counts["elapsed_s"] else 0.0
    text = f"{items:,} of {expected:,} items, {output.size(counts['bytes'])}, {rate:,.0f} items/s"
    if rate and expected > items:
        text += f", about {duration((expected - items) / rate)} left"
    return text
