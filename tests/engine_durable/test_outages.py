"""Workers that freeze and databases that go away, with DBOS and everything."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.clock import SystemClock
from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from strongroom.engine.dbos_durable import DbosDurable
from strongroom.engine.durable import Standing
from strongroom.engine.liveness import Timing
from strongroom.engine.membership import Membership
from tests.contracts.durable import SOON_S, Desk, Floor, Write
from tests.engine_durable.other_worker import other_worker
from tests.fakes.postgres import PostgresServer

_FAST = Timing(beat_s=0.2, fence_after_s=1.0, dead_after_s=2.0)
_PATIENT = Timing(beat_s=0.2, fence_after_s=30.0, dead_after_s=60.0)
_STOPPED_ITSELF = 86
_LOSE_R1 = sa.text(
    "UPDATE workflow_status SET status = 'PENDING', executor_id = 'w1', owner_xid = 'lost'"
    " WHERE workflow_uuid = 'r1/1'"
)


@pytest.fixture
def floor(dbos_place: PostgresPlace, postgres_write: Write) -> Iterator[Floor]:
    floor = Floor(lambda: DbosDurable(dbos_place, poll_s=0.1), postgres_write)
    yield floor
    floor.close()


def _member(place: PostgresPlace, lost: list[str], timing: Timing) -> Membership:
    member = Membership(
        place, host="here", pid=1, clock=SystemClock(), lost=lost.append, timing=timing
    )
    member.join()
    return member


@pytest.mark.soak
def test_a_frozen_worker_is_found_dead_and_stops_itself_when_it_thaws(
    floor: Floor, dbos_place: PostgresPlace, tmp_path: Path
) -> None:
    go, clock = threading.Event(), SystemClock()
    lost: list[str] = []
    beats = f"{_FAST.beat_s} {_FAST.fence_after_s} {_FAST.dead_after_s}"
    desk = Desk(drive=lambda _: (go.wait(SOON_S), None)[1])
    with other_worker(
        dbos_place, "a", "r1", folder=tmp_path, environment={"BEATS": beats}
    ) as other:
        other.until("drive r1")
        other.process.send_signal(signal.SIGSTOP)
        member = _member(dbos_place, lost, _FAST)
        lines = floor.worker(desk, member.id)
        until_s = clock.monotonic_s() + SOON_S
        while ("drive", "r1", 1) not in desk.calls:
            assert clock.monotonic_s() < until_s
            member.look(lines)
            clock.sleep(0.05)

        other.process.send_signal(signal.SIGCONT)
        assert other.ends() == _STOPPED_ITSELF
        assert other.calls() == ["plan r1", "drive r1"]
        go.set()
        floor.until(Standing.OVER, "r1")
        member.leave()
    assert list(desk.calls) == [("drive", "r1", 1), ("conclude", "r1", 1)]
    assert lost == []


def test_runs_go_on_when_the_database_comes_back(
    floor: Floor, dbos_place: PostgresPlace, postgres: PostgresServer
) -> None:
    go = threading.Event()
    lost: list[str] = []
    desk = Desk(drive=lambda _: (go.wait(SOON_S), None)[1])
    member = _member(dbos_place, lost, _PATIENT)
    lines = floor.worker(desk, member.id)
    floor.begin("r1")
    desk.until(("drive", "r1", 1))
    postgres.restart(signal.SIGQUIT)
    go.set()
    desk.until(("conclude", "r1", 1))
    floor.until(Standing.OVER, "r1")
    # And it goes on to look for more.
    floor.begin("r2")
    floor.until(Standing.OVER, "r2")
    member.look(lines)
    member.leave()
    assert [run for part, run, _ in desk.calls if part == "drive"] == ["r1", "r2"]
    assert lost == []


def test_what_stands_as_in_our_hands_and_is_not_is_taken_up_again(
    sqlite_place: SqliteFile, sqlite_write: Write
) -> None:
    desk, go = Desk(drive=lambda run: (run == "r2" and go.wait(SOON_S), None)[1]), threading.Event()
    floor = Floor(lambda: DbosDurable(sqlite_place), sqlite_write)
    lines = floor.worker(desk, "w1")
    floor.begin("r2")
    desk.until(("drive", "r2", 1))
    with sqlite_write() as db:
        # As when the database took the word that r1 is ours, and its answer never came.
        lines.begin(db, "r1", 1)
        db.execute(_LOSE_R1)
    assert (lines.retake(), lines.retake(), lines.retake()) == (0, 1, 0)
    lines.wake()
    floor.until(Standing.OVER, "r1")
    go.set()
    floor.until(Standing.OVER, "r2")
    floor.close()
    assert [run for part, run, _ in desk.calls if part == "drive"] == ["r2", "r1"], "each once"
