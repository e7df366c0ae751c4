"""What this version of DBOS does when workers die, freeze or share a name (E1 to E7).

Each new version is held to it before it is allowed. What is not written here as a promise of ours
is a habit of DBOS that made us do as we do.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from strongroom.engine import dbos_durable
from strongroom.engine.dbos_durable import DbosDurable
from strongroom.engine.durable import Standing
from tests.contracts.durable import SOON_S, Desk, Floor, Write, park
from tests.engine_durable.other_worker import other_worker


@pytest.fixture
def floor(sqlite_place: SqliteFile, sqlite_write: Write) -> Iterator[Floor]:
    floor = Floor(lambda: DbosDurable(sqlite_place), sqlite_write)
    yield floor
    floor.close()


@pytest.fixture
def postgres_floor(dbos_place: PostgresPlace, postgres_write: Write) -> Iterator[Floor]:
    floor = Floor(lambda: DbosDurable(dbos_place), postgres_write)
    yield floor
    floor.close()


def test_what_a_killed_worker_had_is_taken_over_when_told_so_and_not_before(
    floor: Floor, sqlite_place: SqliteFile, tmp_path: Path
) -> None:
    names = ["r1", "r2", "r3"]
    with other_worker(sqlite_place, "a", *names, folder=tmp_path) as other:
        other.until(*[f"drive {name}" for name in names])
        other.process.send_signal(signal.SIGKILL)
        other.ends()

    # E1: somebody else lives, or begins to, and nothing happens.
    desk = Desk()
    lines = floor.worker(desk, "b")
    floor.begin("own")
    floor.until(Standing.OVER, "own")
    assert {run_id for _, run_id, _ in desk.calls} == {"own"}
    assert lines.holders() == {"a", "b"}

    # E5: told so, it goes on, and only the part in hand is done again.
    assert lines.recover(["a"]) == len(names)
    lines.wake()
    for name in names:
        floor.until(Standing.OVER, name)
        assert [part for part, run_id, _ in desk.calls if run_id == name] == ["drive", "conclude"]
    assert lines.holders() == {"b"}


def test_another_version_leaves_runs_alone(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """E2. So the version is fixed: with DBOS's own, each release would strand what runs."""
    first, second = Desk(drive=park), Desk()
    floor.worker(first)
    floor.begin("r1")
    first.until(("drive", "r1", 1))
    floor.close()
    monkeypatch.setattr(dbos_durable, "VERSION", "runs-2")
    lines = floor.worker(second, "w1")
    assert lines.recover(["w1"]) == 0
    floor.begin("own")
    floor.until(Standing.OVER, "own")
    assert {run_id for _, run_id, _ in second.calls} == {"own"}


def test_the_same_name_again_takes_up_what_it_had(floor: Floor) -> None:
    """E3. Fine for one process, fatal for two: so each start of a worker has a new name."""
    first, second = Desk(drive=park), Desk()
    floor.worker(first, "same")
    floor.begin("r1")
    first.until(("drive", "r1", 1))
    floor.worker(second, "same").wake()
    floor.until(Standing.OVER, "r1")
    assert list(second.calls) == [("drive", "r1", 1), ("conclude", "r1", 1)]


def test_a_second_process_of_the_same_name_does_the_work_twice(
    floor: Floor, sqlite_place: SqliteFile, tmp_path: Path
) -> None:
    """E6. Which is why names are drawn, and never given."""
    with other_worker(sqlite_place, "same", "r1", folder=tmp_path) as other:
        other.until("drive r1")
        desk = Desk()
        floor.worker(desk, "same").wake()
        desk.until(("drive", "r1", 1))
        assert other.process.poll() is None


def test_who_was_frozen_and_thaws_records_nothing_more_and_can_leave(
    postgres_floor: Floor, dbos_place: PostgresPlace, tmp_path: Path
) -> None:
    """E7: it ends the part it was in, its word is refused, and it begins no further one."""
    floor, go = postgres_floor, threading.Event()
    desk = Desk(drive=lambda _: (go.wait(SOON_S), None)[1])
    with other_worker(dbos_place, "a", "r1", folder=tmp_path) as other:
        other.until("drive r1")
        other.process.send_signal(signal.SIGSTOP)
        lines = floor.worker(desk, "b")
        assert lines.recover(["a"]) == 1
        lines.wake()
        desk.until(("drive", "r1", 1))

        other.process.send_signal(signal.SIGCONT)
        other.say("go")
        other.until_logged("Waiting for the owner's recorded outcome")
        # DBOS now waits there for how the run ends here, however long that takes; but not after
        # the worker has let go.
        other.say("close")
        assert other.ends() == 0
        assert other.calls() == ["plan r1", "drive r1", "driven r1"]

        assert lines.standing("r1", 1) is Standing.GOING
        go.set()
        floor.until(Standing.OVER, "r1")
    assert list(desk.calls) == [("drive", "r1", 1), ("conclude", "r1", 1)]


def test_whoever_stood_still_while_taking_over_takes_nothing_from_the_new_owner(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, desk = threading.Event(), Desk(drive=park)
    floor.worker(desk)
    floor.begin("r1")
    desk.until(("drive", "r1", 1))
    desk = Desk(drive=lambda _: (go.wait(SOON_S), None)[1])
    lines = floor.worker(desk)
    seen_before = lines._list(status="PENDING")  # type: ignore[attr-defined]
    assert lines.recover(["w1"]) == 1
    lines.wake()
    desk.until(("drive", "r1", 1))
    with monkeypatch.context() as patch:
        patch.setattr(lines, "_list", lambda **_: seen_before or [])
        patch.setattr(lines._client, "cancel_workflows", lambda _: seen_before.clear())  # type: ignore[attr-defined]
        assert lines.recover(["w1"]) == 0
    go.set()
    floor.until(Standing.OVER, "r1")
    assert list(desk.calls) == [("drive", "r1", 1), ("conclude", "r1", 1)]
