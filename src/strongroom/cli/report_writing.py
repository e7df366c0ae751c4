"""Writing reports: as a table, as CSV or as one JSON document, line by line."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from strongroom.cli import output, sheet
from strongroom.cli.new_file import write_new
from strongroom.cli.report_kinds import Kind, plain
from strongroom.cli.settings import Settings
from strongroom.clock import SystemClock
from strongroom.errors import OperatorError

T = TypeVar("T")
_SIZES = {"bytes_read", "bytes_stored"}


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def write(
    settings: Settings,
    kind: Kind[T],
    lines: Iterable[T],
    wanted: Format | None,
    file: Path | None,
) -> None:
    """Write a report to standard output, or into a new file.

    Raises:
        OperatorError: the file is there already or cannot be written; two formats were asked for.
    """
    if settings.is_json and file is None and wanted not in {None, Format.JSON}:
        raise OperatorError(
            f"--json and --format {wanted} ask for two answers at once.", hint="Give one of them."
        )
    form = wanted or (Format.JSON if settings.is_json else Format.TABLE)
    passing = _Counted(kind, lines)
    if file is not None:
        mark = sheet.BYTE_ORDER_MARK if form is Format.CSV else ""
        write_new(file, _with_mark(mark, _written(kind, passing, form)))
        if settings.is_json:
            output.document({"file": str(file), "lines": passing.count})
        else:
            output.message(f"Wrote {passing.count:,} lines. {passing.in_words()}")
    elif form is Format.TABLE:
        for row in _rows(kind, passing):
            output.clean(row)
        output.message(passing.in_words())
    else:
        for piece in _written(kind, passing, form):
            # The stream ends each line itself.
            output.clean(piece.removesuffix("\n").removesuffix("\r" if os.linesep != "\n" else ""))


class _Counted(Generic[T]):
    """Counts and adds up what passes."""

    def __init__(self, kind: Kind[T], lines: Iterable[T]) -> None:
        self._kind = kind
        self._lines = lines
        self.count = 0
        self.totals: Counter[str] = Counter()

    def __iter__(self) -> Iterator[T]:
        for line in self._lines:
            self.count += 1
            self.totals.update(self._kind.counted(line))
            yield line

    def in_words(self) -> str:
        """Say what it came to, in one line."""
        told = [
            f"{name}: {output.size(total) if name in _SIZES else f'{total:,}'}"
            for name, total in self.totals.items()
        ]
        return ", ".join(told) or "There is nothing to tell."


def _with_mark(mark: str, pieces: Iterable[str]) -> Iterator[str]:
    yield mark
    yield from pieces


def _written(kind: Kind[T], passing: _Counted[T], form: Format) -> Iterator[str]:
    if form is Format.CSV:
        return _csv(kind, passing)
    return _json(kind, passing) if form is Format.JSON else _text(kind, passing)


def _csv(kind: Kind[T], passing: _Counted[T]) -> Iterator[str]:
    yield sheet.line(list(kind.fields))
    for line in passing:
        cells = kind.values(line).values()
        yield sheet.line([", ".join(c) if isinstance(c, tuple) else c for c in cells])


def _json(kind: Kind[T], passing: _Counted[T]) -> Iterator[str]:
    """Write one document, a line for each line of the report."""
    begin = {"report": kind.name, "at": output.when(SystemClock().now())}
    yield json.dumps(begin)[:-1] + ', "lines": [\n'
    held: str | None = None
    for line in passing:
        if held is not None:
            yield f"{held},\n"
        values = {name: plain(value) for name, value in kind.values(line).items()}
        held = json.dumps(values, ensure_ascii=True)
    if held is not None:
        yield f"{held}\n"
    yield f'], "totals": {json.dumps(dict(passing.totals))}}}\n'


def _text(kind: Kind[T], passing: _Counted[T]) -> Iterator[str]:
    for row in _rows(kind, passing):
        yield f"{row}\n"


def _rows(kind: Kind[T], passing: _Counted[T]) -> Iterator[str]:
    lines: Iterable[T] = passing if kind.order is None else sorted(passing, key=kind.order)
    return output.columns(kind.heads, (kind.cells(line) for line in lines))
