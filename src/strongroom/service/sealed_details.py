"""Opening and sealing the details of connections: the only place where both ends meet."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from strongroom.control import connections as rows
from strongroom.control.records import Connection
from strongroom.errors import OperatorError
from strongroom.service.details import ConnectionDetails
from strongroom.service.keys import connection_identity
from strongroom.service.shared import Shared
from strongroom.vault.sealing import Sealed, record_key, seal, unseal
from strongroom.words.json import Json


def opened(shared: Shared, record: Connection) -> ConnectionDetails:
    """Open a connection's details for the service; never while the write lock is held.

    Raises:
        IntegrityError: they were changed, or belong to another connection.
        OperatorError: the home was brought back, and they wait for their own password.
    """
    identity = connection_identity(record)
    _refuse_waiting(record)
    content = shared.keys.opened(lambda key: unseal(_boxes(record), identity, service_key=key))
    return ConnectionDetails.from_bytes(content)


def opened_within(shared: Shared, record: Connection) -> ConnectionDetails:
    """Open a connection's details as ``opened`` does. The caller holds the write lock."""
    _refuse_waiting(record)
    identity = connection_identity(record)
    content = unseal(_boxes(record), identity, service_key=shared.keys.to_seal())
    return ConnectionDetails.from_bytes(content)


def sealed(shared: Shared, record: Connection, details: ConnectionDetails) -> Connection:
    """Seal details for a new connection. The caller holds the write lock."""
    boxes = seal(details.to_bytes(), connection_identity(record), service_key=shared.keys.to_seal())
    return replace(
        record, sealed=boxes.record, wrapped_key=boxes.wrapped_key, shown=clear_copies(details)
    )


def resealed(
    shared: Shared,
    db: sa.Connection,
    record: Connection,
    details: ConnectionDetails,
    *,
    has_new_key: bool = False,
) -> Connection:
    """Seal other details in the place of those that are there.

    Args:
        shared: The home.
        db: A transaction that holds the write lock.
        record: The connection, as it is in this transaction.
        details: Its details from now on.
        has_new_key: Seal them under a new key, which shuts out every reader but the service.
    """
    identity, service_key = connection_identity(record), shared.keys.to_seal()
    key = None if has_new_key else record_key(_boxes(record), identity, service_key=service_key)
    boxes = seal(details.to_bytes(), identity, service_key=service_key, record_key=key)
    shown = clear_copies(details)
    rows.reseal(db, record.id, sealed=boxes.record, wrapped_key=boxes.wrapped_key, shown=shown)
    return replace(record, sealed=boxes.record, wrapped_key=boxes.wrapped_key, shown=shown)


def own_key(shared: Shared, record: Connection) -> bytes:
    """Give the key of a connection's record, to wrap it for one more reader. A secret.

    The caller holds the write lock.
    """
    _refuse_waiting(record)
    return record_key(
        _boxes(record), connection_identity(record), service_key=shared.keys.to_seal()
    )


def clear_copies(details: ConnectionDetails) -> dict[str, Json]:
    """Give what lists show of a locked connection: neither where it leads nor as whom."""
    return {
        "auth": details.auth,
        "access": details.access,
        "cloud": details.cloud,
        "is_guarded": details.is_guarded,
    }


def _refuse_waiting(record: Connection) -> None:
    if not record.wrapped_key:
        raise OperatorError(
            f"The connection '{record.name}' waits for its password.",
            why="The home was brought back from a copy in a storage, where this connection is "
            "sealed for its own password alone.",
            hint=f"Type it once (`strongroom connection unlock {record.name}`); then jobs run.",
        )


def _boxes(record: Connection) -> Sealed:
    return Sealed(record=record.sealed, wrapped_key=record.wrapped_key)
