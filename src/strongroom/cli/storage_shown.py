"""Storages as commands show them, and what came of trying their places."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from strongroom.cli import output

if TYPE_CHECKING:
    from strongroom.cli.settings import Settings
    from strongroom.service.storage_views import AddedStorage, StorageView, TriedPlace
    from strongroom.words.json import Json


def document(view: StorageView) -> dict[str, Json]:
    """Give a storage as JSON."""
    return {**asdict(view), "created": output.when(view.created)}


def tried_document(tried: TriedPlace) -> dict[str, Json]:
    """Give as JSON how a place did."""
    return {"broken_promises": list(tried.broken), "notes": list(tried.notes)}


def tell_tried(name: str, tried: TriedPlace) -> None:
    """Say on standard error what a place does not keep, and what is good to know of it."""
    about = f"{name}: " if name else ""
    output.failures([f"{about}the place breaks a promise: {one}" for one in tried.broken])
    for note in tried.notes:
        output.message(f"{about}{note}")
    if tried.broken:
        output.message(
            "Restore from it what you need, and make no backup to it: data may be lost there."
        )


def tell_credentials(view: StorageView) -> None:
    """Say with what a storage in an object store is reached."""
    if view.credentials == "ambient":
        output.text("No credentials were given: it is reached with what the machine has that runs")
        output.text("jobs, which is its role in the cloud or the environment of the service.")
    elif view.credentials:
        output.text(f"Its credentials ({view.credentials}) are kept sealed; no job asks for them.")


def tell_added(settings: Settings, added: AddedStorage) -> None:
    """Tell what came of adding a storage, its recovery key for the only time."""
    name, key = added.storage.name, added.recovery_key
    if settings.is_json:
        output.document(
            {
                **document(added.storage),
                **tried_document(added.tried),
                "recovery_key": None if key is None else key.reveal(),
            }
        )
        tell_tried(name, added.tried)
        return
    tell_tried(name, added.tried)
    if key is None:
        output.text(f"Adopted the storage that was there as {name}.")
        tell_credentials(added.storage)
        return
    output.text(f"Made the storage {name}.")
    tell_credentials(added.storage)
    output.text("Its recovery key opens it when the password is lost. Write it down and keep it")
    output.text("away from this machine; it is shown only now and kept nowhere:")
    output.text()
    output.text(f"    {key.reveal()}")
