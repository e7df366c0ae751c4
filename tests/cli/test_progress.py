"""How far runs are, and how long others wait, as ``run list``, ``show`` and ``watch`` print it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.cli.run import LinePrinter
from strongroom.control import progress, runs, tasks
from strongroom.control.database import Database, open_database
from strongroom.control.records import NewRun, RunStatus, Task, TaskStatus
from strongroom.engine.filelock import FileLock
from strongroom.service.run_view import as_seen
from tests.cli.conftest import Cli
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World
from tests.words.documents import pace

NOW = HandClock().now() - timedelta(seconds=100)
HOSTILE = "https://sites.example/" + "very-long/" * 12 + "\x1b[2J/library"
LEDGER: Any = {
    "totals": {
        "on_server": 40, "saved": 40, "unchanged": 0, "skipped": 0, "failed": 0,
        "bytes_read": 50_000, "bytes_stored": 9,
    }
}  # fmt: skip


@pytest.fixture
def database(cli: Cli, home: Path, world: World) -> Iterator[Database]:
    """Give a home in which one run is worked on and another one waits for it."""
    cli("run", "list", expect=0)
    lock = FileLock(home / "worker.lock")
    assert lock.try_acquire()
    opened = open_database(home / "control.db")
    with opened.write() as db:
        for run_id in ("r1aaaa", "r2bbbb"):
            runs.add(db, NewRun(kind="backup", request={}), run_id=run_id, now=NOW)
        runs.start(db, "r1aaaa", now=NOW)
        block = "UPDATE runs SET blocked_by = 'r1aaaa', waits_for = 'run r1aaaa: same storage'"
        db.execute(sa.text(f"{block} WHERE id = 'r2bbbb'"))
        task("ann@example", 0, TaskStatus.COMPLETE, db, coverage=LEDGER)
        task(HOSTILE, 1, TaskStatus.RUNNING, db)
        progress.say(db, "r1aaaa", "", told())
    yield opened
    opened.close()
    lock.release()


def task(name: str, number: int, status: TaskStatus, db: sa.Connection, **more: Any) -> None:
    row = Task(
        run_id="r1aaaa", resource_kind="site", resource_id=name, number=number, resource=name,
        status=status, **more,
    )  # fmt: skip
    tasks.keep(db, row)


def told(items: int = 10) -> dict[str, Any]:
    counts = {
        "items": items, "items_expected": 30, "bytes": 10_000, "bytes_expected": 30_000,
        "elapsed_s": 10.0, "items_per_s": 1.0, "bytes_per_s": 1000.0, "left_s": 240.0,
    }  # fmt: skip
    limits = [{"by": "demand", "seconds": None, "slots": None, "count": None}]
    return {
        "resources": {HOSTILE: counts}, "notes": [], "notes_at_s": [], "notes_before": 0,
        "pace": pace(limits=limits, told="Little to do."),
        "worked": {"items": 50, "bytes": 60_000, "tasks": 1}, "spans_s": [[0.0, 100.0]],
        "now": {"items_per_s": 1.0, "bytes_per_s": 1000.0},
        "lately": {"items_per_s": 1.0, "bytes_per_s": 1000.0, "tasks_per_s": 0.01},
        "spent": {"working_s": 100.0, "waiting_to_seal_s": 50.0, "sealing_s": 30.0},
    }  # fmt: skip


def test_the_list_says_how_far_a_run_is_and_how_long_another_one_waits(
    cli: Cli, database: Database
) -> None:
    waits, works = cli("run", "list", expect=0).stdout.splitlines()[1:]
    assert "waits about 4 min" in waits
    assert "about 4 min left" in works
    assert "%, about" in works
    second, first = cli("run", "list", "--json", expect=0).document
    assert (second["waits_for"], second["waits_for_s"]) == ("run r1aaaa: same storage", 240.0)
    assert (second["limited_by"], second["progress"]) == ("run", None)
    assert first["waits_for_s"] is None
    assert first["limited_by"] == "storage"
    figures = first["progress"]["run"]
    assert (figures["tasks"], figures["tasks_done"], figures["items"]) == (2, 1, 50)


def test_a_run_is_shown_with_what_is_in_hand_and_all_of_it_together(
    cli: Cli, database: Database
) -> None:
    shown = cli("run", "show", "r1", expect=0).stdout.splitlines()
    (now,) = [line for line in shown if line.startswith("  now: ")]
    assert now.startswith("  now: https://sites.example...")
    assert now.endswith(": 10 of 30 items, 10.0 kB, 1 items/s, about 4 min left")
    assert len(now) < 120
    assert (
        "Up to now: 1 of 2 tasks, 50 of 70 items, 60.0 kB, 1 items/s, 1.0 kB/s, about 4 min left"
        in shown
    )
    assert any("waits 50% of its time" in line for line in shown)
    assert not any("\x1b" in line for line in shown)
    waits = cli("run", "show", "r2", expect=0).stdout.splitlines()
    assert waits[1] == "waits for run r1aaaa: same storage; about 4 min"


def test_a_json_line_comes_when_something_was_told_and_not_for_every_second(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    show, clock = LinePrinter(), HandClock()
    for step in range(6):
        clock.sleep(1)
        with database.write() as db:
            if step in {2, 4}:
                progress.say(db, "r1aaaa", "", told(items=10 + step))
            for run_id in ("r1aaaa", "r2bbbb")[: 1 + (step == 5)]:
                run = runs.by_id(db, run_id)
                assert run is not None
                show(as_seen(db, run, clock.now()))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in lines] == ["r1aaaa"] * 3 + ["r2bbbb"]
    assert [line["progress"]["run"]["items"] for line in lines[:3]] == [50, 52, 54]
    assert (lines[3]["waits_for_s"], lines[3]["progress"]) == (240.0, None)


def test_when_it_has_ended_nothing_of_it_is_under_way(cli: Cli, database: Database) -> None:
    with database.write() as db:
        runs.finish(db, "r1aaaa", RunStatus.FAILED, fault=None, now=NOW)
    report = cli("run", "show", "r1", "--json", expect=0).document
    assert (report["progress"], report["limited_by"], report["waits_for_s"]) == (None, None, None)
    assert "Up to now" not in cli("run", "show", "r1", expect=0).stdout
