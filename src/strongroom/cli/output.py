"""What commands print: one JSON document, or text that no terminal obeys.

Answers go to standard output, everything else to standard error. Names, subjects and servers' texts
are untrusted: as text they pass through ``printable``; in JSON they stand as they are, because JSON
escapes control characters itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TextIO

from strongroom.errors import OperatorError
from strongroom.words.json import Json

_FAILURES_SHOWN = 8
_UNITS = ("B", "kB", "MB", "GB", "TB")


def document(value: Json) -> None:
    """Print one JSON document, the only thing on standard output."""
    _write(sys.stdout, json.dumps(value, ensure_ascii=True, indent=2))


def line_document(value: Json) -> None:
    """Print one JSON document on one line (``run watch --json``)."""
    _write(sys.stdout, json.dumps(value, ensure_ascii=True))


def text(line: str = "") -> None:
    """Print one line of the answer."""
    _write(sys.stdout, printable(line))


def clean(line: str) -> None:
    """Print one line of the answer whose untrusted parts are printable already."""
    _write(sys.stdout, line)


def message(line: str) -> None:
    """Print one line beside the answer."""
    _write(sys.stderr, printable(line))


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print columns, aligned and never cut, two spaces apart."""
    for row in columns(headers, rows):
        _write(sys.stdout, row)


def columns(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Write columns as ``table`` prints them, line by line."""
    cells = [list(headers), *([printable(_cell(value)) for value in row] for row in rows)]
    widths = [max(len(row[number]) for row in cells) for number in range(len(headers))]
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def failure(what: str, why: str = "", hint: str = "") -> None:
    """Print what did not work, why, and what to do now."""
    message(f"Error: {what}")
    for line in why.splitlines():
        message(f"  why:  {line}")
    for line in hint.splitlines():
        message(f"  hint: {line}")


def failures(sentences: Sequence[str]) -> None:
    """Print what did not work, the first ones by name."""
    for sentence in sentences[:_FAILURES_SHOWN]:
        failure(sentence)
    if len(sentences) > _FAILURES_SHOWN:
        message(f"and {len(sentences) - _FAILURES_SHOWN} more; `--json` names them all")


def printable(untrusted: str) -> str:
    """Take the terminal's orders out of a text (see ``content.names``)."""
    from strongroom.content import names  # noqa: PLC0415 - `--help` prints nothing untrusted

    return names.printable(untrusted)


def size(byte_count: int) -> str:
    """Write a size for people: ``1.5 MB``."""
    value = float(byte_count)
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{byte_count} B" if unit == "B" else f"{value:.1f} {unit}"


def when(moment: datetime) -> str:
    """Write a time for people and scripts: RFC 3339 UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return when(value) if isinstance(value, datetime) else str(value)


def _write(stream: TextIO, line: str) -> None:
    """Write a line; a reader that has gone away (``| head``) has what it wanted.

    Letters that the stream's encoding lacks come out as escapes: names come in every script, and a
    terminal or a file that was set up for fewer must not end a run.

    Raises:
        OperatorError: the answer cannot be written, as on a full disk. What cannot be written
            beside the answer is lost, and the work goes on.
    """
    encoding = stream.encoding or "utf-8"
    shown = line.encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(shown + "\n")
        stream.flush()
    except BrokenPipeError:
        _send_nowhere(stream)  # the work goes on and keeps its exit code
    except OSError as error:
        _send_nowhere(stream)
        if stream is not sys.stderr:
            raise OperatorError(
                "The answer cannot be written to standard output.",
                why=error.strerror or "",
                hint="Make room where it goes, and ask again; what was done is done and kept.",
            ) from error


def _send_nowhere(stream: TextIO) -> None:
    """Let what is still in the stream's buffer, and all that follows, go nowhere."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
