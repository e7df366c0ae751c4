"""The shell of ``connection unlock``: open in it, shut everywhere else, and shut when it ends."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from strongroom import compose
from strongroom.cli.routing import SESSION_VARIABLE
from strongroom.service import serving
from tests.cli.conftest import Cli, Ended
from tests.fakes.mail_server import World, password_file

SHOW = ("connection", "show", "office")
Unlock = Callable[[Callable[[], int]], Ended]


@pytest.fixture
def guard(tmp_path: Path) -> Path:
    return password_file(tmp_path, "what guards it", "guard")


@pytest.fixture(params=["in the home", "with a service"])
def guarded(request: pytest.FixtureRequest, kept: Cli, home: Path, guard: Path) -> Iterator[Cli]:
    """Give a home whose connection is guarded, with and without a running service."""
    kept("connection", "set-password", "office", "--new-password-file", guard, expect=0)
    if request.param == "in the home":
        yield kept
    else:
        with service(home):
            yield kept


@contextmanager
def service(home: Path) -> Iterator[None]:
    is_over, is_ready = threading.Event(), threading.Event()

    def serve() -> None:
        with compose.open_application(home) as application:
            serving.serve(
                application, is_over=is_over.is_set, ready=lambda _: is_ready.set(), tell=print
            )

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert is_ready.wait(10)
        yield
    finally:
        is_over.set()
        thread.join()


@pytest.fixture
def unlock(guarded: Cli, guard: Path, monkeypatch: pytest.MonkeyPatch) -> Unlock:
    """Do something where the shell would run, in the environment that it would have."""

    def unlocked(act: Callable[[], int]) -> Ended:
        def run(command: list[str], *, env: dict[str, str], check: bool) -> Any:
            with pytest.MonkeyPatch.context() as shell:
                for name, value in env.items():
                    shell.setenv(name, value)
                return subprocess.CompletedProcess(command, act())

        with pytest.MonkeyPatch.context() as here:
            here.setattr("strongroom.cli.shell.subprocess.run", run)
            return guarded("connection", "unlock", "office", "--password-file", guard)

    return unlocked


def test_it_is_open_in_the_shell_and_shut_elsewhere(guarded: Cli, unlock: Unlock) -> None:
    def act() -> int:
        guarded(*SHOW, expect=0)
        with pytest.MonkeyPatch.context() as elsewhere:
            elsewhere.delenv(SESSION_VARIABLE)
            assert "locked" in guarded(*SHOW, expect=2).stderr
        return 0

    assert unlock(act).code == 0
    assert "locked" in guarded(*SHOW, expect=2).stderr


def test_the_token_of_a_shell_that_has_ended_opens_nothing(
    guarded: Cli, unlock: Unlock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens: list[str] = []

    def act() -> int:
        tokens.append(os.environ[SESSION_VARIABLE])
        return 0

    unlock(act)
    monkeypatch.setenv(SESSION_VARIABLE, tokens[0])
    ended = guarded(*SHOW, expect=2)
    assert "session of this shell has ended" in ended.stderr
    assert "locked" in ended.stderr
    guarded("connection", "list", expect=0)


def test_it_can_be_locked_again_in_the_shell(guarded: Cli, unlock: Unlock) -> None:
    def act() -> int:
        guarded(*SHOW, expect=0)
        guarded("connection", "lock", "office", expect=0)
        assert "locked" in guarded(*SHOW, expect=2).stderr
        return 0

    assert unlock(act).code == 0


def test_a_shell_in_the_shell_locks_only_what_it_unlocked(
    guarded: Cli, unlock: Unlock, guard: Path, tmp_path: Path
) -> None:
    account = password_file(tmp_path)
    guarded(
        "connection", "add", "exchange-onprem", "other", "--server", "mail.example", "--user",
        "u@example", "--account-password-file", account, "--password-file", guard, expect=0,
    )  # fmt: skip

    def inner() -> int:
        guarded(*SHOW, expect=0)
        guarded("connection", "show", "other", expect=0)
        return 0

    def outer() -> int:
        with pytest.MonkeyPatch.context() as here:
            here.setattr("strongroom.cli.shell._shell", lambda *_: inner())
            guarded("connection", "unlock", "other", "--password-file", guard, expect=0)
        assert "locked" in guarded("connection", "show", "other", expect=2).stderr
        guarded(*SHOW, expect=0)
        return 0

    assert unlock(outer).code == 0


def test_the_shells_exit_code_is_the_commands(unlock: Unlock) -> None:
    assert unlock(lambda: 7).code == 7
    assert unlock(lambda: -15).code == 143


def test_a_wrong_password_opens_no_shell(
    guarded: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strongroom.cli.shell._shell", lambda *_: pytest.fail("a shell was opened"))
    wrong = password_file(tmp_path, "not this one", "wrong")
    guarded("connection", "unlock", "office", "--password-file", wrong, expect=2)


def test_a_restore_in_the_shell_is_asked_for_and_done(
    guarded: Cli, unlock: Unlock, world: World
) -> None:
    def act() -> int:
        back = guarded(
            "restore", "disk", "ann@example", "--connection", "office", "--wait", "--json"
        )
        assert back.document["status"] == "complete"
        return back.code

    assert unlock(act).code == 0


def test_without_a_shell_there_is_nothing_to_lock(guarded: Cli) -> None:
    assert "Nothing is unlocked here" in guarded("connection", "lock", "office", expect=2).stderr


def test_no_socket_of_a_shell_is_left_in_the_home(home: Path, unlock: Unlock) -> None:
    unlock(lambda: 0)
    assert {one.name for one in home.rglob("*.sock")} <= {"service.sock"}
