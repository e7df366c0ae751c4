"""Marking: which blobs do the snapshots that stay refer to?

The trees are walked level by level, each tree once however many snapshots share it, and those of
one level are read together, pack by pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from strongroom.errors import IntegrityError
from strongroom.store.backend import BlobBackend
from strongroom.store.blob_reader import open_blob
from strongroom.store.crypto import Tools
from strongroom.store.documents import COPY_BACK
from strongroom.store.index import Location
from strongroom.store.marks import Marks
from strongroom.store.nodes import RawNode, decode_tree
from strongroom.store.pack import BlobId, Entry, pack_name
from strongroom.store.stretches import read_boxes
from strongroom.store.survey import Survey

_NAMED_MAX = 3


@dataclass(slots=True)
class Used:
    """Blobs that something refers to.

    Attributes:
        trees: All of them, exactly.
        data: All of them, and perhaps one or the other that nothing refers to.
    """

    trees: set[BlobId] = field(default_factory=set)
    data: Marks = field(default_factory=Marks)

    def __contains__(self, entry: Entry, /) -> bool:
        return entry.id in self.trees if entry.kind == "tree" else entry.id in self.data


class Everything:
    """Takes every blob for one that is used, for those who remove none."""

    def __contains__(self, entry: Entry, /) -> bool:
        return True


def mark(backend: BlobBackend, tools: Tools, found: Survey, roots: Iterable[BlobId]) -> Used:
    """Find all blobs below these trees.

    Raises:
        IntegrityError: one of them is missing, or a tree is damaged. Then nothing may be removed:
            what nobody seems to need may be what is left of what somebody does.
    """
    marking = _Marking(backend, tools, found)
    marking.walk(set(roots))
    if marking.missing:
        named = ", ".join(blob.hex() for blob in marking.missing[:_NAMED_MAX])
        more = ", …" if len(marking.missing) > _NAMED_MAX else ""
        raise IntegrityError(
            f"{len(marking.missing)} blobs that snapshots refer to are missing ({named}{more}); "
            "nothing was removed.",
            hint="Check the storage; if an index was lost, let it be rebuilt from the packs. "
            f"Otherwise: {COPY_BACK}",
        )
    return marking.used


class _Marking:
    def __init__(self, backend: BlobBackend, tools: Tools, found: Survey) -> None:
        self._backend = backend
        self._tools = tools
        self._found = found
        self.used = Used()
        self.missing: list[BlobId] = []

    def walk(self, level: set[BlobId]) -> None:
        while level:
            self.used.trees |= level
            below: set[BlobId] = set()
            for nodes in self._read(level):
                for node in nodes:
                    self._mark(node, below)
            level = below - self.used.trees

    def _mark(self, node: RawNode, below: set[BlobId]) -> None:
        if node["type"] == "dir":
            below.add(bytes.fromhex(node["subtree"]))
            return
        for digits in node.get("content") or ():
            word = int(digits[:16], 16)
            if self.used.data.add_word(word) and not self._found.data.has_word(word):
                self.missing.append(bytes.fromhex(digits))

    def _read(self, trees: set[BlobId]) -> Iterator[list[RawNode]]:
        wanted: list[tuple[Location, BlobId]] = []
        for tree in trees:
            places = self._found.trees.get(tree)
            if places:
                wanted.append((places[0], tree))
            else:
                self.missing.append(tree)
        for location, tree, box in read_boxes(self._backend, wanted):
            yield self._open(tree, location, box)

    def _open(self, tree: BlobId, location: Location, box: memoryview) -> list[RawNode]:
        """Open a tree, or another copy of it."""
        try:
            return self._decode(tree, location, box)
        except IntegrityError:
            for other in islice(self._found.trees[tree], 1, None):
                name = pack_name(other.pack)
                with suppress(IntegrityError):
                    again = self._backend.load_range(name, other.offset, other.length)
                    return self._decode(tree, other, memoryview(again))
            raise

    def _decode(self, tree: BlobId, location: Location, box: memoryview) -> list[RawNode]:
        where = f"the pack {pack_name(location.pack)}"
        try:
            return decode_tree(open_blob(self._tools, tree, box, location.raw_length, where))
        except ValueError as error:
            raise IntegrityError(
                f"The tree {tree.hex()} in {where} is no tree; nothing was removed.",
                why=str(error),
                hint=COPY_BACK,
            ) from error
