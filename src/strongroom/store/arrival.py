"""Files that arrive in a copy: stored, read back whole, and compared with what was sent."""

from __future__ import annotations

from contextlib import suppress

from strongroom.errors import IntegrityError
from strongroom.store.backend import BlobBackend, DeleteRefused, NameTaken


def arrives(place: BlobBackend, name: str, data: bytes) -> bool:
    """Store a file in a copy, in the place of other bytes; say whether it reads back.

    One that does not is taken away, so that the next attempt sends it again.
    """
    try:
        place.save(name, data)
    except NameTaken:
        place.delete(name)
        place.save(name, data)
    if reads_back(place, name, data):
        return True
    with suppress(DeleteRefused):
        place.delete(name)
    return False


def reads_back(place: BlobBackend, name: str, data: bytes) -> bool:
    """Say whether a file is what was sent."""
    try:
        return place.load(name) == data
    except IntegrityError:
        return False


def did_not_arrive(name: str) -> IntegrityError:
    """Say that what lies in the copy is not what was sent."""
    return IntegrityError(
        f"The file {name} did not arrive in the copy as it was sent.",
        why="What was read back is something else.",
        hint="Run it again: it is sent anew. If that happens again, look at the place that the "
        "copy lies in, and at the way there.",
    )
