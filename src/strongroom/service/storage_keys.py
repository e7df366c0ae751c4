"""Verbs of what opens storages: their passwords and recovery keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from strongroom.control import rules
from strongroom.control import storages as rows
from strongroom.control.records import StorageRecord
from strongroom.control.second_person import all_marks
from strongroom.errors import OperatorError
from strongroom.service import rehearsals, storage_opening, storage_passwords
from strongroom.service.rights import Right
from strongroom.service.shared import Shared, checked_name
from strongroom.service.storage_access import Access, checked_access
from strongroom.service.storage_views import StorageView
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb
from strongroom.store.passwords import MAIN
from strongroom.store.rehearsal import rehearse
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys as Ways
from strongroom.vault.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePassword:
    """That there is a password.

    Attributes:
        name: What it is called.
        created: When it was set.
        is_kept: This home knows it, so it can be shown.
    """

    name: str
    created: datetime
    is_kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedKeys:
    """What came of a change.

    Attributes:
        storage: The storage's name.
        repositories: How many it holds.
        problems: Those that could not be opened, and so not be changed, and why.
    """

    storage: str
    repositories: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What a rehearsal showed.

    Attributes:
        storage: The storage's name here; empty if this home does not know it.
        id: The storage's id.
        repositories: How many there are.
        points_read: Of how many the newest snapshot was read.
        at: When.
        problems: What did not open.
    """

    storage: str
    id: str
    repositories: int
    points_read: int
    at: datetime
    problems: tuple[str, ...]


