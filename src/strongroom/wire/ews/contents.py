"""Reading many contents out of one answer: the driver behind export, MIME and attachments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from strongroom.wire.ews.connection import EwsConnection, Operation
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import Fetched
from strongroom.wire.ews.ids import ItemRef

I = TypeVar("I", ItemRef | str, str)  # noqa: E741 - an item's id


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentAnswer:
    """What the answer of such an operation looks like.

    Attributes:
        response: The operation's response element; its messages are called like it with
            ``Message`` behind.
        content: The element that holds the base64.
    """

    response: str
    content: str


def fetch_contents(
    connection: EwsConnection,
    items: Sequence[I],
    operation_for: Callable[[Sequence[I]], Operation[object]],
    shape: ContentAnswer,
    keep: Callable[[Fetched | EwsItemError, str], None],
) -> None:
    """Ask for contents and hand each over; those without a lasting result are asked for again."""
    raise NotImplementedError
