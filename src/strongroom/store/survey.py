"""What lies in a repository, for a prune: which index file names which pack, and of what.

A prune may meet repositories of millions of blobs, so what is kept of each is its entry as in a
pack's header (41 bytes) and a mark; only trees, which are few, are kept so that they can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from strongroom.errors import IntegrityError
from strongroom.store import index
from strongroom.store.backend import BlobBackend
from strongroom.store.documents import COPY_BACK, Documents
from strongroom.store.index import Contents, Location
from strongroom.store.marks import Marks
from strongroom.store.pack import (
    BlobId,
    Entry,
    Kind,
    decode_header,
    encode_header,
    list_packs,
    pack_name,
    pack_size,
)
from strongroom.store.prune_plan import IndexFile, PackUse


class Wanted(Protocol):
    """Blobs that stay."""

    def __contains__(self, entry: Entry, /) -> bool:
        """Say whether the blob stays."""


@dataclass(slots=True)
class Survey:
    """All packs of a repository, and what the index says of them.

    Attributes:
        files: The index files, by id.
        packs: Those that the index names.
        stray: Those that it does not, with the length of each file.
        trees: All places of each tree whose pack is there.
        data: The data blobs whose pack is there.
        repeated: Blobs that more than one pack has, or that two packs name with ids as good as
            equal.
    """

    files: dict[str, IndexFile] = field(default_factory=dict)
    packs: dict[bytes, PackUse] = field(default_factory=dict)
    stray: dict[bytes, int] = field(default_factory=dict)
    trees: dict[BlobId, list[Location]] = field(default_factory=dict)
    data: Marks = field(default_factory=Marks)
    repeated: set[tuple[Kind, BlobId]] = field(default_factory=set)


def survey(backend: BlobBackend, documents: Documents) -> Survey:
    """Read all index files and list all packs.

    Raises:
        IntegrityError: an index file is damaged or contradicts itself; then nobody knows what a
            prune may remove.
    """
    found = Survey()
    # Listed before the index is read: a pack that somebody stores meanwhile is then no stray one.
    stored = list_packs(backend)
    for file_id in documents.ids(index.FOLDER):
        packs = list(index.load_index(documents, file_id))
        blobs = sum(len(contents.entries) for contents in packs)
        found.files[file_id] = IndexFile(tuple(contents.pack for contents in packs), blobs)
        for contents in packs:
            if contents.pack not in found.packs:
                _take(found, contents, stored.get(contents.pack))
    found.stray = {pack: size for pack, size in stored.items() if pack not in found.packs}
    return found


def decoded(header: bytes) -> list[Entry]:
    """Give the entries of a header that was encoded here."""
    found = decode_header(header)
    assert found is not None, "it was encoded here"
    return found


def _take(found: Survey, contents: Contents, stored_size: int | None) -> None:
    blobs = tuple(_in_order(contents))
    size = pack_size(blobs)
    kinds = {entry.kind for entry in blobs}
    pack = PackUse(
        pack=contents.pack,
        kind=kinds.pop() if len(kinds) == 1 else None,
        header=encode_header(blobs),
        size=size,
        blobs=len(blobs),
        is_stored=stored_size == size,
        bytes_blobs=sum(entry.length for entry in blobs),
    )
    found.packs[contents.pack] = pack
    if pack.is_stored:
        for entry in blobs:
            _note(found, contents.pack, entry)


def _note(found: Survey, pack: bytes, entry: Entry) -> None:
    if entry.kind == "data":
        is_new = found.data.add(entry.id)
    else:
        places = found.trees.setdefault(entry.id, [])
        is_new = not places
        places.append(Location(pack, entry.offset, entry.length, entry.raw_length))
    if not is_new:
        found.repeated.add((entry.kind, entry.id))


def _in_order(contents: Contents) -> Iterator[Entry]:
    end = 0
    for entry in sorted(contents.entries, key=lambda entry: entry.offset):
        if entry.offset != end:
            raise IntegrityError(
                f"The index describes the pack {pack_name(contents.pack)} with gaps or overlaps; "
                "nothing was removed.",
                hint=f"Let the index be rebuilt from the packs, or: {COPY_BACK}",
            )
        end += entry.length
        yield entry


def count(found: Survey, used: Wanted) -> dict[tuple[Kind, BlobId], bytes]:
    """Count in every pack what is used of it.

    Of a blob that several packs have, one copy is in use: the one in the pack that has the least
    unused. So what an interrupted prune wrote stays, and what it had not removed yet goes.

    Returns:
        For every blob that is used and lies in several packs, the pack that keeps it.
    """
    holders: dict[tuple[Kind, BlobId], list[tuple[PackUse, int]]] = {}
    for pack in found.packs.values():
        if not pack.is_stored:
            continue
        for entry in decoded(pack.header):
            if entry in used:
                pack.blobs_used += 1
                pack.bytes_used += entry.length
                if (entry.kind, entry.id) in found.repeated:
                    holders.setdefault((entry.kind, entry.id), []).append((pack, entry.length))
    best = sorted(found.packs.values(), key=lambda pack: (pack.bytes_unused, -pack.size, pack.pack))
    rank = {pack.pack: at for at, pack in enumerate(best)}
    claims: dict[tuple[Kind, BlobId], bytes] = {}
    for blob, copies in holders.items():
        copies.sort(key=lambda copy: rank[copy[0].pack])
        if len(copies) > 1:
            claims[blob] = copies[0][0].pack
        for pack, length in copies[1:]:
            pack.blobs_used -= 1
            pack.bytes_used -= length
    return claims
