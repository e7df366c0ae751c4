"""Trying a place before a storage is made there, and while it is used."""

from __future__ import annotations

from strongroom.clock import Clock
from strongroom.errors import OperatorError
from strongroom.service.storage_views import TriedPlace
from strongroom.store.backend import BlobBackend
from strongroom.store.proof import prove
from strongroom.store.record import NoStorage
from strongroom.store.storage import Storage
from strongroom.vault.secret import Secret


def create_or_adopt(
    backend: BlobBackend, password: Secret, clock: Clock
) -> tuple[Storage, Secret | None, TriedPlace]:
    """Make a storage where the place keeps every promise, or take the one that is there.

    One that is there is taken whatever the place promises: its restore points must be had.

    Returns:
        The storage, its recovery key if it was made, and how the place did.

    Raises:
        AccessDenied: there is a storage, and this is not its password; or nobody lets us in.
        OperatorError: the place is taken, cannot be used, or breaks a promise.
    """
    try:
        storage = Storage.open_with_password(backend, password.reveal(), clock=clock)
    except NoStorage:
        proof = prove(backend)
        proof.require()
        storage, recovery_key = Storage.create(backend, password.reveal(), clock=clock)
        return storage, Secret(recovery_key), TriedPlace(notes=proof.notes)
    return storage, None, tried(backend)


def tried(backend: BlobBackend) -> TriedPlace:
    """Say which promises the place of a storage keeps, even where nothing can be written now."""
    try:
        proof = prove(backend, long_bytes=0)
    except OperatorError as error:
        return TriedPlace(notes=(_read_only(error),))
    return TriedPlace(broken=proof.broken, notes=proof.notes)


def _read_only(error: OperatorError) -> str:
    return (
        "Nothing can be stored there now, so what the place promises could not be tried: "
        f"{error} What it holds can be restored; a backup to it would fail."
    )
