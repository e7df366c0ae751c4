"""Which blob lies where: the index files of a repository, held in memory as one table.

A row is one int, ``pack number (32) | offset (32) | length (32) | length of the content (32)``,
which takes half the memory of a tuple: about 165 bytes per blob, table included.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from strongroom.errors import IntegrityError
from strongroom.store.backend import NotStored
from strongroom.store.documents import COPY_BACK, Documents
from strongroom.store.gojson import dumps
from strongroom.store.pack import BlobId, Entry, Kind, pack_size

FOLDER = "index"
BLOBS_PER_FILE = 50_000
_MASK = 0xFFFFFFFF
_TRIES = 3


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
    """All rows, and what they were read from."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.packs: list[bytes] = []
        self.sizes: dict[bytes, int] = {}
        self.rows: dict[Kind, dict[BlobId, int]] = {"data": {}, "tree": {}}
        self.more: dict[BlobId, list[int]] = {}

    def add(self, contents: Contents) -> None:
        if contents.pack in self.sizes:  # the same pack named by two index files says nothing new
            return
        number = len(self.packs)
        self.packs.append(contents.pack)
        self.sizes[contents.pack] = pack_size(contents.entries)
        for kind, blob_id, offset, length, raw_length in contents.entries:
            rows = self.rows[kind]
            row = number << 96 | offset << 64 | length << 32 | raw_length
            if rows.setdefault(blob_id, row) != row:
                self.more.setdefault(blob_id, []).append(row)

    def location(self, row: int) -> Location:
        return Location(self.packs[row >> 96], row >> 64 & _MASK, row >> 32 & _MASK, row & _MASK)


class Index:
    """The table of all blobs. Safe in many threads; it loads itself when first asked."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
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
        table = self._table
        row = table.rows[kind].get(blob_id)
        if row is None:
            return
        yield table.location(row)
        for other in table.more.get(blob_id, ()):
            yield table.location(other)

    def has(self, kind: Kind, blob_id: BlobId) -> bool:
        """Say whether a blob is known."""
        return blob_id in self._table.rows[kind]

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
            self._ready().add(contents)

    def save(self, packs: Sequence[Contents]) -> None:
        """Store what packs hold, in index files of their own."""
        saved = save_index(self._documents, packs)
        with self._changing:
            self._ready().files.update(saved)

    def __len__(self) -> int:
        return sum(map(len, self._table.rows.values()))

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
        if table is None or not table.files <= found:
            table = _Table()
        missing = found - table.files
        for file_id in sorted(missing):
            for contents in load_index(self._documents, file_id):
                table.add(contents)
            table.files.add(file_id)
        changed = table is not self._loaded or bool(missing)
        self._loaded = table
        return changed


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
