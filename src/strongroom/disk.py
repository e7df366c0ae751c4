"""What it takes until a name, and not only a file's content, survives a power cut."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable: what was created, linked, renamed or removed there.

    Flushing a file keeps its content; the name by which it is found lies in the folder, which has
    to be flushed by itself.
    """
    if os.name == "nt":  # Windows cannot open a folder; NTFS journals its names by itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems know no fsync of folders
            raise
    finally:
        os.close(descriptor)


def make_own_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for our account alone.

    Python's own way to make all at once gives those above the rights that any program's have.
    """
    if not folder.is_dir():
        make_own_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


class Disk:
    """The changes that a storage makes on this machine's disk, each of them one step.

    A machine may die before any of them; whoever wants to see what is left then puts another disk
    in the place of this one.
    """

    def create(self, path: Path) -> int:
        """Make a new file for our account alone; give its descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write some of the data; say how many bytes."""
        return os.write(descriptor, data)

    def flush(self, descriptor: int) -> None:
        """Make a file's content durable."""
        os.fsync(descriptor)

    def link(self, path: Path, name: Path) -> None:
        """Give a file a second name, never over an existing one."""
        os.link(path, name)

    def rename(self, path: Path, name: Path) -> None:
        """Give a file another name, over an existing one if there is one."""
        path.replace(name)

    def remove(self, path: Path) -> None:
        """Remove a file's name."""
        path.unlink()

    def make_folder(self, path: Path) -> None:
        """Make a folder for our account alone."""
        path.mkdir(mode=0o700)

    def flush_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""
        flush_folder(path)
