"""Where an item's content comes from: held whole, or made when somebody asks.

A mailbox of 20,000 items or with an item of 150 MB must cost the lab little memory, so an item
keeps a *source* rather than a message, and the few properties that lists show (its *headline*).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from strongroom.content import fts, tags
from strongroom.content.message import Message, Properties, PropertyKey, Value

# These make up nearly all of a message's bytes and no list shows them, so a headline leaves them
# out.
LARGE_KEYS: frozenset[PropertyKey] = frozenset(
    {
        tags.PidTagBody,
        tags.PidTagHtml,
        tags.PidTagRtfCompressed,
        tags.PidTagTransportMessageHeaders,
    }
)

Overlay = dict[PropertyKey, Value | None]
"""Properties laid over a message's own; None stands for one that was removed."""

Version = tuple[int, int, int, int]
"""Product version of a server: major, minor, build, revision."""

_PROPERTY_OVERHEAD_BYTES = 8


class ContentSource(Protocol):
    """An item's content. Immutable; every method is safe to call from many threads."""

    @property
    def headline(self) -> Properties:
        """All top-level properties except ``LARGE_KEYS``. The caller does not change it."""

    @property
    def size(self) -> int:
        """About how many bytes the item takes, attachments included (PidTagMessageSize)."""

    @property
    def has_attachments(self) -> bool:
        """Whether ``message()`` has attachments."""

    def message(self) -> Message:
        """Give the whole message. The caller does not change it."""

    def export_pieces(self, kept: Overlay, *, version: Version) -> Iterator[bytes]:
        """Give the export stream with the ``kept`` properties laid over the message's own."""


class WholeMessage:
    """A message that is held in memory."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._size: int | None = None

    @property
    def headline(self) -> Properties:
        """All top-level properties; that the large ones are there too does no harm."""
        return self._message.properties

    @property
    def size(self) -> int:
        """Bytes of all values and some for each property."""
        if self._size is None:
            self._size = message_size(self._message)
        return self._size

    @property
    def has_attachments(self) -> bool:
        """Whether there are attachments."""
        return bool(self._message.attachments)

    def message(self) -> Message:
        """Give the message itself."""
        return self._message

    def export_pieces(self, kept: Overlay, *, version: Version) -> Iterator[bytes]:
        """Give the export stream with the ``kept`` properties laid over the message's own."""
        return fts.build_pieces(overlaid(self._message, kept), version=version)


@dataclass(frozen=True, slots=True, kw_only=True)
class LazyMessage:
    """A message that is made anew each time it is asked for.

    Attributes:
        headline: All top-level properties except ``LARGE_KEYS``.
        size: About how many bytes the message takes.
        make: Makes the same message every time.
        stream: Makes the export stream in pieces without holding it whole, for very large items;
            it takes the properties that the server keeps and lays them over. None: built from
            ``make``.
        has_attachments: Whether the message has any.
    """

    headline: Properties
    size: int
    make: Callable[[], Message]
    stream: Callable[[Overlay], Iterator[bytes]] | None = None
    has_attachments: bool = False

    def message(self) -> Message:
        """Make the message."""
        return self.make()

    def export_pieces(self, kept: Overlay, *, version: Version) -> Iterator[bytes]:
        """Make the export stream; nothing is made before the first piece is asked for."""
        if self.stream is not None:
            yield from self.stream(kept)
            return
        yield from fts.build_pieces(overlaid(self.make(), kept), version=version)


def overlaid(message: Message, kept: Overlay) -> Message:
    """Give the message with some properties set otherwise; a None removes one."""
    properties = {**message.properties, **kept}
    return Message(
        properties={key: value for key, value in properties.items() if value is not None},
        recipients=message.recipients,
        attachments=message.attachments,
    )


def message_size(message: Message) -> int:
    """Say about how many bytes a message takes in a store."""
    rows = [message.properties, *message.recipients]
    total = sum(value_size(value) for row in rows for value in row.values())
    for attachment in message.attachments:
        total += sum(value_size(value) for value in attachment.properties.values())
        if attachment.embedded is not None:
            total += message_size(attachment.embedded)
    return total


def value_size(value: Value) -> int:
    """Say about how many bytes one property takes in a store."""
    if isinstance(value, str):
        return _PROPERTY_OVERHEAD_BYTES + 2 * len(value)
    if isinstance(value, bytes):
        return _PROPERTY_OVERHEAD_BYTES + len(value)
    if isinstance(value, list):
        return _PROPERTY_OVERHEAD_BYTES + sum(value_size(one) for one in value)
    return 2 * _PROPERTY_OVERHEAD_BYTES
