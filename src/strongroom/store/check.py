"""Looking for damage: do all the files of a repository fit together, and are they what was stored?

restic's own ``check`` misses some of it (trees out of order, sizes that do not fit, strange names,
JSON that Go would not have written); this one does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from strongroom.errors import IntegrityError, StrongroomError
from strongroom.store import config, index, keys, snapshot
from strongroom.store.backend import BlobBackend
from strongroom.store.blobs import open_blob
from strongroom.store.crypto import Tools
from strongroom.store.documents import Documents
from strongroom.store.index import Contents, content_length
from strongroom.store.nodes import (
    RawNode,
    content_ids,
    decode_tree,
    encode_tree,
    node_name,
)
from strongroom.store.pack import BlobId, Entry, Kind, list_packs, pack_name, pack_size, read_header


def problems(backend: BlobBackend, tools: Tools, *, read_data: bool) -> list[str]:
    """Check a repository; say each problem in a sentence."""
    return list(_Check(backend, tools, Documents(backend, tools)).run(read_data=read_data))


@dataclass(slots=True)
class _Check:
    backend: BlobBackend
    tools: Tools
    documents: Documents
    packs: dict[bytes, tuple[Entry, ...]] = field(default_factory=dict)
    places: dict[tuple[Kind, BlobId], tuple[bytes, Entry]] = field(default_factory=dict)
    stored: dict[bytes, int] = field(default_factory=dict)
    trees_seen: set[BlobId] = field(default_factory=set)

    def run(self, *, read_data: bool) -> Iterator[str]:
        try:
            yield from self.look_at_config()
            yield from self.look_at_keys()
            # Snapshots before indexes, as every reader: whoever writes meanwhile does it the other
            # way round.
            roots: list[tuple[str, BlobId]] = []
            yield from self.look_at_snapshots(roots)
            yield from self.look_at_indexes()
            yield from self.look_at_packs()
            for name, tree in roots:
                yield from self.look_at_tree(tree, f"{name}:/")
            if read_data:
                yield from self.read_packs()
        except StrongroomError as error:  # the storage itself does not answer
            yield f"The check stopped: {error}"

    def look_at_config(self) -> Iterator[str]:
        try:
            config.load_config(self.backend, self.tools.sealer)
        except StrongroomError as error:
            yield str(error)

    def look_at_keys(self) -> Iterator[str]:
        for name in self.documents.ids(keys.FOLDER):
            content = self.backend.load(f"{keys.FOLDER}/{name}")
            if hashlib.sha256(content).hexdigest() != name:
                yield f"The key file {name} is damaged: its content does not match its name."

    def look_at_snapshots(self, roots: list[tuple[str, BlobId]]) -> Iterator[str]:
        for snapshot_id in self.documents.ids(snapshot.FOLDER):
            try:
                document = self.documents.load(snapshot.FOLDER, snapshot_id)
                tree = snapshot.decode_snapshot(snapshot_id, document).tree
            except IntegrityError as error:
                yield str(error)
            else:
                roots.append((f"snapshot {snapshot_id[:8]}", tree))

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
        pack, entries = contents
        if pack in self.packs:
            if sorted(self.packs[pack]) != sorted(entries):
                yield f"Two index files say different things about the pack {pack_name(pack)}."
            return
        self.packs[pack] = entries
        end = 0
        for entry in sorted(entries, key=lambda entry: entry.offset):
            if entry.offset != end:
                yield f"The index describes the pack {pack_name(pack)} with gaps or overlaps."
                break
            end += entry.length
        if len({entry.kind for entry in entries}) > 1:
            yield f"The pack {pack_name(pack)} holds data and trees, which version 2 forbids."
        for entry in entries:
            self.places.setdefault((entry.kind, entry.id), (pack, entry))

    def look_at_packs(self) -> Iterator[str]:
        self.stored = list_packs(self.backend)
        for pack, entries in self.packs.items():
            size = self.stored.get(pack)
            if size is None:
                yield f"The pack {pack_name(pack)} is missing; {len(entries)} blobs were in it."
            elif size != pack_size(entries):
                yield (
                    f"The pack {pack_name(pack)} has {size} bytes instead of {pack_size(entries)}; "
                    f"{len(entries)} blobs are in it."
                )

    def look_at_tree(self, root: BlobId, where: str) -> Iterator[str]:
        """Go through all trees below, each once; on a stack, for strangers decide the depth."""
        waiting = [(root, where)]
        while waiting:
            tree, path = waiting.pop()
            if tree in self.trees_seen:
                continue
            self.trees_seen.add(tree)
            try:
                raw = self.read("tree", tree)
                nodes = decode_tree(raw)
            except (IntegrityError, ValueError) as error:
                yield f"The folder {path} cannot be read: {error}"
                continue
            yield from self.look_at_nodes(raw, nodes, path)
            waiting += [
                (bytes.fromhex(node["subtree"]), f"{path}{node_name(node)}/")
                for node in nodes
                if node["type"] == "dir"
            ]

    def look_at_nodes(self, raw: bytes, nodes: list[RawNode], path: str) -> Iterator[str]:
        try:
            if encode_tree(nodes) != raw:
                yield f"The folder {path} is not in order, or not written as restic would."
        except ValueError as error:
            yield f"The folder {path} holds a name that must not be: {error}"
        for node in nodes:
            if node["type"] == "file":
                yield from self.look_at_file(node, f"{path}{node_name(node)}")

    def look_at_file(self, node: RawNode, path: str) -> Iterator[str]:
        size = 0
        for blob_id in content_ids(node):
            place = self.places.get(("data", blob_id))
            if place is None:
                yield f"The file {path} misses the blob {blob_id.hex()}: no index names it."
                return
            size += content_length(place[1].length, place[1].raw_length)
        if size != node.get("size", 0):
            yield f"The file {path} should have {node.get('size', 0)} bytes, its blobs have {size}."

    def read_packs(self) -> Iterator[str]:
        for pack, entries in self.packs.items():
            if self.stored.get(pack) == pack_size(entries):
                yield from self.read_pack(pack, entries)

    def read_pack(self, pack: bytes, entries: tuple[Entry, ...]) -> Iterator[str]:
        name = pack_name(pack)
        try:
            content = memoryview(self.backend.load(name))
            if hashlib.sha256(content).digest() != pack:
                yield f"The pack {name} is damaged: its content does not match its name."
            header = read_header(self.backend, pack, len(content), self.tools.sealer)
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

    def read(self, kind: Kind, blob_id: BlobId) -> bytes:
        place = self.places.get((kind, blob_id))
        if place is None:
            raise IntegrityError(f"the blob {blob_id.hex()} is missing, no index names it.")
        name = pack_name(place[0])
        entry = place[1]
        box = self.backend.load_range(name, entry.offset, entry.length)
        return open_blob(self.tools, blob_id, box, entry.raw_length, f"the pack {name}")