class StorageKeys(Verbs):
    """The verbs. Safe in many threads."""

    noun = "storage_keys"

    def __init__(self, shared: Shared, storages: Storages) -> None:
        super().__init__(shared)
        self._storages = storages

    @verb(Right.MANAGE, is_audited=True)
    def adopt(
        self, name: str, url: str, recovery_key: Secret, access: Access | None = None
    ) -> StorageView:
        """Know a storage that is there already, by its recovery key.

        Raises:
            AccessDenied: it is another storage's; or nobody lets us in.
            OperatorError: it is mistyped, there is no storage, or it is known already.
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
        storage = Storage.open_with_recovery_key(
            ports.open_backend(url, access), recovery_key.reveal(), clock=ports.clock
        )
        with self._shared.database.write() as db:
            record, kind = storage_opening.keep(
                self._shared, db, name=name, url=url, storage=storage, access=access
            )
        return StorageView(
            id=record.id, name=name, url=url, created=record.created, credentials=kind
        )

    @verb(Right.LIST)
    def passwords(self, name: str) -> list[StoragePassword]:
        """List the passwords of a storage; not what they are."""
        record = self._storages.record(name)
        with self._shared.database.read() as db:
            known = storage_passwords.names(db, record.id)
        return [
            StoragePassword(name=one.name, created=one.created, is_kept=one.name in known)
            for one in self._ways(record).passwords()
        ]

    @verb(Right.MANAGE, is_audited=True)
    def set_password(self, name: str, password: Secret, label: str = MAIN) -> ChangedKeys:
        """Put another password in the place of one; no other way in is touched, nor any key.

        Raises:
            OperatorError: there is no such storage or password, or the new one is empty.
            ResourceLocked: somebody else changes the keys at the same time.
        """
        record = self._asked("set_password", name, label)
        storage = storage_opening.opened(self._shared, record)
        problems = self._ways_of(storage).set_password(password.reveal(), name=label)
        return self._keep(record, storage, label, password, problems)

    @verb(Right.MANAGE, is_audited=True)
    def add_password(self, name: str, label: str, password: Secret) -> ChangedKeys:
        """Let one more password open everything that is there and that comes.

        Raises:
            OperatorError: there is no such storage, or a password of that name already.
            ResourceLocked: somebody else changes the keys at the same time.
        """
        record = self._asked("add_password", name, label)
        storage = storage_opening.opened(self._shared, record)
        problems = self._ways_of(storage).add_password(label, password.reveal())
        return self._keep(record, storage, label, password, problems)

    @verb(Right.MANAGE, is_audited=True)
    def remove_password(self, name: str, label: str) -> ChangedKeys:
        """Let a password open nothing any more; the last one stays.

        Raises:
            OperatorError: there is no such storage or password, or it is the only one.
            ResourceLocked: somebody else changes the keys at the same time.
        """
        record = self._asked("remove_password", name, label)
        storage = storage_opening.opened(self._shared, record)
        problems = self._ways_of(storage).remove_password(label)
        with self._shared.database.write() as db:
            storage_passwords.forget(db, record.id, label)
        return _changed(record, storage, problems)

    @verb(Right.MANAGE, is_audited=True)
    def show_password(self, name: str, label: str = MAIN) -> Secret:
        """Give a password to an administrator, who wants to use restic: it opens everything.

        Raises:
            OperatorError: there is no such storage, or this home was never told the password.
            AccessDenied: it needs a second person.
        """
        record = self._asked("show_password", name, label)
        with self._shared.database.read() as db:
            row = storage_passwords.kept(db, record.id, label)
        if row is None:
            raise OperatorError(
                f"The password '{label}' of the storage '{name}' is not known here.",
                why="It was never typed in this home: the storage was added by its recovery key, "
                "by another password, or before passwords were kept.",
                hint=f"Add one more: `strongroom storage password add {name} NAME`.",
            )
        return storage_passwords.opened(self._shared.keys, row)

    @verb(Right.MAINTAIN, is_audited=True)
    def rehearse(
        self, recovery_key: Secret, name: str = "", url: str = "", access: Access | None = None
    ) -> Rehearsed:
        """Prove that a recovery key opens a storage and all in it; nothing in it is changed.

        Args:
            recovery_key: As it was shown once.
            name: Of a storage that this home knows; or empty:
            url: Where it lies.
            access: What an object store at that URL is reached with.

        Raises:
            AccessDenied: it is another storage's, or was replaced; or nobody lets us in.
            OperatorError: it is mistyped, or there is no storage.
        """
        shared, clock = self._shared, self._shared.ports.clock
        if name:
            backend = storage_opening.opened_backend(shared, self._storages.record(name))
        else:
            place = shared.ports.normal_url(url)
            backend = shared.ports.open_backend(place, checked_access(place, access))
        found = rehearse(backend, recovery_key.reveal(), clock=clock)
        now = clock.now()
        with shared.database.write() as db:
            record = rows.by_id(db, found.storage_id)
            if record is not None and not found.problems:
                rules.put(db, rehearsals.rule(record.id), rehearsals.noted(now))
        return Rehearsed(
            storage="" if record is None else record.name,
            id=found.storage_id,
            repositories=found.repositories,
            points_read=found.snapshots,
            at=now,
            problems=found.problems,
        )

    @verb(Right.MANAGE, is_audited=True)
    def renew_recovery_key(self, name: str) -> Secret:
        """Make another recovery key, to be shown once; the one before is void.

        Raises:
            OperatorError: there is no such storage.
            AccessDenied: it needs a second person.
            ResourceLocked: somebody else changes the keys at the same time.
        """
        record = self._asked("renew_recovery_key", name)
        made = self._ways(record).renew_recovery_key()
        with self._shared.database.write() as db:
            rules.remove(db, rehearsals.rule(record.id))
        return Secret(made)

    def _asked(self, method: str, name: str, label: str = "") -> StorageRecord:
        """Find the storage, and ask for a second person where it or anything in it is marked.

        A password opens what is marked as well, without anybody being asked any more.
        """
        record = self._storages.record(name)
        about = {"name": name, "label": label} if label else {"name": name}
        shared = self._shared
        with shared.database.read() as db:
            # A copy is the same storage: what opens one opens the other.
            places = [one.id for one in rows.places_of(db, record.id)]
            marked = [one.thing for one in all_marks(db)]
        things = [one for one in marked if one.partition("/")[0] in places]
        things += [f"{place}/*" for place in places]
        shared.guard.second_person(shared.session, f"{self.noun}.{method}", things, about)
        return record

    def _ways(self, record: StorageRecord) -> Ways:
        return self._ways_of(storage_opening.opened(self._shared, record))

    def _ways_of(self, storage: Storage) -> Ways:
        return Ways(storage, self._shared.ports.clock)

    def _keep(
        self,
        record: StorageRecord,
        storage: Storage,
        label: str,
        password: Secret,
        problems: list[str],
    ) -> ChangedKeys:
        with self._shared.database.write() as db:
            storage_passwords.keep(self._shared.keys, db, record.id, label, password)
        return _changed(record, storage, problems)


def _changed(record: StorageRecord, storage: Storage, problems: list[str]) -> ChangedKeys:
    return ChangedKeys(
        storage=record.name,
        repositories=len(storage.repositories()),
        problems=tuple(problems),
    )
