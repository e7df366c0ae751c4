"""A recorder of what the operating system was asked to make durable, and in which order."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


class DiskLog:
    """What happened to files below a folder, in order: ``write``, ``flush``, ``link``, ``remove``.

    Entries are pairs of a word and a name relative to the folder; ``.`` is the folder itself.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entries: list[tuple[str, str]] = []
        self._folder = folder.resolve()
        self._patch(monkeypatch, "fsync", lambda fd: ("flush", self._of(fd)))
        self._patch(monkeypatch, "write", lambda fd, _data: ("write", self._of(fd)))
        self._patch(monkeypatch, "link", lambda _old, new, **_: ("link", self._name(Path(new))))
        self._patch(monkeypatch, "unlink", lambda path, **_: ("remove", self._name(Path(path))))

    def first(self, word: str, name: str) -> int:
        """Say when something happened first."""
        return self.entries.index((word, name))

    def _patch(
        self, monkeypatch: pytest.MonkeyPatch, name: str, tell: Callable[..., tuple[str, str]]
    ) -> None:
        real = getattr(os, name)

        def recorded(*args: Any, **named: Any) -> Any:
            told = tell(*args, **named)
            done = real(*args, **named)
            self.entries.append(told)
            return done

        monkeypatch.setattr(os, name, recorded)

    def _of(self, descriptor: int) -> str:
        return self._name(Path(f"/proc/self/fd/{descriptor}").readlink())

    def _name(self, path: Path) -> str:
        path = path.absolute()
        return str(path.relative_to(self._folder)) if path.is_relative_to(self._folder) else ""
