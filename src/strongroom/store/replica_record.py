"""What a copy keeps of itself, in files that are never written over.

``strongroom/copy-of/STORAGE_ID.json``: put before anything else, so that half a copy is known for
one. ``strongroom/copied/HASH.json``: put when all of the storage was copied and every byte arrived.
``repositories/KIND/ID/strongroom/copied/HASH.json``: which snapshots came from the storage, and
since when one of them is missed there: nothing else is ever deleted in a copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import orjson

from strongroom.errors import IntegrityError
from strongroom.store.backend import BlobBackend, DeleteRefused
from strongroom.store.gojson import dumps, format_time, parse_time

COPY_OF = "strongroom/copy-of/"
COPIED = "strongroom/copied/"
VERSION = 1

Known = Mapping[str, datetime | None]
"""Ids of snapshots that came from the storage, each with the time since when it is missed there."""


def begin(backend: BlobBackend, storage_id: str, now: datetime) -> None:
    """Say that this place is being filled with a copy of a storage."""
    if storage_id not in copy_of(backend):
        document = {"version": VERSION, "storage": storage_id, "begun": format_time(now)}
        backend.save(f"{COPY_OF}{storage_id}.json", dumps(document))


def copy_of(backend: BlobBackend) -> list[str]:
    """Say of which storage this place was filled with a copy; none if it never was."""
    listed = (name.removeprefix(COPY_OF) for name, _ in backend.list(COPY_OF))
    return sorted(name.removesuffix(".json") for name in listed)


def say_whole(backend: BlobBackend, *, began: datetime, ended: datetime, repositories: int) -> None:
    """Say that all that the storage held at a moment has arrived."""
    _replace(
        backend,
        {
            "version": VERSION,
            "as_of": format_time(began),
            "ended": format_time(ended),
            "repositories": repositories,
        },
    )


def whole_as_of(backend: BlobBackend) -> datetime | None:
    """Say as of when the copy was whole last; None: never yet, or it is no copy."""
    times: list[datetime] = []
    for document in _documents(backend):
        with suppress(KeyError, TypeError, ValueError):
            times.append(parse_time(document["as_of"]))
    return max(times, default=None)


def load_known(repository: BlobBackend) -> dict[str, datetime | None]:
    """Read which snapshots of a repository came from the storage.

    Where two files say so (the older could not be deleted), a snapshot counts as missed since the
    later moment, and not at all if one of them does not miss it.
    """
    known: dict[str, datetime | None] = {}
    for document in _documents(repository):
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            for snapshot_id, text in document["snapshots"].items():
                since = parse_time(text) if text else None
                before = known.get(snapshot_id, since)
                both = before is not None and since is not None
                known[snapshot_id] = max(before, since) if both else None  # type: ignore[type-var]
    return known


def save_known(repository: BlobBackend, known: Known) -> None:
    """Keep which snapshots of a repository came from the storage."""
    listed = {key: format_time(at) if at else None for key, at in sorted(known.items())}
    _replace(repository, {"version": VERSION, "snapshots": listed})


def _replace(backend: BlobBackend, document: Mapping[str, Any]) -> None:
    """Put a new file, then delete the older ones, so that there is always one."""
    raw = dumps(document)
    name = f"{COPIED}{hashlib.sha256(raw).hexdigest()}.json"
    old = [one for one, _ in backend.list(COPIED) if one != name]
    backend.save(name, raw)
    for one in old:
        with suppress(DeleteRefused):
            backend.delete(one)


def _documents(backend: BlobBackend) -> list[Any]:
    documents: list[Any] = []
    for name, _ in backend.list(COPIED):
        with suppress(IntegrityError, orjson.JSONDecodeError):
            documents.append(orjson.loads(backend.load(name)))
    return documents
