"""Writing files below one folder and nowhere else, whatever names and links lie in the way.

Every step down is made from the folder above it without following links (``folder_handles``), and a
file appears under its name only when it is whole, and only if nothing has that name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from strongroom.errors import ItemError, OperatorError, StorageFull
from strongroom.operations.folder_handles import BadName, FolderHandle, NotAFolder, stand_in

_FULL = {errno.ENOSPC, errno.EDQUOT}
_COMPARED_BYTES = 1024 * 1024


class OutputFolder:
    """A folder to write into; a context manager.

    Args:
        path: The folder, made if need be, with its parents.
        stand: Opens a folder to write into, in the way that fits the operating system.

    Raises:
        OperatorError: it cannot be made or opened.
    """

    def __init__(self, path: Path, stand: Callable[[Path], FolderHandle] = stand_in) -> None:
        self._path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._root = stand(path)
        except OSError as error:
            raise OperatorError(
                f"The output folder {path} cannot be used.", why=error.strerror or ""
            ) from error
        self._open: tuple[tuple[str, ...], FolderHandle] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()
        self._root.close()

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
        with _told(self._path, names):
            folder = self._enter(names)
            temporary = f".strongroom-{secrets.token_hex(8)}.part"
            try:
                self._write_whole(folder, temporary, pieces, when)
                self._publish(folder, temporary, names)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    folder.remove(temporary)

    def _write_whole(
        self, folder: FolderHandle, name: str, pieces: Iterable[bytes], when: datetime | None
    ) -> None:
        # Not through a file object: most files are one small piece, and cost less than one.
        descriptor = folder.create(name)
        try:
            for piece in pieces:
                left = memoryview(piece)
                while left:
                    left = left[os.write(descriptor, left) :]
        finally:
            os.close(descriptor)
        if when is not None:
            # A time that the file system cannot hold is no reason to lose the file.
            with contextlib.suppress(OverflowError, OSError):
                folder.set_time(name, when.timestamp())

    def _publish(self, folder: FolderHandle, temporary: str, names: tuple[str, ...]) -> None:
        """Give the whole file its name, unless something has it."""
        try:
            folder.publish(temporary, names[-1])
        except FileExistsError:
            if not _are_same(folder, temporary, names[-1]):
                raise ItemError(
                    f"{'/'.join(names)} exists already with other content.",
                    code="exists",
                    hint="Export into an empty folder.",
                ) from None

    def _enter(self, names: tuple[str, ...]) -> FolderHandle:
        """Step into the folder that a file goes into, making what is not there."""
        above = names[:-1]
        if not above:
            return self._root
        if self._open is not None and self._open[0] == above:
            return self._open[1]
        self._leave()
        here = self._root
        for name in above:
            try:
                below = here.below(name)
            except NotAFolder as error:
                raise _unsafe(names, f"{name} is not a folder but a link or a file.") from error
            finally:
                if here is not self._root:
                    here.close()
            here = below
        self._open = (above, here)
        return here

    def _leave(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


def _are_same(folder: FolderHandle, one: str, other: str) -> bool:
    """Say whether two files hold the same bytes; a link or a folder is never the same."""
    try:
        with (
            os.fdopen(folder.open(one), "rb") as left,
            os.fdopen(folder.open(other), "rb") as right,
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
def _told(path: Path, names: tuple[str, ...]) -> Iterator[None]:
    """Say in our own words what the operating system refuses."""
    try:
        yield
    except BadName as error:
        raise _unsafe(names, "This system takes a part of it for something else.") from error
    except OSError as error:
        kind = StorageFull if error.errno in _FULL else OperatorError
        raise kind(
            f"The output folder {path} cannot be written.", why=error.strerror or str(error)
        ) from error


def _unsafe(names: tuple[str, ...], why: str) -> ItemError:
    return ItemError(f"{'/'.join(names)} is not written.", code="unsafe-name", why=why)
