"""Export streams in base64, as every protocol of Exchange carries them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pybase64

from strongroom.content import fts, tags
from strongroom.content.message import Message
from strongroom.lab.estate.item import STORE_OWNED

_TRUNCATED = b"=== Truncated Data ==="
_GROUP = 3 * 8192
"""Base64 turns 3 bytes into 4 characters, so pieces of a multiple of 3 can be joined."""


def encoded(stream: Iterable[bytes]) -> Iterator[bytes]:
    """Write a stream in base64, piece by piece."""
    held = bytearray()
    for piece in stream:
        held += piece
        if len(held) >= _GROUP:
            whole = len(held) - len(held) % 3
            yield pybase64.b64encode(bytes(held[:whole]))
            del held[:whole]
    yield pybase64.b64encode(bytes(held))


def spoilt(stream: Iterable[bytes]) -> Iterator[bytes]:
    """Write half of a stream and the words of a server that gave up."""
    whole = b"".join(encoded(stream))
    yield whole[: len(whole) // 2]
    yield _TRUNCATED


def message_in(stream: bytes) -> Message:
    """Read a stream that a client brings, without what the store answers itself.

    Raises:
        fts.FtsError: it is none.
    """
    message = fts.parse(stream)
    for key in STORE_OWNED | {tags.PidTagLastModificationTime}:
        message.properties.pop(key, None)
    return message
