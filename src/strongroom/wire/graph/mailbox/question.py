"""What is asked of a mailbox by Graph, and the plain forms of what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlencode

import orjson

from strongroom.errors import TransientError
from strongroom.wire.graph.answers import NEXT_LINK, NotReadable, Row, rows_of
from strongroom.wire.http import HttpAnswer
from strongroom.wire.reply import AnswerTooLarge, Reply

_PLAIN = "$(),'"
DELTA_LINK = "@odata.deltaLink"

_REFUSAL_BYTES_MAX = 256 * 1024
_READ_BY_US = ("retry-after", "date", "location", "www-authenticate")


class Question(NamedTuple):
    """One request, before it is sent.

    Attributes:
        method: Of HTTP.
        target: Path and query, from ``/`` on.
        kind: What sort of request it is, for the pace.
        body: What is posted.
        prefer: What the answer should be like.
        items: How many items it asks for.
        size: How many bytes of content it asks for; 0: corrected by the answer.
        at_once: How many of the mailbox's four requests at a time it takes.
        requests: As how many it counts: each question of a batch is one.
        takes_packed: Its answer may come compressed. Lists shrink to a tenth; content hardly does.
    """

    method: str
    target: str
    kind: str
    body: bytes = b""
    prefer: tuple[str, ...] = ()
    items: int = 1
    size: int = 0
    at_once: int = 1
    requests: int = 1
    takes_packed: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a collection, or of what changed in it.

    Attributes:
        rows: What is on it.
        following: The link to the next page; empty on the last one.
        delta: The link behind the last page of changes; empty anywhere else.
    """

    rows: tuple[Row, ...]
    following: str = ""
    delta: str = ""


@dataclass(slots=True)
class Heard:
    """What the last answer told of the server itself.

    Attributes:
        date: Its clock, as the ``Date`` header writes it.
        round_trip_s: How long it took to begin its answer.
    """

    date: str = ""
    round_trip_s: float = 0.0


def written(query: Mapping[str, str] | None) -> str:
    """Write OData options behind a path; spaces as ``%20``, since not everybody reads ``+`` so."""
    return f"?{urlencode(query, quote_via=quote, safe=_PLAIN)}" if query else ""


def page_of(row: Row) -> Page:
    """Read a page.

    Raises:
        TransientError: it is none.
    """
    try:
        rows = tuple(rows_of(row))
    except NotReadable:
        raise TransientError("Microsoft Graph gave a list that cannot be read.") from None
    following, delta = row.get(NEXT_LINK), row.get(DELTA_LINK)
    return Page(
        rows,
        following if isinstance(following, str) else "",
        delta if isinstance(delta, str) else "",
    )


def json_body(document: Mapping[str, object]) -> bytes:
    """Write what is posted."""
    return orjson.dumps(document)


def answer_of(reply: Reply) -> HttpAnswer:
    """Read a refusal whole, as what judges it wants it."""
    try:
        body = bytes(reply.read(_REFUSAL_BYTES_MAX))
    except AnswerTooLarge:
        body = b""
    headers = {name: value for name in _READ_BY_US if (value := reply.header(name))}
    return HttpAnswer(
        status=reply.status,
        headers=headers,
        header_values={name: tuple(reply.header_values(name)) for name in headers},
        body=body,
        round_trip_s=reply.round_trip_s,
    )
