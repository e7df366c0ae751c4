"""What a prune does to which snapshot, pack and index file, decided from figures alone.

Which packs are written anew:

* trees: every pack with anything unused in it, for they are few and read all the time;
* data: every such pack below 16 MiB; of larger ones as many, the emptiest first, as bring what is
  unused below 5 % of what is used (restic's own measure, so its prune has nothing left to do);
* whole packs below 4 MiB, if there would be ten or more in the end: small runs leave them;
* a pack that holds data and trees, which version 2 forbids.

Index files that name only packs that stay, and half as many blobs as they may or more, stay as
well; all others become as few as can be, unless there is nothing else to do and they are few.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from strongroom.store.index import BLOBS_PER_FILE
from strongroom.store.pack import PACK_BYTES, Kind
from strongroom.store.snapshot import Snapshot

UNUSED_SHARE_MAX = 0.05
"""So much of what is used may lie beside it unused in large packs of data."""

SMALL_BYTES = 4 << 20
MERGE_MIN = 10
"""So many small packs, or index files more than needed, are worth writing anew."""

SMALL_INDEX_BYTES = 1 << 20
"""An index file with half of the blobs that it may name is about as long."""

CHECKPOINT_HOST = "checkpoint:"
"""What the host of a checkpoint begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What a prune or a consolidation did; with ``is_dry_run``, what it would do.

    Attributes:
        is_dry_run: Nothing was changed.
        forgotten: Ids of the snapshots that went, checkpoints that nobody needs included.
        staying: Ids that were to be forgotten and stay, each with why in a sentence.
        locks_removed: Dead locks that stood in the way and were removed, each in a sentence.
        snapshots: That are there afterwards.
        blobs: That are there afterwards.
        bytes: Of all packs afterwards.
        bytes_unused: Of them, of blobs that nothing refers to and that stay for now.
        blobs_removed: That nothing referred to, or that were there twice.
        bytes_freed: What the packs are smaller by in the end.
        packs_removed: That held nothing of use.
        packs_stray: That no index named: a run that was killed left them.
        packs_repacked: Whose blobs in use went into new packs.
        bytes_repacked: What went into new packs.
        index_files: That are there afterwards; in a dry run, about.
        index_files_replaced: That went, because new ones say it better.
    """

    is_dry_run: bool
    forgotten: tuple[str, ...] = ()
    staying: Mapping[str, str] = field(default_factory=dict)
    locks_removed: tuple[str, ...] = ()
    snapshots: int = 0
    blobs: int = 0
    bytes: int = 0
    bytes_unused: int = 0
    blobs_removed: int = 0
    bytes_freed: int = 0
    packs_removed: int = 0
    packs_stray: int = 0
    packs_repacked: int = 0
    bytes_repacked: int = 0
    index_files: int = 0
    index_files_replaced: int = 0


@dataclass(slots=True, kw_only=True)
class PackUse:
    """A pack that the index names, and how much of it is in use.

    Attributes:
        pack: Its id, 32 bytes.
        kind: What it holds; None: data and trees.
        header: Its entries, as a pack's own header has them.
        size: Of its file, as the index has it.
        blobs: All in it.
        is_stored: Its file is there, and as long as it must be.
        blobs_used: Of the blobs, those that something refers to and no better pack has.
        bytes_used: Theirs, sealing included.
        bytes_blobs: Of all blobs, sealing included.
    """

    pack: bytes
    kind: Kind | None
    header: bytes = field(repr=False)
    size: int
    blobs: int
    is_stored: bool
    bytes_blobs: int
    blobs_used: int = 0
    bytes_used: int = 0

    @property
    def bytes_unused(self) -> int:
        """Of the blobs that nothing refers to."""
        return self.bytes_blobs - self.bytes_used

    @property
    def is_whole(self) -> bool:
        """Whether all of it is in use."""
        return self.blobs_used == self.blobs


Fate = Literal["keep", "repack", "remove"]


def decide(packs: Iterable[PackUse]) -> dict[bytes, Fate]:
    """Say what becomes of each pack; see the head of this file."""
    fates: dict[bytes, Fate] = {}
    small: dict[Kind, list[PackUse]] = {"data": [], "tree": []}
    anew: set[Kind | None] = set()
    large: list[PackUse] = []
    bytes_used = 0
    for pack in packs:
        bytes_used += pack.bytes_used
        if not pack.blobs_used or not pack.is_stored:
            fates[pack.pack] = "remove"
        elif pack.kind is None:
            fates[pack.pack] = "repack"
            anew |= {"data", "tree"}
        elif pack.is_whole:
            fates[pack.pack] = "keep"
            if pack.size < SMALL_BYTES:
                small[pack.kind].append(pack)
        elif pack.kind == "tree" or pack.size < PACK_BYTES:
            fates[pack.pack] = "repack"
            anew.add(pack.kind)
        else:
            large.append(pack)
    fates.update(_large(large, bytes_used * UNUSED_SHARE_MAX))
    anew.update(pack.kind for pack in large if fates[pack.pack] == "repack")
    # What is written anew ends in a small pack of its kind as well.
    if sum(map(len, small.values())) + len(anew) >= MERGE_MIN:
        for kind, packs_of_kind in small.items():
            if len(packs_of_kind) > 1 or kind in anew:
                fates.update((pack.pack, "repack") for pack in packs_of_kind)
    return fates


def _large(packs: list[PackUse], unused_max: float) -> dict[bytes, Fate]:
    """Repack the emptiest until what is left unused is little enough."""
    unused = sum(pack.bytes_unused for pack in packs)
    fates: dict[bytes, Fate] = {}
    for pack in sorted(packs, key=lambda pack: (pack.bytes_used / pack.bytes_blobs, pack.pack)):
        fates[pack.pack] = "repack" if unused > unused_max else "keep"
        unused -= pack.bytes_unused if unused > unused_max else 0
    return fates


class IndexFile(NamedTuple):
    """An index file.

    Attributes:
        packs: That it names.
        blobs: That it names.
    """

    packs: tuple[bytes, ...]
    blobs: int


def index_files_staying(
    files: Mapping[str, IndexFile], fates: Mapping[bytes, Fate]
) -> frozenset[str]:
    """Say which index files stay as they are; see the head of this file."""
    staying: set[str] = set()
    small: set[str] = set()
    named: set[bytes] = set()
    for file_id, file in sorted(files.items(), key=lambda item: (-item[1].blobs, item[0])):
        if named.isdisjoint(file.packs) and all(fates[pack] == "keep" for pack in file.packs):
            (staying if file.blobs >= BLOBS_PER_FILE // 2 else small).add(file_id)
            named.update(file.packs)
    is_rest = len(staying) + len(small) == len(files)
    needed = -(-sum(files[file_id].blobs for file_id in small) // BLOBS_PER_FILE)
    if is_rest and len(small) - needed < MERGE_MIN:
        staying |= small
    return frozenset(staying)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which snapshots go.

    Attributes:
        going: Ids.
        staying: Ids that were to go and stay, with why.
    """

    going: frozenset[str]
    staying: Mapping[str, str]


def choose(snapshots: Collection[Snapshot], forget: Collection[str]) -> Choice:
    """Say which snapshots go: those that are to, and checkpoints that nobody goes on from.

    A checkpoint that the next attempt goes on from stays, and so does the snapshot below it, which
    is what that attempt knows it by.

    Args:
        snapshots: All that can be read.
        forget: Ids; one that is not there is fine.
    """
    going = set(forget)
    staying: dict[str, str] = {}
    ordered = sorted(snapshots, key=lambda snapshot: (snapshot.time, snapshot.id))
    overtaken: set[tuple[str, ...]] = set()
    for snapshot in reversed(ordered):
        of = snapshot.tags[:2]
        if snapshot.host.startswith(CHECKPOINT_HOST):
            if of in overtaken:
                going.add(snapshot.id)
            else:
                staying[snapshot.id] = "The next backup goes on from this checkpoint."
                if snapshot.parent:
                    staying[snapshot.parent] = (
                        "A backup that was cut short is based on it; run it to its end first."
                    )
        if len(of) == 2:
            overtaken.add(of)
    named = set(forget)
    return Choice(
        frozenset(going - set(staying)), {id_: why for id_, why in staying.items() if id_ in named}
    )
