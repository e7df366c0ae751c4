"""The journal: what workers really did, in a file that no database touches. It is the judge.

Workers append a line when they begin something and one when they have ended it, each in one write
to a file that was opened for appending; a kill can take a line's successor, never half of it. Times
are of the machine's monotonic clock, which is the same in all processes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from strongroom.clock import SystemClock

_BEGINS, _ENDS = "begins", "ends"
BORN, READY = "born", "ready"
FOREVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that a worker does in a run.

    Attributes:
        what: ``plan``, ``work``, ``step`` or ``conclude``; ``kept``: a task's end is in the
            database; ``born`` and ``ready`` are about the worker alone.
        attempt: How often the run had been granted.
        resource: Of the task.
        number: Of the step; of ``born``, the process.
    """

    what: str
    worker: str
    run: str = "-"
    attempt: int = 0
    resource: str = "-"
    number: int = 0

    def line(self) -> str:
        """Write it down."""
        return f"{self.what} {self.worker} {self.run} {self.attempt} {self.resource} {self.number}"

    @classmethod
    def of(cls, line: str) -> Deed:
        """Read it."""
        what, worker, run, attempt, resource, number = line.split(" ")
        return cls(
            what=what,
            worker=worker,
            run=run,
            attempt=int(attempt),
            resource=resource,
            number=int(number),
        )


class Pen:
    """Writes into the journal. Safe in many threads and processes."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._clock = SystemClock()

    def note(self, deed: Deed) -> None:
        """Write down that something was done."""
        self._write(_BEGINS, deed)
        self._write(_ENDS, deed)

    @contextmanager
    def doing(self, deed: Deed) -> Iterator[None]:
        """Write down that something begins, and that it has ended, however."""
        self._write(_BEGINS, deed)
        try:
            yield
        finally:
            self._write(_ENDS, deed)

    def _write(self, when: str, deed: Deed) -> None:
        line = f"{self._clock.monotonic_s():.6f} {when} {deed.line()}\n"
        os.write(self._descriptor, line.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the beginning of a deed to its end.

    Attributes:
        is_whole: The worker lived to see its end.
    """

    deed: Deed
    begin_s: float
    end_s: float
    is_whole: bool = True

    def meets(self, other: Span) -> bool:
        """Say whether both were being done at the same time."""
        return self.begin_s < other.end_s and other.begin_s < self.end_s


class Reader:
    """Follows the journal while it is written: who has what in hand."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._workers: dict[int, str] = {}
        self._begun: Counter[tuple[str, str]] = Counter()

    def is_at_work(self, pid: int) -> bool:
        """Say whether the worker of a process is in the middle of something."""
        return any(self.is_at(what, pid) for what in ("plan", "work", "step", "conclude"))

    def is_at(self, what: str, pid: int) -> bool:
        """Say whether the worker of a process is in the middle of just that."""
        worker = self.worker(pid)
        return worker is not None and self._begun[what, worker] > 0

    def worker(self, pid: int) -> str | None:
        """Name the worker of a process; None: it has none yet."""
        self._follow()
        return self._workers.get(pid)

    def _follow(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            # A line is written at once, so there is no half of one at the end.
            lines = file.read()
        self._offset += len(lines)
        for line in lines.decode().splitlines():
            _, when, rest = line.split(" ", 2)
            deed = Deed.of(rest)
            self._begun[deed.what, deed.worker] += 1 if when == _BEGINS else -1
            if deed.what == BORN:
                self._workers[deed.number] = deed.worker


def read(path: Path, deaths: Mapping[int, float]) -> list[Span]:
    """Read the journal, in the order in which things began.

    Args:
        path: Where it is.
        deaths: When workers died, by the numbers of their processes: what they did not end, ended
            then.
    """
    begun: list[tuple[Deed, float]] = []
    ends: dict[Deed, list[float]] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        at_s, when, rest = line.split(" ", 2)
        deed = Deed.of(rest)
        if when == _BEGINS:
            begun.append((deed, float(at_s)))
        else:
            ends.setdefault(deed, []).append(float(at_s))
    died = {deed.worker: deaths.get(deed.number, FOREVER) for deed, _ in begun if deed.what == BORN}
    return _paired(begun, ends, died)


def _paired(
    begun: Sequence[tuple[Deed, float]], ends: dict[Deed, list[float]], died: Mapping[str, float]
) -> list[Span]:
    # The same worker does the same thing again only after it has ended it.
    spans = []
    for deed, begin_s in begun:
        left = ends.get(deed, [])
        is_whole = bool(left)
        end_s = left.pop(0) if is_whole else died[deed.worker]
        spans.append(Span(deed=deed, begin_s=begin_s, end_s=end_s, is_whole=is_whole))
    return spans
