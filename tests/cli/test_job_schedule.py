"""Jobs that run by themselves: options, commands and what is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.control import jobs
from strongroom.service.application import Application
from tests.cli.conftest import Cli
from tests.fakes.mail_server import World

ADD = (
    "job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
    "--resource", "ann@example",
)  # fmt: skip
BERLIN = {
    "cron": "30 22 * * mon-fri",
    "idle_s": None,
    "time_zone": "Europe/Berlin",
    "hours": "mon-fri 20-06, sat",
}


@pytest.fixture
def job(ready: Cli) -> Cli:
    """Give a home with a job that has no schedule. The clock stands on a Thursday morning."""
    ready(*ADD, expect=0)
    return ready


def test_a_job_is_added_with_its_schedule(ready: Cli) -> None:
    added = ready(
        *ADD, "--schedule", "30 22 * * mon-fri", "--time-zone", "Europe/Berlin",
        "--hours", "Mon-Fri 20-06, sat", "--priority", "high", "--json", expect=0,
    ).document  # fmt: skip
    assert added["schedule"] == BERLIN
    assert added["next_due"] == "2026-03-05T21:30:00Z"
    assert (added["priority"], added["paused"], added["last_run"]) == ("high", False, None)
    assert ready("job", "show", "nightly", "--json").document == added
    assert ready("job", "list", "--json").document == [added]


def test_a_job_without_a_schedule_says_so(job: Cli) -> None:
    shown = job("job", "show", "nightly", "--json").document
    assert (shown["schedule"], shown["next_due"], shown["priority"]) == (None, None, "normal")
    assert shown["schedule_told"] == "never by itself"
    lines = job("job", "show", "nightly").stdout.splitlines()
    assert lines[-4:] == [
        "runs: never by itself", "next due: -", "priority: normal", "last run: -",
    ]  # fmt: skip


def test_what_is_not_given_stays(job: Cli) -> None:
    def schedule(*words: str) -> dict[str, object]:
        document = job("job", "schedule", "nightly", *words, "--json", expect=0).document
        assert document["name"] == "nightly"
        kept: dict[str, object] = document["schedule"]
        return kept

    schedule("--cron", "30 22 * * mon-fri", "--time-zone", "Europe/Berlin")
    assert schedule("--hours", "mon-fri 20-06, sat") == BERLIN
    assert schedule("--cron", "0 21 * * *") == {**BERLIN, "cron": "0 21 * * *"}
    continuous = {**BERLIN, "cron": None, "idle_s": 5400}
    assert schedule("--continuous", "1h30m") == continuous
    assert schedule("--never") == {**continuous, "idle_s": None}
    assert schedule("--never", "--hours", "always") is None


def test_it_is_shown_in_the_list_and_what_is_paused_is_not_due(job: Cli) -> None:
    job("job", "schedule", "nightly", "--cron", "0 22 * * *", expect=0)
    told = "at 22:00 every day (UTC)"
    assert f"{told}  2026-03-05T22:00:00Z  -" in job("job", "list").stdout
    paused = job("job", "pause", "nightly", "--json", expect=0).document
    assert (paused["paused"], paused["next_due"]) == (True, None)
    assert f"paused ({told})  -" in job("job", "list").stdout
    assert f"runs: {told} (paused)" in job("job", "pause", "nightly").stdout
    resumed = job("job", "resume", "nightly", "--json", expect=0).document
    assert (resumed["paused"], resumed["next_due"]) == (False, "2026-03-05T22:00:00Z")


def test_a_priority_is_given(job: Cli) -> None:
    assert "priority: low" in job("job", "priority", "nightly", "low", expect=0).stdout
    assert job("job", "show", "nightly", "--json").document["priority"] == "low"
    assert job("job", "priority", "nightly", "urgent").code == 2


REFUSED = [
    ((), "Nothing was said"),
    (("--never", "--cron", "0 22 * * *"), "either by a schedule or never"),
    (("--cron", "0 22 * * *", "--continuous", "1h"), "either by cron or continuously"),
    (("--cron", "0 22 * *"), "five fields"),
    (("--cron", "0 0 31 2 *"), "Bad day-of-month"),
    (("--continuous", "soon"), "Not a duration"),
    (("--continuous", "5s"), "a minute at least"),
    (("--time-zone", "Berlin"), "no such time zone"),
    (("--hours", "night"), "permitted hours"),
]
"""What is given to `job schedule`, and what is said to that."""


def test_what_cannot_be_is_refused_and_nothing_changes(job: Cli) -> None:
    for words, told in REFUSED:
        ended = job("job", "schedule", "nightly", *words, expect=2)
        assert told in ended.stderr
        assert "hint:" in ended.stderr
    assert job("job", "show", "nightly", "--json").document["schedule"] is None


def test_a_job_with_a_schedule_that_cannot_be_is_not_added(ready: Cli) -> None:
    assert "five fields" in ready(*ADD, "--schedule", "daily", expect=2).stderr
    assert ready("job", "list", "--json").document == []


def test_the_last_run_is_shown(job: Cli, world: World) -> None:
    world.estate.add("ann@example")
    run = job("job", "run", "nightly", "--wait", "--json", expect=0).document
    shown = job("job", "show", "nightly", "--json").document["last_run"]
    assert (shown["id"], shown["status"]) == (run["id"], "complete")
    assert f"{run['id']} complete" in job("job", "list").stdout


def test_the_last_turn_that_was_missed_is_shown_with_its_reason(
    job: Cli, world: World, home: Path
) -> None:
    with Application(home, world.ports()) as application:
        nightly = application.jobs.show("nightly")
        with application._database.write() as db:
            jobs.say_missed(db, nightly.id, nightly.created, "Its run is paused.")
    shown = job("job", "show", "nightly", "--json").document["last_missed"]
    assert shown == {"due": "2026-03-05T10:15:00Z", "why": "Its run is paused."}
    line = job("job", "show", "nightly").stdout.splitlines()[-1]
    assert line == "last missed: 2026-03-05T10:15:00Z (Its run is paused.)"


def test_a_run_outside_the_hours_says_when_they_begin(job: Cli, world: World, home: Path) -> None:
    job("job", "schedule", "nightly", "--hours", "fri 20-22", "--time-zone", "Asia/Tokyo", expect=0)
    with Application(home, world.ports()) as application:
        run, _ = application.jobs.ask_run("nightly")
    shown = job("run", "show", run.id, expect=0).stdout
    assert "waits for permitted hours: they begin Fri 20:00 (Asia/Tokyo)" in shown
    assert (
        job("run", "show", run.id, "--json").document["not_before"].startswith("2026-03-06T11:00")
    )


def test_an_unknown_job_is_said_to_be(ready: Cli) -> None:
    for words in (("schedule", "x", "--never"), ("pause", "x"), ("resume", "x")):
        assert "no job named 'x'" in ready("job", *words, expect=2).stderr
