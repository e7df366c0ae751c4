"""A sign-in that ends in the middle of a run: it pauses, says what to do, and goes on later."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from strongroom.control.records import RunStatus
from strongroom.engine.filelock import FileLock
from strongroom.errors import AccessDenied, Interrupted, OperatorError, SignInEnded
from strongroom.service import backing_up
from strongroom.service.application import Application
from strongroom.service.outcomes import exit_code_of
from strongroom.service.pausing import SignInWatch, told_how_to_go_on
from strongroom.service.ports import Purpose
from strongroom.service.restores import RestoreOrder
from tests.fakes.mail_server import World, details
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.marked import caged
from tests.service.support import add_job, audited, back_up, statuses, wait

ENDED = SignInEnded(
    "mail.example refused the sign-in.", why="HTTP 401.", hint="Check the password."
)
ORDER = RestoreOrder(
    storage="disk", resource="ann@example", connection="office", to="eve@example", folder="Back"
)
ITEMS = 30


def refuse(_call: str) -> None:
    raise ENDED


def answer(_call: str) -> None:
    return


def refuse_at(wanted: str) -> Callable[[str], None]:
    def call(name: str) -> None:
        if name == wanted:
            raise ENDED

    return call


def box(world: World, address: str) -> FakeMailbox:
    return world.estate.mailboxes[world.estate.id_of(address)]


@pytest.fixture
def paused(ready: Application, world: World) -> dict[str, Any]:
    """Give the report of a run that paused in the middle of ann's mailbox."""
    world.estate.add("ann@example", items=ITEMS).on_call = refuse_at("fetch")
    add_job(ready, "ann@example")
    return back_up(ready)


def test_the_run_pauses_and_says_exactly_what_to_do(
    ready: Application, paused: dict[str, Any]
) -> None:
    assert paused["status"] == "paused"
    assert paused["finished"] is None
    assert paused["error"] == {
        "exit_code": 2,
        "what": ENDED.what,
        "why": ENDED.why,
        "hint": "Check the password. Then: strongroom connection edit office"
        " --account-password-file FILE. What the run has kept stays; it goes on with:"
        f" strongroom run resume {paused['id']} --wait",
    }
    assert statuses(paused) == {"ann@example": "waiting"}
    run = ready.runs.find(paused["id"])
    assert exit_code_of(run.status, run.error) == 2
    assert ready.kept.points("disk").points == ()


def test_resumed_it_saves_every_item_once(
    ready: Application, world: World, paused: dict[str, Any]
) -> None:
    box(world, "ann@example").on_call = answer
    run = ready.runs.resume(paused["id"])
    report = wait(ready, run)
    assert (report["id"], report["status"], report["error"]) == (paused["id"], "complete", None)
    assert report["totals"]["on_server"] == report["totals"]["saved"] == ITEMS
    assert len(ready.kept.points("disk").points) == 1
    assert "runs.resume" in [verb for _, verb, _ in audited(ready)]


def test_resumed_before_it_is_mended_it_only_pauses_again(
    ready: Application, paused: dict[str, Any]
) -> None:
    report = wait(ready, ready.runs.resume(paused["id"]))
    assert (report["status"], report["attempts"]) == ("paused", 2)


def test_the_job_asked_for_again_goes_on_with_the_paused_run(
    ready: Application, world: World, paused: dict[str, Any]
) -> None:
    box(world, "ann@example").on_call = answer
    run, was_there = ready.jobs.ask_run("nightly")
    assert was_there
    assert run.id == paused["id"]
    assert wait(ready, run)["status"] == "complete"
    assert len(ready.runs.all()) == 1


def test_only_a_paused_run_is_resumed(
    ready: Application, world: World, paused: dict[str, Any]
) -> None:
    box(world, "ann@example").on_call = answer
    run = ready.runs.resume(paused["id"])
    with pytest.raises(OperatorError, match="not paused: it is waiting"):
        ready.runs.resume(run.id)
    wait(ready, run)
    with pytest.raises(OperatorError, match="not paused: it is complete"):
        ready.runs.resume(run.id)


