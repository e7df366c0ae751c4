"""Looking for damage: do all the files of a repository fit together, and are they what was stored?

restic's own ``check`` misses some of it (trees out of order, sizes that do not fit, strange names,
JSON that Go would not have written); this one does not.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from strongroom.errors import IntegrityError, StrongroomError
from strongroom.store import config, index, keys, locks, snapshot
from strongroom.store.backend import BlobBackend, NotStored
from strongroom.store.blob_reader import open_blob
from strongroom.store.crypto import Tools
from strongroom.store.documents import Documents
from strongroom.store.index import Contents, Location, content_length
from strongroom.store.nodes import (
    RawNode,
    content_ids,
    decode_tree,
    encode_tree,
    is_as_restic_writes,
    node_name,
)
from strongroom.store.pack import (
    BlobId,
    Entry,
    list_packs,
    open_header,
    pack_name,
)
from strongroom.store.sampling import Sample
from strongroom.store.stretches import read_boxes
from strongroom.store.told_pack import ToldPack

ALL = Sample(1, 1)


class Watch(Protocol):
    """Who is told how far a check is: packs, and their bytes."""

    def expect(self, items: int, byte_count: int) -> None:
        """That much more is to be read."""

    def advance(self, items: int, byte_count: int) -> None:
        """That much more has been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a check found.

    Attributes:
        problems: Each in a sentence.
        packs: How many packs the index names.
        bytes: How long they are.
        packs_read: How many of them were read, byte for byte.
        bytes_read: How long those are.
    """

    problems: tuple[str, ...]
    packs: int = 0
    bytes: int = 0
    packs_read: int = 0
    bytes_read: int = 0


def examine(
    backend: BlobBackend, tools: Tools, *, sample: Sample | None = None, watch: Watch | None = None
) -> Examined:
    """Check a repository.

    Args:
        backend: The repository.
        tools: Of its key.
        sample: Which packs to read, byte for byte (``ALL``); one request each. None: no pack; only
            what tells of the structure is read: indexes, snapshots, trees.
        watch: Who is told how far it is.
    """
    check = _Check(backend, tools, Documents(backend, tools))
    problems = tuple(check.run(sample, watch))
    return Examined(
        problems=problems,
        packs=len(check.packs),
        bytes=sum(check.stored.get(pack, 0) for pack in check.packs),
        packs_read=len(check.read),
        bytes_read=sum(check.read.values()),
    )


@dataclass(slots=True)
class _Check:
    backend: BlobBackend
    tools: Tools
    documents: Documents
    packs: dict[bytes, ToldPack] = field(default_factory=dict)
    lengths: dict[BlobId, int] = field(default_factory=dict)
    trees: dict[BlobId, Location] = field(default_factory=dict)
    stored: dict[bytes, int] = field(default_factory=dict)
    trees_seen: set[BlobId] = field(default_factory=set)
    read: dict[bytes, int] = field(default_factory=dict)

    def run(self, sample: Sample | None, watch: Watch | None) -> Iterator[str]:
        try:
            yield from self.look_at_config()
            yield from self.look_at_keys()
            yield from self.look_at_locks()
            # Snapshots before indexes, as every reader: whoever writes meanwhile does it the other
            # way round.
            roots: dict[BlobId, str] = {}
            yield from self.look_at_snapshots(roots)
            yield from self.look_at_indexes()
            yield from self.look_at_packs()
            yield from self.look_at_trees(roots)
            if sample is not None:
                yield from self.read_packs(sample, watch)
        except StrongroomError as error:  # the storage itself does not answer
            yield f"The check stopped: {error}"

    def look_at_config(self) -> Iterator[str]:
        try:
            config.load_config(self.backend, self.tools.sealer)
        except StrongroomError as error:
            yield str(error)

    def look_at_keys(self) -> Iterator[str]:
        for name in self.documents.ids(keys.FOLDER):
            try:
                content = self.backend.load(f"{keys.FOLDER}/{name}")
            except NotStored:  # removed since
                continue
            except IntegrityError as error:
                yield str(error)
                continue
            if hashlib.sha256(content).hexdigest() != name:
                yield f"The key file {name} is damaged: its content does not match its name."

    def look_at_locks(self) -> Iterator[str]:
        """Nobody knows whose a damaged lock is, so it keeps every backup out."""
        for lock_id, size in self.documents.sizes(locks.FOLDER).items():
            try:
                if size:  # restic, too, ignores empty ones
                    self.documents.load(locks.FOLDER, lock_id)
            except NotStored:
                continue
            except IntegrityError as error:
                yield f"{error} It keeps backups out until it is removed."

    def look_at_snapshots(self, roots: dict[BlobId, str]) -> Iterator[str]:
        for snapshot_id in self.documents.ids(snapshot.FOLDER):
            try:
                document = self.documents.load(snapshot.FOLDER, snapshot_id)
                tree = snapshot.decode_snapshot(snapshot_id, document).tree
            except IntegrityError as error:
                yield str(error)
            else:
                roots.setdefault(tree, f"snapshot {snapshot_id[:8]}:/")

    def look_at_indexes(self) -> Iterator[str]:
        for file_id in self.documents.ids(index.FOLDER):
            try:
                listed = list(index.load_index(self.documents, file_id))
            except IntegrityError as error:
                yield str(error)
                continue
            for contents in listed:
                yield from self.take_pack(contents)

    def take_pack(self, contents: Contents) -> Iterator[str]:
        pack = ToldPack.of(contents.entries)
        name = pack_name(contents.pack)
        if (known := self.packs.get(contents.pack)) is not None:
            if known != pack:
                yield f"Two index files say different things about the pack {name}."
            return
        self.packs[contents.pack] = pack
        if pack.odd:
            yield f"The index describes the pack {name} with gaps or overlaps."
        if len({entry.kind for entry in contents.entries}) > 1:
            yield f"The pack {name} holds data and trees, which version 2 forbids."
        for kind, blob_id, offset, length, raw_length in contents.entries:
            if kind == "data":
                self.lengths.setdefault(blob_id, content_length(length, raw_length))
            else:
                location = Location(contents.pack, offset, length, raw_length)
                self.trees.setdefault(blob_id, location)

    def look_at_packs(self) -> Iterator[str]:
        self.stored = list_packs(self.backend)
        for pack, told in self.packs.items():
            size = self.stored.get(pack)
            if size is None:
                yield f"The pack {pack_name(pack)} is missing; {told.blobs} blobs were in it."
            elif size != told.size:
                yield (
                    f"The pack {pack_name(pack)} has {size} bytes instead of {told.size}; "
                    f"{told.blobs} blobs are in it."
                )

    def look_at_trees(self, level: Mapping[BlobId, str]) -> Iterator[str]:
        """Go through all trees, each once, level by level: those of a level are read together.

        Args:
            level: The trees, and the path at which each was met first.
        """
        while level:
            self.trees_seen |= level.keys()
            below: dict[BlobId, str] = {}
            for tree, raw in self.read_trees(level):
                path = level[tree]
                try:
                    if isinstance(raw, IntegrityError):
                        raise raw
                    nodes = decode_tree(raw)
                except (IntegrityError, ValueError) as error:
                    yield f"The folder {path} cannot be read: {error}"
                    continue
                yield from self.look_at_nodes(raw, nodes, path)
                for node in nodes:
                    if node["type"] == "dir":
                        subtree = bytes.fromhex(node["subtree"])
                        if subtree not in self.trees_seen:
                            below.setdefault(subtree, f"{path}{node_name(node)}/")
            level = below

    def look_at_nodes(self, raw: bytes, nodes: list[RawNode], path: str) -> Iterator[str]:
        try:
            if encode_tree(nodes) != raw or not all(map(is_as_restic_writes, nodes)):
                yield f"The folder {path} is not in order, or not written as restic would."
        except ValueError as error:
            yield f"The folder {path} holds a name that must not be: {error}"
        for node in nodes:
            if node["type"] == "file":
                yield from self.look_at_file(node, f"{path}{node_name(node)}")

    def look_at_file(self, node: RawNode, path: str) -> Iterator[str]:
        size = 0
        for blob_id in content_ids(node):
            length = self.lengths.get(blob_id)
            if length is None:
                yield f"The file {path} misses the blob {blob_id.hex()}: no index names it."
                return
            size += length
        if size != node.get("size", 0):
            yield f"The file {path} should have {node.get('size', 0)} bytes, its blobs have {size}."

    def read_packs(self, sample: Sample, watch: Watch | None) -> Iterator[str]:
        chosen = [
            pack
            for pack, told in self.packs.items()
            if sample.takes(pack) and self.stored.get(pack) == told.size
        ]
        if watch:
            watch.expect(len(chosen), sum(self.stored[pack] for pack in chosen))
        for pack in chosen:
            yield from self.read_pack(pack, self.packs[pack].entries())
            self.read[pack] = self.stored[pack]
            if watch:
                watch.advance(1, self.stored[pack])

    def read_pack(self, pack: bytes, entries: tuple[Entry, ...]) -> Iterator[str]:
        name = pack_name(pack)
        try:
            content = memoryview(self.backend.load(name))
            if hashlib.sha256(content).digest() != pack:
                yield f"The pack {name} is damaged: its content does not match its name."
            header = open_header(content, name, self.tools.sealer)
            if sorted(header) != sorted(entries):
                yield f"The pack {name} says otherwise than the index what it holds."
        except StrongroomError as error:
            yield str(error)
            return
        for entry in entries:
            try:
                box = content[entry.offset : entry.offset + entry.length]
                open_blob(self.tools, entry.id, box, entry.raw_length, f"the pack {name}")
            except IntegrityError as error:
                yield str(error)

    def read_trees(
        self, trees: Mapping[BlobId, str]
    ) -> Iterator[tuple[BlobId, bytes | IntegrityError]]:
        """Read trees, pack by pack; what stands in a tree's place says why it cannot be had."""
        packs: dict[bytes, list[tuple[Location, BlobId]]] = defaultdict(list)
        for tree in trees:
            location = self.trees.get(tree)
            if location is None:
                text = f"the blob {tree.hex()} is missing, no index names it."
                yield tree, IntegrityError(text)
            else:
                packs[location.pack].append((location, tree))
        for wanted in packs.values():
            try:
                boxes = list(read_boxes(self.backend, wanted))
            except IntegrityError:
                for one in wanted:  # the pack was cut: some may lie before that
                    yield one[1], self.open_tree(*one, None)
            else:
                for location, tree, box in boxes:
                    yield tree, self.open_tree(location, tree, box)

    def open_tree(
        self, location: Location, tree: BlobId, box: memoryview | None
    ) -> bytes | IntegrityError:
        name = pack_name(location.pack)
        try:
            read = box or self.backend.load_range(name, location.offset, location.length)
            return open_blob(self.tools, tree, read, location.raw_length, f"the pack {name}")
        except IntegrityError as error:
            return error
