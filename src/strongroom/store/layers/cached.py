"""A far backend whose small files are kept at hand on this machine, so that each comes once.

Snapshots and indexes are many, small and never change, and opening a repository reads all of them.
Each is named by the SHA-256 of its content. That makes a copy easy to trust: one whose content does
not give its name is not looked at. And what is there is never answered out of a copy: a file is
taken from here only if the backend listed it, the last time it was asked to.

A ``DocumentCache`` may be used by many processes at once and deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from strongroom.disk import make_own_folder
from strongroom.store.backend import BlobBackend, Data, Stored

CACHE_BYTES_MAX = 256 << 20
FILE_BYTES_MAX = 16 << 20
_KEPT_SHARE = 0.75
"""So much of the bound is left once it was passed, that it is not passed with each new file."""

_SAVES_PER_LOOK = 64
_NAME = re.compile(r"(?:.*/)?(?:index|snapshots)/([0-9a-f]{64})")


class DocumentCache:
    """Copies of files, each named by the SHA-256 of its content. Safe in many threads.

    What it holds is sealed, as in the storage. Whatever goes wrong with it (a full disk, another
    process that removes the same file) makes it hold less and nothing else.

    Args:
        folder: Where; made when it is needed.
        bytes_max: About as much is kept: those used last.
    """

    def __init__(self, folder: Path, *, bytes_max: int = CACHE_BYTES_MAX) -> None:
        self._folder = folder
        self._bytes_max = bytes_max
        self._counting = threading.Lock()
        self._saves = 0

    def load(self, file_id: str) -> bytes | None:
        """Give a file's content, if a sound copy is here."""
        path = self._path(file_id)
        try:
            with path.open("rb") as file:
                content = file.read(FILE_BYTES_MAX + 1)
        except OSError:
            return None
        if hashlib.sha256(content).hexdigest() != file_id:
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)  # used last
        return content

    def save(self, file_id: str, content: bytes) -> None:
        """Keep a copy of a file, unless it is long or not what its name says."""
        if len(content) > FILE_BYTES_MAX or hashlib.sha256(content).hexdigest() != file_id:
            return
        path = self._path(file_id)
        unfinished = path.with_name(f"{file_id}.{secrets.token_hex(4)}")
        try:
            make_own_folder(path.parent)
            unfinished.write_bytes(content)
            unfinished.replace(path)
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            return
        with self._counting:
            self._saves += 1
            is_time = self._saves % _SAVES_PER_LOOK == 1
        if is_time:
            self._make_room()

    def _path(self, file_id: str) -> Path:
        return self._folder / file_id[:2] / file_id

    def _make_room(self) -> None:
        """Remove those that nobody used for longest, once there are too many."""
        known: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("??/*"):
            with suppress(OSError):
                status = path.stat()
                known.append((status.st_mtime, status.st_size, path))
        left = sum(size for _, size, _ in known)
        if left <= self._bytes_max:
            return
        for _, size, path in sorted(known):
            if left <= self._bytes_max * _KEPT_SHARE:
                return
            with suppress(OSError):
                path.unlink()
            left -= size


class Cached:
    """Reads snapshots and indexes of another backend out of a cache where they are there.

    Not for looking for damage: that must see what the backend itself gives.

    Args:
        inner: The backend.
        cache: Of this machine; many backends may have the same one.
    """

    def __init__(self, inner: BlobBackend, cache: DocumentCache) -> None:
        self._inner = inner
        self._cache = cache
        self._listed: set[str] = set()
        self._changing = threading.Lock()

    def save(self, name: str, data: Data) -> None:
        """See ``BlobBackend``."""
        self._inner.save(name, data)
        found = _NAME.fullmatch(name)
        if found:
            self._cache.save(found[1], bytes(data))

    def load(self, name: str) -> bytes:
        """See ``BlobBackend``."""
        found = _NAME.fullmatch(name)
        if not found:
            return self._inner.load(name)
        with self._changing:
            is_listed = name in self._listed
        kept = self._cache.load(found[1]) if is_listed else None
        if kept is not None:
            return kept
        content = self._inner.load(name)
        self._cache.save(found[1], content)
        return content

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        """See ``BlobBackend``."""
        return self._inner.load_range(name, offset, length)

    def list(self, prefix: str) -> Iterator[Stored]:
        """See ``BlobBackend``."""
        self._forget(prefix)
        for entry in self._inner.list(prefix):
            if _NAME.fullmatch(entry.name):
                with self._changing:
                    self._listed.add(entry.name)
            yield entry

    def folders(self, prefix: str) -> Iterator[str]:
        """See ``BlobBackend``."""
        return self._inner.folders(prefix)

    def delete(self, name: str) -> None:
        """See ``BlobBackend``."""
        with self._changing:
            self._listed.discard(name)
        self._inner.delete(name)

    def _forget(self, prefix: str) -> None:
        with self._changing:
            self._listed = {name for name in self._listed if not name.startswith(prefix)}
