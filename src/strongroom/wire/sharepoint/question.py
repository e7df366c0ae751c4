"""One request to a SharePoint before it is sent, and its answer when it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import orjson

from strongroom.wire.http import ANSWER_BYTES_MAX
from strongroom.wire.reply import Body
from strongroom.wire.sharepoint.odata import LIGHT, VERBOSE, NotReadable, decoded
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.sealed import not_understood

T = TypeVar("T")

PAGE_BYTES_MAX = 64 * 1024 * 1024
"""A page of a thousand items whose columns hold long texts."""

_JSON_BODY = {"Content-Type": LIGHT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request.

    Attributes:
        target: Path and query below the server: ``/sites/a/_api/web?$select=Id``.
        call: What sort of call it is, for the pace: sorts differ in what they cost.
        count: How many such calls it stands for.
        method: ``GET`` or ``POST``; what else there is goes into ``X-HTTP-Method``.
        body: What is sent. A ``Body`` can be sent once only.
        headers: Beside those of the sign-in. ``Accept`` is JSON unless it is named.
        is_write: It changes something, and is sent once.
        bytes_max: A larger answer is none.
        needs_digest: A POST that is not signed in by a token carries one.
    """

    target: str
    call: Call = Call.ONE
    count: int = 1
    method: str = "GET"
    body: bytes | Body = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_write: bool = False
    bytes_max: int = ANSWER_BYTES_MAX
    needs_digest: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, with a status of success.

    Attributes:
        status: Of HTTP.
        body: As sent; empty for most writes.
        url: Whom was asked, for messages.
        etag: Version of the thing, if it was told.
    """

    status: int
    body: bytes
    url: str
    etag: str = ""

    def read(self, kind: type[T]) -> T:
        """Read it as JSON in either form.

        Raises:
            OperatorError: it is something else: a page of something that stands between.
        """
        try:
            found: T = decoded(self.body, kind)
        except NotReadable:
            # Not "from" it: its text would repeat what the server sent.
            raise not_understood(self.url, self.status) from None
        return found


def asking(target: str, body: object = None, *, call: Call = Call.MANY) -> Question:
    """Make a question that is a POST and changes nothing: ``getchanges``, ``GetItems``.

    The body is in the wordy form, with the type of each thing: every version from 2013 on takes it.
    """
    return Question(
        target=target,
        call=call,
        method="POST",
        body=_json(body),
        headers={"Content-Type": VERBOSE} if body is not None else {},
        bytes_max=PAGE_BYTES_MAX,
    )


def writing(
    target: str, body: object = None, *, method: str = "", etag: str = "*", call: Call = Call.WRITE
) -> Question:
    """Make a question that changes something.

    Args:
        target: As above.
        body: What becomes JSON; bytes and pieces (``Body``) go as they are; None: nothing.
        method: ``MERGE``, ``PUT`` or ``DELETE`` where it is not a plain POST.
        etag: Which version may be changed, for those.
        call: As above.
    """
    is_raw = isinstance(body, bytes | Body)
    headers = {} if is_raw else dict(_JSON_BODY)
    if method:
        headers |= {"X-HTTP-Method": method, "If-Match": etag}
    return Question(
        target=target,
        call=call,
        method="POST",
        body=body if isinstance(body, bytes | Body) else _json(body),
        headers=headers,
        is_write=True,
    )


def _json(body: object) -> bytes:
    return b"" if body is None else orjson.dumps(body)
