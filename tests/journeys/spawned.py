"""Commands as programs that are started anew, where nothing can be forked (``forked.py``)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import IO

_PROGRAM = (sys.executable, "-m", "strongroom.cli.main")


class Timeout(Exception):
    """The command did not end in time, and was killed."""


class Anew(subprocess.Popen[str]):
    """A command that runs; what it prints can be read."""

    stdout: IO[str]
    stderr: IO[str]


class Spawner:
    """A ``Starter`` for every system; what it starts takes half a second to begin."""

    def run(
        self, words: Sequence[str], descriptors: Sequence[int], env: dict[str, str], wait_s: float
    ) -> int:
        """As ``Starter`` says."""
        stdin, stdout, stderr = descriptors
        try:
            return subprocess.run(
                [*_PROGRAM, *words],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=env,
                timeout=wait_s,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise Timeout(words) from None

    def start(
        self,
        words: Sequence[str],
        env: dict[str, str],
        heard: Callable[[str], None],  # whoever reads all of a ``Popen`` is heard anyway
    ) -> Anew:
        """As ``Starter`` says."""
        return Anew(
            [*_PROGRAM, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=env,
        )
