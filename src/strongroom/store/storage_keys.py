"""Changing who may open a storage: its passwords, its recovery key.

Each change goes first to where it only adds a way in (a key file in every repository), then to the
record, and last to where it takes one away. So at any kill the ways in that stood before open
everything, or those that stand afterwards; and the same call, made again, ends what was begun.

Several homes may use one storage: whoever changes its keys holds their lock (``keys_lock``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from strongroom.clock import Clock, SystemClock
from strongroom.errors import IntegrityError, OperatorError
from strongroom.store import record as records
from strongroom.store.backend import BlobBackend, NameTaken, require_deletes
from strongroom.store.keys import UserKey
from strongroom.store.keys_lock import KeysLock, changed_by_others, keys_lock
from strongroom.store.passwords import (
    MAIN,
    PASSWORDS_MAX,
    STRONG,
    Password,
    PasswordCost,
    new_password,
    purpose_of,
)
from strongroom.store.record import Record
from strongroom.store.storage import Storage
from strongroom.store.wrapping import new_recovery_key, recovery_wrapping_key, seal

_SYSTEM_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPassword:
    """That there is a password.

    Attributes:
        name: What it is called.
        created: When it was set: aware, UTC.
    """

    name: str
    created: datetime


class StorageKeys:
    """The ways into one storage.

    Args:
        storage: The storage, open; it goes on with what was changed.
        clock: Says when a password was set.
    """

    def __init__(self, storage: Storage, clock: Clock = _SYSTEM_CLOCK) -> None:
        self._storage = storage
        self._clock = clock

    @property
    def _place(self) -> BlobBackend:
        return self._storage.place

    def passwords(self) -> list[NamedPassword]:
        """List the passwords, in the order they were added.

        Raises:
            IntegrityError: the storage's record is damaged.
        """
        known = records.load_record(self._place).passwords
        return [NamedPassword(name=one.name, created=one.created) for one in known]

    def set_password(
        self, password: str, *, name: str = MAIN, cost: PasswordCost = STRONG
    ) -> list[str]:
        """Put another password in the place of one; the others, the recovery key and all keys stay.

        A process that has the storage open meanwhile goes on; a repository that it makes in this
        moment opens in restic only once ``storage_upkeep.mend_repository`` was called.

        Returns:
            What could not be done, each in a sentence: repositories too damaged to open, which
            keep the old password for restic.

        Raises:
            OperatorError: the password is empty, or there is none of that name.
            DeleteRefused: nothing can be deleted in this storage, so nothing is changed.
            ResourceLocked: somebody else changes the keys at the same time.
            IntegrityError: the storage's record is damaged.
        """
        with self._alone() as lock:
            before = records.load_record(self._place)
            if name not in _names(before):
                raise _no_such_password(name, before)
            made, user = self._made(name, password, cost)
            after = tuple(made if one.name == name else one for one in before.passwords)
            return self._change(lock, before, replace(before, passwords=after), admit=(user,))

    def add_password(self, name: str, password: str, *, cost: PasswordCost = STRONG) -> list[str]:
        """Let one more password open everything, beside the others.

        Returns:
            As ``set_password``.

        Raises:
            OperatorError: the password is empty, there is one of that name, or there are too many.
            ResourceLocked, IntegrityError: as ``set_password``.
        """
        with self._alone() as lock:
            before = records.load_record(self._place)
            if name in _names(before):
                raise OperatorError(
                    f"There is a password named '{name}' already.",
                    hint="Choose another name, or change that one with `strongroom storage "
                    "password set`.",
                )
            if len(before.passwords) >= PASSWORDS_MAX:
                raise OperatorError(
                    f"This storage has {PASSWORDS_MAX} passwords, which is the most it can have.",
                    hint="Remove one that nobody needs.",
                )
            made, user = self._made(name, password, cost)
            after = replace(before, passwords=(*before.passwords, made))
            return self._change(lock, before, after, admit=(user,))

    def put_password(
        self, password: str, *, name: str = MAIN, cost: PasswordCost = STRONG
    ) -> list[str]:
        """Set a password, or add it if there is none of that name (see both)."""
        is_there = name in {one.name for one in self.passwords()}
        if is_there:
            return self.set_password(password, name=name, cost=cost)
        return self.add_password(name, password, cost=cost)

    def remove_password(self, name: str) -> list[str]:
        """Let a password open nothing any more. The last one stays.

        Whoever knows it may have kept the keys that it opened: new ones are another matter
        (``rekeying``).

        Returns:
            As ``set_password``.

        Raises:
            OperatorError: there is none of that name, or no other.
            ResourceLocked, IntegrityError: as ``set_password``.
        """
        with self._alone() as lock:
            before = records.load_record(self._place)
            left = tuple(one for one in before.passwords if one.name != name)
            if len(left) == len(before.passwords):
                # Cut short behind the record, it left a copy or key files: nobody knows whose.
                is_behind = records.even_out(self._place)
                if self._dismiss() or is_behind:
                    return []
                raise _no_such_password(name, before)
            if not left:
                raise OperatorError(
                    f"'{name}' is the only password of this storage, so it stays.",
                    why="Plain restic opens a repository by a password only.",
                    hint="Change it, or add another one first.",
                )
            return self._change(lock, before, replace(before, passwords=left))

    def renew_recovery_key(self) -> str:
        """Make another recovery key; the one before opens nothing any more.

        Returns:
            The new one: shown once, kept nowhere.

        Raises:
            ResourceLocked, IntegrityError: as ``set_password``.
        """
        with self._alone() as lock:
            before = records.load_record(self._place)
            recovery_key = new_recovery_key()
            purpose = purpose_of(before.id, "storage key by recovery key")
            box = seal(recovery_wrapping_key(recovery_key), self._storage.key, purpose)
            self._replace(lock, before, replace(before, key_by_recovery=box))
        return recovery_key

    def _made(self, name: str, password: str, cost: PasswordCost) -> tuple[Password, UserKey]:
        return new_password(
            self._storage.id,
            name,
            password,
            self._storage.key,
            created=self._clock.now(),
            cost=cost,
        )

    @contextmanager
    def _alone(self) -> Iterator[KeysLock]:
        require_deletes(self._place)  # the record is put in the place of another
        with keys_lock(self._place, self._storage.key, self._clock) as lock:
            yield lock

    def _change(
        self, lock: KeysLock, before: Record, after: Record, *, admit: Sequence[UserKey] = ()
    ) -> list[str]:
        problems: list[str] = []
        for kind, resource_id in self._storage.repositories():
            try:
                for user in admit:
                    self._storage.door(kind, resource_id).admit(user)
            except IntegrityError as error:
                problems.append(f"{kind}/{resource_id}: {error}")
        self._replace(lock, before, after)
        self._storage.reread()
        self._dismiss()
        return problems

    def _replace(self, lock: KeysLock, before: Record, after: Record) -> None:
        """Store a record in the place of another one.

        Raises:
            ResourceLocked: somebody else has changed it since, though we hold the lock: an older
                program, which does not look for it.
        """
        lock.confirm()
        if records.load_record(self._place) != before:
            raise changed_by_others()
        try:
            records.replace_record(self._place, after)
        except NameTaken:
            raise changed_by_others() from None
        if records.load_record(self._place) != after:
            raise changed_by_others()

    def _dismiss(self) -> int:
        """Take away the key files of passwords that are no more; say how many there were."""
        return sum(
            self._storage.door(kind, resource_id).dismiss_others()
            for kind, resource_id in self._storage.repositories()
        )


def _names(record: Record) -> list[str]:
    return [one.name for one in record.passwords]


def _no_such_password(name: str, record: Record) -> OperatorError:
    return OperatorError(
        f"The storage has no password named '{name}'.",
        hint=f"There is: {', '.join(_names(record))}.",
    )
