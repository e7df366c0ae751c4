"""A copy of a home as it goes into a storage: what it knows, under a key of the copy's own.

======  ======  ================================================================
offset  length  what
======  ======  ================================================================
0       4       ``SRH1``: the format of this table
4       32      the copy's key, random: in the place of the service key
36      n       zstd: a file of SQLite's with the rows (see ``control.home_copy``)
======  ======  ================================================================

The service key is not in it. Whatever the service key opens in the home (details of connections,
storage keys, credentials, kept passwords) is wrapped for the copy's key instead, and this whole is
sealed for the storage. But a connection that a password guards is wrapped for that password alone:
whoever opens the storage gets no further there than whoever has the home's files.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path

from strongroom.control import connections
from strongroom.control.database import Database
from strongroom.control.home_copy import write_copy
from strongroom.errors import IntegrityError
from strongroom.service.keys import rewrap_everything
from strongroom.service.shared import Shared
from strongroom.store import compression
from strongroom.vault.sealing import KEY_BYTES

MAGIC = b"SRH1"
_PREFIX = ".copy-"
_HEAD_BYTES = len(MAGIC) + KEY_BYTES


def packed(shared: Shared) -> bytes:
    """Make a copy of the home, to be sealed at once: it is as good as the service key.

    Raises:
        IntegrityError: the service key does not open what is sealed.
    """
    key = secrets.token_bytes(KEY_BYTES)
    # In the home: nobody else may read there, and nothing in it opens without one of the two keys.
    with tempfile.TemporaryDirectory(dir=shared.home.path, prefix=_PREFIX) as folder:
        path = Path(folder) / "copy.db"
        with shared.database.read() as source:
            copy = write_copy(source, path)
        try:
            shared.keys.opened(lambda service_key: _rewrap(copy, service_key, key))
        finally:
            copy.close()
        return MAGIC + key + compression.Compressor().compress(path.read_bytes())


def remove_leftovers(home: Path) -> None:
    """Remove what a process left that was killed while it made a copy; for the home's worker."""
    for one in home.glob(f"{_PREFIX}*"):
        shutil.rmtree(one, ignore_errors=True)


def unpacked(content: bytes, path: Path) -> bytes:
    """Write the rows of a copy into a file, and give the key that opens what is sealed in them.

    Args:
        content: What ``packed`` gave.
        path: The file; there must be none.

    Raises:
        IntegrityError: it is no copy that this program knows.
    """
    if content[: len(MAGIC)] != MAGIC or len(content) < _HEAD_BYTES:
        raise _unknown()
    try:
        rows = compression.decompress_file(content[_HEAD_BYTES:])
    except compression.Damaged:
        raise _unknown() from None
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(rows)
        file.flush()
        os.fsync(file.fileno())
    return content[len(MAGIC) : _HEAD_BYTES]


def _rewrap(copy: Database, service_key: bytes, key: bytes) -> None:
    with copy.write() as db:
        for one in connections.everything(db):
            if connections.readers(db, one.id):
                connections.rewrap(db, one.id, b"")
        rewrap_everything(db, old=service_key, new=key)


def _unknown() -> IntegrityError:
    return IntegrityError(
        "This is not the copy of a home, or one of a newer program.",
        hint="Use the newest program, or an older copy.",
    )
