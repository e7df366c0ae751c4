"""How far a worker is with a run, gathered from the operations' threads into one small document.

``{"resources": {REFERENCE: {"items", "items_expected", "bytes", "bytes_expected", "elapsed_s",
"items_per_s", "bytes_per_s", "left_s"}}, "notes": [TEXT, …], "notes_before": N, "pace": {…}}``: the
resources in hand, the latest things that a person should know (``notes_before`` earlier ones are
not in the list any more), and how fast the server is used (see ``run_pace``; null where none is
asked). Rates are those of the last half minute, ``left_s`` is a guess, null where nobody can know.

For whoever puts the documents of several workers together (``words.merging``): ``worked``, all that
was done, whatever became of it; ``now`` and ``lately``, how fast, in the last half minute and
quarter of an hour; ``spans_s``, when, in seconds since the run first began; ``notes_at_s``;
``spent`` and ``machine`` (see ``run_load``); ``limited_s``, for how long each limit was the one
that counted (see ``words.run_limits``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from strongroom.clock import Clock
from strongroom.pace.spent import Spent
from strongroom.service.limited import Limited
from strongroom.service.machine import MachinePort, ThisMachine
from strongroom.service.rates import Rates
from strongroom.service.run_load import RunLoad
from strongroom.service.run_pace import RunPace
from strongroom.words.json import Json
from strongroom.words.merging import NOTES_MAX
from strongroom.words.time_left import (
    KNOWN_AFTER_S,
    InHand,
    Speed,
    left_of_one_s,
    speed_of,
)

_NOW_S = 30.0
"""Shorter, and one large answer makes a rate jump; longer, and a person waits to see a change."""

_LATELY_S = 15 * 60.0
"""A guess at the time left stands on so much: a pause of the server's is no reason to despair."""

_LATELY_ONE_S = 5 * 60.0


class Tell(Protocol):
    """Where the document goes."""

    def __call__(self, progress: Mapping[str, Json], *, is_urgent: bool = False) -> None:
        """Take the document; ``is_urgent``: something in it must not be left out."""


@dataclass(slots=True)
class _Counts:
    """A resource in hand.

    Attributes:
        items_foreseen: So many in all, as the server says; what is expected grows up to that while
            the resource is listed.
    """

    started_s: float
    now: Rates
    lately: Rates
    items: int = 0
    items_expected: int = 0
    bytes: int = 0
    bytes_expected: int = 0
    items_foreseen: int = 0

    def in_hand(self) -> InHand:
        """Say how much of it is done, and is to be done."""
        items = max(self.items_expected, self.items_foreseen)
        grown = items / self.items_expected if self.items_expected else 1.0
        return InHand(
            items=self.items,
            items_expected=items,
            bytes=self.bytes,
            # What was not listed yet is as large as the rest, for all that anybody knows.
            bytes_expected=round(self.bytes_expected * grown),
        )

    def document(self, now_s: float) -> dict[str, Json]:
        """Write it."""
        it = self.in_hand()
        passed_s = now_s - self.started_s
        items_per_s, bytes_per_s = self.now.look(now_s, self.items, self.bytes)
        now = Speed(items_per_s=items_per_s, bytes_per_s=bytes_per_s)
        items_lately, bytes_lately = self.lately.look(now_s, self.items, self.bytes)
        lately = Speed(items_per_s=items_lately, bytes_per_s=bytes_lately)
        left_s = left_of_one_s(it, speed_of(lately, now)) if passed_s >= KNOWN_AFTER_S else None
        return {
            "items": it.items,
            "items_expected": it.items_expected,
            "bytes": it.bytes,
            "bytes_expected": it.bytes_expected,
            "elapsed_s": round(passed_s, 1),
            "items_per_s": round(items_per_s, 1),
            "bytes_per_s": round(bytes_per_s, 1),
            "left_s": None if left_s is None else round(left_s, 1),
        }


@dataclass(slots=True)
class _Worked:
    """All that was done."""

    now: Rates
    lately: Rates
    items: int = 0
    bytes: int = 0
    tasks: int = 0
    notes: list[tuple[float, str]] = field(default_factory=list)
    notes_before: int = 0

    def document(self, now_s: float) -> dict[str, Json]:
        """Write it."""
        now = self.now.look(now_s, self.items, self.bytes)
        lately = self.lately.look(now_s, self.items, self.bytes, self.tasks)
        names = ("items_per_s", "bytes_per_s", "tasks_per_s")
        return {
            "notes": [note for _, note in self.notes],
            "notes_at_s": [at_s for at_s, _ in self.notes],
            "notes_before": self.notes_before,
            "worked": {"items": self.items, "bytes": self.bytes, "tasks": self.tasks},
            "now": {name: round(rate, 3) for name, rate in zip(names, now, strict=False)},
            "lately": {name: round(rate, 3) for name, rate in zip(names, lately, strict=True)},
        }


