"""Content that comes out of an answer, and what comes out instead where something is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.errors import TransientError


@dataclass(frozen=True, slots=True)
class Fetched:
    """One thing's content.

    Attributes:
        content: The decoded bytes; or, if it is large, pieces that can be read once, now.
        change_key: The version that was read, if the answer tells it.
    """

    content: bytes | Iterator[bytes]
    change_key: str = ""


class Truncated(TransientError):
    """The base64 of one item is not whole: the server cut it, or the line garbled it.

    Exchange is known to end an exported stream with ``=== Truncated Data ===`` under load; asking
    again usually gives the whole.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentAnswer:
    """What the answer of an operation that gives contents looks like.

    Attributes:
        response: The operation's response element; its messages are called like it with
            ``Message`` behind.
        content: The element that holds the base64.
    """

    response: str
    content: str


@dataclass(frozen=True, slots=True)
class Begin:
    """In a stream of events: a content begins.

    Attributes:
        told_id: The id that the answer gives for it, or an empty string.
        change_key: The version that it gives, or an empty string.
    """

    told_id: str = ""
    change_key: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """In a stream of events: the content that began is whole."""
