"""How far things are, gathered from the operations' threads into one small document for displays.

``{"resources": {REFERENCE: {"items", "items_expected", "bytes", "bytes_expected", "elapsed_s"}},
"notes": [TEXT, …], "notes_before": N, "pace": {…}}``: the resources in hand, the latest things that
a person should know (``notes_before`` earlier ones are not in the list any more), and how fast the
server is used (see ``run_pace``; null where none is asked).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from strongroom.clock import Clock
from strongroom.service.run_pace import RunPace
from strongroom.words.json import Json

_NOTES_MAX = 50


class Tell(Protocol):
    """Where the document goes."""

    def __call__(self, progress: Mapping[str, Json], *, is_urgent: bool = False) -> None:
        """Take the document; ``is_urgent``: something in it must not be left out."""


@dataclass(slots=True)
class _Counts:
    started_s: float
    items: int = 0
    items_expected: int = 0
    bytes: int = 0
    bytes_expected: int = 0


class Board:
    """Gathers the progress of all resources of a run. Safe in many threads.

    Args:
        tell: Where the document goes.
        clock: Time.
        pace: How the server is used, if one is asked.
    """

    def __init__(self, tell: Tell, clock: Clock, pace: RunPace | None = None) -> None:
        self._tell = tell
        self._clock = clock
        self._pace = pace
        self._lock = threading.Lock()
        self._counts: dict[str, _Counts] = {}
        self._notes: list[str] = []
        self._notes_before = 0

    @contextmanager
    def resource(self, reference: str) -> Iterator[ResourceProgress]:
        """Show a resource as being in hand, for as long as the block lasts."""
        with self._lock:
            self._counts[reference] = _Counts(started_s=self._clock.monotonic_s())
        self.publish(is_urgent=True)
        try:
            yield ResourceProgress(self, reference)
        finally:
            with self._lock:
                del self._counts[reference]

    def add(self, reference: str, **more: int) -> None:
        """Add to the counts of a resource."""
        with self._lock:
            counts = self._counts[reference]
            for field, value in more.items():
                setattr(counts, field, getattr(counts, field) + value)
        self.publish()

    def note(self, text: str) -> None:
        """Tell something that a person should know now."""
        with self._lock:
            self._notes.append(text)
            if len(self._notes) > _NOTES_MAX:
                self._notes.pop(0)
                self._notes_before += 1
        self.publish(is_urgent=True)

    def publish(self, *, is_urgent: bool = False) -> None:
        """Hand the document on."""
        pace = None if self._pace is None else self._pace.document(is_exact=is_urgent)
        with self._lock:
            document = {**self._document(), "pace": pace}
        self._tell(document, is_urgent=is_urgent)

    def _document(self) -> dict[str, Json]:
        now_s = self._clock.monotonic_s()
        return {
            "resources": {
                reference: {
                    "items": counts.items,
                    "items_expected": counts.items_expected,
                    "bytes": counts.bytes,
                    "bytes_expected": counts.bytes_expected,
                    "elapsed_s": round(now_s - counts.started_s, 1),
                }
                for reference, counts in self._counts.items()
            },
            "notes": list(self._notes),
            "notes_before": self._notes_before,
        }


class ResourceProgress:
    """One resource's part of the board: what an operation tells (see ``operations.Progress``)."""

    def __init__(self, board: Board, reference: str) -> None:
        self._board = board
        self._reference = reference

    def expect(self, items: int, byte_count: int) -> None:
        """That much more is to be done than was said before."""
        self._board.add(self._reference, items_expected=items, bytes_expected=byte_count)

    def advance(self, items: int, byte_count: int) -> None:
        """That much more is done."""
        self._board.add(self._reference, items=items, bytes=byte_count)

    def note(self, text: str) -> None:
        """Something a person should know now."""
        self._board.note(f"{self._reference}: {text}")
