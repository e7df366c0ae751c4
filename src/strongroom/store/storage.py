"""A storage: one prefix that holds a repository per resource, opened by one password.

README.txt                                          how to get everything back with plain restic
strongroom/storage.json, storage-copy.json          the record: the storage key, wrapped
repositories/KIND/ID/                               one repository in the restic format
repositories/KIND/ID/strongroom/master-key.json     its master key, sealed under the storage key
repositories/KIND/ID/strongroom/hold-*.json         what of it must not be forgotten
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

from strongroom.clock import Clock, SystemClock
from strongroom.errors import AccessDenied, IntegrityError, OperatorError
from strongroom.store import check, config, proof
from strongroom.store import record as records
from strongroom.store.backend import Below, BlobBackend, NameTaken, NotStored
from strongroom.store.check import Examined, Watch
from strongroom.store.door import Door, has_repository, place_beside
from strongroom.store.holds import StoredHolds
from strongroom.store.keys import UserKey
from strongroom.store.layers.cached import DocumentCache
from strongroom.store.layers.sure_reads import SureReads
from strongroom.store.passwords import MAIN, STRONG, PasswordCost, new_password, purpose_of
from strongroom.store.record import Record
from strongroom.store.repair import Repaired
from strongroom.store.repository import Repository
from strongroom.store.sampling import Sample
from strongroom.store.wrapping import (
    KEY_BYTES,
    WrongKey,
    new_recovery_key,
    recovery_wrapping_key,
    seal,
    unseal,
)

REPOSITORIES = "repositories"
BESIDE = re.compile(r"~k[0-9]{1,6}$")
"""What the folder's name of a repository ends with that was given another master key."""

README = "README.txt"

_SYSTEM_CLOCK = SystemClock()
_PLAIN = re.compile(r"[A-Za-z0-9_@=+,~-][A-Za-z0-9._@=+,~-]{0,199}")

