"""Copying one repository to another place, where it is whole for whoever looks, at every moment.

Files of a repository are immutable and named by their content, so only those that are not there yet
are copied: keys → config → packs → indexes → snapshots, each durable before the next kind begins. A
snapshot is put only when everything it needs is there. Cut off anywhere, the copy holds the
snapshots that are whole, and the next attempt goes on.

*Verified on arrival*: every file is hashed before it is sent (damage does not travel) and read back
whole and hashed again afterwards. A pack that is there already but that no index of the copy names
was left by an attempt that was cut off, and is read as well.

The original's lock is held meanwhile, shared, which bars a prune but no backup; so is the copy's.
What a forget and a prune took away in the original goes from the copy in the end
(``replica_trim``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime

from strongroom.errors import IntegrityError, Interrupted
from strongroom.store import config, index, keys, locks, replica_record, snapshot
from strongroom.store.arrival import arrives
from strongroom.store.backend import BlobBackend, DeleteRefused, NotStored
from strongroom.store.door import Door
from strongroom.store.locks import HeldLock
from strongroom.store.pack import pack_name, pack_size
from strongroom.store.places import Places
from strongroom.store.replica_needs import needs
from strongroom.store.replica_side import Listing, Side
from strongroom.store.replica_trim import Trim
from strongroom.store.replica_words import Copied, NotCopied, Order
from strongroom.store.snapshot import Snapshot

_ARRIVED_OTHERWISE = "it did not arrive as it was sent"


def copy_repository(original: Door, copy: Door, order: Order) -> Copied:
    """Bring the copy of a repository up to date.

    Args:
        original: The way into it.
        copy: The way into its copy, of which nothing need be there yet.
        order: How.

    Raises:
        IntegrityError: the original cannot be opened.
        OperatorError: another repository lies where the copy should be; a storage refuses.
        ResourceLocked: somebody works alone on one of the two.
        StorageFull: the copy takes no more.
        Interrupted: ``order.stop`` said so.
    """
    return _Copying(original, copy, order).run()


class _Copying:
    def __init__(self, original: Door, copy: Door, order: Order) -> None:
        self._master = original.master_key()
        self._doors = (original, copy)
        self._from = Side(
            original.backend, self._master, order.clock, index_caches=original.index_caches
        )
        self._to = Side(copy.backend, self._master, order.clock)
        self._order = order
        self._locks: list[HeldLock] = []
        self._done = Copied()

    def run(self) -> Copied:
        if self._is_up_to_date():
            return self._done
        self._doors[1].take(self._master)
        with ExitStack() as held:
            self._locks.append(held.enter_context(self._from.locked()))
            with self._to.locked() as lock:
                self._locks.append(lock)
                here, there = self._from.list(), self._to.list()
                self._copy_door(here, there)
                packs = self._packs(here)
                self._copy_packs(here, there, packs)
                self._copy_documents(index.FOLDER, here.indexes, there.indexes)
                wanted = self._wanted(here, there, packs)
                for held_lock in self._locks:  # until now no prune was here, nor there
                    held_lock.confirm()
                self._copy_documents(snapshot.FOLDER, wanted, there.snapshots)
                self._locks.pop()
            self._trim(here)
            self._locks.pop()
        return self._done

    def _is_up_to_date(self) -> bool:
        """Say whether there is nothing to do, by what both sides list, without a lock.

        Snapshots come last in a copy: where they are the same, all that they need is there.
        """
        here, there = self._from.list(), self._to.list()
        if not here.snapshots or here != there:
            return False
        # A lock may be of one who was killed at the very end: whoever takes the next removes it.
        if any(side.documents.sizes(locks.FOLDER) for side in (self._from, self._to)):
            return False
        # What was missed and is there again is to be missed for a whole week if it goes once more.
        if any(replica_record.load_known(self._to.backend).values()):
            return False
        try:  # what no listing tells of
            config.load_config(self._to.backend, self._to.tools.sealer)
        except IntegrityError:
            return False
        if not self._doors[1].is_sealed():
            return False
        self._done.snapshots = len(there.snapshots)
        self._done.unchanged = here.files
        return True

    def _copy_door(self, here: Listing, there: Listing) -> None:
        self._copy_documents(keys.FOLDER, here.keys, there.keys)
        self._may_write()
        self._doors[1].ensure_user_keys(self._master)
        if there.keys.keys() - here.keys.keys():  # a password was changed
            try:
                self._doors[1].dismiss_others()
            except DeleteRefused as error:
                self._done.notes.append(f"A former password still opens the copy: {error}")
        config.load_config(self._from.backend, self._from.tools.sealer)
        try:
            config.load_config(self._to.backend, self._to.tools.sealer)
        except IntegrityError:  # not there yet, or damaged
            if not self._put(config.NAME, self._from.backend.load(config.NAME)):
                self._fail(config.NAME, _ARRIVED_OTHERWISE)

    def _packs(self, here: Listing) -> dict[bytes, int]:
        """Tell the packs that the original's index names: others belong to nothing yet."""
        named: dict[bytes, int] = {}
        for file_id in here.indexes:
            try:
                for pack, entries in index.load_index(self._from.documents, file_id):
                    named[pack] = pack_size(entries)
            except IntegrityError:  # told when it is to be copied
                continue
        return named

    def _copy_packs(self, here: Listing, there: Listing, packs: dict[bytes, int]) -> None:
        settled = self._settled(there)
        missing: list[tuple[str, int]] = []
        for pack, size in sorted(packs.items()):
            name = pack_name(pack)
            is_there = there.packs.get(pack) == size
            if is_there and (pack in settled or _is_sound(self._to.backend, name)):
                self._done.unchanged += 1
            elif here.packs.get(pack) != size:
                self._fail(name, "it is missing in the original, or cut short")
            else:
                missing.append((name, size))
        self._order.progress.expect(len(missing), sum(size for _, size in missing))
        for size in self._each_in_lanes(missing):
            self._done.files += bool(size)
            self._done.bytes += size

    def _settled(self, there: Listing) -> set[bytes]:
        """Name the packs that an index of the copy knows: they were read back before it was put."""
        known: set[bytes] = set()
        for file_id in list(there.indexes):
            try:
                known |= {one.pack for one in index.load_index(self._to.documents, file_id)}
            except IntegrityError:  # to be copied again
                del there.indexes[file_id]
        return known

    def _each_in_lanes(self, files: list[tuple[str, int]]) -> Iterator[int]:
        if self._order.lanes == 1:
            yield from map(self._copy_named, files)
            return
        with ThreadPoolExecutor(self._order.lanes, "copy") as pool:
            try:
                yield from pool.map(self._copy_named, files)
            finally:
                pool.shutdown(cancel_futures=True)

    def _copy_documents(self, folder: str, sizes: dict[str, int], there: dict[str, int]) -> None:
        missing = [one for one in sorted(sizes) if one not in there or there[one] != sizes[one]]
        self._done.unchanged += len(sizes) - len(missing)
        self._order.progress.expect(len(missing), sum(sizes[one] for one in missing))
        for one in missing:
            size = self._copy_named((f"{folder}/{one}", sizes[one]))
            self._done.files += bool(size)
            self._done.bytes += size

    def _copy_named(self, file: tuple[str, int]) -> int:
        """Copy a file whose name ends with its hash; give its size, 0 if it did not come to be."""
        name, _ = file
        try:
            data = self._from.backend.load(name)
        except NotStored:
            if not name.startswith(f"{keys.FOLDER}/"):  # that one went with its password
                self._fail(name, "it is missing in the original")
            return 0
        except IntegrityError as error:
            self._fail(name, str(error))
            return 0
        if not _is_named_after(name, data):
            self._fail(name, "it is damaged in the original")
            return 0
        if not self._put(name, data):
            self._fail(name, _ARRIVED_OTHERWISE)
            return 0
        self._order.progress.advance(1, len(data))
        return len(data)

    def _put(self, name: str, data: bytes) -> bool:
        """Store a file in the copy, in the place of a damaged one; say whether it reads back."""
        self._may_write()
        return arrives(self._to.backend, name, data)

    def _wanted(self, here: Listing, there: Listing, packs: dict[bytes, int]) -> dict[str, int]:
        """Choose the snapshots that are to be there, and have the copy remember their origin."""
        known = replica_record.load_known(self._to.backend)
        chosen: dict[str, int] = {}
        new: dict[str, Snapshot] = {}
        for one, size in here.snapshots.items():
            if one in there.snapshots:
                chosen[one] = size
                continue
            try:
                found = snapshot.decode_snapshot(
                    one, self._from.documents.load(snapshot.FOLDER, one)
                )
            except NotStored:  # deleted since it was listed
                continue
            except IntegrityError as error:
                self._fail(f"{snapshot.FOLDER}/{one}", str(error))
                continue
            if self._order.is_wanted(found):
                new[one] = found
        for one in self._whole(new, here, packs):
            chosen[one] = here.snapshots[one]
        if not set(chosen) <= set(known):
            self._may_write()
            now: dict[str, datetime | None] = dict.fromkeys(chosen)
            replica_record.save_known(self._to.backend, {**known, **now})
        return chosen

    def _whole(
        self, new: dict[str, Snapshot], here: Listing, packs: dict[bytes, int]
    ) -> Iterator[str]:
        """Pick the snapshots of which the copy has everything.

        Where all that the original holds is named by its index and has arrived, that is all of
        them. Otherwise each is walked through.
        """
        if not new:
            return
        there = self._to.list()
        has_all = all(there.packs.get(pack) == size for pack, size in packs.items())
        if has_all and set(here.packs) <= set(packs) and set(here.indexes) <= set(there.indexes):
            yield from new
            return
        places = Places(there.packs)
        for file_id in there.indexes:
            places.add(self._to.documents, file_id)
        readers = [side.reader() for side in (self._from, self._to)]
        for one, found in new.items():
            try:
                lost = sum(not places.has(blob) for blob in needs(readers, [found.tree]))
            except (IntegrityError, ValueError) as error:
                self._fail(f"{snapshot.FOLDER}/{one}", f"it cannot be read whole: {error}")
                continue
            if lost:
                self._fail(f"{snapshot.FOLDER}/{one}", f"{lost:,} pieces of it did not arrive")
                continue
            yield one

    def _trim(self, here: Listing) -> None:
        trim = Trim(self._from, self._to, self._order.clock, self._order.may_go)
        self._done.removed = trim.run(here, is_sound=self._done.is_whole)
        self._done.notes += trim.notes
        self._done.snapshots = trim.snapshots
        self._done.missed = trim.missed

    def _may_write(self) -> None:
        """Stop if somebody asked for it, or if a lock could not be renewed.

        Raises:
            Interrupted: as was asked.
            ResourceLocked: a lock is not ours any more.
        """
        if self._order.stop():
            raise Interrupted("The copying was stopped; what has arrived is kept.")
        for lock in self._locks:
            lock.check()

    def _fail(self, name: str, why: str) -> None:
        self._done.failed.append(NotCopied(name=name, why=why))


def _is_named_after(name: str, data: bytes) -> bool:
    return name.endswith(hashlib.sha256(data).hexdigest())


def _is_sound(backend: BlobBackend, name: str) -> bool:
    try:
        return _is_named_after(name, backend.load(name))
    except IntegrityError:
        return False
