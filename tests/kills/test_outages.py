"""What happens around workers: they freeze, databases go away and fill up, clocks jump."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from strongroom.clock import SystemClock
from strongroom.control import connections, jobs, runs, storages
from strongroom.control.database import Database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.records import Connection, Job, RunStatus, StorageRecord
from strongroom.control.sqlite import SqliteFile
from strongroom.engine.schedule import Schedule
from tests.fakes.postgres import PostgresServer
from tests.kills.harness import Harness, harness, rows, say
from tests.kills.journal import READY, read
from tests.kills.judge import Judge, Verdict
from tests.kills.nursery import Nursery
from tests.kills.orders import Order, drawn
from tests.kills.toy import IN_STEP, IN_TRANSACTION
from tests.kills.worker_process import STOPPED_ITSELF, Settings

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_SEALED: dict[str, Any] = {"sealed": b"", "wrapped_key": b"", "created": _FIRST}
_ENOUGH = 2**31 - 2


def apart(number: int, **changes: object) -> Order:
    """Order a run that conflicts with no other one of another number."""
    one = Order(
        kind="backup",
        connection=f"connection{number}",
        storage=f"storage{number}",
        server=f"server{number}",
        resources=tuple(f"server{number}/mailbox{one}" for one in range(4)),
        step_s=0.1,
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def judged(one: Harness) -> Verdict:
    verdict = Judge(one).verdict()
    assert not verdict.faults, "\n".join(verdict.faults)
    return verdict


def test_three_workers_that_start_at_once_on_an_empty_database_all_get_ready(
    workers: Nursery, postgres_url: str, tmp_path: Path
) -> None:
    # Patient, since a busy machine makes tables for longer than they are to go without a beat.
    settings = Settings(
        address=postgres_url, folder=str(tmp_path), fence_after_s=40.0, dead_after_s=60.0
    )
    pids = [workers.start(settings.to_json(), tmp_path / "log") for _ in range(3)]
    clock = SystemClock()
    until_s = clock.monotonic_s() + 60.0
    while True:
        spans = read(settings.journal, {})
        ready = {span.deed.number for span in spans if span.deed.what == READY}
        if ready == set(pids):
            break
        assert not any(workers.look(pid) for pid in pids), (tmp_path / "log").read_text()
        assert clock.monotonic_s() < until_s, (tmp_path / "log").read_text()
        clock.sleep(0.02)
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    assert [workers.wait(pid)[0] for pid in pids] == [0, 0, 0]


# Up to 20 seconds: in a transaction, of ours or of DBOS, it stands until the server has ended that.
@pytest.mark.soak
@pytest.mark.parametrize("place", [IN_STEP, IN_TRANSACTION])
def test_a_frozen_worker_is_followed_and_stops_itself_when_it_thaws(
    workers: Nursery, postgres_place: PostgresPlace, tmp_path: Path, place: str
) -> None:
    with harness(workers, postgres_place, tmp_path, seed=1, size=3) as one:
        for number in range(4):
            one.ask(apart(number, steps=2))
        victim = one.freeze(place)
        one.until(lambda: not one.open_runs(), "nobody took over what the frozen worker had")
        assert one.thaw(victim).code == STOPPED_ITSELF
        one.finish()
        assert judged(one).tasks == 16


def test_a_server_that_is_restarted_in_the_middle_costs_no_run_and_no_worker(
    workers: Nursery,
    postgres: PostgresServer,
    postgres_place: PostgresPlace,
    tmp_path: Path,
) -> None:
    with harness(workers, postgres_place, tmp_path, seed=1, size=3) as one:
        one.settings = replace(one.settings, fence_after_s=40.0, dead_after_s=60.0)
        for number in range(6):
            one.ask(apart(number % 4, steps=6, step_s=0.05))
        one.fill()
        one.until(one.are_ready, "a worker does not get ready")
        for _ in range(2):
            begun = len(one.journal())
            one.until(lambda begun=begun: len(one.journal()) > begun + 10, "no work is done")  # type: ignore[misc]
            postgres.stop(signal.SIGQUIT)
            one.clock.sleep(0.3)
            postgres.start()
        one.until(lambda: not one.open_runs(), "runs do not go on after the restart")
        assert one.deaths == {}, "no worker had to be started again"
        one.finish()
        assert judged(one).tasks == 24


def test_work_waits_for_space_on_the_disk_and_nothing_of_it_is_lost(
    workers: Nursery, sqlite_place: SqliteFile, tmp_path: Path
) -> None:
    pages = tmp_path / "pages"
    say(pages, _ENOUGH)
    log = tmp_path / "log"
    with harness(workers, sqlite_place, tmp_path, seed=1, size=1) as one:
        one.settings = replace(one.settings, pages=str(pages))
        for number in range(8):
            one.ask(apart(number, kind="backup"))
        one.fill()
        one.until(lambda: len(one.journal()) > 20, "no work is done")
        full = rows(one.database, "SELECT page_count FROM pragma_page_count()")[0][0]
        say(pages, full)
        one.until(lambda: "work waits for the control database" in log.read_text(), "never full")
        assert "disk that holds the home is full" in log.read_text()
        one.clock.sleep(1.2)  # it is tried again once a second
        assert one.open_runs(), "some work waits"
        say(pages, _ENOUGH)
        one.until(lambda: not one.open_runs(), "runs do not go on after there is space")
        assert one.deaths == {}
        one.finish()
        assert judged(one).tasks == 32


def add_job(database: Database, job_id: str, now: datetime) -> None:
    schedule = Schedule(cron="*/10 * * * *", time_zone="UTC")
    job = Job(
        id=job_id, name=job_id, kind="backup", connection_id="c", storage_id="s",
        connection="office", storage="disk", selection={}, created=now,
        schedule=schedule.to_json(), due=schedule.next_due(now),
    )  # fmt: skip
    with database.write() as db:
        connections.add(db, Connection(id="c", name="office", kind="k", **_SEALED))
        storages.add(db, StorageRecord(id="s", name="disk", url="memory:", **_SEALED))
        jobs.add(db, job)


def runs_of(database: Database, job_id: str) -> int:
    with database.read() as db:
        return sum(run.job_id == job_id for run in runs.newest_first(db, at_most=999))


def not_complete(database: Database) -> list[str]:
    with database.read() as db:
        known = runs.newest_first(db, at_most=999)
    return [run.id for run in known if run.status is not RunStatus.COMPLETE]


@pytest.mark.soak
@pytest.mark.parametrize(
    "kind", ["sqlite_place", pytest.param("postgres_place", marks=pytest.mark.soak)]
)
def test_a_clock_that_jumps_by_a_day_buries_nobody_and_loses_nothing(
    workers: Nursery, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = request.getfixturevalue(kind)
    wrong = tmp_path / "wrong"
    say(wrong, 0)
    size = 3 if place.is_shared else 1
    with harness(workers, place, tmp_path, seed=1, size=size) as one:
        # One of them has the clock that jumps; on PostgreSQL the others have right ones. Patient,
        # since none of them is to be taken for dead because the machine is busy.
        right = replace(one.settings, fence_after_s=20.0, dead_after_s=30.0)
        one.settings = replace(right, clock=str(wrong))
        one.start()
        one.settings = right
        one.fill()
        add_job(one.database, "nightly", one.clock.now())
        before = {}
        for wrong_s in (0, 86_400, -86_400, 0):
            say(wrong, wrong_s)
            begun = len(one.journal())
            for _ in range(3):
                one.ask(replace(drawn(one.chance), kind="backup", is_urgent=False, priority=0))
            one.until(lambda begun=begun: len(one.journal()) > begun + 8, "no work is done")  # type: ignore[misc]
            if wrong_s > 0:
                one.until(lambda: runs_of(one.database, "nightly") > 0, "no turn is taken")
            one.clock.sleep(0.7)  # workers look around twice a second
            before[wrong_s] = runs_of(one.database, "nightly")
        one.until(lambda: not not_complete(one.database), "runs do not come to their end")
        one.finish()
        # A day ahead one turn is taken for all that were missed. The right time, before it and
        # after it, brings no more than the turn that may have come meanwhile.
        assert before[86_400] >= 1
        assert runs_of(one.database, "nightly") <= 3
        assert all(death.code == 0 for death in one.deaths.values()), "nobody was buried"
        # Who goes first is decided by the clocks of those who ask, see docs/queue.md.
        faults = [fault for fault in Judge(one).verdict().faults if "began before" not in fault]
        assert not faults, "\n".join(faults)
