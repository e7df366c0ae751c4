"""Storages as commands show them, and what came of trying their places."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from strongroom.cli import output

if TYPE_CHECKING:
    from strongroom.service.storage_views import StorageView, TriedPlace
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
