"""Commands as processes of their own, forked from one that has loaded the program already.

Loading takes longer than most commands. What a process is, is the same: its own home, descriptors,
environment and exit code. Only what is particular to the start of an interpreter is not seen; that
is for ``tests/cli/test_startup.py`` and whoever starts ``Strongroom.command`` by itself. Trying a
storage's password is cheap in these processes. ``forking.py`` is the other end.

It takes a socket of a kind that only Linux has (``SOCK_SEQPACKET`` between relatives). Elsewhere
commands are programs that are started anew, by ``Spawner``.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Protocol, Self

from tests.journeys.spawned import Anew, Spawner, Timeout

ROOT = Path(__file__).parents[2]
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


class Child:
    """A command that runs.

    Attributes:
        pid: Its number.
        returncode: How it ended, negative for a signal; None: nobody has seen it end.
    """

    def __init__(self, done: socket.socket) -> None:
        self.pid = int(_line(done))
        self.returncode: int | None = None
        self._done = done

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

    def _look(self, timeout_s: float | None) -> int | None:
        if self.returncode is None and select.select([self._done], [], [], timeout_s)[0]:
            self.returncode = int(_line(self._done))
            self._done.close()
        return self.returncode


class Forked(Child):
    """One that prints into pipes: as much of ``subprocess.Popen`` as is needed of one.

    Attributes:
        stdout, stderr: What it prints.
    """

    def __init__(
        self, done: socket.socket, outputs: tuple[int, int], heard: Callable[[str], None]
    ) -> None:
        super().__init__(done)
        self.stdout = os.fdopen(outputs[0], encoding="utf-8")
        self.stderr = os.fdopen(outputs[1], encoding="utf-8")
        self._heard = heard

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.stderr.close()
        self.wait()

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
                [sys.executable, "-m", "tests.journeys.forking", str(theirs.fileno())],
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
        return Forked(done, (stdout, stderr), heard)

    def start_at(self, terminal: int, words: Sequence[str], env: dict[str, str]) -> Child:
        """Start a command at a terminal, as the leader of its session."""
        return Child(self._order(words, [terminal] * 3, env))

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
def fork_server() -> ForkServer:
    """Give the one of this process, started when it is first needed."""
    return ForkServer()


def starter() -> Starter:
    """Give what starts commands here."""
    return fork_server() if CAN_FORK else Spawner()
