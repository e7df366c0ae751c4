"""Searches all that a test run wrote for the secrets that its tests used; a finding fails the run.

Searched are: every file below the folders that pytest gave to tests, when the run ends (homes,
logs, journals, storages, exports, …); what programs printed, whether a test or pytest caught it;
what loggers were told, down to the smallest detail; and the arguments and environments of all
programs that were started. Not searched is what ``EXPECTED`` names, and what a test itself said
that it put a secret in (``tests.fakes.marked.given``): a password file has to hold a password.

Compressed and encrypted content is not opened: a secret in a storage is content like any other.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import marked

EXPECTED: Mapping[str, str] = {
    "ready.json": "the lab's ready file is there to tell passwords to whoever started it",
}
"""Names of files that may hold a secret, and why. Everything else is said file by file."""

ENVIRONMENT = {"RESTIC_PASSWORD", "RESTIC_FROM_PASSWORD"}
"""How a judge that others wrote is told a password."""

LOGGERS = (
    "msal", "urllib3", "spnego", "strongroom", "requests", "dns", "asyncio", "keyring", "apprise",
)  # fmt: skip
"""Loggers that are told to say all: a secret in a debug message is one in a log."""

IN_ADDRESSES = re.compile(r"[?&](?:code|ctx)=[^&\s\"']+")
"""What a browser's addresses hold while somebody signs in: good once, and for nobody else."""

REGISTERED_IN_BYTES_MAX = 1 << 20
"""Secrets without a mark are looked for in files up to this size: a needle or four for each."""

_found: list[str] = []
_KEY = "strongroom_secrets_found"


def note(where: str, content: bytes | str) -> None:
    """Search something that was written."""
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
    for one in (*marked.marks_in(raw), *marked.registered_in(raw)):
        finding = f"{where}: {one}"
        if finding not in _found:
            _found.append(finding)


def search_also(folder: Path) -> None:
    """Search a folder that lies elsewhere."""
    _found.extend(search_folder(folder))


def search_folder(folder: Path) -> list[str]:
    """Search every file below a folder, its name included, but for those that may hold a secret."""
    found = []
    for path in _files(folder):
        content = path.read_bytes() + b"\n" + os.fsencode(path.relative_to(folder))
        told = [*marked.marks_in(content)]
        if len(content) <= REGISTERED_IN_BYTES_MAX:
            told += marked.registered_in(content)
        found += [f"{path}: {one}" for one in told]
    return found


def _files(folder: Path) -> Iterator[Path]:
    given = {os.fspath(one) for one in marked.GIVEN}
    for parent, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if os.path.join(parent, one) not in given]  # noqa: PTH118
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118 - ten thousand of them
            if name in EXPECTED or path in given or os.path.islink(path):  # noqa: PTH114
                continue
            if os.path.isfile(path):  # noqa: PTH113 - neither a socket nor a pipe
                yield Path(path)


def pytest_configure(config: pytest.Config) -> None:
    """Watch this process."""
    if config.getini("tmp_path_retention_policy") != "all":
        raise pytest.UsageError("tests' folders are searched for secrets at the end: keep them all")
    marked.watch_what_is_drawn()
    _watch_output()
    _watch_loggers()
    sys.addaudithook(_watch_programs)


def _watch_output() -> None:
    communicate, read = subprocess.Popen.communicate, pytest.CaptureFixture.readouterr

    def watched_communicate(self: subprocess.Popen[Any], *args: Any, **named: Any) -> Any:
        told = communicate(self, *args, **named)
        for name, content in zip(("standard output", "standard error"), told, strict=True):
            note(f"{name} of a program, in {_now_running()}", content or b"")
        return told

    def watched_read(self: pytest.CaptureFixture[Any]) -> Any:
        told = read(self)
        for name, content in (("standard output", told.out), ("standard error", told.err)):
            note(f"{name} in {_now_running()}", content)
        return told

    vars_of: Any = (subprocess.Popen, pytest.CaptureFixture)
    vars_of[0].communicate, vars_of[1].readouterr = watched_communicate, watched_read


class _Listener(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        told = IN_ADDRESSES.sub("", self.format(record))
        note(f"a message of the logger {record.name} in {_now_running()}", told)


def _watch_loggers() -> None:
    listener = _Listener()
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).addHandler(listener)
    logging.getLogger().addHandler(listener)


def _watch_programs(event: str, args: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen":
        note(f"arguments of a program, in {_now_running()}", repr(args[1]))
        told = {name: one for name, one in (args[3] or {}).items() if name not in ENVIRONMENT}
        note(f"environment of a program, in {_now_running()}", repr(told))
    elif event in {"os.exec", "os.posix_spawn", "os.system"}:
        note(f"arguments of a program, in {_now_running()}", repr(args))


def _now_running() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "no test")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Search what a test printed; of one that failed, pytest itself shows its variables."""
    if report.passed:
        for name, content in report.sections:
            if "log" in name:
                continue  # loggers are listened to
            note(f"{name} of {report.nodeid}", content)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search the folders of this process, and fail the run if there is anything anywhere."""
    config: Any = session.config
    if not hasattr(config, "workerinput") and config.pluginmanager.has_plugin("dsession"):
        pass  # the workers have searched theirs
    elif config._tmp_path_factory._basetemp is not None:
        _found.extend(search_folder(config._tmp_path_factory.getbasetemp()))
    if hasattr(config, "workeroutput"):
        config.workeroutput[_KEY] = list(_found)
    elif _found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker found."""
    _found.extend(getattr(node, "workeroutput", {}).get(_KEY, []))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was found."""
    if _found:
        terminalreporter.section("secrets that the tests used were written", red=True)
        for one in sorted(set(_found)):
            terminalreporter.line(one)
