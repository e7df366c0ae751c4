"""Which blob lies where: the index files of a repository, held as one table.

A row is one int, ``pack number (32) | offset (32) | length (32) | length of the content (32)``,
which takes half the memory of a tuple: about 165 bytes per blob, table included. Where many are
known, most of them lie in a file that is mapped (see ``index_cache``), and only what came since in
memory.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from strongroom.errors import IntegrityError
from strongroom.store.backend import NotStored
from strongroom.store.documents import COPY_BACK, Documents
from strongroom.store.gojson import dumps
from strongroom.store.index_cache import IndexCache, Mapped
from strongroom.store.pack import BlobId, Entry, Kind, pack_size

FOLDER = "index"
BLOBS_PER_FILE = 50_000
_MASK = 0xFFFFFFFF
_TRIES = 3

MAPPED_BLOBS_MIN = 10_000
"""Fewer are read in a moment, and looked up faster in memory."""

_ON_TOP_SHARE = 16
_ON_TOP_FILES_MAX = 64
"""The mapped table is made anew when a sixteenth of it, or so many files, came since."""

_ON_TOP_BLOBS_MAX = 500_000
"""So many are held in memory at most (80 MB), where there is a place for a mapped table."""


class Location(NamedTuple):
    """Where a blob lies.

    Attributes:
        pack: Id of the pack, 32 bytes.
        offset: From its start.
        length: As stored, sealing included.
        raw_length: Of the content; 0 if it is stored uncompressed.
    """

    pack: bytes
    offset: int
    length: int
    raw_length: int


class Contents(NamedTuple):
    """A pack as an index file describes it."""

    pack: bytes
    entries: tuple[Entry, ...]


class _Table:
    """All rows, and what they were read from.

    Args:
        mapped: Rows that need not be in memory.
    """

    def __init__(self, mapped: Mapped | None = None) -> None:
        self.mapped = mapped
        self.files: set[str] = set(mapped.files) if mapped else set()
        self.packs: list[bytes] = [pack for pack, _ in mapped.packs] if mapped else []
        self.sizes: dict[bytes, int] = dict(mapped.packs) if mapped else {}
        self.rows: dict[Kind, dict[BlobId, int]] = {"data": {}, "tree": {}}
        self.more: dict[Kind, dict[BlobId, list[int]]] = {"data": {}, "tree": {}}
        self.unsaved: set[bytes] = set()

    def add(self, contents: Contents) -> bool:
        """Take a pack in; False if it is known: named by two index files it says nothing new."""
        if contents.pack in self.sizes:
            return False
        number = len(self.packs)
        self.packs.append(contents.pack)
        self.sizes[contents.pack] = pack_size(contents.entries)
        for kind, blob_id, offset, length, raw_length in contents.entries:
            rows = self.rows[kind]
            row = number << 96 | offset << 64 | length << 32 | raw_length
            if rows.setdefault(blob_id, row) != row:
                self.more[kind].setdefault(blob_id, []).append(row)
        return True

    def has(self, kind: Kind, blob_id: BlobId) -> bool:
        if blob_id in self.rows[kind]:
            return True
        return self.mapped is not None and self.mapped.has(kind, blob_id)

    def locations(self, kind: Kind, blob_id: BlobId) -> Iterator[Location]:
        row = self.rows[kind].get(blob_id)
        if row is not None:
            yield self._location(row)
            yield from map(self._location, self.more[kind].get(blob_id, ()))
        if self.mapped is not None:
            yield from map(self._location, self.mapped.rows(kind, blob_id))

    def on_top(self) -> int:
        """Say how many blobs are in memory."""
        return sum(map(len, self.rows.values()))

    def is_worth_mapping(self) -> bool:
        """Say whether it is time to make the mapped table anew."""
        if self.mapped is None:
            return self.on_top() >= MAPPED_BLOBS_MIN
        files = len(self.files) - len(self.mapped.files)
        return files >= _ON_TOP_FILES_MAX or self.on_top() * _ON_TOP_SHARE >= len(self.mapped)

    def save(self, cache: IndexCache) -> _Table:
        """Have it mapped; the same table if that cannot be."""
        packs = [(pack, self.sizes[pack]) for pack in self.packs]
        more = {kind: _pairs(self.more[kind]) for kind in self.rows}
        rows = {kind: chain(self.rows[kind].items(), more[kind]) for kind in self.rows}
        mapped = cache.save(self.files, packs, rows, self.mapped)
        return self if mapped is None or mapped.files != self.files else _Table(mapped)

    def _location(self, row: int) -> Location:
        return Location(self.packs[row >> 96], row >> 64 & _MASK, row >> 32 & _MASK, row & _MASK)


def _pairs(more: dict[BlobId, list[int]]) -> Iterator[tuple[BlobId, int]]:
    return ((blob_id, row) for blob_id, rows in more.items() for row in rows)


class Index:
    """The table of all blobs. Safe in many threads; it loads itself when first asked.

    Args:
        documents: Of the repository.
        cache: Where a large table may lie mapped; None: it is held in memory, whatever its size.
    """

    def __init__(self, documents: Documents, cache: IndexCache | None = None) -> None:
        self._documents = documents
        self._cache = cache
        self._changing = threading.Lock()
        self._loaded: _Table | None = None

    def refresh(self) -> bool:
        """Read index files that came since, or all anew if some are gone; say whether any did.

        Raises:
            IntegrityError: an index file is damaged.
        """
        with self._changing:
            for _ in range(_TRIES):
                try:
                    return self._refresh()
                except NotStored:  # consolidated by somebody else between listing and reading
                    continue
            return self._refresh()

    def forget(self) -> None:
        """Drop everything, so that the next use reads it anew."""
        with self._changing:
            self._loaded = None

    def locations(self, kind: Kind, blob_id: BlobId) -> Iterator[Location]:
        """Tell all places of a blob, best first; none if it is unknown."""
        return self._table.locations(kind, blob_id)

    def has(self, kind: Kind, blob_id: BlobId) -> bool:
        """Say whether a blob is known."""
        return self._table.has(kind, blob_id)

    def raw_length(self, kind: Kind, blob_id: BlobId) -> int | None:
        """Say how long a blob's content is; None if it is unknown."""
        for location in self.locations(kind, blob_id):
            return content_length(location.length, location.raw_length)
        return None

    def pack_sizes(self) -> dict[bytes, int]:
        """Tell for each pack how long its file must be."""
        return dict(self._table.sizes)

    def add(self, contents: Contents) -> None:
        """Take note of a pack that was stored just now."""
        with self._changing:
            table = self._ready()
            if table.add(contents):
                table.unsaved.add(contents.pack)

    def save(self, packs: Sequence[Contents]) -> None:
        """Store what packs hold, in index files of their own."""
        saved = save_index(self._documents, packs)
        with self._changing:
            table = self._ready()
            table.files.update(saved)
            table.unsaved.difference_update(pack.pack for pack in packs)
            if table.on_top() >= _ON_TOP_BLOBS_MAX:
                self._loaded = self._mapped(table)

    def __len__(self) -> int:
        table = self._table
        return table.on_top() + (len(table.mapped) if table.mapped else 0)

    @property
    def _table(self) -> _Table:
        table = self._loaded
        if table is not None:
            return table
        self.refresh()
        return self._table

    def _ready(self) -> _Table:
        if self._loaded is None:
            self._refresh()
        assert self._loaded is not None
        return self._loaded

    def _refresh(self) -> bool:
        found = set(self._documents.ids(FOLDER))
        table = self._loaded
        is_new = table is None or not table.files <= found
        if table is None or is_new:
            table = self._open(found)
        missing = found - table.files
        for file_id in sorted(missing):
            for contents in load_index(self._documents, file_id):
                table.add(contents)
            table.files.add(file_id)
            if table.on_top() >= _ON_TOP_BLOBS_MAX:
                table = self._mapped(table)
        if is_new and table.is_worth_mapping():
            table = self._mapped(table)
        self._loaded = table
        return is_new or bool(missing)

    def _open(self, found: set[str]) -> _Table:
        """Begin a table: with what is mapped, if the storage still has all that it was made of."""
        mapped = self._cache.open() if self._cache else None
        return _Table(mapped) if mapped and mapped.files <= found else _Table()

    def _mapped(self, table: _Table) -> _Table:
        """Put a table into the cache, unless it knows packs that no index file names yet."""
        if self._cache is None or table.unsaved:
            return table
        made = table.save(self._cache)
        if made is table:  # no room, or somebody else is at it: once is enough to find out
            self._cache = None
        return made


