"""Content that came out of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fetched:
    """One thing's content.

    Attributes:
        content: The decoded bytes; or, if it is large, pieces that can be read once, now.
        change_key: The version that was read, if the answer tells it.
    """

    content: bytes | Iterator[bytes]
    change_key: str = ""
