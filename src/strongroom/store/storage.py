"""A storage: one prefix that holds a repository per resource, opened by one password.

README.txt                                          how to get everything back with plain restic
strongroom/storage.json, storage-copy.json          the record: the storage key, wrapped
repositories/KIND/ID/                               one repository in the restic format
repositories/KIND/ID/strongroom/master-key.json     its master key, sealed under the storage key
repositories/KIND/ID/strongroom/hold-*.json         what of it must not be forgotten
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Self

from strongroom.clock import Clock, SystemClock
from strongroom.errors import AccessDenied, OperatorError
from strongroom.store import founding
from strongroom.store import record as records
from strongroom.store.backend import BlobBackend, NotStored
from strongroom.store.door import Door
from strongroom.store.folders import Folders
from strongroom.store.founding import README
from strongroom.store.holds import StoredHolds
from strongroom.store.keys import UserKey
from strongroom.store.layers.cached import DocumentCache
from strongroom.store.passwords import MAIN, STRONG, PasswordCost, purpose_of
from strongroom.store.record import Record
from strongroom.store.repository import Repository
from strongroom.store.wrapping import (
    KEY_BYTES,
    WrongKey,
    new_recovery_key,
    recovery_wrapping_key,
    unseal,
)

_SYSTEM_CLOCK = SystemClock()


class Storage:
    """Where backups live. Safe in many threads.

    The storage key opens everything in it; it is wrapped by each password and by a recovery key,
    and the service may seal it for itself. The passwords of every repository for plain restic are
    those of the storage (``storage_keys`` changes them).

    Attributes:
        id: 32 hexadecimal digits, made at random when the storage was created.
        key: The storage key, 32 bytes. A secret.
        index_caches: A folder of this machine where large indexes may be kept at hand, or None.
        documents: Where small files of a far storage are kept at hand, or None.
        opened_by: Name of the password that it was opened by; empty: by another way.
        folders: Where in it the repositories lie.
    """

    def __init__(self, backend: BlobBackend, record: Record, key: bytes, clock: Clock) -> None:
        try:
            self._users = _users(record, key)
        except WrongKey:
            raise _other_key() from None
        self.id = record.id
        self.key = key
        self.index_caches: Path | None = None
        self.documents: DocumentCache | None = None
        self.opened_by = ""
        self.folders = Folders(backend)
        self._backend = backend
        self._clock = clock

    @classmethod
    def create(
        cls,
        backend: BlobBackend,
        password: str,
        *,
        clock: Clock = _SYSTEM_CLOCK,
        cost: PasswordCost = STRONG,
    ) -> tuple[Self, str]:
        """Make a new storage.

        Args:
            backend: The prefix; nothing may be there.
            password: Of the storage; not empty.
            clock: For the time of creation, and for locks.
            cost: Of trying a password; only tests want another.

        Returns:
            The storage, and its recovery key: shown once, kept nowhere.

        Raises:
            OperatorError: a storage is there already (adopt it by ``open_with_password``), other
                things are there, or the password is empty.
        """
        founding.refuse_occupied(backend)
        recovery_key = new_recovery_key()
        storage_key = os.urandom(KEY_BYTES)
        record = founding.new_record(
            password, recovery_key, storage_key, created=clock.now(), cost=cost
        )
        founding.save_first_record(backend, record)
        made = cls(backend, record, storage_key, clock)
        made.opened_by = MAIN
        return made, recovery_key

    @classmethod
    def open_with_password(
        cls, backend: BlobBackend, password: str, *, clock: Clock = _SYSTEM_CLOCK
    ) -> Self:
        """Open (adopt) an existing storage.

        Raises:
            AccessDenied: the password is wrong.
            OperatorError: there is no storage.
            IntegrityError: the storage's record is damaged.
        """
        record = records.load_record(backend)
        for one in record.passwords:
            if (key := one.opens(record.id, password)) is not None:
                opened = cls(backend, record, key, clock)
                opened.opened_by = one.name
                return opened
        raise AccessDenied(
            "The password does not open the storage.",
            hint="Type it again; if it is lost, `strongroom storage recover URL` sets a new "
            "one with the recovery key.",
        )

    @classmethod
    def open_with_recovery_key(
        cls, backend: BlobBackend, recovery_key: str, *, clock: Clock = _SYSTEM_CLOCK
    ) -> Self:
        """Open an existing storage by its recovery key, typed as it was shown; dashes optional.

        Raises:
            AccessDenied: it is another storage's.
            OperatorError: it was mistyped, or there is no storage.
            IntegrityError: the storage's record is damaged.
        """
        wrapping_key = recovery_wrapping_key(recovery_key)
        record = records.load_record(backend)
        try:
            purpose = purpose_of(record.id, "storage key by recovery key")
            key = unseal(wrapping_key, record.key_by_recovery, purpose)
        except WrongKey:
            raise AccessDenied(
                "The recovery key belongs to another storage.",
                hint="Each storage has its own; look for the one shown when this one was made.",
            ) from None
        return cls(backend, record, key, clock)

    @classmethod
    def open_with_key(
        cls, backend: BlobBackend, key: bytes, *, clock: Clock = _SYSTEM_CLOCK
    ) -> Self:
        """Open an existing storage by the storage key (see ``key``), without any key derivation.

        Raises:
            AccessDenied: it is another storage's.
            OperatorError: there is no storage.
            IntegrityError: the storage's record is damaged.
        """
        return cls(backend, records.load_record(backend), key, clock)

    def repository(self, kind: str, resource_id: str, *, create: bool = False) -> Repository:
        """Open a resource's repository.

        Args:
            kind: Kind of resource, a plain word (``mailbox``).
            resource_id: The resource's id; safe as a file name.
            create: Make it if it is not there.

        Raises:
            OperatorError: it is not there and shall not be made.
            IntegrityError: what opens it is damaged.
        """
        door = self.door(kind, resource_id)
        if not door.is_there():
            self.folders.look_again(kind, resource_id)
            door = self.door(kind, resource_id)  # given another master key since, it lies beside
        if not door.is_there():
            if not create:
                raise OperatorError(
                    f"The storage holds no backup of {kind} {resource_id}.",
                    hint="Run a backup of it first, or look at what the storage holds.",
                )
            self.reread()  # somebody may have changed the passwords since we opened it
            door = self.door(kind, resource_id)
            door.create()
            self.reread()  # and while it was made: what it was made for then opens it no more
            door = self.door(kind, resource_id)
            door.ensure_user_keys(door.master_key())
            door.dismiss_others()
        return door.open()

    @property
    def place(self) -> BlobBackend:
        """Where it lies."""
        return self._backend

    def elsewhere(self, backend: BlobBackend) -> Storage:
        """Give the same storage at another place, where all of it, some, or nothing may be yet.

        Raises:
            OperatorError, IntegrityError: its own record cannot be read.
        """
        return Storage(backend, records.load_record(self._backend), self.key, self._clock)

    def door(self, kind: str, resource_id: str) -> Door:
        """Give the way into a repository, which may not be there yet.

        Raises:
            ValueError: no resource has such a kind, or such an id.
        """
        at = self.folders.beside(kind, resource_id)
        return Door(
            backend=self.folders.at(kind, at or resource_id),
            anchor=self.folders.at(kind, resource_id),
            at=at,
            storage_key=self.key,
            purpose=purpose_of(self.id, f"master key of {kind}/{resource_id}"),
            users=self._users,
            clock=self._clock,
            index_caches=self.index_caches,
            documents=self.documents,
            resource=(kind, resource_id),
        )

    def door_at(self, kind: str, resource_id: str, folder: str) -> Door:
        """Give the way into the repository that lies in a certain folder of a resource."""
        return replace(
            self.door(kind, resource_id),
            backend=self.folders.at(kind, folder),
            at="" if folder == resource_id else folder,
        )

    def repositories(self) -> list[tuple[str, str]]:
        """List all repositories: kind and resource id, in order."""
        return self.folders.resources()

    def reread(self) -> None:
        """Go on with the passwords that the storage has now.

        Raises:
            OperatorError, IntegrityError: its record cannot be read.
            AccessDenied: the storage has another storage key now.
        """
        try:
            self._users = _users(records.load_record(self._backend), self.key)
        except WrongKey:
            raise _other_key() from None

    def check(self) -> list[str]:
        """Look at the storage's own record (not at the repositories); say problems in sentences."""
        found = records.problems(self._backend)
        try:
            self._backend.load(README)
        except NotStored:
            found.append(f"{README}, which tells people how to get their data back, is missing.")
        return found + [
            f"{kind}/{resource_id}: files that its former master key sealed are left in the folder "
            f"{folder}; `strongroom storage rekey` takes them away."
            for kind, resource_id, folder in self.folders.left_behind()
        ]

    def mend(self) -> None:
        """Write what ``check`` found missing or damaged anew, from the copy that is sound."""
        records.mend(self._backend)
        founding.save_readme(self._backend)

    def holds(self, kind: str, resource_id: str) -> StoredHolds:
        """Give what says which of a resource's restore points must not be forgotten."""
        return StoredHolds(
            backend=self.door(kind, resource_id).backend,
            key=self.key,
            purpose=purpose_of(self.id, f"holds of {kind}/{resource_id}"),
        )


def _users(record: Record, key: bytes) -> tuple[UserKey, ...]:
    return tuple(one.user(record.id, key) for one in record.passwords)


def _other_key() -> AccessDenied:
    return AccessDenied(
        "This key does not open the storage.",
        why="It belongs to another storage, or to one that was here before.",
        hint="Open the storage with its password.",
    )
