"""The program behind a pseudo-terminal, driven as a person would: read what is asked, type.

There is no sleeping: reading ends when what is waited for is there, or fails at a deadline that is
far off on purpose.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.journeys.forked import CAN_FORK, Child, fork_server
from tests.secrecy import run_search

PATIENCE_S = 60.0
_COLUMNS, _ROWS = 80, 24
_PROMPT = re.compile(r"(1 to \d+|Not shown as you type|Once more|File|Answer)( \[[^\n]*\])?: \Z")
# Opening a terminal as the leader of a session makes it the session's own: Ctrl-C reaches it then.
_ADOPT = "import os, sys; os.open(os.ttyname(0), os.O_RDWR); os.execv(sys.argv[1], sys.argv[1:])"


class Terminal:
    """One program, and the terminal in front of it.

    A context manager: leaving it kills both, and has all that was shown searched for secrets.

    Args:
        start: Starts the program at the terminal with that descriptor.
    """

    def __init__(self, start: Callable[[int], Child | subprocess.Popen[bytes]]) -> None:
        self._fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._process = start(inner)
        os.close(inner)
        self._read = b""
        self._mark = 0
        self._is_over = False

    @property
    def transcript(self) -> str:
        """All that the terminal showed, typed letters that it echoed included."""
        return self._read.decode("utf-8", "replace").replace("\r\n", "\n")

    def expect(self, text: str) -> str:
        """Wait until a text is shown that was not shown before; line breaks in it do not count.

        Returns:
            What was shown up to and with it since the last thing that was waited for.
        """
        pattern = re.compile(r"\s+".join(re.escape(word) for word in text.split()))
        found = self._wait_for(pattern, text)
        shown = self.transcript[self._mark : found.end()]
        self._mark = found.end()
        return shown

    def asked(self, text: str) -> str:
        """Wait until a question is asked, and the program waits for an answer.

        Returns:
            What was shown since the last answer, up to where the answer is typed.
        """
        begun = self._mark
        self.expect(text)
        self._mark = self._wait_for(_PROMPT, f"the place to answer {text!r}").end()
        return self.transcript[begun : self._mark]

    def is_ready(self) -> str:
        """Wait until the program waits for an answer, whatever it asks; give what was shown."""
        begun = self._mark
        self._mark = self._wait_for(_PROMPT, "a place to answer").end()
        return self.transcript[begun : self._mark]

    def enter(self, line: str | bytes) -> None:
        """Type a line and press Enter."""
        typed = line if isinstance(line, bytes) else line.encode()
        os.write(self._fd, typed + b"\n")

    def answer(self, question: str, line: str) -> str:
        """Wait for a question and answer it; give what was shown."""
        shown = self.asked(question)
        self.enter(line)
        return shown

    def press_ctrl_c(self) -> None:
        """Interrupt the program as a person would."""
        os.write(self._fd, b"\x03")

    def press_ctrl_d(self) -> None:
        """Say that nothing more is typed."""
        os.write(self._fd, b"\x04")

    def kill(self) -> None:
        """Tear the program away, as a power cut would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE_S)

    def ends(self) -> int:
        """Wait until the program has ended; give its exit code."""
        deadline = time.monotonic() + PATIENCE_S
        while self._more(deadline):
            pass
        return self._process.wait(PATIENCE_S)

    def _wait_for(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found = pattern.search(self.transcript, self._mark)
            if found is not None:
                return found
            if not self._more(deadline):
                raise AssertionError(f"never shown: {what}\n--- transcript:\n{self.transcript}")

    def _more(self, deadline: float) -> bool:
        """Read what is there; False once nothing more will come, or the deadline has passed."""
        if self._is_over:
            return False
        ready, _, _ = select.select([self._fd], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            part = os.read(self._fd, 65536)
        except OSError:  # how Linux says that nobody holds the other end any more
            part = b""
        self._read += part
        self._is_over = not part
        return bool(part)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self.kill()
        os.close(self._fd)
        run_search.note("a terminal", self._read)


def strongroom(
    home: Path, *words: object, environment: Mapping[str, str | None] | None = None
) -> Terminal:
    """Start our program at a terminal, for that home.

    Args:
        home: Its home.
        words: Its arguments.
        environment: Variables to set beside those of this process; None takes one away.
    """
    arguments = ["--home", str(home), *(str(word) for word in words)]
    variables = {**os.environ, "TERM": "dumb", **(environment or {})}
    env = {key: value for key, value in variables.items() if value is not None}
    if CAN_FORK:
        return Terminal(lambda inner: fork_server().start_at(inner, arguments, env))
    program = [sys.executable, "-m", "strongroom", *arguments]
    return Terminal(lambda inner: _started(program, env, inner))


def _started(words: Sequence[str], env: dict[str, str], inner: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-ISc", _ADOPT, *words],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
        close_fds=True,
        env=env,
    )
