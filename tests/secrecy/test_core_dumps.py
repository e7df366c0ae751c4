"""A process that has opened a home leaves no core dump, however it dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows writes no core dumps by itself")

DIE = """
import os, pathlib, resource, sys
_, most = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
os.chdir(sys.argv[1])
if sys.argv[2] == "with a home":
    from strongroom import compose
    application = compose.open_application(pathlib.Path(sys.argv[1]) / "home")
os.abort()
"""


def dumps(folder: Path, how: str) -> bool:
    """Let a process die, and say whether it was dumped: into a file, or to a program."""
    words = [sys.executable, "-c", DIE, str(folder), how]
    process = os.posix_spawn(sys.executable, words, os.environ)
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status)
    for file in folder.glob("core*"):
        file.unlink()  # of a process that has opened nothing, as the other test shows
        return True
    return os.WCOREDUMP(status)


def test_it_leaves_none(tmp_path: Path) -> None:
    assert not dumps(tmp_path, "with a home")
    assert (tmp_path / "home" / "control.db").exists(), "it did get that far"


def test_one_that_has_opened_none_does_leave_one_here(tmp_path: Path) -> None:
    if not dumps(tmp_path, "without a home"):
        pytest.skip("NOT SHOWN: this machine dumps nobody, so the other test proves little")


def test_the_limit_is_the_one_that_keeps_dumps_from_programs_too(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - not there on Windows

    from strongroom import compose  # noqa: PLC0415 - see above

    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        with compose.open_application(tmp_path / "home"):
            soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert (soft, hard) == (0 if hard == 0 else 1, before[1])


def test_a_command_that_a_service_does_for_somebody_leaves_none_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource  # noqa: PLC0415 - not there on Windows

    from strongroom.cli import routing  # noqa: PLC0415 - see above

    class Service:
        pass

    monkeypatch.setattr(routing, "running_service", lambda *_, **__: Service())
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        assert isinstance(routing.open_verbs(tmp_path, why=""), Service)
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] <= 1
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        routing.open_verbs(tmp_path, why="")
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] <= 1
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
