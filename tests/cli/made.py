"""Homes that were made once in a test process, laid out anew for each test that begins with one."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import pytest

from strongroom import compose
from strongroom.cli.main import main
from strongroom.clock import Clock
from tests.fakes.mail_server import STORAGE_URL, World
from tests.fakes.memory_backend import MemoryBackend

Run = Callable[..., str]
"""Runs a command to the exit code that is expected; gives what it printed."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A home and its storage as some commands left them.

    Attributes:
        home: A copy of the home.
        files: What the storage holds.
        clock: What time it was then.
    """

    home: Path
    files: dict[str, bytes]
    clock: Clock

    def lay_out(self, home: Path, world: World) -> None:
        """Put all of it into a test's own world; what servers hold is for the test to add."""
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        _disk(world).files.update(self.files)
        world.clock = copy(self.clock)


def make(
    folder: Path, commands: Callable[[Run, World], None], begin: Callable[[Path, World], None]
) -> Made:
    """Have commands run once, in a world that is not any test's.

    Args:
        folder: An empty one; the home stays there.
        commands: Runs them.
        begin: Makes the home, and what is there before.
    """
    home, world = folder / "home", World()
    begin(home, world)

    def run(*words: object, expect: int = 0) -> str:
        told, beside = io.StringIO(), io.StringIO()
        with redirect_stdout(told), redirect_stderr(beside), pytest.raises(SystemExit) as ended:
            main(["--home", str(home), *(str(word) for word in words)])
        assert ended.value.code == expect, (words, told.getvalue(), beside.getvalue())
        return told.getvalue()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compose, "real_ports", lambda clock=None: world.ports())
        commands(run, world)
    return Made(home=home, files=dict(_disk(world).files), clock=world.clock)


def _disk(world: World) -> MemoryBackend:
    backend = world.open_backend(STORAGE_URL)
    assert isinstance(backend, MemoryBackend)
    return backend
