"""What ``strongroom lab serve`` does: start a lab, say when it is ready, wait, clean up."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from strongroom.errors import OperatorError
from strongroom.lab.lab import Lab, Wishes


def serve(
    wishes: Wishes,
    *,
    ready_file: Path | None,
    tell: Callable[[str], None],
    show: Callable[[str], None],
) -> int:
    """Run a lab until SIGTERM or SIGINT, and remove every file it made.

    Args:
        wishes: What it should hold.
        ready_file: Where to write the ready document; None shows it instead.
        tell: Takes messages for a person, a line each.
        show: Takes the ready document if there is no file for it.

    Returns:
        The exit code: 0 after SIGTERM, 130 after SIGINT.

    Raises:
        OperatorError: an archive or a file cannot be read or written.
    """
    with _Stopped() as stopped, _Papers(ready_file) as papers:
        lab = Lab(wishes)
        with lab:
            for unread in lab.unread:
                tell(f"not read: {unread.name!r}: {unread.why}")
            papers.write_ca(lab.ca_pem)
            document = orjson.dumps(lab.ready_document(papers.ca_file), option=orjson.OPT_INDENT_2)
            if ready_file is None:
                show(document.decode())
            else:
                papers.write_ready(document)
            tell(f"The lab answers at {lab.ews_url}; stop it with Ctrl+C.")
            return stopped.wait()


class _Stopped:
    """Turns SIGTERM or SIGINT into the end of a wait, as long as it is open."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._signal = signal.SIGTERM

    def __enter__(self) -> Self:
        self._before = {
            number: signal.signal(number, self._note) for number in (signal.SIGTERM, signal.SIGINT)
        }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait(self) -> int:
        """Wait for the signal and give the exit code that goes with it."""
        self._event.wait()
        return 130 if self._signal == signal.SIGINT else 0

    def _note(self, number: int, _frame: object) -> None:
        self._signal = signal.Signals(number)
        self._event.set()


class _Papers:
    """The files that the lab makes: its authority's certificate, and the ready file.

    Both are gone when the lab is. Only their owner can read the ready file: it holds passwords.
    """

    def __init__(self, ready_file: Path | None) -> None:
        self._ready_file = ready_file
        self._folder: Path | None = None
        if ready_file is None:
            self._folder = Path(tempfile.mkdtemp(prefix="strongroom-lab-"))
            self.ca_file = self._folder / "ca.pem"
        else:
            self.ca_file = ready_file.absolute().with_name(f"{ready_file.name}.ca.pem")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ca_file.unlink(missing_ok=True)
        if self._ready_file is not None:
            self._ready_file.unlink(missing_ok=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def write_ca(self, pem: bytes) -> None:
        """Write the authority's certificate."""
        _write_whole(self.ca_file, pem)

    def write_ready(self, document: bytes) -> None:
        """Write the ready file: a reader sees all of it or none."""
        assert self._ready_file is not None
        _write_whole(self._ready_file, document)


def _write_whole(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        # 0600 from the first moment: a file that is narrowed later can be read until then.
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OperatorError(
            f"{path} cannot be written.",
            why=str(error),
            hint="Name a place in a folder that exists and that you may write to.",
        ) from error
