"""What is shown of a run's pace while it uses its server, and what is left of it."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom.operations.verify import verify
from strongroom.service import verifying
from strongroom.service.application import Application
from strongroom.service.restores import RestoreOrder
from strongroom.service.rights import Role
from strongroom.service.selections import VerifySelection
from strongroom.words.pace import Limit, Limiter
from tests.fakes.mail_server import World
from tests.fakes.scripted_pace import ScriptedPace
from tests.service.support import acting, add_job, back_up, caller, wait

PAUSE = Limit(by=Limiter.PAUSE, seconds=40.0)
PRESSED: dict[str, Any] = {
    "slots": 18, "requests": 5, "items": 3, "byte_count": 900, "throttled": 3, "limits": (PAUSE,),
}  # fmt: skip


@pytest.fixture
def busy(ready: Application, world: World) -> Application:
    """Give a server with a mailbox that begins to throttle once it is read."""
    pace = ScriptedPace()
    world.estate.pace = pace
    mailbox = world.estate.add("ann@example")
    mailbox.on_call = lambda _call: pace.say(**PRESSED)
    add_job(ready, "ann@example")
    return ready


def test_while_a_run_lasts_it_is_told_what_limits_it(busy: Application, world: World) -> None:
    seen: list[Any] = []
    mailbox = world.estate.mailboxes[world.estate.id_of("ann@example")]
    press = mailbox.on_call

    def look(call: str) -> None:
        press(call)
        world.clock.sleep(1)
        seen.append(busy.runs.all()[0]["progress"])

    mailbox.on_call = look
    back_up(busy)
    assert (seen[0]["resources"].keys(), seen[0]["pace"]["slots"]) == ({"ann@example"}, 1)
    now = seen[-1]["pace"]
    assert (now["slots"], now["throttled"]) == (18, 3)
    assert now["limits"] == [{"by": "pause", "seconds": 40.0, "slots": None, "count": None}]
    assert now["told"] == "The server asked for a pause: 40 s left."
    assert now["items_per_s"] > 0
    assert now["history"][-1]["slots"] == 18


def test_while_a_run_lasts_it_is_told_how_far_all_of_it_is(busy: Application, world: World) -> None:
    seen: list[Any] = []
    mailbox = world.estate.mailboxes[world.estate.id_of("ann@example")]

    def look(_call: str) -> None:
        world.clock.sleep(1)
        seen.append(busy.runs.all()[0])

    mailbox.on_call = look
    totals = back_up(busy)["totals"]
    last = seen[-1]["progress"]
    assert (last["workers"], last["run"]["tasks"], last["run"]["tasks_done"]) == (1, 1, 0)
    assert last["run"]["items"] == last["run"]["items_expected"] == totals["saved"] == 3
    assert last["run"]["items_per_s"] > 0
    assert {one["progress"]["run"]["items"] for one in seen} == {0, 3}


def test_a_run_that_waits_for_another_one_is_told_how_long(busy: Application, world: World) -> None:
    add_job(busy, "ann@example", name="second")
    seen: list[Any] = []
    mailbox = world.estate.mailboxes[world.estate.id_of("ann@example")]

    def look(_call: str) -> None:
        world.clock.sleep(4)
        seen.append(busy.runs.all())

    mailbox.on_call = look
    first, _ = busy.jobs.ask_run("nightly")
    second, _ = busy.jobs.ask_run("second")
    wait(busy, first)
    during = [
        (waits, works)
        for waits, works in seen
        if works["status"] == "running" and waits["status"] == "waiting"
    ]
    waits, works = during[-1]
    assert waits["waits_for"].startswith(f"run {first.id}: ")
    assert waits["waits_for_s"] == works["progress"]["run"]["left_s"]
    assert waits["waits_for_s"] is not None
    assert waits["limited_by"] == "run"
    assert waits["limited_told"] == f"It waits for {waits['waits_for']}."
    assert busy.runs.show(second.id)["waits_for_s"] is None


def test_a_run_that_asks_no_server_is_shown_too_and_leaves_its_figures(
    busy: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(busy)
    seen: list[Any] = []

    def look(*args: Any, **more: Any) -> Any:
        report = verify(*args, **more)
        world.clock.sleep(40)
        more["progress"].foresee(0)
        seen.append(busy.runs.all()[0])
        return report

    monkeypatch.setattr(verifying, "verify", look)
    busy.jobs.add_verify("all", storage="disk", selection=VerifySelection())
    report = back_up(busy, "all")
    (told,) = seen
    assert told["progress"]["resources"].keys() == {"ann@example"}
    assert told["progress"]["pace"] is None
    run = told["progress"]["run"]
    assert (run["tasks"], run["items"], run["items_expected"]) == (1, 3, 3)
    assert (report["progress"], report["pace"]) == (None, None)
    kept = busy.runs.find(report["id"]).earlier
    assert kept is not None
    assert kept["worked"] == {"items": 3, "bytes": run["bytes"], "tasks": 1}


def test_a_run_that_has_ended_keeps_its_pace_with_its_history(busy: Application) -> None:
    report: dict[str, Any] = back_up(busy)
    pace = report["pace"]
    assert report["progress"] is None
    assert (pace["slots"], pace["requests"], pace["throttled"]) == (18, 5, 3)
    assert pace["told"] == "The server asked for a pause: 40 s left."
    assert sum(point["requests"] for point in pace["history"]) == 5
    assert (pace["slots_least"], pace["slots_most"]) == (1, 18)


def test_the_list_of_runs_leaves_the_history_out(busy: Application) -> None:
    back_up(busy)
    (listed,) = busy.runs.all()
    pace: Any = listed["pace"]
    assert pace["requests"] == 5
    assert "history" not in pace


def test_a_restore_shows_the_pace_too(busy: Application) -> None:
    back_up(busy)
    run, _ = busy.restores.ask(
        RestoreOrder(storage="disk", resource="ann@example", connection="office")
    )
    assert wait(busy, run)["pace"]["slots"] == 18


def test_a_run_that_failed_keeps_its_pace(busy: Application, world: World) -> None:
    def fail(_call: str) -> None:
        raise OSError("the line is cut")

    world.estate.mailboxes[world.estate.id_of("ann@example")].on_call = fail
    report: dict[str, Any] = back_up(busy)
    assert report["status"] == "failed"
    assert report["pace"]["slots"] == 1


def test_whoever_may_list_runs_sees_their_pace_and_no_name_in_it(busy: Application) -> None:
    back_up(busy)
    (listed,) = acting(busy, caller(7), Role.AUDITOR).runs.all()
    assert "ann" not in str(listed["pace"])
    assert "mail.example" not in str(listed["pace"])
