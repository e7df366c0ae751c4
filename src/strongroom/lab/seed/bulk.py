"""Loads for benchmarks: many items, or huge ones, made when somebody asks for them.

What is held of an item is its number. Everything else follows from it, so 20,000 items of 50 KB
cost the lab a few megabytes, and one of 150 MB is exported in pieces.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from random import Random

from strongroom.content import fts, fts_envelope, tags
from strongroom.content.message import FileTime, Message, Properties
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.source import LARGE_KEYS, Overlay, Version, overlaid
from strongroom.lab.seed import mail, people, prose, shapes
from strongroom.lab.seed.files import File
from strongroom.lab.seed.people import Person
from strongroom.lab.seed.stage import folder_at

_PIECE_BYTES = 1 << 16
# With this share of chance in them, zstd makes about 0.4 of the bytes.
_RANDOM_SHARE = 0.38
_STREAMED_FROM_BYTES = 1 << 22
_HOLE = b"\xfe the attachment's bytes go here \xff"
_HEADLINES_KEPT = 4096
_TEXTS = 61
"""Different texts in a load. Drawing one for each item would cost the lab more than all else, and
its processor is the one that the client needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to make.

    Attributes:
        address: Mailbox to fill; opened if there is none.
        items: How many.
        item_bytes: Length of each one's export stream, about.
        folders: Over how many folders they are spread, in turn.
    """

    address: str
    items: int
    item_bytes: int
    folders: int = 1

    def __post_init__(self) -> None:
        if "@" not in self.address or min(self.items, self.item_bytes, self.folders) < 1:
            raise ValueError("a load needs an address and at least one item, byte and folder")

    @classmethod
    def parse(cls, text: str) -> Load:
        """Read ``ADDRESS:ITEMS:BYTES[:FOLDERS]``.

        Raises:
            ValueError: it is not of that form.
        """
        address, *numbers = text.split(":")
        if len(numbers) not in (2, 3):
            raise ValueError(f"not ADDRESS:ITEMS:BYTES[:FOLDERS]: {text!r}")
        items, item_bytes, *folders = (int(number) for number in numbers)
        return cls(
            address=address,
            items=items,
            item_bytes=item_bytes,
            folders=folders[0] if folders else 1,
        )


def bulk(
    estate: Estate,
    load: Load,
    *,
    seed: int,
    now: datetime,
    password: Callable[[str], str],
) -> Mailbox:
    """Fill a mailbox with a load; the newest item is one minute old, the others a minute apart.

    Args:
        estate: Where.
        load: What.
        seed: The same seed and load make the same items.
        now: Aware, UTC.
        password: Gives the password if the mailbox has to be opened.
    """
    mailbox = estate.mailbox(load.address) or estate.add_mailbox(
        load.address,
        load.address.partition("@")[0],
        password=password(load.address),
        archive=False,
    )
    folders = [folder_at(mailbox, ("Bulk", f"{n:03d}")) for n in range(load.folders)]
    recipe = _Recipe(load, seed=seed, now=now)
    for number in range(load.items):
        # What the store would look up is given along: making 20,000 headlines takes a while.
        folders[number % load.folders].place(
            BulkItem(recipe, number), recipe.kept(number), mime=None, is_associated=False
        )
    return mailbox


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One item of a load, as the estate keeps it (a ``ContentSource``)."""

    _recipe: _Recipe
    _number: int

    @property
    def headline(self) -> Properties:
        """All top-level properties except the large ones."""
        return self._recipe.headline(self._number)

    @property
    def size(self) -> int:
        """About how many bytes the item takes."""
        return self._recipe.load.item_bytes

    @property
    def has_attachments(self) -> bool:
        """Whether the item needs a file to be as large as was asked for."""
        return self._recipe.file_bytes > 0

    def message(self) -> Message:
        """Make the whole message."""
        return self._recipe.message(self._number)

    def export_pieces(self, kept: Overlay, *, version: Version) -> Iterator[bytes]:
        """Make the export stream; of a huge item without ever holding it whole."""
        if self._recipe.load.item_bytes < _STREAMED_FROM_BYTES:
            return fts.build_pieces(overlaid(self.message(), kept), version=version)
        return self._recipe.stream(self._number, kept, version)


