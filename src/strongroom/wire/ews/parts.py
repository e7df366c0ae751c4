"""Request bodies that carry file content: base64 made piece by piece while it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pybase64

from strongroom.wire.ews.envelope import Pieces

# A multiple of three, so that pieces join without padding between them.
_CHUNK_BYTES = 3 * 64 * 1024

Part = str | bytes
"""XML as text, or content that goes out as base64."""


def pieces(parts: Sequence[Part]) -> Pieces:
    """Join XML and content into a body whose length is known before it is sent.

    Args:
        parts: In order.
    """
    return Pieces(parts=_Parts(parts), length=sum(map(_length, parts)))


class _Parts:
    """Iterable any number of times: a refused request may have to be sent once more."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, str):
                yield part.encode()
                continue
            view = memoryview(part)
            for start in range(0, len(view), _CHUNK_BYTES):
                yield pybase64.b64encode(view[start : start + _CHUNK_BYTES])


def base64_length(count: int) -> int:
    """Say how many characters so many bytes become."""
    return (count + 2) // 3 * 4


def _length(part: Part) -> int:
    return len(part.encode()) if isinstance(part, str) else base64_length(len(part))
