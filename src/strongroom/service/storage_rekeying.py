"""Verbs that give repositories other keys, because one that was in use may be known to somebody."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.control import new_points
from strongroom.control.records import StorageRecord
from strongroom.errors import IntegrityError, ResourceLocked
from strongroom.service.locating import locate
from strongroom.service.progress import Board, Tell
from strongroom.service.rights import Right
from strongroom.service.storage_keys import StorageKeys
from strongroom.service.verbs import verb
from strongroom.store.check import Watch
from strongroom.store.rekeying import rekey
from strongroom.store.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class RekeyedRepository:
    """What came of one repository.

    Attributes:
        kind: Kind of resource.
        id: The resource's id.
        folder: The folder that its repository lies in now; empty: it has the key that it had.
        points: How many snapshots were sealed anew.
        bytes: How much was, before compression.
        left: Files that the old key sealed and that cannot be deleted for now.
        problem: Why it has the key that it had, or empty.
    """

    kind: str
    id: str
    folder: str = ""
    points: int = 0
    bytes: int = 0
    left: int = 0
    problem: str = ""


class StorageRekeying(StorageKeys):
    """The verbs. Safe in many threads."""

    @verb(Right.MANAGE, is_audited=True)
    def rekey(
        self, name: str, resources: tuple[str, ...] = (), *, tell: Tell
    ) -> list[RekeyedRepository]:
        """Give repositories new master keys: all in them is sealed anew and read back.

        Each is done for itself: one that somebody works on, or that is damaged, keeps its key and
        says why.

        Args:
            name: Of the storage.
            resources: Which; none: all of them.
            tell: Told how far it is.

        Raises:
            OperatorError: there is no such storage or resource, or nothing can be deleted there.
            AccessDenied: it needs a second person.
        """
        record = self._asked("rekey", name)
        storage = self._storages.open(name)
        if resources:
            located = [locate(storage, one) for one in resources]
            chosen = list(dict.fromkeys((one.kind, one.id) for one in located))
        else:
            chosen = storage.repositories()
        board = Board(tell, self._shared.ports.clock)
        done: list[RekeyedRepository] = []
        for kind, one in chosen:
            with board.resource(f"{kind}:{one}") as progress:
                done.append(self._rekeyed(record, storage, kind, one, progress))
        return done

    def _rekeyed(
        self, record: StorageRecord, storage: Storage, kind: str, resource_id: str, watch: Watch
    ) -> RekeyedRepository:
        try:
            done = rekey(storage, kind, resource_id, watch=watch)
        except (IntegrityError, ResourceLocked) as error:
            return RekeyedRepository(kind=kind, id=resource_id, problem=str(error))
        with self._shared.database.write() as db:
            new_points.rename(db, record.id, kind, resource_id, done.snapshots)
        return RekeyedRepository(
            kind=kind,
            id=resource_id,
            folder=done.folder,
            points=len(done.snapshots),
            bytes=done.bytes,
            left=done.left,
        )