_README_TEXT = """\
This is a storage of Strongroom: backups of mailboxes and sites.

Each folder under repositories/KIND/ID is a repository in the format of restic (version 2), an
open-source backup program that anybody can install (https://restic.net, 0.14 or newer). So
everything here can be read without Strongroom. The password is the password of this storage:

    restic -r PATH/repositories/KIND/ID snapshots
    restic -r PATH/repositories/KIND/ID ls latest
    restic -r PATH/repositories/KIND/ID restore latest --target FOLDER
    restic -r PATH/repositories/KIND/ID check --read-data

Each snapshot holds a README.txt of its own that says what its files are. Where there is a folder
ID~k2 (or ~k3 ...) beside ID, the repository was given another key, and lies in that one.

Change nothing here by hand. strongroom/storage.json holds the key of this storage, locked by the
password and by the recovery key. Without one of these two nobody can open anything here, and nobody
can make a new one.
"""


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
        self._backend = backend
        self._clock = clock
        self._places: dict[tuple[str, str], str] = {}

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
        _refuse_occupied(backend)
        recovery_key = new_recovery_key()
        storage_key = os.urandom(KEY_BYTES)
        record = _new_record(password, recovery_key, storage_key, clock, cost)
        try:
            records.save_record(backend, record)
        except NameTaken:
            raise _exists() from None
        _save_readme(backend)
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
        door = self._door(kind, resource_id)
        if not door.is_there() and self._places.pop((kind, resource_id), None) is not None:
            door = self._door(kind, resource_id)  # given another master key since, it lies beside
        if not door.is_there():
            if not create:
                raise OperatorError(
                    f"The storage holds no backup of {kind} {resource_id}.",
                    hint="Run a backup of it first, or look at what the storage holds.",
                )
            self.reread()  # somebody may have changed the passwords since we opened it
            door = self._door(kind, resource_id)
            door.create()
            self.reread()  # and while it was made: what it was made for then opens it no more
            door = self._door(kind, resource_id)
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
        """Give the way into a repository, which may not be there yet."""
        return self._door(kind, resource_id)

    def repositories(self) -> list[tuple[str, str]]:
        """List all repositories: kind and resource id, in order."""
        prefix = f"{REPOSITORIES}/"
        return [
            (kind, resource_id)
            for kind in self._backend.folders(prefix)
            for resource_id in self._resources(kind)
        ]

    def folder(self, kind: str, resource_id: str) -> str:
        """Say in which folder of the storage a resource's repository lies, without a slash."""
        return f"{REPOSITORIES}/{kind}/{self._door(kind, resource_id).at or resource_id}"

    def folders_of(self, kind: str, resource_id: str) -> list[str]:
        """Name the folders in which a resource's repository lies, lay, or is being made anew."""
        return [
            name
            for name in self._backend.folders(f"{REPOSITORIES}/{kind}/")
            if (BESIDE.sub("", name)) == resource_id
        ]

    def door_at(self, kind: str, resource_id: str, folder: str) -> Door:
        """Give the way into the repository that lies in a certain folder of a resource."""
        return replace(
            self._door(kind, resource_id),
            backend=Below(self._backend, f"{REPOSITORIES}/{kind}/{folder}"),
            at="" if folder == resource_id else folder,
        )

    def look_again(self, kind: str, resource_id: str) -> None:
        """Forget where a resource's repository lies: it may be elsewhere now."""
        self._places.pop((kind, resource_id), None)

    def _resources(self, kind: str) -> list[str]:
        """List the resources of a kind that have a repository, wherever that lies."""
        names = list(self._backend.folders(f"{REPOSITORIES}/{kind}/"))
        beside: dict[str, list[str]] = {}
        for name in sorted(names, key=lambda one: (len(one), one)):
            if BESIDE.search(name):
                beside.setdefault(BESIDE.sub("", name), []).append(name)
        plain = dict.fromkeys(name for name in names if not BESIDE.search(name))
        return [
            name
            for name in sorted(plain | dict.fromkeys(beside))
            if has_repository(Below(self._backend, f"{REPOSITORIES}/{kind}/{name}"))
            or (name in beside and self._is_beside(kind, name, beside[name]))
        ]

    def _is_beside(self, kind: str, resource_id: str, folders: Sequence[str]) -> bool:
        """Say whether a repository lies beside, also where what says so is lost.

        Of several the first has been in use: what came before it lost its config first of all, and
        what comes after it is not ready.
        """
        if self._door(kind, resource_id).at:
            return True
        for folder in folders:
            if config.is_there(Below(self._backend, f"{REPOSITORIES}/{kind}/{folder}")):
                self._places[kind, resource_id] = folder
                return True
        return False

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
            for kind, resource_id, folder in self._left_behind()
        ]

    def _left_behind(self) -> Iterator[tuple[str, str, str]]:
        """Name the folders of repositories that were given another master key since."""
        for kind in self._backend.folders(f"{REPOSITORIES}/"):
            names = list(self._backend.folders(f"{REPOSITORIES}/{kind}/"))
            for resource_id in {BESIDE.sub("", name) for name in names if BESIDE.search(name)}:
                now = self._door(kind, resource_id).at
                for folder in (one for one in names if BESIDE.sub("", one) == resource_id):
                    place = Below(self._backend, f"{REPOSITORIES}/{kind}/{folder}")
                    if now and folder != now and next(place.list("data/"), None) is not None:
                        yield kind, resource_id, folder

    def check_repository(
        self, kind: str, resource_id: str, *, read_data: bool = False
    ) -> list[str]:
        """Look for damage in one repository, even one too damaged to open.

        Args:
            kind: Kind of resource.
            resource_id: The resource's id.
            read_data: Read and verify every byte, instead of names, sizes and structure alone.

        Returns:
            Each problem in a sentence.
        """
        sample = check.ALL if read_data else None
        return list(self.examine_repository(kind, resource_id, sample=sample).problems)

    def examine_repository(
        self,
        kind: str,
        resource_id: str,
        *,
        sample: Sample | None = None,
        watch: Watch | None = None,
    ) -> Examined:
        """Look for damage in one repository, even one too damaged to open.

        Args:
            kind: Kind of resource.
            resource_id: The resource's id.
            sample: Which packs to read, byte for byte; None: none, structure alone.
            watch: Who is told how far it is.
        """
        try:
            repository = self.repository(kind, resource_id)
        except IntegrityError as error:
            problems = self._door(kind, resource_id).problems()
            return Examined(problems=(str(error), *problems))
        return repository.examine(sample=sample, watch=watch)

    def mend(self) -> None:
        """Write what ``check`` found missing or damaged anew, from the copy that is sound."""
        records.mend(self._backend)
        _save_readme(self._backend)

    def mend_repository(self, kind: str, resource_id: str) -> list[str]:
        """Write anew what opens a repository and is missing or damaged: its key files, its config.

        Returns:
            What was written, each in a sentence.

        Raises:
            IntegrityError: no copy of its master key is left.
        """
        door = self._door(kind, resource_id)
        return replace(door, backend=SureReads(door.backend), anchor=SureReads(door.anchor)).mend()

    def repair_repository(
        self, kind: str, resource_id: str, *, read_data: bool = False, watch: Watch | None = None
    ) -> Repaired:
        """Mend what opens a repository, then repair what lies in it (see ``Repository.repair``).

        Raises:
            IntegrityError: no copy of its master key is left.
            ResourceLocked: somebody works on it.
        """
        mended = self.mend_repository(kind, resource_id)
        found = self.repository(kind, resource_id).repair(read_data=read_data, watch=watch)
        return replace(found, done=(*mended, *found.done))

    def holds(self, kind: str, resource_id: str) -> StoredHolds:
        """Give what says which of a resource's restore points must not be forgotten."""
        return StoredHolds(
            backend=self._door(kind, resource_id).backend,
            key=self.key,
            purpose=purpose_of(self.id, f"holds of {kind}/{resource_id}"),
        )

    def _door(self, kind: str, resource_id: str) -> Door:
        if not (_PLAIN.fullmatch(kind) and _PLAIN.fullmatch(resource_id)):
            raise ValueError(f"not a kind and an id of a resource: {kind!r}, {resource_id!r}")
        if BESIDE.search(resource_id):
            raise ValueError(f"not the id of a resource: {resource_id!r}")
        anchor = Below(self._backend, f"{REPOSITORIES}/{kind}/{resource_id}")
        at = self._places.get((kind, resource_id))
        if at is None:
            at = self._places[kind, resource_id] = place_beside(anchor)
        return Door(
            backend=Below(self._backend, f"{REPOSITORIES}/{kind}/{at}") if at else anchor,
            anchor=anchor,
            at=at,
            storage_key=self.key,
            purpose=purpose_of(self.id, f"master key of {kind}/{resource_id}"),
            users=self._users,
            clock=self._clock,
            index_caches=self.index_caches,
            documents=self.documents,
        )