def content_length(length: int, raw_length: int) -> int:
    """Say how long a blob's content is, from the two lengths that indexes and headers carry."""
    return raw_length or length - 32


def load_index(documents: Documents, file_id: str) -> Iterator[Contents]:
    """Read one index file.

    Raises:
        IntegrityError: it is damaged, or means nothing.
    """
    document = documents.load(FOLDER, file_id)
    try:
        for pack in document["packs"]:
            yield Contents(bytes.fromhex(pack["id"]), tuple(_entry(blob) for blob in pack["blobs"]))
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            f"The file {FOLDER}/{file_id} is not an index.", hint=COPY_BACK
        ) from error


def save_index(documents: Documents, packs: Sequence[Contents]) -> list[str]:
    """Write what packs hold into as few index files as restic allows; say their ids."""
    return [documents.save(FOLDER, encode_index(part)) for part in _parts(packs)]


def encode_index(packs: Iterable[Contents]) -> bytes:
    """Write an index file's JSON."""
    listed = [
        {"id": pack.hex(), "blobs": [_blob(entry) for entry in entries]} for pack, entries in packs
    ]
    return dumps({"packs": listed})


def _entry(blob: dict[str, Any]) -> Entry:
    kind = blob["type"]
    if kind not in {"data", "tree"}:
        raise ValueError(f"no such type of blob: {kind}")
    raw_length = blob.get("uncompressed_length", 0)
    return Entry(kind, bytes.fromhex(blob["id"]), blob["offset"], blob["length"], raw_length)


def _blob(entry: Entry) -> dict[str, Any]:
    blob = {
        "id": entry.id.hex(),
        "type": entry.kind,
        "offset": entry.offset,
        "length": entry.length,
    }
    if entry.raw_length:
        blob["uncompressed_length"] = entry.raw_length
    return blob


def _parts(packs: Sequence[Contents]) -> Iterator[list[Contents]]:
    part: list[Contents] = []
    blobs = 0
    for contents in packs:
        if part and blobs + len(contents.entries) > BLOBS_PER_FILE:
            yield part
            part, blobs = [], 0
        part.append(contents)
        blobs += len(contents.entries)
    if part:
        yield part