def test_a_paused_run_is_cancelled_at_once_and_then_over(
    ready: Application, paused: dict[str, Any]
) -> None:
    assert ready.runs.cancel(paused["id"]).status is RunStatus.CANCELLED
    with pytest.raises(OperatorError, match="ended already"):
        ready.runs.cancel(paused["id"])
    with pytest.raises(OperatorError, match="not paused"):
        ready.runs.resume(paused["id"])
    run, was_there = ready.jobs.ask_run("nightly")
    assert not was_there
    assert run.id != paused["id"]


def test_watching_a_paused_run_ends_at_once(ready: Application, paused: dict[str, Any]) -> None:
    assert ready.runs.watch(paused["id"], lambda _run: None).status is RunStatus.PAUSED


def test_one_task_that_is_refused_stops_the_others_and_costs_no_further_sign_in(
    ready: Application, world: World
) -> None:
    begun = threading.Event()
    ann = world.estate.add("ann@example", items=ITEMS)
    eve = world.estate.add("eve@example", items=ITEMS)
    zoe = world.estate.add("zoe@example", items=ITEMS)
    calls: Counter[str] = Counter()

    def wait_for_the_end_of_ann(name: str) -> None:
        if name == "fetch":
            assert begun.wait(30)

    def refuse_ann(name: str) -> None:
        calls[name] += 1
        if name == "changes":
            begun.set()
            raise ENDED

    eve.on_call = wait_for_the_end_of_ann
    ann.on_call = refuse_ann
    zoe.on_call = refuse
    add_job(ready)
    report = back_up(ready)
    assert report["status"] == "paused"
    assert calls["changes"] == 1
    assert set(statuses(report).values()) <= {"waiting", "complete"}
    assert statuses(report)["zoe@example"] == "waiting", "it was not even begun"
    for one in (ann, eve, zoe):
        one.on_call = answer
    report = wait(ready, ready.runs.resume(report["id"]))
    assert report["status"] == "complete"
    assert report["totals"]["on_server"] == 3 * ITEMS


def test_a_task_that_was_stopped_for_another_does_not_make_the_run_a_cancelled_one(
    ready: Application, world: World
) -> None:
    ann = world.estate.add("ann@example", items=ITEMS)
    eve = world.estate.add("eve@example", items=ITEMS)
    ended = threading.Event()
    # The first in line is the one that is only stopped: what it raises goes up first.
    ann.page_items = 1

    def linger(name: str) -> None:
        if name == "changes":
            assert ended.wait(30)

    def refuse_eve(name: str) -> None:
        ended.set()
        raise ENDED

    ann.on_call, eve.on_call = linger, refuse_eve
    add_job(ready)
    assert back_up(ready)["status"] == "paused"


def test_tasks_that_had_ended_are_not_done_again(
    ready: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_up, "_TASKS_FIRST", 1)
    monkeypatch.setattr(backing_up, "_TASKS_MAX", 1)
    ann = world.estate.add("ann@example", items=ITEMS)
    eve = world.estate.add("eve@example", items=ITEMS)
    eve.on_call = refuse
    add_job(ready)
    report = back_up(ready)
    assert statuses(report) == {"ann@example": "complete", "eve@example": "waiting"}
    asked: list[str] = []
    ann.on_call, eve.on_call = asked.append, answer
    assert wait(ready, ready.runs.resume(report["id"]))["status"] == "complete"
    assert asked == []


def test_one_mailbox_that_stays_shut_pauses_nothing(ready: Application, world: World) -> None:
    world.estate.add("ann@example")

    def deny(_call: str) -> None:
        raise AccessDenied("The mailbox boss@example may not be opened.")

    world.estate.add("boss@example").on_call = deny
    add_job(ready)
    assert back_up(ready)["status"] == "partial"


