"""Verbs of copies: give a copy its name and place, and ask that it be brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from strongroom.control import storages as rows
from strongroom.control.records import Run, StorageRecord
from strongroom.engine.queue import enqueue_again
from strongroom.engine.standing import as_it_stands
from strongroom.errors import OperatorError, StrongroomError
from strongroom.service import storage_opening
from strongroom.service.replicating import replicate_run
from strongroom.service.rights import Right
from strongroom.service.selections import ReplicateSelection
from strongroom.service.shared import Shared, checked_name
from strongroom.service.storage_access import Access, checked_access
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb
from strongroom.service.working import has_worker
from strongroom.store.proof import prove
from strongroom.store.replica import Replica
from strongroom.store.replica_record import copy_of, whole_as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOfStorage:
    """One place of a storage.

    Attributes:
        name: What it is called here.
        url: Where it lies.
        is_copy: It was filled by copying, at least once.
        whole_as_of: The copy has all that the storage held then; None: it was never whole.
        problem: Why it could not be looked at; empty: it could.
    """

    name: str
    url: str
    is_copy: bool = False
    whole_as_of: datetime | None = None
    problem: str = ""


class Replicas(Verbs):
    """The verbs. Safe in many threads."""

    noun = "replicas"

    def __init__(self, shared: Shared, storages: Storages) -> None:
        super().__init__(shared)
        self._storages = storages

    @verb(Right.MANAGE, is_audited=True)
    def place(
        self, storage: str, url: str, *, name: str | None = None, access: Access | None = None
    ) -> str:
        """Give a place for a copy of a storage a name; nothing is put there yet.

        A place that is known keeps its name. The copy has the storage's password and recovery key.

        Args:
            storage: Name of the storage.
            url: Where its copy is to lie.
            name: Of the copy; None: the storage's with ``-copy``.
            access: What an object store is reached with; None: what this machine has.

        Returns:
            The name of the copy.

        Raises:
            OperatorError: something else lies there, the name is taken, or the place cannot be
                used or breaks a promise.
            AccessDenied: nobody lets us in.
        """
        record = self._storages.record(storage)
        ports = self._shared.ports
        url = ports.normal_url(url)
        with self._shared.database.read() as db:
            known = next((one for one in rows.everything(db) if one.url == url), None)
        if known is not None:
            return known.name
        name = checked_name("storage", name or f"{storage}-copy")
        access = checked_access(url, access)
        backend = ports.open_backend(url, access)
        opened = storage_opening.opened(self._shared, record)
        Replica(opened, backend, ports.clock)
        prove(backend).require()
        with self._shared.database.write() as db:
            if rows.by_name(db, name) is not None:
                raise OperatorError(
                    f"There is a storage named '{name}' already.",
                    hint="Choose another name for the copy with --as.",
                )
            storage_opening.keep(
                self._shared, db, name=name, url=url, storage=opened, access=access
            )
        return name

    @verb(Right.RUN, is_audited=True)
    def ask(self, storage: str, selection: ReplicateSelection) -> tuple[Run, bool]:
        """Ask that a copy be brought up to date.

        Returns:
            The run, and whether it was there already.

        Raises:
            OperatorError: a storage is not known, or is no copy of the other.
        """
        record, to = self._storages.record(storage), self._storages.record(selection.to)
        new = replicate_run(record, to, selection)
        run, was_there = enqueue_again(self._shared.database, new, clock=self._shared.ports.clock)
        return as_it_stands(run, has_worker=has_worker(self._shared)), was_there

    @verb(Right.WATCH)
    def places(self, storage: str) -> list[PlaceOfStorage]:
        """List all known places of a storage: itself and its copies."""
        record = self._storages.record(storage)
        with self._shared.database.read() as db:
            known = rows.places_of(db, record.id)
        return [self._place(one) for one in known]

    def _place(self, record: StorageRecord) -> PlaceOfStorage:
        try:
            backend = storage_opening.opened_backend(self._shared, record)
            is_copy, whole = bool(copy_of(backend)), whole_as_of(backend)
        except StrongroomError as error:  # the day on which somebody looks is the worst one
            return PlaceOfStorage(name=record.name, url=record.url, problem=str(error))
        return PlaceOfStorage(name=record.name, url=record.url, is_copy=is_copy, whole_as_of=whole)
