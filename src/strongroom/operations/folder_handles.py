"""Standing in a folder: the few things that writing below one needs from the operating system.

Two ways to stand. ``HeldFolder`` holds the folder itself open, so nobody can put a link in its
place once we are in. Where the system knows no such handles (Windows), ``NamedFolder`` goes by
names and looks at each step whether it leads through a link; somebody who may write into the
output while an export runs could slip one in between the look and the step.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Protocol, Self

from strongroom.content.names import safe_name

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_BINARY = getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_OLD = os.O_RDONLY | _BINARY
_NAME_BYTES_MAX = 255
_REPARSE_POINT = 0x400
"""FILE_ATTRIBUTE_REPARSE_POINT: links, junctions and other things that lead elsewhere."""


class NotAFolder(Exception):
    """A link, or a file, lies where a folder is wanted."""


class BadName(Exception):
    """This system would take the name for a way to somewhere else."""


class FolderHandle(Protocol):
    """A folder that we stand in. Names are single names, never paths; links are never followed.

    Every method may raise ``OSError`` and ``BadName``.
    """

    def below(self, name: str) -> Self:
        """Step into a folder, made if need be; the caller closes it.

        Raises:
            NotAFolder: something else lies there.
        """

    def create(self, name: str) -> int:
        """Open a new file for writing, for its owner only; ``FileExistsError`` if it is there."""

    def open(self, name: str) -> int:
        """Open a file for reading."""

    def set_time(self, name: str, when_s: float) -> None:
        """Give a file its time, in seconds since 1970."""

    def publish(self, old: str, new: str) -> None:
        """Give a file a second name, or another one; ``FileExistsError`` if something has it."""

    def remove(self, name: str) -> None:
        """Take a name away."""

    def close(self) -> None:
        """Step out."""


class HeldFolder:
    """A folder that is held open.

    Args:
        descriptor: Of the open folder; closed with this.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open a folder by its path; links on the way to it are the operator's own."""
        return cls(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def below(self, name: str) -> Self:
        """See ``FolderHandle``."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=self._descriptor)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return type(self)(os.open(name, flags, dir_fd=self._descriptor))
        except NotADirectoryError as error:
            raise NotAFolder from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise NotAFolder from error
            raise

    def create(self, name: str) -> int:
        """See ``FolderHandle``."""
        flags = _NEW | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(name, flags, 0o600, dir_fd=self._descriptor)

    def open(self, name: str) -> int:
        """See ``FolderHandle``."""
        return os.open(name, _OLD | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._descriptor)

    def set_time(self, name: str, when_s: float) -> None:
        """See ``FolderHandle``."""
        os.utime(name, (when_s, when_s), dir_fd=self._descriptor, follow_symlinks=False)

    def publish(self, old: str, new: str) -> None:
        """See ``FolderHandle``."""
        here = self._descriptor
        try:
            os.link(old, new, src_dir_fd=here, dst_dir_fd=here, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            with contextlib.suppress(FileNotFoundError):
                os.stat(new, dir_fd=here, follow_symlinks=False)
                raise FileExistsError(new) from error
            os.rename(old, new, src_dir_fd=here, dst_dir_fd=here)

    def remove(self, name: str) -> None:
        """See ``FolderHandle``."""
        os.unlink(name, dir_fd=self._descriptor)

    def close(self) -> None:
        """See ``FolderHandle``."""
        os.close(self._descriptor)


class NamedFolder:
    """A folder that is known by its path, for systems without handles of folders.

    Args:
        path: Absolute; everything on the way to it is the operator's own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def at(cls, path: Path) -> Self:
        """Stand in a folder that is there."""
        return cls(path.resolve(strict=True))

    def below(self, name: str) -> Self:
        """See ``FolderHandle``."""
        path = self._of(name)
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        if not stat.S_ISDIR(path.lstat().st_mode) or _leads_elsewhere(path):
            raise NotAFolder
        return type(self)(path)

    def create(self, name: str) -> int:
        """See ``FolderHandle``. Exclusive creation follows no link on any system."""
        return os.open(self._of(name), _NEW, 0o600)

    def open(self, name: str) -> int:
        """See ``FolderHandle``."""
        path = self._of(name)
        if _leads_elsewhere(path):
            raise OSError(errno.ELOOP, "It is a link.")
        return os.open(path, _OLD)

    def set_time(self, name: str, when_s: float) -> None:
        """See ``FolderHandle``."""
        os.utime(self._of(name), (when_s, when_s))

    def publish(self, old: str, new: str) -> None:
        """See ``FolderHandle``."""
        source, target = self._of(old), self._of(new)
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if os.path.lexists(target):
                raise FileExistsError(new) from error
            source.rename(target)

    def remove(self, name: str) -> None:
        """See ``FolderHandle``."""
        self._of(name).unlink()

    def close(self) -> None:
        """See ``FolderHandle``."""

    def _of(self, name: str) -> Path:
        # ``C:x`` is a path on another drive, ``x:y`` a hidden stream of x, ``NUL`` a device and
        # ``x.`` the same as ``x``: on Windows, all of them are something else than a file's name.
        plain = name.removeprefix(".")
        if not plain or safe_name(plain, bytes_max=_NAME_BYTES_MAX) != plain:
            raise BadName
        return self._path / name


def _leads_elsewhere(path: Path) -> bool:
    """Say whether something that is there is a link of any kind."""
    state = path.lstat()
    attributes = getattr(state, "st_file_attributes", 0)
    return stat.S_ISLNK(state.st_mode) or bool(attributes & _REPARSE_POINT)


def stand_in(path: Path) -> FolderHandle:
    """Stand in a folder, in the best way that this system knows."""
    return HeldFolder.at(path) if os.open in os.supports_dir_fd else NamedFolder.at(path)
