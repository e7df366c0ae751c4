"""Opening storages as the control database knows them, and sealing what opens them."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from strongroom.control import storage_access as access_rows
from strongroom.control import storages as rows
from strongroom.control.records import StorageRecord
from strongroom.errors import AccessDenied, OperatorError
from strongroom.service import sealed_access
from strongroom.service.keys import storage_identity
from strongroom.service.shared import Shared
from strongroom.service.storage_access import Access, has_access
from strongroom.store.backend import BlobBackend
from strongroom.store.keeping import Retention
from strongroom.store.layers.cached import DocumentCache
from strongroom.store.layers.guarded import Guarded
from strongroom.store.record import load_record
from strongroom.store.storage import Storage
from strongroom.vault.sealing import Sealed, seal, unseal

_MOUNTED = (
    "Look whether its volume is mounted there and may be read by our account. If it has moved, "
    "remove the name and add it again where it is now."
)


def opened_backend(shared: Shared, record: StorageRecord) -> BlobBackend:
    """Open the place that a storage lies at; never while the write lock is held.

    Raises:
        IntegrityError: what it is reached with was changed, or is for another place.
    """
    return guarded_backend(shared, record.url, _access(shared, record))


def guarded_backend(shared: Shared, url: str, access: Access | None) -> BlobBackend:
    """Open a place that may be changed: what a storage there says of deleting holds for us too."""
    ports = shared.ports
    return Guarded(
        ports.open_backend(url, access),
        lambda mode: ports.open_retention(url, access, mode),
        ports.clock,
    )


def opened_retention(shared: Shared, record: StorageRecord, mode: str) -> Retention:
    """Open what locks the objects of a storage; never while the write lock is held.

    Args:
        shared: The home.
        record: The storage.
        mode: ``governance`` or ``compliance``.

    Raises:
        OperatorError: it does not lie where objects can be locked.
    """
    return shared.ports.open_retention(record.url, _access(shared, record), mode)


def _access(shared: Shared, record: StorageRecord) -> Access | None:
    with shared.database.read() as db:
        row = access_rows.by_id(db, record.id)
    return sealed_access.opened(shared.keys, record, row)


def opened(shared: Shared, record: StorageRecord) -> Storage:
    """Open a storage; never while the write lock is held.

    Raises:
        OperatorError: it is not there, or nobody lets us in.
        IntegrityError: its record is damaged.
        ServerUnreachable, TransientError: its object store does not answer now.
    """
    return opened_at(shared, record, opened_backend(shared, record))


def opened_at(shared: Shared, record: StorageRecord, backend: BlobBackend) -> Storage:
    """Open a storage as ``opened`` does, at the place that was opened for it."""
    sealed = Sealed(record=record.sealed, wrapped_key=record.wrapped_key)
    identity = storage_identity(record)
    key = shared.keys.opened(lambda one: unseal(sealed, identity, service_key=one))
    try:
        there = load_record(backend)
    except OperatorError as error:
        raise OperatorError(
            f"The storage '{record.name}' cannot be opened at {record.url}.",
            why=str(error),
            hint=error.hint if has_access(record.url) else _MOUNTED,
        ) from error
    try:
        storage = Storage(backend, there, key, shared.ports.clock)
    except AccessDenied as error:
        raise OperatorError(
            f"What lies at {record.url} is not the storage '{record.name}'.",
            why=error.why,
            hint="Look whether the right volume is mounted there. If the other one is to be "
            "used, add it under a name of its own.",
        ) from error
    storage.index_caches = shared.home.index_caches
    if has_access(record.url):
        storage.documents = DocumentCache(shared.home.document_caches)
    return storage


def keep(
    shared: Shared,
    db: sa.Connection,
    *,
    name: str,
    url: str,
    storage: Storage,
    access: Access | None,
) -> tuple[StorageRecord, str]:
    """Keep a storage with all that opens it, sealed.

    Args:
        shared: The home.
        db: A transaction that holds the write lock.
        name: Of the storage from now on.
        url: Where it lies, in the one form that is kept.
        storage: The storage, open.
        access: What it is reached with; None: it lies in a directory.

    Returns:
        Its row, and of which kind it is that it is reached with.

    Raises:
        OperatorError: it is known already.
    """
    known = next((one for one in rows.places_of(db, storage.id) if one.url == url), None)
    if known is not None:
        raise OperatorError(
            f"This storage is known already, as '{known.name}'.",
            hint=f"Use '{known.name}', or remove that name first (nothing in it is lost).",
        )
    record = StorageRecord(
        id=rows.free_id(db, storage.id, url),
        name=name,
        url=url,
        sealed=b"",
        wrapped_key=b"",
        created=shared.ports.clock.now(),
    )
    boxes = seal(storage.key, storage_identity(record), service_key=shared.keys.to_seal())
    record = replace(record, sealed=boxes.record, wrapped_key=boxes.wrapped_key)
    rows.add(db, record)
    kind = "" if access is None else sealed_access.put(shared.keys, db, record, access)
    return record, kind