class _Recipe:
    """Makes the items of one load from their numbers."""

    def __init__(self, load: Load, *, seed: int, now: datetime) -> None:
        self.load, self.seed, self.now = load, seed, now
        rng = self._rng(-1)
        self._owner = Person(
            first="Bulk", last="Load", address=load.address, department="", title="", phone=""
        )
        self._senders = tuple(people.outsiders(rng, 12))
        self._filler = " ".join(prose.paragraphs(rng, 4)).encode() * 64
        self._drawn: Callable[[int], tuple[mail.Letter, Message]]
        self._drawn = lru_cache(maxsize=None)(self._draw)
        self.file_bytes = 0
        bare = len(fts.build(self.message(0)))
        self.file_bytes = max(load.item_bytes - bare - 500, 0)  # 500: what a file's row takes
        # Lists ask for one property after another of the same few hundred items.
        self.headline: Callable[[int], Properties]
        self.headline = lru_cache(maxsize=_HEADLINES_KEPT)(self._headline)

    def kept(self, number: int) -> Overlay:
        """Say what the store must know of an item before anybody asks for it."""
        sent = self.now - timedelta(minutes=number + 1)
        return {
            tags.PidTagMessageFlags: tags.FLAG_READ if _is_read(number) else 0,
            tags.PidTagLastModificationTime: FileTime.from_datetime(sent),
        }

    def message(self, number: int) -> Message:
        return self._message(number, b"".join(self._file(number)))

    def stream(self, number: int, kept: Overlay, version: Version) -> Iterator[bytes]:
        """Build the stream around a hole, and fill the hole while it goes out."""
        small = overlaid(self._message(number, _HOLE), kept)
        transfer = b"".join(fts_envelope.slices(fts.build(small)))
        head, tail = transfer.split(struct.pack("<I", len(_HOLE)) + _HOLE)
        length = struct.pack("<I", self.file_bytes)
        return fts_envelope.wrap(chain((head, length), self._file(number), (tail,)), version)

    def _headline(self, number: int) -> Properties:
        properties = self._message(number, b"").properties
        return {key: value for key, value in properties.items() if key not in LARGE_KEYS}

    def _message(self, number: int, data: bytes) -> Message:
        rng = self._rng(number)
        sent = self.now - timedelta(minutes=number + 1)
        state = mail.State(is_read=_is_read(number))
        message = mail.sent_again(rng, *self._drawn(number % _TEXTS), self._owner, sent, state)
        if self.file_bytes:
            file = File(name="data.bin", mime_type="application/octet-stream", data=data)
            message.attachments = [shapes.file_attachment(0, file, sent)]
            message.attachments[0].properties[tags.PidTagAttachSize] = self.file_bytes
        return message

    def _draw(self, number: int) -> tuple[mail.Letter, Message]:
        rng = self._rng(-2 - number)
        letter = mail.write(rng, rng.choice(self._senders), (self._owner,), self.now)
        return letter, mail.copy(rng, letter, self._owner, mail.RECEIVED)

    def _file(self, number: int) -> Iterator[bytes]:
        """Give the file in pieces: some chance, then text that compresses well."""
        rng = self._rng(number)
        left = self.file_bytes
        while left > 0:
            size = min(left, _PIECE_BYTES)
            chance = rng.randbytes(int(size * _RANDOM_SHARE))
            begin = rng.randrange(512)
            yield chance + (self._filler[begin:] * 2)[: size - len(chance)]
            left -= size

    def _rng(self, number: int) -> Random:
        return Random(f"{self.seed} {self.load.address} {number}")  # noqa: S311 - not a secret


def _is_read(number: int) -> bool:
    return number % 5 > 0
