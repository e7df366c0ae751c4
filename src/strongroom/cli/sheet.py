"""Tables for spreadsheets: CSV as RFC 4180 has it, in which no cell is ever run.

A spreadsheet takes a cell for a formula that begins with ``=``, ``+``, ``-`` or ``@``, behind
spaces and quotes as well, and a formula can send the sheet away or start a program. Names of
mailboxes and servers' texts are untrusted. So such a cell gets an apostrophe in front of it, which
is how people write text that looks like a formula. A spreadsheet that was told of another separator
than ours cuts cells elsewhere; what would begin a cell then gets its apostrophe as well.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime

from strongroom.cli import output

BYTE_ORDER_MARK = "\ufeff"
"""At the beginning of a file: Excel takes it for UTF-8 then, and else for the system's letters."""

_WOULD_RUN = re.compile(r"""(^|[;,\t\r\n])(?=["\s]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])""")


def harmless(text: str) -> str:
    """Put apostrophes where a spreadsheet would begin to run what follows."""
    return _WOULD_RUN.sub(r"\1'", text)


def line(values: Sequence[object]) -> str:
    """Write one line, with its end. Numbers stay numbers; text is made harmless and printable."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_cell(value) for value in values])
    return written.getvalue()


def _cell(value: object) -> object:
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return output.when(value)
    return harmless(output.printable(str(value)))
