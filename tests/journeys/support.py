"""The command line as a person or a script runs it: one process per command (``forked.py``)."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import pytest

from strongroom.cli.main import main
from tests.fakes.marked import canary, secret_file
from tests.journeys.forked import Running, starter
from tests.secrecy import run_search

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = REPOSITORY.parent / "shared" / "corpus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A finished command: its exit code, the document on stdout, the messages on stderr."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)


class Strongroom:
    """The program with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.storage_password = self.secret(
            "storage-password", canary("storage password of a journey")
        )

    def secret(self, name: str, text: str) -> Path:
        """Keep a secret in a file, since no command takes one as an argument."""
        return secret_file(self.folder / name, text)

    def command(self, *words: object) -> list[str]:
        base = [sys.executable, "-m", "strongroom.cli.main", "--home", str(self.home)]
        return [*base, *(str(word) for word in words)]

    def run(self, *words: object, stdin: str = "", timeout_s: float = 240) -> Ended:
        """Run a command to its end, whatever comes of it; without a terminal, as in a script."""
        arguments = ["--home", str(self.home), *(str(word) for word in words)]
        with TemporaryFile() as said, TemporaryFile() as told, TemporaryFile() as beside:
            said.write(stdin.encode())
            said.seek(0)
            code = starter().run(
                arguments,
                [said.fileno(), told.fileno(), beside.fileno()],
                {**os.environ, "COLUMNS": "200"},
                timeout_s,
            )
            ended = Ended(code=code, stdout=_whole(told), stderr=_whole(beside))
        for text in (ended.stdout, ended.stderr):
            run_search.note(f"printed by {words[:2]}", text)
        return ended

    def start(self, *words: object) -> Running:
        """Start a command that is to run for a while; it may read nothing."""
        arguments = ["--home", str(self.home), *(str(word) for word in words)]
        return starter().start(
            arguments,
            {**os.environ, "COLUMNS": "200"},
            lambda text: run_search.note(f"printed by {words[:2]}", text),
        )

    def __call__(self, *words: object, expect: int = 0) -> Any:
        """Run a command with ``--json``, insist on its exit code, give back the document."""
        ended = self.run(*words, "--json")
        assert ended.code == expect, (words, ended.code, ended.stdout[-3000:], ended.stderr[-3000:])
        return json.loads(ended.stdout) if ended.stdout.strip() else None

    def connect(
        self, url: str, ca_file: Path | str, user: str, password: str, name: str = "lab"
    ) -> None:
        file = self.secret(f"{name}-password", password)
        self(
            "connection", "add", "exchange-onprem", name, "--server", url, "--user", user,
            "--auth", "basic", "--account-password-file", file, "--ca-file", ca_file,
        )  # fmt: skip

    def add_storage(self, name: str = "disk") -> Path:
        path = self.folder / f"storage-{name}"
        self("storage", "add", name, path, "--password-file", self.storage_password)
        return path

    def back_up(self, job: str, *resources: str, expect: int = 0) -> Any:
        """Run the backup job of that name, made first if need be."""
        if job not in {known["name"] for known in self("job", "list")}:
            chosen = [word for r in resources for word in ("--resource", r)] or ["--all"]
            self(
                "job", "add", "backup", job, "--connection", "lab", "--storage", "disk", *chosen
            )  # fmt: skip
        return self("job", "run", job, "--wait", expect=expect)


class Spawned(Strongroom):
    """Every command is a program that is started anew, as a person starts it."""

    def run(self, *words: object, stdin: str = "", timeout_s: float = 240) -> Ended:
        """As ``Strongroom`` does."""
        done = subprocess.run(
            self.command(*words),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env={**os.environ, "COLUMNS": "200"},
        )
        return Ended(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


class InProcess(Strongroom):
    """The program in this process: a command starts ten times as fast.

    For journeys of many short commands. What is particular to a process (its end, what it is
    started with) is for the others to show.
    """

    def run(self, *words: object, stdin: str = "", timeout_s: float = 240) -> Ended:
        """As ``Strongroom`` does, but for standard input and the timeout."""
        assert not stdin
        told, beside = io.StringIO(), io.StringIO()
        with redirect_stdout(told), redirect_stderr(beside), pytest.raises(SystemExit) as ended:
            main(["--home", str(self.home), *(str(word) for word in words)])
        code = ended.value.code
        return Ended(
            code=code if isinstance(code, int) else 0,
            stdout=told.getvalue(),
            stderr=beside.getvalue(),
        )


def _whole(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def restic(repository: Path, password_file: Path, *words: object) -> str:
    """Run restic, the independent judge, on one repository."""
    done = subprocess.run(
        ["restic", "--no-cache", "--no-lock", "-r", str(repository), *(str(w) for w in words)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "RESTIC_PASSWORD_FILE": str(password_file)},
    )
    assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout
