"""The command line in this process, with a server and a storage in memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from strongroom import compose
from strongroom.cli.main import main
from tests.cli.made import Made, Run, make
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


@pytest.fixture(scope="session")
def made_ready(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made-ready")

    def begin(home: Path, world: World) -> None:
        home.mkdir(mode=0o700)
        shutil.copy(sqlite_template, home / "control.db")
        world.make_storage()

    def commands(run: Run, _: World) -> None:
        run(
            "connection", "add", "exchange-onprem", "office", "--server", "mail.example",
            "--user", "backup@example", "--auth", "basic",
            "--account-password-file", password_file(folder),
        )  # fmt: skip
        run("storage", "add", "disk", STORAGE_URL, "--password-file", storage_password_file(folder))

    return make(folder, commands, begin)


@pytest.fixture
def ready(cli: Cli, home: Path, world: World, made_ready: Made, tmp_path: Path) -> Cli:
    """Give a home that knows the connection ``office`` and the storage ``disk``."""
    made_ready.lay_out(home, world)
    password_file(tmp_path)
    storage_password_file(tmp_path)
    return cli


@pytest.fixture(scope="session")
def made_kept(made_ready: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    def commands(run: Run, world: World) -> None:
        world.estate.add("ann@example", items=4)
        run(
            "job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
            "--resource", "ann@example",
        )  # fmt: skip
        run("job", "run", "nightly", "--wait")

    return make(tmp_path_factory.mktemp("made-kept"), commands, made_ready.lay_out)


@pytest.fixture
def kept(ready: Cli, home: Path, world: World, made_kept: Made) -> Cli:
    """Give a storage that holds ann's mailbox, backed up by the job ``nightly``."""
    world.estate.add("ann@example", items=4)
    made_kept.lay_out(home, world)
    return ready


def storage_password_file(folder: Path) -> Path:
    return password_file(folder, STORAGE_PASSWORD, "storage-password")