def _new_record(
    password: str, recovery_key: str, storage_key: bytes, clock: Clock, cost: PasswordCost
) -> Record:
    storage_id = secrets.token_hex(16)
    purpose = purpose_of(storage_id, "storage key by recovery key")
    now = clock.now()
    first, _ = new_password(storage_id, MAIN, password, storage_key, created=now, cost=cost)
    return Record(
        id=storage_id,
        created=now,
        passwords=(first,),
        key_by_recovery=seal(recovery_wrapping_key(recovery_key), storage_key, purpose),
    )


def _users(record: Record, key: bytes) -> tuple[UserKey, ...]:
    return tuple(one.user(record.id, key) for one in record.passwords)


def _other_key() -> AccessDenied:
    return AccessDenied(
        "This key does not open the storage.",
        why="It belongs to another storage, or to one that was here before.",
        hint="Open the storage with its password.",
    )


def _refuse_occupied(backend: BlobBackend) -> None:
    if records.has_record(backend) or next(backend.folders(f"{REPOSITORIES}/"), None):
        raise _exists()
    strange = next((name for name, _ in backend.list("") if not _is_ours(name)), None)
    if strange is not None:
        raise OperatorError(
            "The place for the new storage is not empty.",
            why=f"There is {strange!r}, for example.",
            hint="Give a storage an empty folder of its own.",
        )


def _is_ours(name: str) -> bool:
    """Say whether a file may be there already: a proof's stays where nothing is deleted."""
    return name == README or name.startswith(f"{proof.FOLDER}/")


def _exists() -> OperatorError:
    return OperatorError(
        "There is a storage already; nothing was changed.",
        hint="Add it with its own password to go on using it, or choose another folder.",
    )


def _save_readme(backend: BlobBackend) -> None:
    with suppress(NameTaken):  # an older Strongroom's, or one that a person wrote into
        backend.save(README, _README_TEXT.encode())
