"""Runs: found, reported word for word as promised, cancelled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from strongroom.control import runs as rows
from strongroom.control.records import Run, RunStatus
from strongroom.engine.filelock import FileLock
from strongroom.errors import OperatorError
from strongroom.service.application import Application
from tests.fakes.mail_server import World
from tests.service.support import add_job, back_up

# design §6, word for word
OF_RUN = {"id", "job", "kind", "status", "waits_for", "started", "finished", "tasks", "totals"}
OF_TOTALS = {
    "on_server",
    "saved",
    "unchanged",
    "skipped",
    "failed",
    "bytes_read",
    "bytes_stored",
    "requests",
    "throttled",
}
OF_TASK = {"resource", "status", "folders"}
OF_FOLDER = {"path", "on_server", "saved", "unchanged", "skipped", "failed"}


def test_a_report_carries_what_scripts_rely_on(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    report = back_up(ready)
    assert report.keys() >= OF_RUN
    assert report["totals"].keys() == OF_TOTALS
    (task,) = report["tasks"]
    assert task.keys() >= OF_TASK
    assert all(folder.keys() >= OF_FOLDER for folder in task["folders"])
    assert {folder["path"] for folder in task["folders"]} == {"", "Inbox"}
    assert report["started"].endswith("Z")
    assert json.loads(json.dumps(report)) == report


def test_a_run_that_nobody_works_on_any_more_is_not_told_as_running(
    ready: Application, world: World, tmp_path: Path
) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    run, _ = ready.jobs.ask_run("nightly")
    with ready.runs._shared.database.write() as db:
        assert rows.start(db, run.id, now=world.clock.now())
    lock = FileLock(tmp_path / "home" / "worker.lock")
    assert lock.try_acquire()
    assert ready.runs.show(run.id)["status"] == "running", "its worker lives"
    lock.release()
    assert [one["status"] for one in ready.runs.all()] == ["waiting"]
    again, was_there = ready.jobs.ask_run("nightly")
    assert was_there
    assert (again.status, again.attempts) == ("waiting", 1)
    assert lock.try_acquire(), "looking leaves no lock behind"
    lock.release()


def test_runs_are_listed_newest_first_without_their_folders(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    first, second = back_up(ready)["id"], back_up(ready)["id"]
    listed = ready.runs.all()
    assert [report["id"] for report in listed] == [second, first]
    tasks = listed[0]["tasks"]
    assert isinstance(tasks, list)
    assert "folders" not in tasks[0]


def test_a_run_is_found_by_how_its_id_begins(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    run_id = back_up(ready)["id"]
    assert ready.runs.find(run_id[:6]).id == run_id
    for wrong in ("zzzzzzzzzz0", "%", "", "_"):
        with pytest.raises(OperatorError, match="no such run"):
            ready.runs.find(wrong)


def test_a_run_that_nobody_works_on_is_cancelled_at_once(ready: Application) -> None:
    add_job(ready, "ann@example")
    run, _ = ready.jobs.ask_run("nightly")
    assert ready.runs.cancel(run.id).status is RunStatus.CANCELLED
    with pytest.raises(OperatorError, match="ended already"):
        ready.runs.cancel(run.id)


def test_a_run_that_a_worker_has_is_asked_to_stop(ready: Application, tmp_path: Path) -> None:
    add_job(ready, "ann@example")
    run, _ = ready.jobs.ask_run("nightly")
    worker = FileLock(tmp_path / "home" / "worker.lock")
    assert worker.try_acquire()
    asked = ready.runs.cancel(run.id)
    assert (asked.status, asked.is_stop_asked) == (RunStatus.WAITING, True)
    worker.release()
    ended = ready.runs.wait(run.id, lambda _run: None)
    assert ended.status is RunStatus.CANCELLED


def test_watching_a_run_that_nobody_works_on_says_so(ready: Application) -> None:
    add_job(ready, "ann@example")
    run, _ = ready.jobs.ask_run("nightly")
    with pytest.raises(OperatorError, match="Nobody works on run") as caught:
        ready.runs.watch(run.id, lambda _run: None)
    assert "--wait" in caught.value.hint


def test_watching_a_run_that_has_ended_shows_its_end(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    run_id = back_up(ready)["id"]
    seen: list[Run] = []
    assert ready.runs.watch(run_id, seen.append).status is RunStatus.COMPLETE
    assert [run.id for run in seen] == [run_id]
