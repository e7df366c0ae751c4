"""Verbs of storages: add (or adopt), edit, list, check, stats, remove."""

from __future__ import annotations

from strongroom.control import rules
from strongroom.control import storage_access as access_rows
from strongroom.control import storages as rows
from strongroom.control.records import StorageRecord
from strongroom.errors import OperatorError
from strongroom.operations.points import points
from strongroom.service import rehearsals, sealed_access, storage_opening, storage_passwords
from strongroom.service.rights import Right
from strongroom.service.shared import checked_name
from strongroom.service.storage_access import Access, checked_access
from strongroom.service.storage_trying import create_or_adopt, tried
from strongroom.service.storage_views import (
    AddedStorage,
    Recovered,
    RepositoryStats,
    ShownStorage,
    StorageView,
    TriedPlace,
)
from strongroom.service.verbs import Verbs, not_a_verb, verb
from strongroom.store.backend import DeleteRefused
from strongroom.store.proof import prove
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from strongroom.vault.secret import Secret


class Storages(Verbs):
    """The verbs. Safe in many threads."""

    noun = "storages"

    @verb(Right.MANAGE, is_audited=True)
    def add(
        self, name: str, url: str, password: Secret, access: Access | None = None
    ) -> AddedStorage:
        """Make a storage, or adopt the one that is there, and keep what opens it sealed.

        A place is tried before a storage is made there; nothing is made where a promise is broken.

        Args:
            name: What it is called here.
            url: Where it lies.
            password: Of the storage.
            access: What an object store is reached with; None: what this machine has.

        Raises:
            AccessDenied: there is a storage, and this is not its password; or nobody lets us in.
            OperatorError: the name is taken, the place is taken or cannot be used.
        """
        checked_name("storage", name)
        ports = self._shared.ports
        url = ports.normal_url(url)
        access = checked_access(url, access)
        with self._shared.database.read() as db:
            if rows.by_name(db, name) is not None:
                raise OperatorError(
                    f"There is a storage named '{name}' already.", hint="Choose another name."
                )
        storage, recovery_key, tried_place = create_or_adopt(
            ports.open_backend(url, access), password, ports.clock
        )
        with self._shared.database.write() as db:
            record, kind = storage_opening.keep(
                self._shared, db, name=name, url=url, storage=storage, access=access
            )
            storage_passwords.keep(self._shared.keys, db, storage.id, storage.opened_by, password)
        return AddedStorage(
            storage=_view(record, kind), recovery_key=recovery_key, tried=tried_place
        )

    @verb(Right.MANAGE, is_audited=True)
    def edit(self, name: str, access: Access) -> TriedPlace:
        """Reach a storage in another way from now on, once that was tried.

        Args:
            name: Of a storage in an object store.
            access: All that it is reached with; nothing of what was kept stays.

        Raises:
            AccessDenied: nobody is let in with it; nothing was changed.
            OperatorError: it does not lead to this storage, or it is in a directory.
        """
        record = self.record(name)
        checked = checked_access(record.url, access)
        if checked is None:
            raise OperatorError(
                f"There is nothing to change on the storage '{name}': it lies in a directory.",
                hint="If it has moved, remove the name and add it again where it is now.",
            )
        backend = self._shared.ports.open_backend(record.url, checked)
        storage_opening.opened_at(self._shared, record, backend)
        proof = prove(backend, long_bytes=0)
        with self._shared.database.write() as db:
            if rows.by_id(db, record.id) is None:
                raise _unknown(name)
            sealed_access.put(self._shared.keys, db, record, checked)
        return TriedPlace(broken=proof.broken, notes=proof.notes)

    @verb(Right.MANAGE, is_audited=True)
    def probe(self, url: str, access: Access | None = None) -> TriedPlace:
        """Try a place where a storage could be made, and make none."""
        ports = self._shared.ports
        url = ports.normal_url(url)
        proof = prove(ports.open_backend(url, checked_access(url, access)))
        return TriedPlace(broken=proof.broken, notes=proof.notes)

    @verb(Right.MANAGE, is_audited=True)
    def recover(
        self, url: str, recovery_key: Secret, password: Secret, access: Access | None = None
    ) -> Recovered:
        """Open a storage with its recovery key and give it another password.

        The home that it was added to goes on with it, whatever its password is now.

        Raises:
            AccessDenied: the recovery key is another storage's; or nobody lets us in.
            OperatorError: it is mistyped, the password is empty, or there is no storage.
            DeleteRefused: it is append-only, so its record is not put in the place of another.
        """
        ports = self._shared.ports
        url = ports.normal_url(url)
        backend = storage_opening.guarded_backend(self._shared, url, checked_access(url, access))
        storage = Storage.open_with_recovery_key(backend, recovery_key.reveal(), clock=ports.clock)
        try:
            problems = StorageKeys(storage, ports.clock).put_password(password.reveal())
        except DeleteRefused as error:
            raise DeleteRefused(
                "The storage keeps the passwords that it has.",
                why=str(error),
                hint="Use it with its recovery key: `strongroom storage adopt NAME URL`. For a new "
                "password end that first: `strongroom storage protect NAME --no-append-only`.",
            ) from error
        return Recovered(
            id=storage.id,
            url=url,
            repositories=len(storage.repositories()),
            problems=tuple(problems),
        )

    @verb(Right.LIST)
    def all(self) -> list[StorageView]:
        """List all storages by name."""
        with self._shared.database.read() as db:
            kinds = {one.storage_id: one.kind for one in access_rows.everything(db)}
            return [_view(record, kinds.get(record.id, "")) for record in rows.everything(db)]

    @verb(Right.LIST)
    def show(self, name: str) -> ShownStorage:
        """Show one storage, and what stands on it."""
        record = self.record(name)
        with self._shared.database.read() as db:
            access = access_rows.by_id(db, record.id)
            users = rows.jobs_that_use(db, record.id)
            rehearsed = rehearsals.last(db, record.id)
        return ShownStorage(
            storage=_view(record, "" if access is None else access.kind),
            jobs=tuple(users),
            rehearsed=rehearsed,
        )

    @verb(Right.MAINTAIN)
    def prove(self, name: str) -> TriedPlace:
        """Try whether the place of a storage keeps what a storage has to be sure of."""
        return tried(storage_opening.opened_backend(self._shared, self.record(name)))

    @verb(Right.MAINTAIN)
    def stats(self, name: str) -> list[RepositoryStats]:
        """Say how each repository of a storage stands."""
        record = self.record(name)
        backend = storage_opening.opened_backend(self._shared, record)
        storage = storage_opening.opened_at(self._shared, record, backend)
        return [_stats(storage, kind, resource_id) for kind, resource_id in storage.repositories()]

    @verb(Right.MANAGE, is_audited=True)
    def remove(self, name: str) -> None:
        """Forget a storage; what lies in it stays and can be adopted again.

        Raises:
            OperatorError: jobs stand on it.
        """
        record = self.record(name)
        with self._shared.database.write() as db:
            users = rows.jobs_that_use(db, record.id)
            if users:
                raise OperatorError(
                    f"The storage '{name}' is in use.",
                    why=f"By job {', '.join(users)}.",
                    hint="Remove those jobs first; restore points stay.",
                )
            rows.remove(db, record.id)
            storage_passwords.forget(db, record.id)
            rules.remove(db, rehearsals.rule(record.id))

    @not_a_verb
    def open(self, name: str) -> Storage:
        """Open a storage by its name.

        Raises:
            OperatorError: there is none of that name, or its place is not there.
            IntegrityError: its record is damaged.
        """
        return self._open(self.record(name))

    @not_a_verb
    def open_by_id(self, storage_id: str) -> Storage:
        """Open a storage by its id."""
        with self._shared.database.read() as db:
            record = rows.by_id(db, storage_id)
        if record is None:
            raise _unknown(storage_id)
        return self._open(record)

    @not_a_verb
    def record(self, name: str) -> StorageRecord:
        """Find a storage's row by name.

        Raises:
            OperatorError: there is none.
        """
        with self._shared.database.read() as db:
            record = rows.by_name(db, name)
        if record is None:
            raise _unknown(name)
        return record

    def _open(self, record: StorageRecord) -> Storage:
        return storage_opening.opened(self._shared, record)


def _view(record: StorageRecord, credentials: str) -> StorageView:
    return StorageView(
        id=record.id,
        name=record.name,
        url=record.url,
        created=record.created,
        credentials=credentials,
    )


def _stats(storage: Storage, kind: str, resource_id: str) -> RepositoryStats:
    known = points(storage.repository(kind, resource_id))
    newest = known[0] if known else None
    return RepositoryStats(
        resource=newest.resource if newest else resource_id,
        kind=kind,
        id=resource_id,
        points=len(known),
        items=newest.items if newest else 0,
        bytes=newest.bytes if newest else 0,
        bytes_stored=sum(one.size for one in storage.door(kind, resource_id).backend.list("")),
    )


def _unknown(name: str) -> OperatorError:
    return OperatorError(
        f"There is no storage named '{name}'.", hint="See `strongroom storage list`."
    )
