"""A storage: one prefix that holds a repository per resource, opened by one password."""

from __future__ import annotations

from typing import Self

from strongroom.clock import Clock, SystemClock
from strongroom.store.backend import BlobBackend
from strongroom.store.repository import Repository

_SYSTEM_CLOCK = SystemClock()


class Storage:
    """Where backups live. Safe in many threads.

    The storage key opens everything in it; it is wrapped by the storage password and by a recovery
    key, and the service may seal it for itself. The password of every repository for plain restic
    is the storage password.

    Attributes:
        id: 32 hexadecimal digits, made at random when the storage was created.
        key: The storage key, 32 bytes. A secret.
    """

    id: str
    key: bytes

    @classmethod
    def create(
        cls, backend: BlobBackend, password: str, *, clock: Clock = _SYSTEM_CLOCK
    ) -> tuple[Self, str]:
        """Make a new storage.

        Returns:
            The storage, and its recovery key: shown once, kept nowhere.

        Raises:
            OperatorError: a storage is there already (adopt it by ``open_with_password``), other
                things are there, or the password is empty.
        """
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

    def repositories(self) -> list[tuple[str, str]]:
        """List all repositories: kind and resource id, in order."""
        raise NotImplementedError

    def check(self) -> list[str]:
        """Look at the storage's own record (not at the repositories); say problems in sentences."""
        raise NotImplementedError
