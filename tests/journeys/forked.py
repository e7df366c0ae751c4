"""Commands as processes of their own, forked from one that has loaded the program already.

Loading takes longer than most commands. What a process is, is the same: its own home, descriptors,
environment and exit code. Only what is particular to the start of an interpreter is not seen; that
is for ``tests/cli/test_startup.py`` and whoever starts ``Strongroom.command`` by itself. Trying a
storage's password is cheap in these processes.

It takes a socket of a kind that only Linux has (``SOCK_SEQPACKET`` between relatives). Elsewhere
commands are programs that are started anew, by ``Spawner``.
"""

from __future__ import annotations

import atexit
import gc
import json
import operator
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, Protocol, Self

from tests.journeys.spawned import Anew, Spawner, Timeout

ROOT = Path(__file__).parents[2]
_ORDER_BYTES = 1 << 20
_OUTPUTS = 3

LOADED = (
    "strongroom.compose",
    "strongroom.engine.dbos_durable",
    "strongroom.sources.exchange_onprem.server",
    "strongroom.compose.cloud_sign_ins",
    "typer._adapters",
    "dbos._sys_db_sqlite",
)
"""What commands load only when they need it."""

CAN_FORK = sys.platform == "linux"


class Starter(Protocol):
    """Starts commands as processes. Safe in many threads."""

    def run(
        self, words: Sequence[str], descriptors: Sequence[int], env: dict[str, str], wait_s: float
    ) -> int:
        """Run a command to its end; give its exit code, negative for a signal.

        Raises:
            Timeout: it took too long, and was killed.
        """

    def start(
        self, words: Sequence[str], env: dict[str, str], heard: Callable[[str], None]
    ) -> Running:
        """Start a command, which may read nothing.

        Args:
            words: Its arguments.
            env: Its environment.
            heard: Told what it printed when that has been read.
        """


class Forked:
    """A command that runs: as much of ``subprocess.Popen`` as is needed of one.

    Attributes:
        pid: Its number.
        stdout, stderr: What it prints.
        returncode: How it ended, negative for a signal; None: nobody has seen it end.
    """

    def __init__(
        self,
        pid: int,
        done: socket.socket,
        outputs: tuple[int, int],
        heard: Callable[[str], None],
    ) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout = os.fdopen(outputs[0], encoding="utf-8")
        self.stderr = os.fdopen(outputs[1], encoding="utf-8")
        self._done = done
        self._heard = heard

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.stderr.close()
        self.wait()

    def poll(self) -> int | None:
        """Say how it ended, if it has."""
        return self._look(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends, and say how.

        Raises:
            subprocess.TimeoutExpired: it took longer.
        """
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it without a warning."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait until it ends; give all that it printed and nobody has read."""
        with ThreadPoolExecutor(2) as readers:
            told = [readers.submit(one.read) for one in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        stdout, stderr = (one.result() for one in told)
        self.stdout.close()
        self.stderr.close()
        for text in (stdout, stderr):
            self._heard(text)
        return stdout, stderr

    def _look(self, timeout_s: float | None) -> int | None:
        if self.returncode is None and select.select([self._done], [], [], timeout_s)[0]:
            self.returncode = int(_line(self._done))
            self._done.close()
        return self.returncode


Running = Forked | Anew
"""A command that runs."""


class ForkServer:
    """The other end of a ``Starter``."""

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
        """As ``Starter`` says."""
        with self._order(words, descriptors, env) as done:
            pid = int(_line(done))
            if not select.select([done], [], [], wait_s)[0]:
                os.kill(pid, signal.SIGKILL)
                _line(done)
                raise Timeout(words)
            return int(_line(done))

    def start(
        self, words: Sequence[str], env: dict[str, str], heard: Callable[[str], None]
    ) -> Forked:
        """As ``Starter`` says."""
        outputs = [os.pipe(), os.pipe()]
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - no file of anybody's
            theirs = [nothing.fileno(), *(write for _, write in outputs)]
            done = self._order(words, theirs, env)
        for _, write in outputs:
            os.close(write)
        (stdout, _), (stderr, _) = outputs
        return Forked(int(_line(done)), done, (stdout, stderr), heard)

    def _order(
        self, words: Sequence[str], descriptors: Sequence[int], env: dict[str, str]
    ) -> socket.socket:
        # For whoever looks at what programs are started with.
        sys.audit("subprocess.Popen", sys.executable, [sys.executable, *words], None, env)
        done, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        order = {"words": list(words), "env": env, "folder": str(Path.cwd())}
        with theirs, self._lock:
            text = json.dumps(order).encode()
            socket.send_fds(self._line, [text], [*descriptors, theirs.fileno()])
        return done

    def close(self) -> None:
        """Let it end."""
        self._line.close()
        self._process.wait()


def _line(answers: socket.socket) -> str:
    """Read the next line of what is told of a command."""
    line = b""
    while not line.endswith(b"\n"):
        more = answers.recv(1)
        assert more, "whoever looks after the command has been killed"
        line += more
    return line.decode()


@cache
def _fork_server() -> ForkServer:
    """Give the one of this process, started when it is first needed."""
    return ForkServer()


def starter() -> Starter:
    """Give what starts commands here."""
    return _fork_server() if CAN_FORK else Spawner()


def serve(number: int) -> None:
    """Do what comes over the line, until it is closed."""
    # Loaded for all that follow.
    from strongroom.cli.main import program  # noqa: PLC0415
    from tests.fakes.storages import create_is_cheap  # noqa: PLC0415

    for name in LOADED:
        __import__(name)
    program()
    create_is_cheap(operator.setitem)
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
