"""A disk that dies or fills up as planned, and then has forgotten what was never flushed.

A killed process leaves everything that it wrote. A power cut takes what was not flushed: a file's
content, and by itself the name of a file, for that lies in its folder. What is lost then is up to
the file system; this disk loses all that it may lose, or (``loses=False``) nothing. What is flushed
is remembered and not flushed in earnest, which would take most of a test's time.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from strongroom.disk import Disk
from tests.fakes.faults import Faults, PowerCut, Step


class FaultyDisk(Disk):
    """Does everything on the real disk, unless a fault is planned.

    Args:
        faults: The plan. Its steps are ``create``, ``write``, ``flush``, ``link``, ``rename``,
            ``remove``, ``make_folder`` and ``flush_folder``, with whole paths as names.
        loses: Whether a power cut takes what was not flushed.
    """

    def __init__(self, faults: Faults, *, loses: bool = True) -> None:
        self._faults = faults
        self._loses = loses
        self._one_at_a_time = threading.RLock()
        self._open: dict[int, Path] = {}
        self._unwritten: set[Path] = set()
        self._undo: dict[Path, list[Callable[[], None]]] = defaultdict(list)

    def after_kill(self, faults: Faults) -> FaultyDisk:
        """Give the disk as the next process finds it, on which nothing was flushed in between."""
        disk = FaultyDisk(faults)
        disk._unwritten, disk._undo = self._unwritten, self._undo
        return disk

    def create(self, path: Path) -> int:
        with self._one_at_a_time:
            self._step("create", path)
            descriptor = super().create(path)
            self._open[descriptor] = path
            self._undo[path.parent].append(lambda: path.unlink(missing_ok=True))
            return descriptor

    def write(self, descriptor: int, data: memoryview) -> int:
        with self._one_at_a_time:
            path = self._open[descriptor]
            try:
                self._step("write", path)
            except (PowerCut, OSError):
                if path.exists():  # half of it may have reached the disk
                    super().write(descriptor, data[: len(data) // 2])
                raise
            self._unwritten.add(path)
            return super().write(descriptor, data)

    def flush(self, descriptor: int) -> None:
        with self._one_at_a_time:
            path = self._open[descriptor]
            self._step("flush", path)
            self._unwritten.discard(path)

    def link(self, path: Path, name: Path) -> None:
        with self._one_at_a_time:
            self._step("link", name)
            super().link(path, name)
            if path in self._unwritten:
                self._unwritten.add(name)
            self._undo[name.parent].append(lambda: name.unlink(missing_ok=True))

    def rename(self, path: Path, name: Path) -> None:
        with self._one_at_a_time:
            self._step("rename", name)
            kept = name.read_bytes() if name.exists() else None
            super().rename(path, name)
            if path in self._unwritten:
                self._unwritten.add(name)

            def undo() -> None:
                name.replace(path)
                if kept is not None:
                    name.write_bytes(kept)

            self._undo[name.parent].append(undo)

    def remove(self, path: Path) -> None:
        with self._one_at_a_time:
            self._step("remove", path)
            kept = path.read_bytes()
            super().remove(path)
            self._undo[path.parent].append(lambda: _put_back(path, kept))

    def make_folder(self, path: Path) -> None:
        with self._one_at_a_time:
            self._step("make_folder", path)
            super().make_folder(path)
            self._undo[path.parent].append(lambda: shutil.rmtree(path, ignore_errors=True))

    def flush_folder(self, path: Path) -> None:
        with self._one_at_a_time:
            self._step("flush_folder", path)
            self._undo.pop(path, None)

    def _step(self, verb: str, path: Path) -> None:
        was_dead = self._faults.is_dead
        try:
            self._faults.before(Step(verb, str(path)), no_room=_no_room)
        except PowerCut:
            if not was_dead and self._loses:
                self.lose()
            raise

    def lose(self) -> None:
        """Take back whatever was not flushed, newest first within each folder."""
        for path in self._unwritten:
            with suppress(FileNotFoundError):
                os.truncate(path, 0)
        for undo in self._undo.values():
            for step in reversed(undo):
                with suppress(FileNotFoundError):
                    step()


def _put_back(path: Path, content: bytes) -> None:
    with suppress(FileNotFoundError):
        path.write_bytes(content)


def _no_room(_: str) -> Exception:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
