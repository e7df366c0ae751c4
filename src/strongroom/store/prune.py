"""Prune: forget snapshots, then free what no snapshot refers to any more.

The order makes it safe to be killed anywhere, and to be run again:

1. look at everything and decide; *refuse, nothing changed, if anything that is used is missing*
2. delete the snapshots that go
3. delete packs that no index names: they make room
4. write what is used of packs with much unused, and small packs, into new packs, as it was sealed
5. write the new index; it names the packs that stay and the new ones
6. delete the index files that it replaces
7. delete the packs that it does not name

Until 6 everything that stays is named by the old index, from 5 on by the new one. What is
killed between leaves blobs that lie twice and packs that nobody names; the next prune clears both.
All of it under restic's exclusive lock; before 3, 6 and 7 the lock is looked at again, and
whether anybody wrote all the same. Whoever finds the lock lost in 6 names again what he took the
names from.

Consolidation is 4 to 7 with everything taken for used: small packs and index files become few, and
nothing is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from strongroom.errors import Interrupted, ResourceLocked, StorageFull
from strongroom.store import index
from strongroom.store import snapshot as snapshots
from strongroom.store.blob_reader import open_blob
from strongroom.store.index import BLOBS_PER_FILE, Contents, Location
from strongroom.store.pack import Entry, Kind, PackBuilder, encode_header, pack_name
from strongroom.store.prune_plan import PackUse, Pruned
from strongroom.store.prune_planning import Plan, Workplace, told
from strongroom.store.stretches import read_boxes
from strongroom.store.survey import decoded


class Guard(Protocol):
    """The lock, as those see it who write under it."""

    def check(self) -> None:
        """Renew the lock if it is time; called before every change.

        Raises:
            ResourceLocked: it is lost; nothing may be changed any more.
        """

    def confirm(self) -> None:
        """The same, and make sure that nobody removed it."""


def execute(place: Workplace, plan: Plan, guard: Guard) -> Pruned:
    """Do what was planned, under the exclusive lock that ``guard`` watches.

    Raises:
        ResourceLocked: the lock is lost, or somebody wrote in spite of it.
        StorageFull: there was no room for new packs. What could be freed without was freed.
        IntegrityError: a blob that was to be written anew is damaged.
        Interrupted: ``stop`` said so.
    """
    return _Execution(place, plan, guard).run()


class _Execution:
    def __init__(self, place: Workplace, plan: Plan, guard: Guard) -> None:
        self._place = place
        self._plan = plan
        self._guard = guard
        self._claims = dict(plan.claims)
        self._new: dict[bytes, bytes] = {}
        self._new_bytes = 0
        self._saved: set[str] = set()

    def run(self) -> Pruned:
        self._forget()
        shortage = None
        if self._plan.has_work:
            self._make_sure()
            self._remove_packs(self._plan.stray)
            shortage = self._repack_if_there_is_room()
            self._write_index()
            self._drop_index()
            self._remove_packs(pack.pack for pack in self._going())
        if shortage is not None:
            raise shortage
        left = sum(pack.size for pack in self._plan.packs("keep")) + self._new_bytes
        files = len(self._plan.index_stays | self._saved)
        return told(self._plan, left, index_files=files, is_dry_run=False)

    def _forget(self) -> None:
        for snapshot_id in sorted(self._plan.choice.going):
            self._may_go_on()
            self._place.make_sure()
            self._place.documents.delete(snapshots.FOLDER, snapshot_id)

    def _make_sure(self) -> None:
        """Before what cannot be taken back: are we still alone, and is all as we planned for?"""
        self._guard.confirm()
        documents = self._place.documents
        new = set(documents.ids(snapshots.FOLDER)) - self._plan.snapshots
        new |= set(documents.ids(index.FOLDER)) - self._plan.found.files.keys() - self._saved
        if new:
            raise ResourceLocked(
                "Somebody wrote to the repository while a prune had it alone; the prune stopped.",
                why=f"{len(new)} new snapshots or index files are there.",
                hint="Nothing that is used was removed. Run the prune again, and do not unlock a "
                "repository while one runs.",
            )

    def _may_go_on(self) -> None:
        if self._place.stop():
            raise Interrupted(
                "The prune was asked to stop.",
                hint="Run it again; what it did so far is kept.",
            )
        self._guard.check()

    def _repack_if_there_is_room(self) -> StorageFull | None:
        """Write new packs; if they do not fit, take back what was written and go on without."""
        try:
            for kind in ("data", "tree"):
                self._repack(kind)
        except StorageFull as error:
            self._remove_packs(self._new)
            self._new, self._new_bytes = {}, 0
            self._plan = self._plan.without_repacking()
            return error
        return None

    def _repack(self, kind: Kind) -> None:
        builder = PackBuilder(kind)
        for pack in self._plan.packs("repack"):
            wanted = [
                (Location(pack.pack, entry.offset, entry.length, entry.raw_length), entry.id)
                for entry in decoded(pack.header)
                if entry.kind == kind and self._takes(pack, entry)
            ]
            for location, blob_id, box in read_boxes(self._place.backend, wanted):
                where = f"the pack {pack_name(location.pack)}"
                open_blob(self._place.tools, blob_id, box, location.raw_length, where)
                parts = bytes(box[:16]), bytes(box[16:-16]), bytes(box[-16:])
                builder.add(blob_id, parts, location.raw_length)
                if builder.is_full:
                    self._store(builder)
                    builder = PackBuilder(kind)
        if builder.entries:
            self._store(builder)

    def _takes(self, pack: PackUse, entry: Entry) -> bool:
        """Say whether this copy of a blob is the one to be kept; once for each blob."""
        blob = entry.kind, entry.id
        if entry not in self._plan.used:
            return False
        if blob not in self._claims:
            return True
        if self._claims[blob] != pack.pack:
            return False
        self._claims[blob] = b""  # taken, should the same pack hold it once more
        return True

    def _store(self, builder: PackBuilder) -> None:
        self._may_go_on()
        pack_id, content = builder.finish(self._place.tools.sealer)
        self._place.backend.save(pack_name(pack_id), content)
        self._new[pack_id] = encode_header(builder.entries.values())
        self._new_bytes += len(content)

    def _write_index(self) -> None:
        """Name all packs that stay, but for those that index files name that stay as they are."""
        self._may_go_on()
        self._name(self._to_be_named())

    def _name(self, packs: Iterable[Contents]) -> None:
        waiting: list[Contents] = []
        blobs = 0
        for contents in packs:
            if waiting and blobs + len(contents.entries) > BLOBS_PER_FILE:
                self._save_index(waiting)
                waiting, blobs = [], 0
            waiting.append(contents)
            blobs += len(contents.entries)
        if waiting:
            self._save_index(waiting)

    def _to_be_named(self) -> Iterator[Contents]:
        files = self._plan.found.files
        named = {pack for file_id in self._plan.index_stays for pack in files[file_id].packs}
        for pack in self._plan.packs("keep"):
            if pack.pack not in named:
                yield Contents(pack.pack, tuple(decoded(pack.header)))
        for new, header in self._new.items():
            yield Contents(new, tuple(decoded(header)))

    def _save_index(self, packs: list[Contents]) -> None:
        self._saved.update(index.save_index(self._place.documents, packs))

    def _drop_index(self) -> None:
        self._make_sure()
        try:
            for file_id in sorted(self._plan.found.files.keys() - self._plan.index_stays):
                self._may_go_on()
                self._place.documents.delete(index.FOLDER, file_id)
            self._make_sure()
        except ResourceLocked:
            # A delete that hung until the lock was stale may have taken the name of a blob that a
            # writer found there meanwhile. Its pack is still there, and to name it harms nobody.
            gone = [pack for pack in self._going() if pack.is_stored]
            self._name(Contents(pack.pack, tuple(decoded(pack.header))) for pack in gone)
            raise

    def _going(self) -> list[PackUse]:
        return [*self._plan.packs("remove"), *self._plan.packs("repack")]

    def _remove_packs(self, packs: Iterable[bytes]) -> None:
        for pack in packs:
            self._may_go_on()
            self._place.backend.delete(pack_name(pack))