def always() -> bool:
    """Take every document: who shows them decides which."""
    return True


class Board:
    """Gathers the progress of all resources that a worker has in hand. Safe in many threads.

    Args:
        tell: Where the document goes.
        clock: Time.
        pace: How the server is used, if one is asked.
        began_s: So many seconds ago the run was begun for the first time.
        is_due: Says whether a document that is not urgent would be taken now: making it costs more
            than what it tells of.
        machine: The machine; None: this one.

    Attributes:
        spent: Where the crews count their time (``Crew``).
    """

    def __init__(
        self,
        tell: Tell,
        clock: Clock,
        pace: RunPace | None = None,
        *,
        began_s: float = 0.0,
        is_due: Callable[[], bool] = always,
        machine: MachinePort | None = None,
    ) -> None:
        self.spent = Spent(clock)
        self._tell = tell
        self._clock = clock
        self._pace = pace
        self._is_due = is_due
        self._load = RunLoad(self.spent, machine or ThisMachine(clock), clock)
        self._limited = Limited()
        self._lock = threading.Lock()
        self._counts: dict[str, _Counts] = {}
        now_s = clock.monotonic_s()
        self._zero_s = now_s - began_s
        self._began_s = began_s
        self._worked = _Worked(now=Rates(_NOW_S, now_s, 2), lately=Rates(_LATELY_S, now_s, 3))

    @contextmanager
    def resource(self, reference: str) -> Iterator[ResourceProgress]:
        """Show a resource as being in hand, for as long as the block lasts."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            self._counts[reference] = _Counts(
                started_s=now_s,
                now=Rates(_NOW_S, now_s, 2),
                lately=Rates(_LATELY_ONE_S, now_s, 2),
            )
        self.publish()
        try:
            yield ResourceProgress(self, reference)
        finally:
            with self._lock:
                del self._counts[reference]
                self._worked.tasks += 1

    def expect(self, reference: str, items: int, byte_count: int) -> None:
        """Expect so much more of a resource."""
        with self._lock:
            counts = self._counts[reference]
            counts.items_expected += items
            counts.bytes_expected += byte_count
        self.publish()

    def foresee(self, reference: str, items: int) -> None:
        """Expect so many items of a resource in all, once it is listed."""
        with self._lock:
            counts = self._counts[reference]
            counts.items_foreseen = items
        self.publish()

    def advance(self, reference: str, items: int, byte_count: int) -> None:
        """Know that so much more of a resource is done."""
        with self._lock:
            counts = self._counts[reference]
            counts.items += items
            counts.bytes += byte_count
            self._worked.items += items
            self._worked.bytes += byte_count
        self.publish()

    def note(self, text: str) -> None:
        """Tell something that a person should know now."""
        with self._lock:
            notes = self._worked.notes
            notes.append((round(self._clock.monotonic_s() - self._zero_s, 3), text))
            if len(notes) > NOTES_MAX:
                notes.pop(0)
                self._worked.notes_before += 1
        self.publish(is_urgent=True)

    def publish(self, *, is_urgent: bool = False) -> None:
        """Hand the document on, if it is wanted now."""
        if not (is_urgent or self._is_due()):
            return
        pace = None if self._pace is None else self._pace.document(is_exact=is_urgent)
        with self._lock:
            report = None if self._pace is None else self._pace.report
            load = self._load.document(report)
            document = {**self._document(), **load, "pace": pace}
            document["limited_s"] = self._limited.look(self._clock.monotonic_s(), document)
        self._tell(document, is_urgent=is_urgent)

    def _document(self) -> dict[str, Json]:
        now_s = self._clock.monotonic_s()
        return {
            "resources": {
                reference: counts.document(now_s) for reference, counts in self._counts.items()
            },
            **self._worked.document(now_s),
            "spans_s": [[round(self._began_s, 3), round(now_s - self._zero_s, 3)]],
        }


class ResourceProgress:
    """One resource's part of the board: what an operation tells (see ``operations.Progress``)."""

    def __init__(self, board: Board, reference: str) -> None:
        self._board = board
        self._reference = reference

    def expect(self, items: int, byte_count: int) -> None:
        """That much more is to be done than was said before."""
        self._board.expect(self._reference, items, byte_count)

    def foresee(self, items: int) -> None:
        """So much is likely to be done in all, once everything is listed."""
        self._board.foresee(self._reference, items)

    def advance(self, items: int, byte_count: int) -> None:
        """That much more is done."""
        self._board.advance(self._reference, items, byte_count)

    def note(self, text: str) -> None:
        """Something a person should know now."""
        self._board.note(f"{self._reference}: {text}")
