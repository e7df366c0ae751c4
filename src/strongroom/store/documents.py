"""The sealed JSON files of a repository: indexes, snapshots, locks, and its config.

All but the config are ``sealed(2 ‖ zstd(JSON))``, named by the SHA-256 of the sealed bytes; the 2
says that what follows is compressed. Repositories that began as version 1 also hold files without
it, which start with ``{`` or ``[``.

Source:
    https://restic.readthedocs.io/en/stable/100_references.html#unpacked-data-format
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

from strongroom.errors import IntegrityError
from strongroom.store import compression
from strongroom.store.backend import BlobBackend, settle
from strongroom.store.crypto import Tools, Unauthenticated

_COMPRESSED = b"\x02"
_ID = re.compile(r"[0-9a-f]{64}")

COPY_BACK = (
    "Put the file back from a copy of the storage; without one, `strongroom storage repair` makes "
    "the storage work again."
)


class Documents:
    """Reads and writes a repository's sealed JSON files. Safe in many threads."""

    def __init__(self, backend: BlobBackend, tools: Tools) -> None:
        self._backend = backend
        self._tools = tools

    def ids(self, folder: str) -> list[str]:
        """Name what lies in a folder, in order; files that are none of restic's are left out."""
        return sorted(self.sizes(folder))

    def sizes(self, folder: str) -> dict[str, int]:
        """Tell for each file of a folder how long it is."""
        prefix = f"{folder}/"
        listed = ((name.removeprefix(prefix), size) for name, size in self._backend.list(prefix))
        return {name: size for name, size in listed if _ID.fullmatch(name)}

    def load(self, folder: str, file_id: str) -> Any:  # noqa: ANN401 - JSON
        """Read one file and check it against its name.

        Raises:
            NotStored: it is not there.
            IntegrityError: it is not what was stored.
        """
        name = f"{folder}/{file_id}"
        box = self._backend.load(name)
        if hashlib.sha256(box).hexdigest() != file_id:
            raise _damaged(name, "its content does not match its name")
        try:
            plain = self._tools.sealer.open(box)
            if plain[:1] == _COMPRESSED:
                plain = compression.decompress_file(memoryview(plain)[1:])
            return orjson.loads(plain)
        except Unauthenticated:
            raise _damaged(name, "it was sealed with another key") from None
        except (compression.Damaged, orjson.JSONDecodeError) as error:
            raise _damaged(name, "it opens, but holds no JSON") from error

    def save(self, folder: str, document: bytes) -> str:
        """Seal and store JSON; give its id. It is opened again first, as every blob is."""
        tools = self._tools
        plain = _COMPRESSED + tools.compressor.compress(document)
        box = tools.sealer.box(plain)
        if compression.decompress_file(tools.sealer.open(box)[1:]) != document:
            raise unreliable_machine("A file of the repository")
        file_id = hashlib.sha256(box).hexdigest()
        self._backend.save(f"{folder}/{file_id}", box)
        return file_id

    def settle(self) -> None:
        """Make all durable that can be seen in the repository; see ``backend.settle``."""
        settle(self._backend)

    def delete(self, folder: str, file_id: str) -> None:
        """Remove a file; not there is fine."""
        self._backend.delete(f"{folder}/{file_id}")


def unreliable_machine(what: str) -> IntegrityError:
    """Say that something sealed a moment ago does not open again."""
    return IntegrityError(
        f"{what} is not the same after sealing and opening again; it was not stored.",
        why="The memory or the processor of this machine makes mistakes.",
        hint="Test the memory of this machine before the next backup.",
    )


def _damaged(name: str, why: str) -> IntegrityError:
    return IntegrityError(f"The file {name} is damaged: {why}.", hint=COPY_BACK)
