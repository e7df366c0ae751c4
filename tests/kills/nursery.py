"""Where workers come from: a process that has loaded everything once, and forks.

A worker that is born so is at work after a tenth of a second, so that kills hit work and not the
loading of modules. ``Nursery`` is the other end, in the test's process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from strongroom.clock import SystemClock

ROOT = Path(__file__).parents[2]


class Nursery:
    """Starts workers, and says how they ended. Of one thread."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, settings: dict[str, Any], log: Path) -> int:
        """Start a worker; give the number of its process."""
        pid: int = self._ask(do="start", settings=settings, log=str(log))["pid"]
        return pid

    def wait(self, pid: int) -> tuple[int, float]:
        """Wait for the end of a worker; give its exit code (a signal is negative), and when."""
        answer = self._ask(do="wait", pid=pid)
        return answer["code"], answer["at_s"]

    def look(self, pid: int) -> int | None:
        """Say how a worker ended; None: it lives."""
        code: int | None = self._ask(do="look", pid=pid)["code"]
        return code

    def _ask(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """Have one; all its workers are killed at the end."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.kills.nursery"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )  # fmt: skip
    with process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    """Do what the test's process orders, until it closes the line."""
    from tests.kills import worker_process  # noqa: PLC0415 - loads all that is needed

    __import__("strongroom.control.postgres_text")  # loads the driver
    ended: dict[int, tuple[int, float]] = {}
    living: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "start":
            pid = os.fork()
            if not pid:
                _be_a_worker(worker_process.Settings(**order["settings"]), order["log"])
            living.add(pid)
            answer: dict[str, Any] = {"pid": pid}
        else:
            _reap(order["pid"], living, ended, may_wait=order["do"] == "wait")
            code, at_s = ended.get(order["pid"], (None, None))
            answer = {"code": code, "at_s": at_s}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in living:
        os.kill(pid, signal.SIGKILL)


def _reap(
    pid: int, living: set[int], ended: dict[int, tuple[int, float]], *, may_wait: bool
) -> None:
    if pid not in living:
        return
    gone, status = os.waitpid(pid, 0 if may_wait else os.WNOHANG)
    if gone:
        living.remove(pid)
        ended[pid] = os.waitstatus_to_exitcode(status), SystemClock().monotonic_s()


def _be_a_worker(settings: Any, log: str) -> None:
    from tests.kills import worker_process  # noqa: PLC0415 - it is loaded

    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        told = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number, descriptor in enumerate((nothing, told, told)):
            os.dup2(descriptor, number)
        code = worker_process.main(settings)
    except BaseException:  # noqa: BLE001 - nothing of it may get into the loop above
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
