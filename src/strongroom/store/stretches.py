"""Reading many blobs of a few packs with few calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from strongroom.store.backend import BlobBackend
from strongroom.store.index import Location
from strongroom.store.pack import pack_name

BYTES_MAX = 4 << 20
GAP_BYTES = 64 * 1024
"""Blobs of one pack are read together up to the first length, over gaps up to the second."""

Name = TypeVar("Name")


def read_boxes(
    backend: BlobBackend, wanted: Iterable[tuple[Location, Name]]
) -> Iterator[tuple[Location, Name, memoryview]]:
    """Read sealed blobs, pack by pack and in the order they lie there; give each with its name.

    Raises:
        IntegrityError: a pack is missing or ends early.
    """
    packs: dict[bytes, list[tuple[Location, Name]]] = defaultdict(list)
    for location, name in wanted:
        packs[location.pack].append((location, name))
    for blobs in packs.values():
        blobs.sort(key=lambda blob: blob[0].offset)
        for stretch in stretches(blobs):
            first, last = stretch[0][0], stretch[-1][0]
            length = last.offset + last.length - first.offset
            read = memoryview(backend.load_range(pack_name(first.pack), first.offset, length))
            for location, name in stretch:
                start = location.offset - first.offset
                yield location, name, read[start : start + location.length]


def stretches(
    blobs: Iterable[tuple[Location, Name]],
) -> Iterator[list[tuple[Location, Name]]]:
    """Group blobs of one pack, in the order they lie there, into stretches worth one read each."""
    stretch: list[tuple[Location, Name]] = []
    for location, name in blobs:
        if stretch:
            end = stretch[-1][0].offset + stretch[-1][0].length
            is_far = location.offset - end > GAP_BYTES
            is_long = location.offset + location.length - stretch[0][0].offset > BYTES_MAX
            if is_far or is_long:
                yield stretch
                stretch = []
        stretch.append((location, name))
    if stretch:
        yield stretch
