"""Which of many index files name a blob, for millions of blobs, in 36 bytes each.

A record is the blob's id (32) and the number of the index file (4). They lie by the first byte of
the id; each of those heaps is sorted once it is asked, and searched by halving.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from strongroom.store import index
from strongroom.store.documents import Documents
from strongroom.store.pack import BlobId, Kind, pack_size

Blob = tuple[Kind, BlobId]

_ID_BYTES = 32
_NUMBER_BYTES = 4
_RECORD_BYTES = _ID_BYTES + _NUMBER_BYTES


@dataclass(slots=True)
class _Heap:
    """The records of blobs whose ids begin with the same byte."""

    records: bytearray = field(default_factory=bytearray)
    is_sorted: bool = True

    def add(self, record: bytes) -> None:
        self.records += record
        self.is_sorted = False

    def numbers(self, blob_id: BlobId) -> Iterator[int]:
        """Give the numbers of a blob, the smallest first."""
        if not self.is_sorted:
            self.records = bytearray(b"".join(sorted(map(self._record, range(len(self))))))
            self.is_sorted = True
        at = bisect_left(range(len(self)), blob_id, key=self._record)
        while (record := self._record(at)).startswith(blob_id):
            yield int.from_bytes(record[_ID_BYTES:])
            at += 1

    def __len__(self) -> int:
        return len(self.records) // _RECORD_BYTES

    def _record(self, at: int) -> bytes:
        return bytes(self.records[at * _RECORD_BYTES : (at + 1) * _RECORD_BYTES])


def _heaps() -> dict[Kind, list[_Heap]]:
    return {"data": [_Heap() for _ in range(256)], "tree": [_Heap() for _ in range(256)]}


@dataclass(slots=True)
class Places:
    """Which blobs lie in packs that a copy has whole.

    Args:
        packs: The packs of the copy, with their sizes.
    """

    packs: Mapping[bytes, int]
    _heaps: dict[Kind, list[_Heap]] = field(default_factory=_heaps)
    _names: list[str] = field(default_factory=list)

    def add(self, documents: Documents, file_id: str) -> None:
        """Take note of what an index file tells.

        Raises:
            IntegrityError: it is damaged.
        """
        number = len(self._names).to_bytes(_NUMBER_BYTES)
        self._names.append(file_id)
        for pack, entries in index.load_index(documents, file_id):
            if self.packs.get(pack) != pack_size(entries):
                continue
            for entry in entries:
                self._heaps[entry.kind][entry.id[0]].add(entry.id + number)

    def has(self, blob: Blob) -> bool:
        """Say whether a blob is there."""
        return next(self._numbers(blob), None) is not None

    def files_that_name(self, blob: Blob) -> list[str]:
        """Name the index files that tell where a blob is, in the order they were added."""
        return [self._names[number] for number in self._numbers(blob)]

    def _numbers(self, blob: Blob) -> Iterator[int]:
        kind, blob_id = blob
        return self._heaps[kind][blob_id[0]].numbers(blob_id)
