"""A worker in a process of its own, for tests that kill it or make it stand still.

``python -m tests.engine_durable.other_worker PLACE WORKER JOURNAL [RUN...]`` begins the runs it is
told, writes each call into the journal, and stays in ``drive`` until it reads ``go``; the run
``bad`` fails there. ``close``, or the end of its input, ends it.

With ``BEATS`` in its environment (the times of ``Timing``, as words) it is one of several workers,
draws its own id, and leaves with exit code 86 when it has lost its place.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from strongroom.clock import SystemClock
from strongroom.control.database import DatabasePlace, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from strongroom.engine.liveness import Timing
from strongroom.engine.membership import Membership

ROOT = Path(__file__).parents[2]
_SOON_S = 30.0
_STOPS_WITHIN_S = 5.0
_LOGGED = "logged"

WATCH = "WATCH_CONNECTIONS"
"""With this in its environment it leaves at once if it connects to anything, and no handler is
there for what it logs, so that Python would print it."""


class OtherWorker:
    """The process, seen from outside."""

    def __init__(self, process: subprocess.Popen[bytes], journal: Path) -> None:
        self.process, self._journal = process, journal

    def calls(self) -> list[str]:
        """Say what it was called for: ``drive r1``, and ``driven r1`` when that is left again."""
        return [line for line in self._lines() if not line.startswith(_LOGGED)]

    def until(self, *wanted: str) -> None:
        """Wait until it was called so."""
        self._until(lambda: set(wanted) <= set(self.calls()))

    def until_logged(self, wanted: str) -> None:
        """Wait until DBOS has told its log so."""
        self._until(lambda: any(wanted in line for line in self._lines()))

    def say(self, word: str) -> None:
        """Tell it ``go`` or ``close``."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n".encode())
        self.process.stdin.flush()

    def ends(self) -> int:
        """Wait for its end; give its exit code."""
        return self.process.wait(_SOON_S)

    def _lines(self) -> list[str]:
        return self._journal.read_text().splitlines() if self._journal.exists() else []

    def _until(self, is_so: Callable[[], bool]) -> None:
        clock = SystemClock()
        until_s = clock.monotonic_s() + _SOON_S
        while not is_so():
            assert self.process.poll() is None, "it ended"
            assert clock.monotonic_s() < until_s, f"there is only {self._lines()}"
            clock.sleep(0.01)


@contextmanager
def other_worker(
    place: DatabasePlace,
    worker: str,
    *runs: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[OtherWorker]:
    """Have one, and kill it at the end if it still lives."""
    journal = folder / f"journal-{worker}"
    address = place.url if isinstance(place, PostgresPlace) else place.shown
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    # DBOS may keep a file or open a console where it stands; it shall find nothing of ours there.
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.engine_durable.other_worker", address, worker, str(journal),
         *runs],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(environment or {})},
    )  # fmt: skip
    try:
        yield OtherWorker(process, journal)
    finally:
        process.kill()
        process.communicate()


class _Journal(logging.Handler):
    """Bodies that write down each call and stay in ``drive``; and a handler of what is logged."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.go = threading.Event()

    def plan(self, run_id: str, attempt: int, /) -> None:
        self._write("plan", run_id)

    def drive(self, run_id: str, attempt: int, /) -> None:
        self._write("drive", run_id)
        if run_id == "bad":
            raise ValueError("as a bug would")
        self.go.wait()
        self._write("driven", run_id)

    def conclude(self, run_id: str, attempt: int, /) -> None:
        self._write("conclude", run_id)

    def share(self, run_id: str, attempt: int, /) -> None:
        self._write("share", run_id)

    def emit(self, record: logging.LogRecord) -> None:
        self._write(_LOGGED, record.getMessage().replace("\n", " "))

    def _write(self, what: str, about: str) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(descriptor, f"{what} {about}\n".encode())
        os.close(descriptor)


def main(address: str, worker: str, journal: str, *runs: str) -> int:
    """Be it."""
    from strongroom.engine.dbos_durable import DbosDurable  # noqa: PLC0415 - the watch comes first

    place: DatabasePlace = (
        PostgresPlace(url=address) if "://" in address else SqliteFile(path=Path(address))
    )
    bodies = _Journal(Path(journal))
    if not os.environ.get(WATCH):
        logging.getLogger("strongroom").addHandler(bodies)
    lines = DbosDurable(place)
    lines.launch(_join(place) if os.environ.get("BEATS") else worker, bodies)
    with open_database(place).write() as db:
        for run_id in runs:
            lines.begin(db, run_id, 1)
    lines.wake()
    for line in sys.stdin:
        if line.strip() == "go":
            bodies.go.set()
        if line.strip() == "close":
            break
    return 0 if lines.close(_STOPS_WITHIN_S) else 1


def _join(place: DatabasePlace) -> str:
    beat_s, fence_after_s, dead_after_s = (float(one) for one in os.environ["BEATS"].split())
    membership = Membership(
        place, host="there", pid=os.getpid(), clock=SystemClock(), lost=lambda _: os._exit(86),
        timing=Timing(beat_s=beat_s, fence_after_s=fence_after_s, dead_after_s=dead_after_s),
    )  # fmt: skip
    membership.join()
    return membership.id


def _watch_connections() -> None:
    """Leave at once if anything connects to another place than this machine."""

    def watch(name: str, arguments: tuple[object, ...]) -> None:
        if name in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
            os.write(2, f"{name} {arguments[1:]}\n".encode())
            os._exit(99)

    sys.addaudithook(watch)


if __name__ == "__main__":
    if os.environ.get(WATCH):
        _watch_connections()
    sys.exit(main(*sys.argv[1:]))
