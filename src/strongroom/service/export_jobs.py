"""Exports that are saved as jobs: which items, as what, and into which folder of this machine.

``strongroom export`` hands files to whoever asks, who writes them with rights of their own. A job
has nobody at its side: the service account writes, so it writes only into a folder of its own that
an administrator made for this, and every run into a new folder there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strongroom.control.records import NewRun
from strongroom.engine.claims import Claims
from strongroom.errors import AccessDenied, OperatorError
from strongroom.operations.export import ExportFormat
from strongroom.operations.points import RestorePoint, choose
from strongroom.service.locating import locate
from strongroom.service.rights import Right
from strongroom.service.saved_sources import SavedSource
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.words.job_kind import JobKind
from strongroom.words.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What is to be exported, as typed.

    Attributes:
        storage: Name of the storage.
        resource: Whose items.
        output: The folder, absolute: it is there, and the service account's own.
        format: See ``operations.export.ExportRequest``.
        at: ``point:ID``, a time, or None: the newest point when a run is asked for.
        paths: Folders wanted, as text; empty: all.
        items: Items wanted, by id.
    """

    storage: str
    resource: str
    output: str
    format: ExportFormat = ExportFormat.FILES
    at: str | None = None
    paths: tuple[str, ...] = ()
    items: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with a job, which knows its storage by itself."""
        return {
            "resource": self.resource,
            "output": self.output,
            "format": str(self.format),
            "at": self.at,
            "paths": list(self.paths),
            "items": list(self.items),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], *, storage: str) -> ExportOrder:
        """Read what ``to_json`` wrote."""
        return cls(
            storage=storage,
            resource=document["resource"],
            output=document["output"],
            format=ExportFormat(document["format"]),
            at=document["at"],
            paths=tuple(document["paths"]),
            items=tuple(document["items"]),
        )


class ExportAsking:
    """Makes runs of orders, for whoever may have them. Safe in many threads."""

    def __init__(self, shared: Shared, storages: Storages) -> None:
        self._shared = shared
        self._storages = storages

    def saved(self, order: ExportOrder, name: str) -> SavedSource:
        """Look whether the caller may have this exported whenever they or others like.

        Returns:
            What it is about.

        Raises:
            OperatorError: storage, resource, restore point or folder are not there.
            AccessDenied: it is not the caller's to read.
        """
        return self._permitted(order, name)[0]

    def by_person(self, order: ExportOrder, name: str) -> NewRun:
        """Make the run that a person asks for now.

        Raises:
            As ``saved``; AccessDenied: it needs a second person.
        """
        source, point = self._permitted(order, name)
        shared, storage = self._shared, self._storages.record(order.storage)
        thing = f"{storage.id}/{source.name}"
        shared.guard.second_person(shared.session, name, [thing], {"source": thing}, is_look=True)
        return _new_run(order, storage.id, source, {"point": point.id})

    def by_schedule(self, order: ExportOrder, *, source: SavedSource) -> NewRun:
        """Make the run that a saved order's schedule asks for; nobody is there to be asked.

        No storage is read: the worker's loop waits for this. The restore point is the newest when
        the run begins.

        Raises:
            OperatorError: the storage is not there.
            AccessDenied: it needs a second person, so a person must ask.
        """
        storage = self._storages.record(order.storage)
        if self._shared.guard.marked([f"{storage.id}/{source.name}"]):
            raise AccessDenied(
                "This export needs a second person, so no schedule can begin it.",
                hint="Run the job by hand: `strongroom job run`.",
            )
        return _new_run(order, storage.id, source, None)

    def _permitted(self, order: ExportOrder, name: str) -> tuple[SavedSource, RestorePoint]:
        storage = self._storages.record(order.storage)
        located = locate(self._storages.open(order.storage), order.resource)
        point = choose(located.repository, order.at)  # refuse now what cannot work later
        source = SavedSource.of(located)
        guard, session = self._shared.guard, self._shared.session
        guard.confine(session, name, Right.READ_CONTENT, source=f"{storage.id}/{source.name}")
        checked_output(order.output, self._shared.home.path)
        return source, point


def _new_run(
    order: ExportOrder, storage_id: str, source: SavedSource, pinned: Mapping[str, Json] | None
) -> NewRun:
    repository = f"{storage_id}/{source.kind}/{source.id}"
    return NewRun(
        kind=JobKind.EXPORT,
        request={
            **order.to_json(),
            "storage": storage_id,
            "kind": source.kind,
            "id": source.id,
            "resource": source.reference,
        },
        claims=Claims(repositories=frozenset({repository, f"{storage_id}/*"})).to_json(),
        pinned=pinned,
    )


def checked_output(text: str, home: Path) -> Path:
    """Take the folder that exports go into, or refuse it.

    Args:
        text: Its path.
        home: The home, which is no place for them.

    Raises:
        OperatorError: it is not there, or not the service account's own, or others may write in it.
    """
    path = Path(text)
    if not path.is_absolute() or "\0" in text:
        raise _unfit(text, "Its path must be whole, from the root down.")
    try:
        found = path.lstat()
    except OSError as error:
        raise _unfit(text, error.strerror or "") from error
    if not stat.S_ISDIR(found.st_mode):
        raise _unfit(text, "It is no folder.")
    if os.name == "posix":
        if found.st_uid != os.geteuid():
            raise _unfit(text, "It belongs to another account than the one that exports.")
        if found.st_mode & stat.S_IWOTH:
            raise _unfit(text, "Everybody may write in it.")
    real, own = path.resolve(), home.resolve()
    if real == own or own in real.parents:
        raise _unfit(text, "It is in Strongroom's own home.")
    return path


def _unfit(text: str, why: str) -> OperatorError:
    return OperatorError(
        f"Exports cannot go into {text}.",
        why=why,
        hint="Make a folder that belongs to the account that runs Strongroom, where it runs.",
    )
