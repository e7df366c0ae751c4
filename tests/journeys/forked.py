"""Commands as processes of their own, forked from one that has loaded the program already.

Loading takes longer than most commands. What a process is, is the same: its own home, descriptors,
environment and exit code. Only what is particular to the start of an interpreter is not seen; that
is for ``tests/cli/test_startup.py`` and whoever starts ``Strongroom.command`` by itself.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
_ORDER_BYTES = 1 << 20
_OUTPUTS = 3

LOADED = (
    "strongroom.compose",
    "strongroom.engine.dbos_durable",
    "strongroom.sources.exchange_onprem.server",
    "strongroom.compose.sign_ins",
)
"""What commands load only when they need it."""


class Timeout(Exception):
    """The command did not end in time, and was killed."""


class ForkServer:
    """The other end: starts commands, one process each. Safe in many threads."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line = ours
        self._lock = threading.Lock()
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.journeys.forked", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
        atexit.register(self.close)

    def run(
        self, words: Sequence[str], descriptors: Sequence[int], env: dict[str, str], wait_s: float
    ) -> int:
        """Run a command to its end; give its exit code, negative for a signal.

        Raises:
            Timeout: it took too long.
        """
        # For whoever looks at what programs are started with.
        sys.audit("subprocess.Popen", sys.executable, [sys.executable, *words], None, env)
        done, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        order = {"words": list(words), "env": env, "folder": str(Path.cwd())}
        with done:
            with theirs, self._lock:
                text = json.dumps(order).encode()
                socket.send_fds(self._line, [text], [*descriptors, theirs.fileno()])
            done.settimeout(wait_s)
            with done.makefile("r") as answers:
                pid = int(answers.readline())
                try:
                    return int(answers.readline())
                except TimeoutError:
                    os.kill(pid, signal.SIGKILL)
                    raise Timeout(words) from None

    def close(self) -> None:
        """Let it end."""
        self._line.close()
        self._process.wait()


@cache
def fork_server() -> ForkServer:
    """Give the one of this process, started when it is first needed."""
    return ForkServer()


def serve(number: int) -> None:
    """Do what comes over the line, until it is closed."""
    from strongroom.cli import main as _main  # noqa: PLC0415, F401 - loaded for all that follow

    for name in LOADED:
        __import__(name)
    gc.freeze()
    # Nobody waits here for those who look after the commands.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=number) as line:
        while True:
            order, descriptors, _, _ = socket.recv_fds(line, _ORDER_BYTES, _OUTPUTS + 1)
            if not order:
                return
            if not os.fork():
                line.close()
                _look_after(json.loads(order), descriptors)
            for one in descriptors:
                os.close(one)


def _look_after(order: dict[str, Any], descriptors: Sequence[int]) -> NoReturn:
    """Start a command, and tell its number and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *ours, done = descriptors
    pid = os.fork()
    if not pid:
        os.close(done)
        _be(order, ours)
    for one in ours:
        os.close(one)
    os.write(done, b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    os.write(done, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _be(order: dict[str, Any], ours: Sequence[int]) -> NoReturn:
    """Be the command."""
    code: object = 1
    try:
        for number, descriptor in enumerate(ours):
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - to its end
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        errors = "backslashreplace"
        sys.stderr = open(2, "w", encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(order["env"])
        os.chdir(order["folder"])
        sys.argv = ["strongroom", *order["words"]]
        from strongroom.cli.main import main  # noqa: PLC0415 - it is loaded

        main(order["words"])
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - nothing of it may get into the loop above
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
