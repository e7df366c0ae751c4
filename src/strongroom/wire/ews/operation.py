"""One request, ready to be sent: what every operation's file builds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.envelope import Pieces

T = TypeVar("T")

LISTING_BYTES_MAX = 64 * 1024 * 1024
"""Bound of an ordinary answer: sixty times what 512 changes or 1,000 found items take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[T]):
    """One request, ready to be sent, and how its answer is read.

    Attributes:
        name: The operation's name (``GetItem``).
        body: Its element as XML, prefixes ``m`` and ``t`` bound; or made in pieces.
        parse: Reads the opened answer.
        item_count: How many items it asks for; one that asks for a single one cannot be halved.
        size: How many bytes of content it asks for, as far as is known; 0: not known.
        answer_bytes_max: An answer above this is not read.
        since_2013: Pieces of the body that older schemas refuse; left out when asking in those.
    """

    name: str
    body: str | Pieces
    parse: Callable[[Answer], T]
    item_count: int = 1
    size: int = 0
    answer_bytes_max: int = LISTING_BYTES_MAX
    since_2013: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.item_count < 1:
            raise ValueError(f"{self.name} for nothing: the schema wants at least one")
