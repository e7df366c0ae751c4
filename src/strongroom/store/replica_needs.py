"""What snapshots need, blob by blob: whether a copy has it, and which old index files still tell.

Asked only where something is amiss, or where a prune went over the original: it reads every tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from strongroom.errors import IntegrityError
from strongroom.store import index
from strongroom.store.documents import Documents
from strongroom.store.nodes import content_ids, decode_tree
from strongroom.store.pack import BlobId, Kind, pack_size

Blob = tuple[Kind, BlobId]


class Reads(Protocol):
    """Gives trees; a ``BlobReader`` does."""

    def load(self, kind: Kind, blob_id: BlobId) -> bytes:
        """Read one blob."""


@dataclass(slots=True)
class Places:
    """Which blobs lie in packs that a copy has whole.

    Args:
        packs: The packs of the copy, with their sizes.
    """

    packs: Mapping[bytes, int]
    _files: dict[Blob, tuple[int, ...]] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)

    def add(self, documents: Documents, file_id: str) -> None:
        """Take note of what an index file tells.

        Raises:
            IntegrityError: it is damaged.
        """
        number = len(self._names)
        self._names.append(file_id)
        for pack, entries in index.load_index(documents, file_id):
            if self.packs.get(pack) != pack_size(entries):
                continue
            for entry in entries:
                key = (entry.kind, entry.id)
                self._files[key] = (*self._files.get(key, ()), number)

    def has(self, blob: Blob) -> bool:
        """Say whether a blob is there."""
        return blob in self._files

    def files_that_name(self, blob: Blob) -> list[str]:
        """Name the index files that tell where a blob is, in the order they were added."""
        return [self._names[number] for number in self._files.get(blob, ())]


def needs(readers: Sequence[Reads], roots: Iterable[BlobId]) -> Iterator[Blob]:
    """Tell every blob that trees need, each tree once; the trees themselves are among them.

    Args:
        readers: Where trees are read, in this order, until one has it.
        roots: Root trees.

    Raises:
        IntegrityError: a tree can be read nowhere.
    """
    seen: set[BlobId] = set()
    waiting = list(roots)
    while waiting:
        tree = waiting.pop()
        if tree in seen:
            continue
        seen.add(tree)
        yield "tree", tree
        for node in decode_tree(_load(readers, tree)):
            if node["type"] == "dir":
                waiting.append(bytes.fromhex(node["subtree"]))
            for blob_id in content_ids(node):
                yield "data", blob_id


def _load(readers: Sequence[Reads], tree: BlobId) -> bytes:
    problem: IntegrityError | None = None
    for reader in readers:
        try:
            return reader.load("tree", tree)
        except IntegrityError as error:
            problem = problem or error
    raise problem or IntegrityError(f"The tree {tree.hex()} is missing.")
