"""Notes on this machine of which day an item lies in, so that one that was removed is soon found.

Of what was removed a mailbox server tells the id alone, and an id tells no day: without a note, the
trees of all days are searched. A note may be missing, old or wrong. So whoever follows one looks
whether the item is there, and searches otherwise; the file may be deleted at any time.

A record is ``key (5) ‖ day (3, big-endian)``: forty bits of the SHA-256 of the item's id, and the
days since the first of January of the year 1.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from strongroom.disk import make_own_folder
from strongroom.operations.layout import Shard, day_shard

_KEY_BYTES = 5
_RECORD_BYTES = 8
_BINARY = getattr(os, "O_BINARY", 0)


class Whereabouts:
    """The notes of one repository; for one thread at a time.

    Args:
        file: Where they lie, made with the first one; None: none are kept.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: bytes | None = None
        self._new = bytearray()

    def note(self, item_id: str, day: date) -> None:
        """Note where an item will lie; kept with the next ``flush``."""
        if self._file is not None:
            self._new += _key(item_id) + day.toordinal().to_bytes(_RECORD_BYTES - _KEY_BYTES)

    def shards(self, item_id: str) -> Iterator[Shard]:
        """Say where an item may lie, as noted before this run; the last note first."""
        if self._known is None:
            self._known = self._read()
        key, at = _key(item_id), len(self._known)
        while (at := self._known.rfind(key, 0, at + _KEY_BYTES - 1)) >= 0:
            if at % _RECORD_BYTES == 0:
                day = int.from_bytes(self._known[at + _KEY_BYTES : at + _RECORD_BYTES])
                with suppress(ValueError, OverflowError):  # no such day: the file is damaged
                    yield day_shard(date.fromordinal(day))

    def flush(self) -> None:
        """Keep what was noted. Without room for it everything works, only more slowly."""
        new, self._new = bytes(self._new), bytearray()
        if self._file is None or not new:
            return
        with suppress(OSError):
            make_own_folder(self._file.parent)
            descriptor = os.open(
                self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _BINARY, 0o600
            )
            with os.fdopen(descriptor, "ab") as file:
                # A record that was cut short by a power cut would shift all that follow.
                file.truncate(file.tell() // _RECORD_BYTES * _RECORD_BYTES)
                file.write(new)

    def _read(self) -> bytes:
        if self._file is not None:
            with suppress(OSError):
                return self._file.read_bytes()
        return b""


def _key(item_id: str) -> bytes:
    return hashlib.sha256(item_id.encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]
