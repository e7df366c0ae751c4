"""Giving a repository another master key: a new one beside it, to which everything is copied.

restic's format cannot change the key that its data are sealed with, so whoever once had the master
key reads all that is stored later as well. Therefore every blob is opened, sealed anew and put into
a repository in a folder beside (``ID~k2``), which is checked byte by byte. Then one file says that
the resource's repository is that one (``Door.point_here``), and what the old key sealed is deleted.

Cut short anywhere, the old one counts, or the new one, and each of them is whole; made again, the
same call goes on with what was copied. Nobody can write meanwhile, since the old repository's
exclusive lock is held from the beginning to the end.

Trees and files keep their ids, which are hashes of what they hold. A snapshot's id is the hash of
the sealed file, so it changes; the one that it had is in it as ``original``, as restic does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from strongroom.errors import IntegrityError
from strongroom.store import check, config, snapshot
from strongroom.store.backend import BlobBackend, DeleteRefused, NameTaken, require_deletes
from strongroom.store.check import Watch
from strongroom.store.crypto import Tools
from strongroom.store.documents import Documents
from strongroom.store.door import MASTER_KEY, MASTER_KEY_COPY, Door
from strongroom.store.folders import generation
from strongroom.store.holds import FOLDER as HOLDS
from strongroom.store.holds import StoredHolds
from strongroom.store.pack import BlobId, list_packs
from strongroom.store.replica_needs import needs
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage

_AT_ONCE = 1000
"""So many data blobs are read together, in the order in which they lie."""

_FIRST_TO_GO = (config.NAME, "keys/", "snapshots/", "index/", "data/")
"""Without its config nobody opens a repository any more, and so nobody writes to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeyed:
    """What came of it.

    Attributes:
        folder: Where the resource's repository lies now, beside those of other resources.
        snapshots: The new id of each snapshot, by the one that it had.
        blobs: How many were sealed anew, those of an earlier try that was cut short left out.
        bytes: How long they are, before compression.
        left: Files sealed with the old key that the storage lets nobody delete for now.
    """

    folder: str
    snapshots: Mapping[str, str]
    blobs: int
    bytes: int
    left: int


def rekey(
    storage: Storage,
    kind: str,
    resource_id: str,
    *,
    watch: Watch | None = None,
) -> Rekeyed:
    """Give a resource's repository another master key.

    Args:
        storage: The storage.
        kind: Kind of resource.
        resource_id: The resource's id.
        watch: Is told how far it is: what is copied, and then what is read back.

    Raises:
        OperatorError: there is no such repository.
        DeleteRefused: nothing can be deleted in this storage, the old key's files neither.
        ResourceLocked: somebody works on it.
        IntegrityError: it is damaged (repair it first), or what was copied is not whole; the old
            one goes on being used.
    """
    require_deletes(storage.place)
    storage.folders.look_again(kind, resource_id)
    old_repository = storage.repository(kind, resource_id)
    old = storage.door(kind, resource_id)
    _sweep(storage, kind, resource_id, old)
    with old_repository.lock(exclusive=True):
        new = storage.door_at(kind, resource_id, _next_folder(resource_id, old))
        if new.opens_to_others():
            # Begun before a password was removed: whoever has that one could open what comes.
            delete_sealed_by(new)
        new.begin_beside()
        new_repository = new.open()
        with new_repository.lock(exclusive=True):
            roots = [one.tree for one in old_repository.snapshots()]
            told = _Told(watch, old.backend)
            _copy_blobs(old_repository, new_repository, roots, told.copied)
            told.end()
            mapped = _copy_snapshots(old_repository, new_repository)
            added = new_repository.writer().added
        _require_whole(new, mapped, watch)
        moved = {**_former_ids(old_repository, mapped), **mapped}
        move_holds(storage.holds(kind, resource_id), new.backend, moved)
        old_repository.require_lock()
        new.point_here(new.master_key())
        storage.folders.look_again(kind, resource_id)
        left = delete_sealed_by(old)
    return Rekeyed(
        folder=new.at,
        snapshots=mapped,
        blobs=added.data_blobs + added.tree_blobs,
        bytes=added.bytes_added,
        left=left,
    )


def _next_folder(resource_id: str, old: Door) -> str:
    return f"{resource_id}~k{generation(old.at) + 1}"


def carry_over(former: Repository, new: Repository) -> dict[str, str]:
    """Bring along the snapshots that only a copy under a former key has, sealed anew.

    Both must be locked. A snapshot of the same tree and the same moment is the same.

    Returns:
        The new id of each that was brought along, by the one that it had.

    Raises:
        IntegrityError: something of them is damaged.
    """
    there = {(one.time, one.tree) for one in new.snapshots()}
    alone = [one for one in former.snapshots() if (one.time, one.tree) not in there]
    _copy_blobs(former, new, [one.tree for one in alone], lambda _: None)
    documents = dict(former.snapshot_documents()) if alone else {}
    return {
        one.id: new.save_snapshot_document(_as_copy(documents[one.id], one.id, {})) for one in alone
    }


