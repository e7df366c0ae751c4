"""Writing files below one folder and nowhere else, whatever names and links lie in the way.

Every step down is opened from the folder above it without following links, and a file appears under
its name only when it is whole, and only if nothing has that name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from strongroom.errors import ItemError, OperatorError, StorageFull

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_COMPARED_BYTES = 1024 * 1024


class OutputFolder:
    """A folder to write into; a context manager.

    Args:
        path: The folder, made if need be, with its parents.

    Raises:
        OperatorError: it cannot be made or opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise OperatorError(
                f"The output folder {path} cannot be used.", why=error.strerror or ""
            ) from error
        self._open: tuple[tuple[str, ...], int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()
        os.close(self._root)

    def write(self, names: tuple[str, ...], pieces: Iterable[bytes], when: datetime | None) -> None:
        """Write one file below the folder.

        Args:
            names: Its path below the folder.
            pieces: Its content.
            when: Its time; None: now.

        Raises:
            ItemError: the name is not safe, a link or file lies in the way (``unsafe-name``), or
                other bytes have that name already (``exists``). Nothing was written over.
            StorageFull: the disk is full; no half file is left.
            OperatorError: the operating system refuses.
        """
        for name in names:
            if name in {"", ".", ".."} or set(name) & set("/\\\0"):
                raise _unsafe(names, "It has a name that could lead out of the output folder.")
        with _told(self._path):
            folder = self._enter(names)
            temporary = f".strongroom-{secrets.token_hex(8)}.part"
            try:
                self._write_whole(folder, temporary, pieces, when)
                self._publish(folder, temporary, names)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=folder)

    def _write_whole(
        self, folder: int, name: str, pieces: Iterable[bytes], when: datetime | None
    ) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY
        fd = os.open(name, flags, 0o600, dir_fd=folder)
        with os.fdopen(fd, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            if when is not None:
                # A time that the file system cannot hold is no reason to lose the file.
                with contextlib.suppress(OverflowError, OSError):
                    os.utime(fd, (when.timestamp(), when.timestamp()))

    def _publish(self, folder: int, temporary: str, names: tuple[str, ...]) -> None:
        """Give the whole file its name, unless something has it."""
        try:
            os.link(
                temporary,
                names[-1],
                src_dir_fd=folder,
                dst_dir_fd=folder,
                follow_symlinks=False,
            )
        except FileExistsError:
            if not _are_same(folder, temporary, names[-1]):
                raise ItemError(
                    f"{'/'.join(names)} exists already with other content.",
                    code="exists",
                    hint="Export into an empty folder.",
                ) from None

    def _enter(self, names: tuple[str, ...]) -> int:
        """Open the folder that a file goes into, making what is not there."""
        above = names[:-1]
        if self._open is not None and self._open[0] == above:
            return self._open[1]
        self._leave()
        fd = os.dup(self._root)
        for name in above:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=fd)
            try:
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | _NO_FOLLOW, dir_fd=fd)
            except NotADirectoryError as error:
                raise _unsafe(names, f"{name} is not a folder but a link or a file.") from error
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise _unsafe(names, f"{name} is a link.") from error
                raise
            finally:
                os.close(fd)
            fd = below
        self._open = (above, fd)
        return fd

    def _leave(self) -> None:
        if self._open is not None:
            os.close(self._open[1])
            self._open = None


def _are_same(folder: int, one: str, other: str) -> bool:
    """Say whether two files hold the same bytes; a link or a folder is never the same."""
    flags = os.O_RDONLY | _NO_FOLLOW | _BINARY
    try:
        with (
            os.fdopen(os.open(one, flags, dir_fd=folder), "rb") as left,
            os.fdopen(os.open(other, flags, dir_fd=folder), "rb") as right,
        ):
            while True:
                mine, theirs = left.read(_COMPARED_BYTES), right.read(_COMPARED_BYTES)
                if mine != theirs:
                    return False
                if not mine:
                    return True
    except OSError:
        return False


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in our own words what the operating system refuses."""
    try:
        yield
    except OSError as error:
        kind = StorageFull if error.errno in _FULL else OperatorError
        raise kind(
            f"The output folder {path} cannot be written.", why=error.strerror or str(error)
        ) from error


def _unsafe(names: tuple[str, ...], why: str) -> ItemError:
    return ItemError(f"{'/'.join(names)} is not written.", code="unsafe-name", why=why)
