"""A backup run: every resource is kept or named, and one that fails hides no other."""

from __future__ import annotations

import pytest

from strongroom.control import runs
from strongroom.errors import (
    AccessDenied,
    IntegrityError,
    OperatorError,
    StorageFull,
    TransientError,
)
from strongroom.operations import backup
from strongroom.service import backing_up
from strongroom.service.application import Application
from strongroom.service.outcomes import exit_code_of
from strongroom.service.selections import BackupSelection
from strongroom.store import prune_plan, upkeep
from strongroom.words.resource import Resource, ResourceKind
from tests.fakes.faulty_backend import full_for
from tests.fakes.mail_server import (
    STORAGE_URL,
    Estate,
    FakeServer,
    World,
    details,
    storage_password,
)
from tests.service.support import add_job, back_up, statuses, wait


def test_named_mailboxes_are_kept_and_their_ledgers_add_up(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example", items=5)
    world.estate.add("bob@example", items=2)
    world.estate.add("eve@example")
    add_job(ready, "ann@example", "BOB@example")
    report = back_up(ready)
    assert report["status"] == "complete"
    assert statuses(report) == {"ann@example": "complete", "bob@example": "complete"}
    totals = report["totals"]
    assert (totals["on_server"], totals["saved"], totals["failed"]) == (7, 7, 0)
    assert totals["bytes_read"] > 0
    assert totals["bytes_stored"] > 0
    assert totals["requests"] == sum(server.requests for server in world.opened)
    assert totals["throttled"] == len(world.opened), "each time that the server was opened"
    assert {point.resource for point in ready.kept.points("disk").points} == {
        "ann@example",
        "bob@example",
    }


def test_a_second_run_keeps_only_what_is_new(ready: Application, world: World) -> None:
    mailbox = world.estate.add("ann@example", items=5)
    add_job(ready, "ann@example")
    back_up(ready)
    inbox = next(f.id for f in mailbox.folders.values() if f.role == "inbox")
    mailbox.add_item(inbox, "one more")
    totals = back_up(ready)["totals"]
    assert (totals["on_server"], totals["saved"], totals["unchanged"]) == (6, 1, 5)


def test_now_and_then_a_run_merges_the_small_files_of_those_before(
    ready: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (upkeep, prune_plan):
        monkeypatch.setattr(module, "MERGE_MIN", 2)
    mailbox = world.estate.add("ann@example", items=5)
    add_job(ready, "ann@example")
    inbox = next(f.id for f in mailbox.folders.values() if f.role == "inbox")
    told: list[list[str]] = []
    for number in range(4):
        mailbox.add_item(inbox, f"one more {number}")
        (task,) = back_up(ready)["tasks"]
        told.append(task["notes"])
    assert [bool(notes) for notes in told] == [False, False, True, False]
    assert told[2] == ["6 small packs were merged."]


def test_all_names_every_resource_that_the_server_lists(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    world.estate.add("ann@example", kind=ResourceKind.ARCHIVE)
    world.estate.add("gone@example", excluded="The mailbox is disabled.")
    world.estate.add("test-1@example")
    add_job(ready, exclude=("TEST-*",))
    report = back_up(ready)
    assert report["status"] == "complete"
    assert statuses(report) == {
        "ann@example": "complete",
        "archive:ann@example": "complete",
        "gone@example": "excluded",
        "test-1@example": "excluded",
    }
    reasons = {task["resource"]: task["reason"] for task in report["tasks"]}
    assert reasons["gone@example"] == "The mailbox is disabled."
    assert reasons["test-1@example"] == "excluded by the job: --exclude TEST-*"
    assert reasons["ann@example"] is None


def test_all_without_a_mailbox_that_is_shut_for_now_is_not_complete(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    world.estate.add("boss@example", excluded="No right.", is_missing=True)
    add_job(ready)
    report = back_up(ready)
    assert report["status"] == "partial"
    assert statuses(report) == {"ann@example": "complete", "boss@example": "failed"}
    assert report["tasks"][1]["error"]["why"] == "No right."
    add_job(ready, name="others", exclude=("boss@*",))
    assert back_up(ready, "others")["status"] == "complete"


def test_all_names_a_mailbox_that_appears_later_and_one_that_disappears(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    world.estate.add("bob@example")
    add_job(ready)
    back_up(ready)
    del world.estate.resources[world.estate.id_of("ann@example")]
    world.estate.add("eve@example")
    report = back_up(ready)
    assert report["status"] == "complete"
    assert statuses(report) == {
        "bob@example": "complete",
        "eve@example": "complete",
        "ann@example": "excluded",
    }
    assert "does not list it any more" in report["tasks"][-1]["reason"]
    assert len(ready.kept.points("disk", "ann@example").points) == 1
    add_job(ready, "bob@example", name="bob")
    assert statuses(back_up(ready, "bob")) == {"bob@example": "complete"}


def test_what_came_through_another_connection_is_not_missed(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    add_job(ready)
    back_up(ready)
    elsewhere = Estate()
    elsewhere.add("bob@elsewhere")
    world.servers["other.example"] = elsewhere
    ready.connections.add("other", details(server="other.example"))
    ready.jobs.add_backup(
        "others", connection="other", storage="disk", selection=BackupSelection(is_all=True)
    )
    assert statuses(back_up(ready, "others")) == {"bob@elsewhere": "complete"}


def test_a_named_mailbox_that_does_not_answer_hides_no_other(
    ready: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.estate.add("ann@example")
    world.estate.add("bob@example")
    real = FakeServer.resolve

    def resolve(server: FakeServer, reference: str) -> Resource:
        if reference == "ann@example":
            raise TransientError("The database of ann@example is down.")
        return real(server, reference)

    monkeypatch.setattr(FakeServer, "resolve", resolve)
    add_job(ready, "ann@example", "bob@example")
    report = back_up(ready)
    assert report["status"] == "partial"
    assert statuses(report) == {"ann@example": "failed", "bob@example": "complete"}


def test_a_job_that_covers_nothing_is_not_green(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, exclude=("*",))
    report = back_up(ready)
    assert report["status"] == "failed"
    assert "covers nothing" in report["error"]["what"]


def test_a_mailbox_named_twice_is_backed_up_once(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example", world.estate.id_of("ann@example"))
    assert statuses(back_up(ready)) == {"ann@example": "complete"}


def test_an_unknown_mailbox_is_named_and_hides_no_other(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, "nobody@example", "ann@example")
    report = back_up(ready)
    assert report["status"] == "partial"
    assert statuses(report) == {"nobody@example": "failed", "ann@example": "complete"}
    failed = report["tasks"][0]
    assert failed["error"]["what"] == "There is no mailbox nobody@example."


def test_a_run_whose_only_mailbox_is_unknown_fails_with_that_reason(ready: Application) -> None:
    add_job(ready, "nobody@example")
    report = back_up(ready)
    assert report["status"] == "failed"
    assert report["error"]["exit_code"] == 2
    assert "nobody@example" in report["error"]["what"]


def test_a_mailbox_that_we_may_not_open_hides_no_other(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    closed = world.estate.add("boss@example")

    def deny(_call: str) -> None:
        raise AccessDenied("The mailbox boss@example may not be opened.", hint="Grant the role.")

    closed.on_call = deny
    add_job(ready)
    report = back_up(ready)
    assert report["status"] == "partial"
    assert statuses(report) == {"ann@example": "complete", "boss@example": "failed"}


def test_a_named_mailbox_that_is_shut_hides_no_other(
    ready: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.estate.add("ann@example")
    resolve = FakeServer.resolve

    def shut(server: FakeServer, reference: str) -> Resource:
        if reference == "boss@example":
            raise AccessDenied("The mailbox boss@example may not be opened.")
        return resolve(server, reference)

    monkeypatch.setattr(FakeServer, "resolve", shut)
    add_job(ready, "boss@example", "ann@example")
    report = back_up(ready)
    assert report["status"] == "partial"
    assert statuses(report) == {"ann@example": "complete", "boss@example": "failed"}


def test_a_folder_that_cannot_be_read_makes_the_run_partial(
    ready: Application, world: World
) -> None:
    mailbox = world.estate.add("ann@example")
    inbox = next(f.id for f in mailbox.folders.values() if f.role == "inbox")
    mailbox.failing.update(list(mailbox.folders[inbox].items)[:1])
    add_job(ready, "ann@example")
    report = back_up(ready)
    assert report["status"] == "partial"
    assert report["totals"]["failed"] == 1
    (name,) = [
        one["name"]
        for task in report["tasks"]
        for folder in task["folders"]
        for one in folder["failed"]
    ]
    assert name == "message 0"


def test_a_wrong_password_pauses_the_run_before_anything_is_made(
    application: Application, world: World
) -> None:
    world.make_storage()
    application.connections.add("office", details(password="wrong"))
    application.storages.add("disk", STORAGE_URL, storage_password())
    add_job(application, "ann@example")
    report = back_up(application)
    assert report["status"] == "paused"
    assert report["error"]["exit_code"] == 2
    assert "refused the password" in report["error"]["what"]
    assert application.kept.points("disk").points == ()


def test_an_unknown_server_fails_the_run_with_its_own_exit_code(
    application: Application, world: World
) -> None:
    world.make_storage()
    application.connections.add("office", details(server="nowhere.example"))
    application.storages.add("disk", STORAGE_URL, storage_password())
    add_job(application, "ann@example")
    report = back_up(application)
    assert (report["status"], report["error"]["exit_code"]) == ("failed", 5)


def test_a_full_disk_ends_the_run_and_what_was_saved_before_stays(
    ready: Application, world: World
) -> None:
    mailbox = world.estate.add("ann@example")
    add_job(ready, "ann@example")
    assert back_up(ready)["status"] == "complete"
    full = full_for(world.backends[STORAGE_URL], "data/")
    world.backends[STORAGE_URL] = full
    inbox = next(f.id for f in mailbox.folders.values() if f.role == "inbox")
    mailbox.add_item(inbox, "one more")

    report = back_up(ready)

    assert full.faults.came > 0
    assert (report["status"], report["error"]["exit_code"]) == ("failed", 2)
    assert "full" in report["error"]["what"]
    full.faults.end()
    assert len(ready.kept.points("disk").points) == 1
    again = back_up(ready)
    assert again["status"] == "complete"
    assert again["totals"]["on_server"] == 4


@pytest.mark.parametrize("how_many", [1, 2])
def test_damage_is_always_loud(
    ready: Application, world: World, monkeypatch: pytest.MonkeyPatch, how_many: int
) -> None:
    for name in ("ann", "bob", "eve")[: how_many + 1]:
        world.estate.add(f"{name}@example")
    real = backup.back_up

    def damaged(source: object, resource: object, *rest: object, **options: object) -> object:
        if getattr(resource, "address", "") != "ann@example":
            raise IntegrityError("A pack is damaged.", hint="Put it back.")
        return real(source, resource, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(backing_up, "back_up", damaged)
    add_job(ready)
    report = back_up(ready)
    assert statuses(report)["ann@example"] == "complete", "damage elsewhere is no reason to stop"
    assert (report["status"], report["error"]["exit_code"]) == ("failed", 4)


def test_our_own_bug_in_one_task_ends_that_one_alone(
    ready: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.estate.add("ann@example")
    world.estate.add("bob@example")
    real = backup.back_up

    def buggy(source: object, resource: object, *rest: object, **options: object) -> object:
        if getattr(resource, "address", "") == "bob@example":
            raise ZeroDivisionError("oops")
        return real(source, resource, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(backing_up, "back_up", buggy)
    add_job(ready)
    report = back_up(ready)
    assert statuses(report) == {"ann@example": "complete", "bob@example": "failed"}
    assert "ZeroDivisionError" in report["tasks"][1]["error"]["why"]


def test_a_run_that_was_cut_short_does_not_repeat_what_it_had_done(
    ready: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.estate.add("ann@example")
    world.estate.add("bob@example")
    add_job(ready)
    done: list[str] = []
    real = backup.back_up

    def die_at_bob(source: object, resource: object, *rest: object, **options: object) -> object:
        address = getattr(resource, "address", "")
        if address == "bob@example" and "cut" not in done:
            raise StorageFull("The storage is full.")
        done.append(address)
        return real(source, resource, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(backing_up, "back_up", die_at_bob)
    monkeypatch.setattr(backing_up, "_TASKS_FIRST", 1)
    monkeypatch.setattr(backing_up, "_TASKS_MAX", 1)
    run, _ = ready.jobs.ask_run("nightly")
    first = wait(ready, run)
    assert exit_code_of(ready.runs.find(run.id).status, ready.runs.find(run.id).error) == 2
    assert statuses(first) == {"ann@example": "complete", "bob@example": "failed"}
    done.append("cut")
    with ready.connections._shared.database.write() as db:
        runs.reopen(db, run.id)
    again = wait(ready, run)
    assert again["status"] == "complete"
    assert done == ["ann@example", "cut", "bob@example"]


def test_every_server_that_was_opened_is_closed(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    back_up(ready)
    with pytest.raises(OperatorError, match="no connection"):
        ready.connections.test("other")
    ready.connections.test("office")
    assert all(server.is_closed for server in world.opened)
    assert len(world.opened) == 3, "to plan, to work, and for the test"
