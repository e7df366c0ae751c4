"""The command line in this process, with a server and a storage in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from strongroom import compose
from strongroom.cli.main import main
from tests.fakes.mail_server import STORAGE_URL, World, password_file
from tests.fakes.storages import PASSWORD as STORAGE_PASSWORD


@dataclass(frozen=True)
class Ended:
    """A finished command."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)


Cli = Callable[..., Ended]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(compose, "real_ports", lambda clock=None: world.ports())
    return world


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def cli(world: World, home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command to its end; with ``expect``, insist on its exit code."""

    def run(*words: object, expect: int | None = None) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(["--home", str(home), *(str(word) for word in words)])
        told = capsys.readouterr()
        code = caught.value.code
        ended = Ended(code=code if isinstance(code, int) else 0, stdout=told.out, stderr=told.err)
        if expect is not None:
            assert ended.code == expect, (words, ended)
        return ended

    return run


@pytest.fixture
def ready(cli: Cli, world: World, tmp_path: Path) -> Cli:
    """Give a home that knows the connection ``office`` and the storage ``disk``."""
    world.make_storage()
    cli(
        "connection", "add", "exchange-onprem", "office", "--server", "mail.example",
        "--user", "backup@example", "--auth", "basic",
        "--account-password-file", password_file(tmp_path), expect=0,
    )  # fmt: skip
    cli(
        "storage", "add", "disk", STORAGE_URL,
        "--password-file", password_file(tmp_path, STORAGE_PASSWORD, "storage-password"), expect=0,
    )  # fmt: skip
    return cli


@pytest.fixture
def kept(ready: Cli, world: World) -> Cli:
    """Give a storage that holds ann's mailbox, backed up by the job ``nightly``."""
    world.estate.add("ann@example", items=4)
    ready(
        "job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
        "--resource", "ann@example", expect=0,
    )  # fmt: skip
    ready("job", "run", "nightly", "--wait", expect=0)
    return ready