def _copy_blobs(
    old: Repository, new: Repository, roots: list[BlobId], told: Callable[[int], None]
) -> None:
    """Seal anew all that snapshots need; what nothing refers to stays behind.

    ``told`` is told now and then how many bytes were stored so far.
    """
    reader, writer = old.reader(), new.writer()
    waiting: dict[BlobId, None] = {}
    for kind, blob_id in needs([reader], roots):
        if writer.has(kind, blob_id) or blob_id in waiting:
            continue
        if kind == "tree":
            writer.save(kind, reader.load(kind, blob_id))
            continue
        waiting[blob_id] = None
        if len(waiting) >= _AT_ONCE:
            _copy_data(reader.load_many(waiting), new)
            waiting = {}
            told(writer.added.bytes_packed)
    _copy_data(reader.load_many(waiting), new)
    writer.flush()


class _Told:
    """Tells of what is copied: about as many bytes will be stored as lie there."""

    def __init__(self, watch: Watch | None, old: BlobBackend) -> None:
        self._watch = watch
        sizes = list_packs(old).values() if watch else ()
        self._packs, self._left, self._copied = len(sizes), sum(sizes), 0
        if watch:
            watch.expect(self._packs, self._left)

    def copied(self, byte_count: int) -> None:
        """So many bytes were stored so far."""
        self._advance(0, byte_count - self._copied)
        self._copied = byte_count

    def end(self) -> None:
        """All is copied, also what nothing refers to and what an earlier try had copied."""
        self._advance(self._packs, self._left)

    def _advance(self, packs: int, byte_count: int) -> None:
        if self._watch:
            some = min(byte_count, self._left)
            self._left -= some
            self._watch.advance(packs, some)


def _copy_data(blobs: Iterator[tuple[BlobId, bytes]], new: Repository) -> None:
    for _, data in blobs:
        new.writer().save("data", data)


def _copy_snapshots(old: Repository, new: Repository) -> dict[str, str]:
    """Copy the snapshots, oldest first, each with the id that it had; give their new ids."""
    mapped = {
        document["original"]: snapshot_id
        for snapshot_id, document in new.snapshot_documents()
        if "original" in document
    }
    documents = dict(old.snapshot_documents())
    for one in old.snapshots():
        if one.id not in mapped:
            mapped[one.id] = new.save_snapshot_document(_as_copy(documents[one.id], one.id, mapped))
    return {one: mapped[one] for one in documents}


def _former_ids(old: Repository, mapped: Mapping[str, str]) -> dict[str, str]:
    """Give the new ids also by those that the snapshots had before; holds may name these."""
    return {
        document["original"]: mapped[snapshot_id]
        for snapshot_id, document in old.snapshot_documents()
        if document.get("original") and snapshot_id in mapped
    }


def _as_copy(
    document: Mapping[str, Any], snapshot_id: str, mapped: Mapping[str, str]
) -> dict[str, Any]:
    """Write a snapshot as restic's ``copy`` does: who wrote it may have said more than we know."""
    copy = {**document, "original": snapshot_id}
    if document.get("parent") in mapped:
        copy["parent"] = mapped[document["parent"]]
    return copy


def _require_whole(new: Door, mapped: Mapping[str, str], watch: Watch | None) -> None:
    """Read every byte of the new repository before anything of the old one goes.

    Raises:
        IntegrityError: something is not as it should be.
    """
    tools = Tools(new.master_key())
    problems = list(check.examine(new.backend, tools, sample=check.ALL, watch=watch).problems)
    there = set(Documents(new.backend, tools).ids(snapshot.FOLDER))
    if not problems and set(mapped.values()) <= there:
        return
    raise IntegrityError(
        "What was copied to the new repository is not whole, so the old one goes on being used.",
        why=problems[0] if problems else "A snapshot is missing.",
        hint="Run it again; what is damaged of the copy is in the folder beside.",
    )


def move_holds(holds: StoredHolds, backend: BlobBackend, mapped: Mapping[str, str]) -> None:
    """Have holds on restore points hold them by their new ids."""
    moved = replace(holds, backend=backend)
    for hold in holds.all():
        if hold.at is None:  # nobody knows what it holds, so it holds everything there as well
            name = f"{HOLDS}hold-{hold.id}.json"
            with suppress(NameTaken):  # by a try that was cut short
                backend.save(name, holds.backend.load(name))
            continue
        moved.add(replace(hold, point=mapped.get(hold.point, hold.point)))
        if hold.released is not None:
            moved.release(hold.id, by=hold.released_by, at=hold.released)


def _sweep(storage: Storage, kind: str, resource_id: str, current: Door) -> None:
    """Delete what an earlier call left that was cut short behind the change."""
    for folder in storage.folders.all_of(kind, resource_id):
        is_older = generation(folder) < generation(current.at)
        if is_older:
            older = storage.door_at(kind, resource_id, folder)
            delete_sealed_by(older)
            for one in list(older.backend.list("locks/")):  # of whoever was cut short
                _is_deleted(older.backend, one.name)


def delete_sealed_by(old: Door) -> int:
    """Delete a repository that is used no more, but for what says where the new one is.

    Returns:
        How many files stay, because the storage lets nobody delete them for now.
    """
    stays = {MASTER_KEY, MASTER_KEY_COPY} if not old.at else set()
    left = 0
    for first in (*_FIRST_TO_GO, "strongroom/"):
        names = [one.name for one in old.backend.list(first)] if first[-1] == "/" else [first]
        for name in names:
            if name not in stays:
                left += not _is_deleted(old.backend, name)
    return left


def _is_deleted(backend: BlobBackend, name: str) -> bool:
    with suppress(DeleteRefused):
        backend.delete(name)
        return True
    return False
