"""A storage in a local directory, safe against power cuts.

A file comes into being in four steps: written under a temporary name in the same folder, flushed to
the disk, linked to its real name, and the folder flushed. Whoever looks sees all of it or nothing.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from strongroom.clock import Clock, SystemClock
from strongroom.disk import Disk
from strongroom.errors import IntegrityError, OperatorError, StorageFull
from strongroom.store.backend import Data, NameTaken, NotStored, Stored, Unreadable
from strongroom.store.limits import refuse_long
from strongroom.store.names import checked_name

TEMPORARY = ".strongroom-"
LEFTOVER_AGE_S = 24 * 3600.0
"""A temporary file this old belongs to nobody: no save takes a day."""

_NAMED_MAX = 10_000
"""Of so many folders it is remembered that their names are durable."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_READ = "read"
_BINARY = getattr(os, "O_BINARY", 0)
_READING = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0)
"""Whoever opens a pipe that somebody put there would wait for ever."""

_PIECE_BYTES = 1 << 16
_SYSTEM_CLOCK = SystemClock()
_DISK = Disk()
_Entries = list[os.DirEntry[str]]


class FileBackend:
    """Keeps byte strings as files below a directory, which comes into being with the first one.

    Args:
        root: The directory.
        clock: Tells the age of what a killed process left behind.
        disk: Where every change is made.
    """

    def __init__(self, root: Path, *, clock: Clock = _SYSTEM_CLOCK, disk: Disk = _DISK) -> None:
        self._root = root
        self._clock = clock
        self._disk = disk
        self._named: set[Path] = set()

    def save(self, name: str, data: Data) -> None:
        """See ``BlobBackend``."""
        path = self._path(name)
        with _explained(name, "stored"):
            self._make_folder(path.parent)
            temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
            try:
                self._write_durably(temporary, data)
                self._publish(temporary, path)
            except FileExistsError:
                # Whoever stored it may have been killed before this; they or we build on it.
                self._disk.flush_folder(path.parent)
                if not _holds(path, data):
                    raise NameTaken(
                        f"{name} is there already with other content; it was left as it is."
                    ) from None
            finally:
                with suppress(FileNotFoundError):
                    self._disk.remove(temporary)
            self._disk.flush_folder(path.parent)

    def load(self, name: str) -> bytes:
        """See ``BlobBackend``."""
        with _explained(name, _READ):
            return _read_whole(self._place(name), name)

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        """See ``BlobBackend``."""
        with _explained(name, _READ):
            data = _read_range(self._place(name), offset, length)
        if len(data) != length:
            raise IntegrityError(
                f"{name} ends early: {length} bytes from {offset} on were asked for, "
                f"{len(data)} are there.",
                hint="Put the file back from a copy of the storage.",
            )
        return data

    def list(self, prefix: str) -> Iterator[Stored]:
        """See ``BlobBackend``."""
        waiting = [(prefix, self._path(prefix.rstrip("/")) if prefix else self._root)]
        while waiting:
            names, folder = waiting.pop()
            for entry in self._entries(folder):
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((f"{names}{entry.name}/", folder / entry.name))
                elif entry.name.startswith(TEMPORARY):
                    self._drop_leftover(entry)
                else:
                    with _explained(names + entry.name, "listed"):
                        try:
                            size = entry.stat().st_size
                        except FileNotFoundError:  # removed since
                            continue
                    yield Stored(names + entry.name, size)

    def folders(self, prefix: str) -> Iterator[str]:
        """See ``BlobBackend``."""
        folder = self._path(prefix.rstrip("/")) if prefix else self._root
        yield from sorted(e.name for e in self._entries(folder) if e.is_dir(follow_symlinks=False))

    def delete(self, name: str) -> None:
        """See ``BlobBackend``."""
        path = self._path(name)
        with _explained(name, "deleted"):
            try:
                self._disk.remove(path)
            except FileNotFoundError:
                return
            self._disk.flush_folder(path.parent)

    def settle(self, folder: str) -> None:
        """See ``Settles``."""
        top = self._path(folder) if folder else self._root
        with _explained(folder or "The storage", "made durable"):
            if not top.is_dir():
                return
            waiting = [top]
            while waiting:
                one = waiting.pop()
                self._disk.flush_folder(one)
                entries = self._entries(one)
                waiting += [one / e.name for e in entries if e.is_dir(follow_symlinks=False)]

    def drop_folder(self, folder: str) -> None:
        """Remove a folder, those in it and those above it, as far as nothing is in them."""
        for inner in self.folders(f"{folder}/"):
            self.drop_folder(f"{folder}/{inner}")
        with suppress(OSError):
            for one in (self._path(folder), *self._path(folder).parents):
                if one == self._root:
                    return
                one.rmdir()

    def _path(self, name: str) -> Path:
        return Path(self._place(name))

    def _place(self, name: str) -> str:
        """Say where a file lies, as text: a ``Path`` doubles the time of a small read."""
        return f"{self._root}/{checked_name(name)}"

    def _entries(self, folder: Path) -> _Entries:
        with _explained(str(folder), "listed"):
            try:
                with os.scandir(folder) as entries:
                    return [*entries]
            except FileNotFoundError:
                return []
            except NotADirectoryError as error:
                raise OperatorError(
                    f"{folder} is a file and not a folder.",
                    hint="Give the folder of the storage; it may be one that is not there yet.",
                ) from error

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, each one durable in its parent.

        One that is there may be so new that its maker was killed before it was durable; so that is
        seen to as well, once for each.
        """
        is_there = folder.is_dir()
        if is_there and (folder in self._named or self._root not in folder.parents):
            return
        self._make_folder(folder.parent)
        if not is_there:
            with suppress(FileExistsError):
                self._disk.make_folder(folder)
        self._disk.flush_folder(folder.parent)
        if len(self._named) >= _NAMED_MAX:
            self._named.clear()
        self._named.add(folder)

    def _drop_leftover(self, entry: os.DirEntry[str]) -> None:
        """Remove what a killed process was writing, once nobody can be writing it any more."""
        with suppress(OSError):
            if self._clock.now().timestamp() - entry.stat().st_mtime > LEFTOVER_AGE_S:
                self._disk.remove(Path(entry.path))

    def _write_durably(self, path: Path, data: Data) -> None:
        descriptor = self._disk.create(path)
        try:
            left = memoryview(data)
            while left:
                left = left[self._disk.write(descriptor, left) :]
            self._disk.flush(descriptor)
        finally:
            os.close(descriptor)

    def _publish(self, temporary: Path, path: Path) -> None:
        """Give the file its real name, never over an existing one."""
        try:
            self._disk.link(temporary, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # A file system without hard links (exFAT, some network shares): names that are hashes,
            # and one writer at a time for the others, make the moment between these two steps
            # harmless.
            if path.exists():
                raise FileExistsError(path) from None
            self._disk.rename(temporary, path)


def _holds(path: Path, data: Data) -> bool:
    return path.stat().st_size == len(data) and path.read_bytes() == data


def _read_whole(path: str, name: str) -> bytes:
    """Read all of a file, and never more than there may be: some tell no length, or a wrong one."""
    descriptor = os.open(path, _READING)
    try:
        size = os.fstat(descriptor).st_size
        refuse_long(name, size)
        pieces: list[bytes] = []
        count = 0
        while piece := os.read(descriptor, max(size - count, _PIECE_BYTES)):
            pieces.append(piece)
            count += len(piece)
            refuse_long(name, count)
    finally:
        os.close(descriptor)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _read_range(path: str, offset: int, length: int) -> bytes:
    """Read up to ``length`` bytes; the operating system may give them in several helpings."""
    descriptor = os.open(path, _READING)
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        pieces = [os.read(descriptor, length)]
        left = length - len(pieces[0])
        while left and pieces[-1]:
            pieces.append(os.read(descriptor, left))
            left -= len(pieces[-1])
    finally:
        os.close(descriptor)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@contextmanager
def _explained(name: str, done: str) -> Iterator[None]:
    """Say what an operating system error means for the storage."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise NotStored(
            f"{name} is not in the storage.",
            why=error.strerror or "",
            hint="Put the file back from a copy of the storage.",
        ) from error
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in _FULL:
            raise StorageFull(
                f"The storage is full: {name} could not be {done}.",
                why=why,
                hint="Free some space or extend the volume, then run again; nothing is lost.",
            ) from error
        if error.errno == errno.EIO and done == _READ:
            raise Unreadable(
                f"The disk does not give {name}.",
                why=why,
                hint="Copy the storage to another disk before more of it goes, or see whether the "
                "share is well; what else is there can be restored meanwhile.",
            ) from error
        raise OperatorError(
            f"{name} could not be {done} in the storage.",
            why=why,
            hint="Check that the volume is mounted and that our account may write to it.",
        ) from error
