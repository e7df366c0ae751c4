"""A pack as the index tells of it, for a check that goes through all of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from strongroom.store.pack import Entry, decode_header, encode_header, pack_size


@dataclass(frozen=True, slots=True)
class ToldPack:
    """What the index says of a pack: a repository may have millions of blobs, so it is kept packed.

    Attributes:
        size: How long its file must be.
        blobs: How many blobs it holds.
        header: Its blobs as in its own header, 41 bytes each, in the order they lie there.
        odd: The same, where they do not lie one behind the other, as they must.
    """

    size: int
    blobs: int
    header: bytes
    odd: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entries: tuple[Entry, ...]) -> ToldPack:
        """Take what an index file says."""
        ordered = tuple(sorted(entries, key=lambda entry: entry.offset))
        size, count = pack_size(ordered), len(ordered)
        end = 0
        for entry in ordered:
            if entry.offset != end:
                return cls(size, count, b"", ordered)
            end += entry.length
        try:
            return cls(size, count, encode_header(ordered))
        except struct.error:  # lengths that no pack can hold
            return cls(size, count, b"", ordered)

    def entries(self) -> tuple[Entry, ...]:
        """Give its blobs, in the order they lie there."""
        return self.odd or tuple(decode_header(self.header) or ())
