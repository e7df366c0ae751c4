"""Verbs of storages: add (or adopt), list, check, stats, remove."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from strongroom.control import storages as rows
from strongroom.control.records import StorageRecord
from strongroom.errors import AccessDenied, OperatorError
from strongroom.operations.points import points
from strongroom.service.keys import storage_identity
from strongroom.service.rights import Right
from strongroom.service.shared import checked_name
from strongroom.service.verbs import Verbs, not_a_verb, verb
from strongroom.store.backend import BlobBackend
from strongroom.store.storage import Storage
from strongroom.vault.sealing import Sealed, seal, unseal
from strongroom.vault.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageView:
    """A storage as it is shown."""

    id: str
    name: str
    url: str
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedStorage:
    """What came of adding a storage.

    Attributes:
        storage: The storage.
        recovery_key: Opens it when the password is lost; shown once. None if it was adopted.
    """

    storage: StorageView
    recovery_key: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What came of recovering a storage.

    Attributes:
        id: Of the storage.
        url: Where it lies.
        repositories: How many there are.
        problems: Those that keep the old password for restic, and why.
    """

    id: str
    url: str
    repositories: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageProblem:
    """Something that a check found.

    Attributes:
        repository: ``mailbox/ID``, or empty for the storage itself.
        what: For a person.
    """

    repository: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryStats:
    """How one repository stands.

    Attributes:
        resource: How its resource was named last, or its id if it has no restore point yet.
        points: Number of restore points.
        items: Items in the newest point.
        bytes: Size of those items, before compression.
        bytes_stored: What all its files take.
    """

    resource: str
    kind: str
    id: str
    points: int
    items: int
    bytes: int
    bytes_stored: int


class Storages(Verbs):
    """The verbs. Safe in many threads."""

    noun = "storages"

    @verb(Right.MANAGE, is_audited=True)
    def add(self, name: str, url: str, password: Secret) -> AddedStorage:
        """Make a storage, or adopt the one that is there, and keep its key sealed.

        Raises:
            AccessDenied: there is a storage, and this is not its password.
            OperatorError: the name is taken, the place is taken or cannot be used.
        """
        checked_name("storage", name)
        url = self._shared.ports.normal_url(url)
        with self._shared.database.read() as db:
            if rows.by_name(db, name) is not None:
                raise OperatorError(
                    f"There is a storage named '{name}' already.", hint="Choose another name."
                )
        storage, recovery_key = self._create_or_adopt(url, password)
        with self._shared.database.write() as db:
            record = self._sealed(name, url, storage)
            known = rows.by_id(db, record.id)
            if known is not None:
                raise OperatorError(
                    f"This storage is known already, as '{known.name}'.",
                    hint=f"Use '{known.name}', or remove that name first (nothing in it is lost).",
                )
            rows.add(db, record)
        return AddedStorage(storage=_view(record), recovery_key=recovery_key)

    @verb(Right.MANAGE, is_audited=True)
    def recover(self, url: str, recovery_key: Secret, password: Secret) -> Recovered:
        """Open a storage with its recovery key and give it another password.

        The home that it was added to goes on with it, whatever its password is now.

        Raises:
            AccessDenied: the recovery key is another storage's.
            OperatorError: it is mistyped, the password is empty, or there is no storage.
        """
        ports = self._shared.ports
        url = ports.normal_url(url)
        storage = Storage.open_with_recovery_key(
            ports.open_backend(url), recovery_key.reveal(), clock=ports.clock
        )
        problems = storage.set_password(password.reveal())
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
            return [_view(record) for record in rows.everything(db)]

    @verb(Right.MAINTAIN)
    def check(self, name: str, *, read_data: bool) -> list[StorageProblem]:
        """Look for damage in all repositories of a storage."""
        storage = self._open(self.record(name))
        problems = [StorageProblem(repository="", what=what) for what in storage.check()]
        for kind, resource_id in storage.repositories():
            # One that is too damaged to open must not hide how the others are.
            found = storage.check_repository(kind, resource_id, read_data=read_data)
            problems += [StorageProblem(repository=f"{kind}/{resource_id}", what=w) for w in found]
        return problems

    @verb(Right.MAINTAIN)
    def stats(self, name: str) -> list[RepositoryStats]:
        """Say how each repository of a storage stands."""
        record = self.record(name)
        backend = self._shared.ports.open_backend(record.url)
        storage = self._open(record)
        return [
            _stats(backend, storage, kind, resource_id)
            for kind, resource_id in storage.repositories()
        ]

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
        sealed = Sealed(record=record.sealed, wrapped_key=record.wrapped_key)
        identity = storage_identity(record)
        key = self._shared.keys.opened(lambda one: unseal(sealed, identity, service_key=one))
        ports = self._shared.ports
        try:
            return Storage.open_with_key(ports.open_backend(record.url), key, clock=ports.clock)
        except AccessDenied as error:
            raise OperatorError(
                f"What lies at {record.url} is not the storage '{record.name}'.",
                why=error.why,
                hint="Look whether the right volume is mounted there. If the other one is to be "
                "used, add it under a name of its own.",
            ) from error
        except OperatorError as error:
            raise OperatorError(
                f"The storage '{record.name}' cannot be opened at {record.url}.",
                why=str(error),
                hint="Look whether its volume is mounted there and may be read by our account. "
                "If it has moved, remove the name and add it again where it is now.",
            ) from error

    def _create_or_adopt(self, url: str, password: Secret) -> tuple[Storage, Secret | None]:
        ports = self._shared.ports
        backend = ports.open_backend(url)
        try:
            storage = Storage.open_with_password(backend, password.reveal(), clock=ports.clock)
        except AccessDenied:
            raise
        except OperatorError:  # no storage is there yet
            storage, recovery_key = Storage.create(backend, password.reveal(), clock=ports.clock)
            return storage, Secret(recovery_key)
        return storage, None

    def _sealed(self, name: str, url: str, storage: Storage) -> StorageRecord:
        record = StorageRecord(
            id=storage.id,
            name=name,
            url=url,
            sealed=b"",
            wrapped_key=b"",
            created=self._shared.ports.clock.now(),
        )
        sealed = seal(
            storage.key, storage_identity(record), service_key=self._shared.keys.to_seal()
        )
        return replace(record, sealed=sealed.record, wrapped_key=sealed.wrapped_key)


def _view(record: StorageRecord) -> StorageView:
    return StorageView(id=record.id, name=record.name, url=record.url, created=record.created)


def _stats(backend: BlobBackend, storage: Storage, kind: str, resource_id: str) -> RepositoryStats:
    known = points(storage.repository(kind, resource_id))
    newest = known[0] if known else None
    prefix = f"repositories/{kind}/{resource_id}/"
    return RepositoryStats(
        resource=newest.resource if newest else resource_id,
        kind=kind,
        id=resource_id,
        points=len(known),
        items=newest.items if newest else 0,
        bytes=newest.bytes if newest else 0,
        bytes_stored=sum(stored.size for stored in backend.list(prefix)),
    )


def _unknown(name: str) -> OperatorError:
    return OperatorError(
        f"There is no storage named '{name}'.", hint="See `strongroom storage list`."
    )
