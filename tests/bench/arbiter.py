"""``make bench``: what it costs to put a run of 100,000 resources into the queue and to grant it.

Wall time, on a machine that may be busy: compare only within one run. PostgreSQL is the one that
tests start (nothing is synchronised there; SQLite is as it is in use).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from strongroom.control import runs
from strongroom.control.database import Database, DatabasePlace, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.records import NewRun, RunStatus
from strongroom.control.sqlite import SqliteFile
from strongroom.engine import arbiter
from strongroom.engine.claims import Claims
from tests.fakes.postgres import PostgresServer

SIZES = (1_000, 10_000, 100_000)
LIMIT_S = 3.0
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def claims(number: int, size: int, *, start: int = 0) -> Claims:
    """Claim so many mailboxes of one server by a connection and a storage of one's own."""
    names = frozenset(f"person{start + i:06d}@contoso.example" for i in range(size))
    return Claims(connection=f"c{number}", storage=f"s{number}", server="x", resources=names)


@dataclass
class Bench:
    """A control database with runs, and a watch."""

    database: Database
    count: int = 0

    def submit(self, wanted: Claims) -> str:
        """Put a run into the queue, as a person who asks for it does."""
        self.count += 1
        run_id = f"r{self.count}"
        asked_for = NOW + timedelta(seconds=self.count)
        with self.database.write() as db:
            run = NewRun(kind="backup", request={}, claims=wanted.to_json())
            runs.add(db, run, run_id=run_id, now=asked_for)
            arbiter.submit(db, run_id, wanted)
        return run_id

    def grant(self) -> tuple[str, ...]:
        with self.database.write() as db:
            return arbiter.grant(db, NOW + timedelta(hours=1))

    def look(self) -> bool:
        """Look around as a worker does twice a second."""
        with self.database.read() as db:
            return arbiter.has_to_decide(arbiter.queue(db), NOW + timedelta(hours=1))

    def end(self, run_id: str) -> None:
        with self.database.write() as db:
            runs.finish(db, run_id, RunStatus.COMPLETE, fault=None, now=NOW)


def seconds(since: float) -> float:
    return time.perf_counter() - since


def measure(bench: Bench, size: int) -> tuple[float, float]:
    """Print a line; give the seconds of a run that may start and of one beside another one."""
    begin = time.perf_counter()
    first = bench.submit(claims(1, size))
    assert bench.grant() == (first,)
    alone_s = seconds(begin)
    begin = time.perf_counter()
    waiting = bench.submit(claims(2, size))  # on the same mailboxes
    assert bench.grant() == ()
    waits_s = seconds(begin)
    begin = time.perf_counter()
    beside = bench.submit(claims(3, size, start=size))
    assert bench.grant() == (beside,)
    beside_s = seconds(begin)
    begin = time.perf_counter()
    assert not bench.look()
    look_s = seconds(begin)
    begin = time.perf_counter()
    bench.end(first)
    end_s = seconds(begin)
    begin = time.perf_counter()
    assert bench.grant() == (waiting,)
    next_s = seconds(begin)
    bench.end(waiting)
    bench.end(beside)
    print(
        f"  {size:>7} resources: alone {alone_s:6.3f} s, must wait {waits_s:6.3f} s,"
        f" beside two that share nothing {beside_s:6.3f} s;"
        f" look {look_s * 1000:5.1f} ms, end {end_s:6.3f} s, grant the next {next_s:6.3f} s",
        flush=True,
    )
    return alone_s, beside_s


@contextmanager
def places(folder: Path) -> Iterator[dict[str, DatabasePlace]]:
    """Have a new control database of each kind."""
    server = PostgresServer()
    try:
        url = server.url(server.new_database())
        yield {
            "SQLite": SqliteFile(path=folder / "control.db"),
            "PostgreSQL": PostgresPlace(url=url),
        }
    finally:
        server.remove()


def main() -> None:
    """Measure on each kind of database."""
    worst_s = 0.0
    with tempfile.TemporaryDirectory() as folder, places(Path(folder)) as each:
        for kind, place in each.items():
            print(f"\nsubmit and grant a run, on {kind}")
            database = open_database(place)
            bench = Bench(database)
            for size in SIZES:
                worst_s = max(measure(bench, size))
            database.close()
            verdict = "kept" if worst_s <= LIMIT_S else f"EXCEEDED by {worst_s / LIMIT_S - 1:.0%}"
            print(f"  limit: {LIMIT_S:.0f} s for {SIZES[-1]} resources: {verdict}")


if __name__ == "__main__":
    main()
