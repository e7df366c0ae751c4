"""Where a command goes: to the running service, into one's own home, or nowhere."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.engine.filelock import FileLock
from strongroom.operations.output_folder import OutputFolder
from strongroom.service import serving
from tests.cli.conftest import Cli
from tests.fakes.mail_server import World, password_file

OTHER = 4242


@pytest.fixture
def served(kept: Cli, home: Path, world: World) -> Iterator[Cli]:
    """Give the command line of a home whose service is running."""
    world.clock = SystemClock()
    is_over, is_ready = threading.Event(), threading.Event()

    def serve() -> None:
        with compose.open_application(home) as application:
            serving.serve(
                application,
                is_over=is_over.is_set,
                ready=lambda _: is_ready.set(),
                tell=print,
            )

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert is_ready.wait(10)
        yield kept
    finally:
        is_over.set()
        thread.join()


def test_with_a_service_a_job_is_started_and_goes_on_by_itself(served: Cli) -> None:
    started = served("job", "run", "nightly", "--json", expect=0).document
    ended = served("run", "watch", started["id"], expect=0)
    assert "complete" in ended.stdout
    assert served("run", "show", started["id"], "--json").document["status"] == "complete"


def test_with_a_service_the_command_that_waits_follows_the_run(served: Cli) -> None:
    assert served("job", "run", "nightly", "--wait", "--json", expect=0).document["status"] == (
        "complete"
    )
    back = served(
        "restore", "disk", "ann@example", "--connection", "office", "--wait", "--json", expect=0
    ).document
    assert (back["kind"], back["status"]) == ("restore", "complete")


def test_what_is_exported_is_written_by_the_caller_and_not_by_the_service(
    served: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers: list[str] = []
    write = OutputFolder.write

    def noted(self: OutputFolder, *args: Any) -> None:
        writers.append(threading.current_thread().name)
        write(self, *args)

    monkeypatch.setattr(OutputFolder, "write", noted)
    words = ("export", "disk", "ann@example", "--format", "files", "--output", tmp_path / "out")
    ended = served(*words, "--json", expect=0)
    assert len(list((tmp_path / "out").rglob("*.fts"))) == 4
    assert set(writers) == {"MainThread"}
    assert ended.document["output"] == str(tmp_path / "out")
    assert served(*words[:2], "nobody@example", *words[3:], expect=2).stderr


def test_leaving_a_command_that_waits_ends_nothing(
    served: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("strongroom.cli.watching.RunDisplay.show", interrupted)
        left = served("job", "run", "nightly", "--wait", expect=130)
    assert "goes on in the service" in left.stderr
    newest = served("run", "list", "--json").document[0]["id"]
    served("run", "watch", newest, expect=0)


def test_without_a_service_nothing_is_started_in_the_background(kept: Cli) -> None:
    ended = kept("job", "run", "nightly", expect=2)
    assert "strongroom serve" in ended.stderr
    assert len(kept("run", "list", "--json").document) == 1


def test_a_storage_lies_where_the_caller_names_it_from(
    served: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = password_file(tmp_path, "correct horse", "another")
    added = served("storage", "add", "here", "kept", "--password-file", file, "--json", expect=0)
    assert added.document["url"] == str(tmp_path / "kept")


def test_a_second_service_is_refused(served: Cli) -> None:
    assert "running already" in served("serve", expect=2).stderr


def test_the_home_of_somebody_else_is_reached_through_its_service_alone(
    kept: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: OTHER)
    ended = kept("connection", "list", expect=2)
    assert "strongroom serve" in ended.stderr
    assert ended.stdout == ""
    assert "another account" in kept("serve", expect=2).stderr


def test_the_reason_stands_in_the_audit_log(kept: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reasons(kept, "--why", "ticket 7") == "ticket 7"
    monkeypatch.setenv("STRONGROOM_WHY", "ticket 8")
    assert reasons(kept) == "ticket 8"
    assert reasons(kept, "--why", "ticket 9") == "ticket 9"


def test_the_reason_reaches_the_service(served: Cli) -> None:
    assert reasons(served, "--why", "ticket 7") == "ticket 7"


def reasons(cli: Cli, *words: str) -> str:
    """Show a connection; say which reason the record of it has."""
    cli("connection", "show", "office", *words, expect=0)
    why: str = cli("audit", "list", "--json").document[-1]["why"]
    return why


def test_details_behind_a_password_are_asked_for_it_through_the_service_too(
    served: Cli, tmp_path: Path
) -> None:
    guard = password_file(tmp_path, "what guards it", "guard")
    served(
        "connection", "set-password", "office", "--new-password-file", guard, expect=0
    )  # fmt: skip
    assert "locked" in served("connection", "show", "office", expect=2).stderr
    served("connection", "show", "office", "--password-file", guard, expect=0)
    assert "locked" in served("connection", "show", "office", expect=2).stderr


def test_a_service_does_not_start_beside_a_command_that_does_the_work(
    kept: Cli, home: Path
) -> None:
    lock = FileLock(home / "worker.lock")
    assert lock.try_acquire()
    try:
        assert "doing work" in kept("serve", expect=2).stderr
    finally:
        lock.release()
    assert not (home / "service.sock").exists()
