"""Reading blobs: the one way bytes get out of a repository (``blobs``: into it)."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from strongroom.errors import IntegrityError
from strongroom.store import compression
from strongroom.store.backend import BlobBackend, Data
from strongroom.store.blobs import BlobWriter
from strongroom.store.crypto import Tools, Unauthenticated
from strongroom.store.documents import COPY_BACK
from strongroom.store.index import Index, Location
from strongroom.store.pack import BlobId, Kind, pack_name
from strongroom.store.stretches import stretches

TREE_CACHE_BYTES = 16 << 20
"""Trees are read again and again on the way to a file; this much of them is kept."""


class BlobReader:
    """Reads blobs and checks each by its hash. Safe in many threads.

    Args:
        backend: The repository.
        index: Of the repository.
        tools: Of the repository's key.
        writer: Whose blobs are read before they are stored.
    """

    def __init__(
        self, backend: BlobBackend, index: Index, tools: Tools, writer: BlobWriter
    ) -> None:
        self._backend = backend
        self._index = index
        self._tools = tools
        self._writer = writer
        self._trees: OrderedDict[BlobId, bytes] = OrderedDict()
        self._trees_bytes = 0
        self._trees_lock = threading.Lock()

    def load(self, kind: Kind, blob_id: BlobId) -> bytes:
        """Read one blob, also one that was saved in this run and is not stored yet.

        Raises:
            IntegrityError: it is not there, or not what was stored.
        """
        if kind == "data":
            return self._load(kind, blob_id)
        with self._trees_lock:
            if tree := self._trees.get(blob_id):
                self._trees.move_to_end(blob_id)
                return tree
        tree = self._load(kind, blob_id)
        with self._trees_lock:
            if blob_id not in self._trees:
                self._trees[blob_id] = tree
                self._trees_bytes += len(tree)
            while self._trees_bytes > TREE_CACHE_BYTES:
                self._trees_bytes -= len(self._trees.popitem(last=False)[1])
        return tree

    def load_many(self, blob_ids: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """Read data blobs in the order they lie in the packs, each different one once.

        Raises:
            IntegrityError: one of them is not there, or not what was stored.
        """
        packs: dict[bytes, list[tuple[Location, BlobId]]] = defaultdict(list)
        for blob_id in dict.fromkeys(blob_ids):
            location = self._locate("data", blob_id)
            if location is None:
                yield blob_id, self._load("data", blob_id)
            else:
                packs[location.pack].append((location, blob_id))
        for wanted in packs.values():
            wanted.sort()
            for together in stretches(wanted):
                yield from self._load_together(together)

    def load_file(self, content: Sequence[BlobId]) -> Iterator[bytes]:
        """Read a file's content blob by blob, in its own order."""
        return (self._load("data", blob_id) for blob_id in content)

    def size(self, kind: Kind, blob_id: BlobId) -> int | None:
        """Say how long a stored blob's content is; None if it is not in the index."""
        return self._index.raw_length(kind, blob_id)

    def _locate(self, kind: Kind, blob_id: BlobId) -> Location | None:
        return next(self._index.locations(kind, blob_id), None)

    def _load(self, kind: Kind, blob_id: BlobId) -> bytes:
        if waiting := self._writer.waiting(kind, blob_id):
            return open_blob(self._tools, blob_id, *waiting, "the pack in the making")
        problem: IntegrityError | None = None
        is_new = True
        while is_new:
            for location in self._index.locations(kind, blob_id):
                try:
                    box = self._backend.load_range(
                        pack_name(location.pack), location.offset, location.length
                    )
                    return self._open(blob_id, box, location)
                except IntegrityError as error:  # another pack may hold the same blob
                    problem = problem or error
            # Another process may have stored it since, or a prune moved it.
            is_new = self._index.refresh()
        if problem is not None:
            raise problem
        raise IntegrityError(
            f"The {kind} blob {blob_id.hex()} is missing: no index names it.",
            hint=COPY_BACK,
        )

    def _load_together(
        self, wanted: Sequence[tuple[Location, BlobId]]
    ) -> Iterator[tuple[BlobId, bytes]]:
        first, last = wanted[0][0], wanted[-1][0]
        length = last.offset + last.length - first.offset
        try:
            read = memoryview(self._backend.load_range(pack_name(first.pack), first.offset, length))
        except IntegrityError:
            # One by one, so that other copies are tried and the missing one is named.
            yield from ((blob_id, self._load("data", blob_id)) for _, blob_id in wanted)
            return
        for location, blob_id in wanted:
            start = location.offset - first.offset
            try:
                yield blob_id, self._open(blob_id, read[start : start + location.length], location)
            except IntegrityError:
                yield blob_id, self._load("data", blob_id)

    def _open(self, blob_id: BlobId, box: Data, location: Location) -> bytes:
        where = f"the pack {pack_name(location.pack)}"
        return open_blob(self._tools, blob_id, box, location.raw_length, where)


def open_blob(tools: Tools, blob_id: BlobId, box: Data, raw_length: int, where: str) -> bytes:
    """Open a sealed blob and check it by its hash.

    Args:
        tools: Of the repository's key.
        blob_id: What its SHA-256 must be.
        box: As stored.
        raw_length: Of its content; 0 if it is not compressed.
        where: It lies, for the error.

    Raises:
        IntegrityError: it is not what was stored.
    """
    try:
        data = tools.sealer.open(box)
        if raw_length:
            data = compression.decompress(data, raw_length)
    except (Unauthenticated, compression.Damaged):
        data = None
    if data is None or hashlib.sha256(data).digest() != blob_id:
        raise IntegrityError(
            f"The blob {blob_id.hex()} in {where} is damaged: it is not what was stored.",
            hint=COPY_BACK,
        )
    return data
