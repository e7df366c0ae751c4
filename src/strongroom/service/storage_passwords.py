"""Passwords of storages, kept sealed so that an administrator can be shown them.

The service has the storage key anyway, which opens all that a password does; so a kept password
gives nobody anything new, and one who wants to use restic need not have written it down.
"""

from __future__ import annotations

import sqlalchemy as sa

from strongroom.control import sealed_keys
from strongroom.control.sealed_keys import SealedKey
from strongroom.service.keys import Keys, sealed_key_identity
from strongroom.vault.sealing import Sealed, seal, unseal
from strongroom.vault.secret import Secret

_PREFIX = "storage-password"


def keep(keys: Keys, db: sa.Connection, storage_id: str, name: str, password: Secret) -> None:
    """Keep a password in place of the one of that name.

    Args:
        keys: Of the home.
        db: A transaction that holds the write lock.
        storage_id: Of the storage.
        name: What the password is called.
        password: The password.
    """
    row = _row(storage_id, name)
    boxes = seal(password.reveal().encode(), sealed_key_identity(row), service_key=keys.to_seal())
    sealed_keys.remove(db, row)
    sealed_keys.add(db, SealedKey(name=row, sealed=boxes.record, wrapped_key=boxes.wrapped_key))


def kept(db: sa.Connection, storage_id: str, name: str) -> SealedKey | None:
    """Find a kept password, still sealed; None: this home was never told it."""
    return sealed_keys.by_name(db, _row(storage_id, name))


def opened(keys: Keys, row: SealedKey) -> Secret:
    """Open a kept password; never while the write lock is held.

    Raises:
        IntegrityError: it was changed, or is another storage's.
    """
    boxes = Sealed(record=row.sealed, wrapped_key=row.wrapped_key)
    identity = sealed_key_identity(row.name)
    return Secret(keys.opened(lambda key: unseal(boxes, identity, service_key=key)).decode())


def names(db: sa.Connection, storage_id: str) -> set[str]:
    """Name the passwords of a storage that are kept."""
    prefix = _row(storage_id, "")
    return {
        one.name.removeprefix(prefix)
        for one in sealed_keys.everything(db)
        if one.name.startswith(prefix)
    }


def forget(db: sa.Connection, storage_id: str, name: str | None = None) -> None:
    """Keep one password no longer, or none of a storage."""
    for one in names(db, storage_id) if name is None else {name}:
        sealed_keys.remove(db, _row(storage_id, one))


def _row(storage_id: str, name: str) -> str:
    return f"{_PREFIX}:{storage_id}:{name}"
