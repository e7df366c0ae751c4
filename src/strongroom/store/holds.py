"""Holds: small sealed files beside a repository that say what of it must not be forgotten.

    strongroom/hold-ID.json            it is held: {"version": 1, "sealed": base64(box)}
    strongroom/hold-ID-released.json   it is not any more, since a certain time; likewise

Nothing is ever written over, so that a hold is added and released also where files can only be
added. The box is AES-256-GCM under the storage key, bound to the storage, the repository and the
name of the file; in it is JSON. They lie in the storage so that every home that has it sees them;
whoever cannot read one must take everything for held.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from strongroom.errors import IntegrityError
from strongroom.store.arrival import arrives, did_not_arrive
from strongroom.store.backend import BlobBackend, NameTaken
from strongroom.store.gojson import dumps, format_time, parse_time
from strongroom.store.wrapping import WrongKey, seal, unseal

FOLDER = "strongroom/"
VERSION = 1
_ID = re.compile(r"[0-9a-z]{4,64}")
_HOLD = re.compile(r"hold-([0-9a-z]{4,64})\.json")
_RELEASED = "hold-{}-released.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHold:
    """A hold on a resource, or on one restore point of it.

    Attributes:
        id: Small letters and digits.
        point: Id of the restore point, 64 digits; empty: all of the resource, points to come too.
        reason: Why, in words.
        by: Stable id of who asked for it, in the home where they did.
        at: When: aware, UTC.
        released: Since when it holds nothing any more; None: it does.
        released_by: Who said so.
        is_readable: Its file could be read; otherwise nobody knows what it holds.
    """

    id: str
    point: str = ""
    reason: str
    by: str
    at: datetime | None
    released: datetime | None = None
    released_by: str = ""
    is_readable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHolds:
    """The holds of one repository. Safe in many threads.

    Attributes:
        backend: The repository's own folder.
        key: The storage key.
        purpose: Binds them to the storage and the repository.
    """

    backend: BlobBackend
    key: bytes = field(repr=False)
    purpose: str

    def all(self) -> list[StoredHold]:
        """List all there ever were, by id; those that are released too."""
        names = {one.name.removeprefix(FOLDER) for one in self.backend.list(FOLDER)}
        found = (match[1] for name in sorted(names) if (match := _HOLD.fullmatch(name)))
        return [
            self._with_release(hold) if _RELEASED.format(hold.id) in names else hold
            for hold in map(self._hold, found)
        ]

    def add(self, hold: StoredHold) -> None:
        """Put a hold there; durable when this returns. The same one again is fine."""
        if not _ID.fullmatch(hold.id) or hold.at is None:
            raise ValueError(f"not a hold to be kept: {hold!r}")
        self._save(
            f"hold-{hold.id}.json",
            {
                "point": hold.point,
                "reason": hold.reason,
                "by": hold.by,
                "at": format_time(hold.at),
            },
        )

    def release(self, hold_id: str, *, by: str, at: datetime) -> None:
        """Say that a hold is over; released before is fine, and the first time counts."""
        if not _ID.fullmatch(hold_id):
            raise ValueError(f"not the id of a hold: {hold_id!r}")
        self._save(_RELEASED.format(hold_id), {"by": by, "at": format_time(at)})

    def _hold(self, hold_id: str) -> StoredHold:
        try:
            document = self._load(f"hold-{hold_id}.json")
            return StoredHold(
                id=hold_id,
                point=str(document["point"]),
                reason=str(document["reason"]),
                by=str(document["by"]),
                at=parse_time(document["at"]),
            )
        except _UNREADABLE:
            return StoredHold(
                id=hold_id,
                reason=f"The file {FOLDER}hold-{hold_id}.json cannot be read.",
                by="",
                at=None,
                is_readable=False,
            )

    def _with_release(self, hold: StoredHold) -> StoredHold:
        """Believe a release only where it can be read: otherwise the hold stands."""
        try:
            document = self._load(_RELEASED.format(hold.id))
            released, by = parse_time(document["at"]), str(document["by"])
        except _UNREADABLE:
            return hold
        return replace(hold, released=released, released_by=by)

    def _load(self, name: str) -> Any:  # noqa: ANN401 - JSON
        document = orjson.loads(self.backend.load(f"{FOLDER}{name}"))
        box = base64.b64decode(document["sealed"])
        return orjson.loads(unseal(self.key, box, f"{self.purpose}: {name}"))

    def _save(self, name: str, document: dict[str, str]) -> None:
        sealed = seal(self.key, dumps(document), f"{self.purpose}: {name}")
        text = dumps({"version": VERSION, "sealed": base64.b64encode(sealed).decode()})
        with suppress(NameTaken):
            self.backend.save(f"{FOLDER}{name}", text)


def copy_holds(original: BlobBackend, copy: BlobBackend) -> None:
    """Let a copy of a repository know all holds on it; those that it has stay, readable or not.

    Raises:
        IntegrityError: one did not arrive as it was sent.
    """
    names = {one.name for one in original.list(FOLDER)} - {one.name for one in copy.list(FOLDER)}
    for name in sorted(names):
        is_hold = _HOLD.fullmatch(name.removeprefix(FOLDER).replace("-released", ""))
        if is_hold and not arrives(copy, name, original.load(name)):
            raise did_not_arrive(name)


def is_held(holds: Iterable[StoredHold], snapshot_id: str, former: str | None = None) -> bool:
    """Say whether any of these holds is on a snapshot; in doubt, yes.

    Args:
        holds: Of its repository.
        snapshot_id: Its id.
        former: The id that it had before: `restic tag` gives it another one.
    """
    return any(
        one.released is None and (not one.is_readable or one.point in {"", snapshot_id, former})
        for one in holds
    )


_UNREADABLE = (IntegrityError, WrongKey, KeyError, TypeError, ValueError, binascii.Error)
