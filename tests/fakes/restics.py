"""restic itself, in two versions: this machine's own and the newest one that Debian has.

``make judges`` gets both; whichever is not there says NOT SHOWN. Tests that take the fixture
``restic_program`` run with each.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from tests.fakes.storages import PASSWORD

NEWEST = Path(sys.prefix) / "judges" / "restic"
"""Where tests/judges/restic_newest.sh puts it."""

STREAMING = (0, 18)
"""From here on ``rewrite`` proves a tree's order and its JSON, byte for byte."""


@dataclass(frozen=True, slots=True)
class Restic:
    """One version of the real program, on one repository.

    Attributes:
        program: Where the program lies.
        repository: Its ``--repo``: a folder, or an address.
        more: Environment variables beside those that it always gets.
    """

    program: str
    repository: str
    more: Mapping[str, str]

    def __call__(self, *arguments: str) -> bytes:
        """Run a command that must succeed; give what it said."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stderr.decode(errors='replace')}"
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command that may fail."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("TMPDIR", "/tmp"),
            "RESTIC_PASSWORD": PASSWORD,
            "GOMAXPROCS": "2",
            "TZ": "Asia/Kolkata",
            **self.more,
        }
        return subprocess.run(
            [self.program, "--no-cache", "--repo", self.repository, *arguments],
            env=environment,
            capture_output=True,
            timeout=300,
            check=False,
        )


@dataclass(frozen=True, slots=True)
class ResticProgram:
    """One version of the program."""

    path: str
    version: tuple[int, ...]

    def on(self, repository: Path | str, **more: str) -> Restic:
        """Point it at a repository."""
        return Restic(self.path, str(repository), more)

    @property
    def rebuild_index(self) -> tuple[str, ...]:
        """The command that makes the index anew; its name changed."""
        old = ("rebuild-index", "--read-all-packs")
        return old if self.version < (0, 16) else ("repair", "index", "--read-all-packs")


@lru_cache(maxsize=2)
def machines_own() -> ResticProgram | None:
    """Find the machine's own restic; None: there is none."""
    path = shutil.which("restic")
    return None if path is None else _program(path)


@lru_cache(maxsize=2)
def newest() -> ResticProgram | None:
    """Find the newest restic; None: it was not got."""
    return _program(str(NEWEST)) if NEWEST.exists() else None


@pytest.fixture(params=["own", "newest"])
def restic_program(request: pytest.FixtureRequest) -> ResticProgram:
    """Give one version of the program after the other."""
    found = machines_own() if request.param == "own" else newest()
    if found is None:
        pytest.skip(f"NOT SHOWN: the {request.param} restic is not here, so it judged nothing")
    return found


@pytest.fixture
def restic_that_proves_trees() -> ResticProgram:
    """Give a version whose ``rewrite`` refuses every tree that is not byte for byte its own."""
    for found in (newest(), machines_own()):
        if found is not None and found.version >= STREAMING:
            return found
    pytest.skip("NOT SHOWN: no restic of 0.18 or newer is here, so nobody proved our trees")


def prove_trees(restic: Restic) -> None:
    """Let restic write every tree anew, in memory, and see that none changes by it.

    It also counts what every snapshot holds, and finds the same as its summary says.
    """
    said = restic("rewrite", "--dry-run", "--exclude", "nothing has this name").decode()
    assert "no snapshots would be modified" in said, said


def _program(path: str) -> ResticProgram:
    said = subprocess.run([path, "version"], capture_output=True, timeout=60, check=True).stdout
    match = re.search(rb"restic (\d+)\.(\d+)\.(\d+)", said)
    assert match is not None, said
    return ResticProgram(path, tuple(int(number) for number in match.groups()))
