"""What snapshots need, blob by blob (``places``: whether a copy has it, and what names it).

Asked only where something is amiss, or where a prune went over the original: it reads every tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from strongroom.errors import IntegrityError
from strongroom.store.nodes import content_ids, decode_tree
from strongroom.store.pack import BlobId, Kind
from strongroom.store.places import Blob


class Reads(Protocol):
    """Gives trees; a ``BlobReader`` does."""

    def load(self, kind: Kind, blob_id: BlobId) -> bytes:
        """Read one blob."""


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