def test_a_sign_in_that_is_refused_from_the_start_pauses_too(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    world.estate.on_call = refuse
    add_job(ready)
    report = back_up(ready)
    assert (report["status"], report["tasks"]) == ("paused", [])
    world.estate.on_call = answer
    assert wait(ready, ready.runs.resume(report["id"]))["status"] == "complete"


def test_a_restore_pauses_and_goes_on_without_a_duplicate(ready: Application, world: World) -> None:
    world.estate.add("ann@example", items=ITEMS)
    eve = world.estate.add("eve@example", items=0)
    add_job(ready, "ann@example")
    back_up(ready)
    eve.on_call = refuse_at("written")
    run, _ = ready.restores.ask(ORDER)
    report = wait(ready, run)
    assert report["status"] == "paused"
    assert f"strongroom run resume {run.id}" in report["error"]["hint"]
    assert any(folder.items for folder in eve.folders.values()), "something had arrived"
    eve.on_call = answer
    report = wait(ready, ready.runs.resume(run.id))
    assert (report["status"], report["totals"]["saved"]) == ("complete", ITEMS)
    subjects = [item.subject for folder in eve.folders.values() for item in folder.items.values()]
    assert sorted(subjects) == sorted(f"message {number}" for number in range(ITEMS))


def test_the_same_restore_asked_for_again_goes_on_with_the_paused_one(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example", items=ITEMS)
    eve = world.estate.add("eve@example", items=0)
    add_job(ready, "ann@example")
    back_up(ready)
    eve.on_call = refuse_at("compare")
    run, _ = ready.restores.ask(ORDER)
    assert wait(ready, run)["status"] == "paused"
    eve.on_call = answer
    again, was_there = ready.restores.ask(ORDER)
    assert was_there
    assert again.id == run.id
    assert wait(ready, again)["status"] == "complete"
    assert sum(len(folder.items) for folder in eve.folders.values()) == ITEMS


def test_a_run_that_nobody_works_on_is_paused_by_a_person_at_once(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    run, _ = ready.jobs.ask_run("nightly")
    assert ready.runs.pause(run.id).status is RunStatus.PAUSED
    with pytest.raises(OperatorError, match="cannot be paused") as caught:
        ready.runs.pause(run.id)
    assert caught.value.why == "It is paused."
    assert wait(ready, ready.runs.resume(run.id))["status"] == "complete"
    with pytest.raises(OperatorError, match="cannot be paused"):
        ready.runs.pause(run.id)


def test_a_run_that_a_person_pauses_goes_on_from_its_checkpoint(
    ready: Application, world: World
) -> None:
    ann = world.estate.add("ann@example", items=ITEMS)
    add_job(ready, "ann@example")
    run, _ = ready.jobs.ask_run("nightly")
    lock = FileLock(ready.connections._shared.home.worker_lock)

    def pause(name: str) -> None:
        if name == "changes":
            # Whoever asks is another process: it finds the lock taken, and leaves a request.
            assert not lock.try_acquire()
            ready.runs.pause(run.id)
            ann.on_call = linger

    def linger(_name: str) -> None:
        threading.Event().wait(0.05)  # the worker looks twice a second

    ann.page_items = 1
    ann.on_call = pause
    report = wait(ready, run)
    assert report["status"] == "paused"
    assert "paused by a person" in report["error"]["what"]
    ann.on_call = answer
    report = wait(ready, ready.runs.resume(run.id))
    assert (report["status"], report["totals"]["on_server"]) == ("complete", ITEMS)


def test_a_paused_run_still_stands_on_its_connection(ready: Application, world: World) -> None:
    world.estate.add("ann@example", items=ITEMS)
    eve = world.estate.add("eve@example", items=0)
    add_job(ready, "ann@example")
    back_up(ready)
    ready.jobs.remove("nightly")
    eve.on_call = refuse
    run, _ = ready.restores.ask(ORDER)
    wait(ready, run)
    with pytest.raises(OperatorError, match=f"run {run.id}"):
        ready.connections.remove("office")
    ready.runs.cancel(run.id)
    ready.connections.remove("office")


ONLINE = replace(
    details(), kind="exchange-online", tenant="lab.example", client_id="1", user="", password=None
)


@pytest.mark.parametrize(
    ("changed", "purpose", "command"),
    [
        ({}, Purpose.BACKUP, "edit office --account-password-file FILE"),
        (
            {"auth": "client-secret", "client_secret": caged("s")},
            Purpose.BACKUP,
            "edit office --client-secret-file FILE",
        ),
        (
            {"auth": "certificate", "certificate": caged("c")},
            Purpose.RESTORE,
            "edit office --certificate PEM",
        ),
        (
            {
                "auth": "certificate",
                "certificate": caged("c"),
                "restore_client_id": "2",
                "restore_certificate": caged("r"),
            },
            Purpose.RESTORE,
            "edit office --restore-certificate PEM",
        ),
        (
            {"auth": "kerberos", "keytab": caged("k")},
            Purpose.BACKUP,
            "edit office --keytab FILE",
        ),
        (
            {"auth": "legacy", "app_password": caged("a")},
            Purpose.BACKUP,
            "edit office --app-password-file FILE",
        ),
        ({"auth": "browser", "token_cache": caged("t")}, Purpose.BACKUP, "sign-in office"),
        (
            {"auth": "device-code", "token_cache": caged("t")},
            Purpose.BACKUP,
            "sign-in office",
        ),
    ],
)
def test_each_way_to_sign_in_has_its_own_command(
    changed: dict[str, Any], purpose: Purpose, command: str
) -> None:
    made = replace(ONLINE if changed else details(), **changed)
    with (
        pytest.raises(SignInEnded) as caught,
        told_how_to_go_on("r1", "office", made, purpose),
    ):
        raise ENDED
    assert f"Then: strongroom connection {command}." in caught.value.hint


def test_what_only_the_servers_administrator_can_mend_asks_for_no_other_proof() -> None:
    with (
        pytest.raises(SignInEnded) as caught,
        told_how_to_go_on("r1", "my office", details(), Purpose.BACKUP),
    ):
        raise SignInEnded("No permission.", is_proof_refused=False, hint="Consent again.")
    assert "connection edit" not in caught.value.hint
    assert caught.value.hint.startswith("Consent again. ")
    assert "run resume r1" in caught.value.hint


def test_tickets_of_the_system_are_nothing_to_give_to_a_connection() -> None:
    made = replace(details(), auth="kerberos", password=None, uses_tickets=True)
    with (
        pytest.raises(SignInEnded) as caught,
        told_how_to_go_on("r1", "office", made, Purpose.BACKUP),
    ):
        raise ENDED
    assert "connection edit" not in caught.value.hint


def test_a_name_with_a_space_is_written_as_a_shell_takes_it() -> None:
    with (
        pytest.raises(SignInEnded, match="Refused") as caught,
        told_how_to_go_on("r1", "my office", details(), Purpose.BACKUP),
    ):
        raise SignInEnded("Refused.")
    assert "edit 'my office' --account" in caught.value.hint


def test_the_watch_tells_every_task_once_one_was_refused() -> None:
    watch = SignInWatch(lambda: False)
    assert not watch.stop()
    with pytest.raises(SignInEnded), watch.task():
        raise ENDED
    assert watch.stop()
    with pytest.raises(SignInEnded), watch.whole():
        raise Interrupted("The first in line was only stopped.")
    other = SignInWatch(lambda: True)
    assert other.stop(), "whatever else stops the run still does"
    with pytest.raises(Interrupted), other.whole():
        raise Interrupted("A person asked.")
