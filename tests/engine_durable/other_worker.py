"""A worker in a process of its own, for tests that kill it or make it stand still.

``python -m tests.engine_durable.other_worker PLACE WORKER JOURNAL [RUN...]`` begins the runs it is
told, writes each call into the journal, and stays in ``drive`` until it reads ``go``; the run
``bad`` fails there. ``close``, or the end of its input, ends it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from strongroom.clock import SystemClock
from strongroom.control.database import DatabasePlace, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile

ROOT = Path(__file__).parents[2]
_SOON_S = 30.0
_STOPS_WITHIN_S = 5.0


class OtherWorker:
    """The process, seen from outside."""

    def __init__(self, process: subprocess.Popen[bytes], journal: Path) -> None:
        self.process, self._journal = process, journal

    def calls(self) -> list[str]:
        """Say what it was called for: ``drive r1``, and ``driven r1`` when that is left again."""
        return self._journal.read_text().splitlines() if self._journal.exists() else []

    def until(self, *wanted: str) -> None:
        """Wait until it was called so."""
        clock = SystemClock()
        until_s = clock.monotonic_s() + _SOON_S
        while not set(wanted) <= set(self.calls()):
            assert self.process.poll() is None, "it ended"
            assert clock.monotonic_s() < until_s, f"{wanted} are not among {self.calls()}"
            clock.sleep(0.01)

    def say(self, word: str) -> None:
        """Tell it ``go`` or ``close``."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n".encode())
        self.process.stdin.flush()

    def ends(self) -> int:
        """Wait for its end; give its exit code."""
        return self.process.wait(_SOON_S)


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
    # DBOS may keep a file or open a console where it stands; it shall find nothing of ours there.
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.engine_durable.other_worker", address, worker, str(journal),
         *runs],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
    )  # fmt: skip
    try:
        yield OtherWorker(process, journal)
    finally:
        process.kill()
        process.communicate()


class _Journal:
    """Bodies that write down each call and stay in ``drive``."""

    def __init__(self, path: Path) -> None:
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

    def _write(self, call: str, run_id: str) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(descriptor, f"{call} {run_id}\n".encode())
        os.close(descriptor)


def main(address: str, worker: str, journal: str, *runs: str) -> int:
    """Be it."""
    from strongroom.engine.dbos_durable import DbosDurable  # noqa: PLC0415 - the watch comes first

    place: DatabasePlace = (
        PostgresPlace(url=address) if "://" in address else SqliteFile(path=Path(address))
    )
    bodies = _Journal(Path(journal))
    lines = DbosDurable(place)
    lines.launch(worker, bodies)
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


def _watch_connections() -> None:
    """Leave at once if anything connects to another place than this machine."""

    def watch(name: str, arguments: tuple[object, ...]) -> None:
        if name in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
            os.write(2, f"{name} {arguments[1:]}\n".encode())
            os._exit(99)

    sys.addaudithook(watch)


if __name__ == "__main__":
    if os.environ.get("WATCH_CONNECTIONS"):
        _watch_connections()
    sys.exit(main(*sys.argv[1:]))
