"""The error that Graph puts into an answer, or beside one item of it: as little as is needed.

Of its message nothing is kept but the name of a limit that was passed: messages repeat addresses,
and whatever was asked.

Source:
    https://learn.microsoft.com/graph/errors
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.wire.graph.answers import NotReadable, Row, read_object

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,80}")
_LIMIT = re.compile(r"is over its ([A-Za-z]{1,40}) limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What Graph says of an error.

    Attributes:
        code: Graph's code (``ApplicationThrottled``); empty if it gave none that looks like one.
        limit: The limit that was passed (``MailboxConcurrency``); empty if none is named.
    """

    code: str = ""
    limit: str = ""


def fault_in(body: bytes) -> Fault:
    """Read the error of an answer; an empty one if there is none."""
    try:
        return fault_of(read_object(body).get("error"))
    except NotReadable:
        return Fault()


def error_of(row: Row) -> Fault:
    """Read the error that stands beside one item; an empty one if there is none.

    Source:
        https://learn.microsoft.com/graph/handle-archive-mailbox-redirects (``Error``)
    """
    return fault_of(row.get("error", row.get("Error")))


def fault_of(error: Any) -> Fault:  # noqa: ANN401 - whatever JSON holds there
    """Read an error object, such as stands beside one item of an answer."""
    if not isinstance(error, Mapping):
        return Fault()
    code, message = error.get("code"), error.get("message")
    limit = _LIMIT.search(message) if isinstance(message, str) else None
    return Fault(
        code=code if isinstance(code, str) and _CODE.fullmatch(code) else "",
        limit=limit[1] if limit else "",
    )
