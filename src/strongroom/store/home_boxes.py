"""Sealed copies of homes in a storage: ``strongroom/home/HOME/TIME-HASH.box``.

A box is AES-256-GCM under the storage key (see ``wrapping``), bound to the storage and the home.
Whoever opens the storage, by a password or by the recovery key, opens it; nobody else does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime

from strongroom.errors import IntegrityError, OperatorError
from strongroom.store.backend import BlobBackend, DeleteRefused
from strongroom.store.limits import BYTES_MAX
from strongroom.store.passwords import purpose_of
from strongroom.store.storage import Storage
from strongroom.store.wrapping import WrongKey, seal, unseal

FOLDER = "strongroom/home/"
KEPT, KEPT_DAYS = 5, 14
"""So many copies of a home stay, and the last one of each of so many days; others go."""

_NAME = re.compile(r"strongroom/home/([0-9a-f]{16})/(\d{8}T\d{12}Z)-[0-9a-f]{16}\.box")
_TIME = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class HomeBox:
    """One copy of a home.

    Attributes:
        made: When: aware, UTC.
        home_id: Of which home, 16 hexadecimal digits.
        name: Where it lies.
        size: How long it is, sealed.
    """

    made: datetime
    home_id: str
    name: str
    size: int


def boxes(backend: BlobBackend) -> list[HomeBox]:
    """List the copies of homes that a storage holds, newest first; no key is needed for that."""
    found: list[HomeBox] = []
    for name, size in backend.list(FOLDER):
        match = _NAME.fullmatch(name)
        if match:
            with suppress(ValueError):
                made = datetime.strptime(match[2], _TIME).replace(tzinfo=UTC)
                found.append(HomeBox(made=made, home_id=match[1], name=name, size=size))
    return sorted(found, reverse=True)


def save_box(storage: Storage, home_id: str, content: bytes, made: datetime) -> str:
    """Seal a copy and store it; then let the oldest ones go. Durable when this returns.

    Args:
        storage: Where.
        home_id: Of which home.
        content: What to seal.
        made: When it was made: aware.

    Returns:
        Its name.

    Raises:
        OperatorError: it is longer than what would be read back.
    """
    box = seal(storage.key, content, _purpose(storage, home_id))
    if len(box) > BYTES_MAX:
        raise OperatorError(
            "The home is too large for a copy in a storage.",
            why=f"The copy would have {len(box):,} bytes, and {BYTES_MAX:,} are read back at most.",
            hint="Keep fewer runs in the history, or copy the home's folder by other means.",
        )
    time = made.astimezone(UTC).strftime(_TIME)
    name = f"{FOLDER}{home_id}/{time}-{hashlib.sha256(box).hexdigest()[:16]}.box"
    storage.place.save(name, box)
    for old in _superfluous([one for one in boxes(storage.place) if one.home_id == home_id]):
        with suppress(DeleteRefused):  # where nothing can be deleted, more of them stay
            storage.place.delete(old.name)
    return name


def _superfluous(own: Sequence[HomeBox]) -> list[HomeBox]:
    """Choose which copies go, of those of one home, newest first."""
    last_of_day: dict[date, HomeBox] = {}
    for one in own:
        last_of_day.setdefault(one.made.date(), one)
    kept = {*own[:KEPT], *list(last_of_day.values())[:KEPT_DAYS]}
    return [one for one in own if one not in kept]


def sound_box(place: BlobBackend, name: str) -> bytes | None:
    """Read a copy as it lies there, sealed; None if it is damaged, or gone since."""
    try:
        box = place.load(name)
    except IntegrityError:
        return None
    is_sound = name.endswith(f"-{hashlib.sha256(box).hexdigest()[:16]}.box")
    return box if is_sound else None


def problems(place: BlobBackend) -> list[str]:
    """Say which copies of homes are damaged, each in a sentence."""
    return [
        f"The copy of a home {one.name} is damaged: it is not what was stored. `strongroom home "
        "backup STORAGE` makes another one."
        for one in boxes(place)
        if sound_box(place, one.name) is None
    ]


def open_box(storage: Storage, box: HomeBox) -> bytes:
    """Open a copy.

    Raises:
        IntegrityError: it is damaged, or not what lies under its name.
    """
    try:
        return unseal(storage.key, storage.place.load(box.name), _purpose(storage, box.home_id))
    except WrongKey:
        raise IntegrityError(
            f"The copy of a home {box.name} is damaged: it does not open.",
            hint="Take an older one.",
        ) from None


def _purpose(storage: Storage, home_id: str) -> str:
    return purpose_of(storage.id, f"copy of home {home_id}")
