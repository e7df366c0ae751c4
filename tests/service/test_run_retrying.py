"""Trying again what failed of a run, and nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from strongroom.control import runs as run_rows
from strongroom.control import tasks as task_rows
from strongroom.control.records import RunStatus
from strongroom.engine.claims import Claims
from strongroom.errors import AccessDenied, OperatorError, ServerUnreachable, TransientError
from strongroom.service.application import Application
from strongroom.service.export_jobs import ExportOrder
from strongroom.service.restores import RestoreOrder
from strongroom.service.rights import Role
from strongroom.service.selections import BackupSelection, VerifySelection
from strongroom.words.group import Group
from tests.fakes import mail_server
from tests.fakes.mail_server import FakeServer, World
from tests.fakes.mailbox import FakeMailbox, FakeTarget
from tests.service.support import acting, add_job, back_up, caller, statuses, wait

TEAM = "team@example"
ORDER = RestoreOrder(
    storage="disk", resource="ann@example", connection="office", to="bob@example", folder="Back"
)


def down(_call: str) -> None:
    raise TransientError("The database is down.")


def up(_call: str) -> None:
    """Answer."""


@pytest.fixture
def people(ready: Application, world: World) -> Application:
    for name in ("ann", "bob", "eve"):
        world.estate.add(f"{name}@example")
    return ready


def box(world: World, address: str) -> FakeMailbox:
    return world.estate.mailboxes[world.estate.id_of(address)]


def retried(application: Application, run_id: str) -> dict[str, Any]:
    run, was_there = application.runs.retry(run_id)
    assert not was_there
    assert run.id != run_id
    return wait(application, run)


def test_only_what_failed_is_backed_up_again(people: Application, world: World) -> None:
    add_job(people)
    box(world, "eve@example").on_call = down
    first = back_up(people)
    assert first["status"] == "partial"
    box(world, "eve@example").on_call = up
    again = retried(people, first["id"])
    assert again["status"] == "complete"
    assert statuses(again) == {"eve@example": "complete"}
    assert again["job"] == "nightly"
    run = people.runs.find(again["id"])
    assert Claims.from_json(run.claims).resources == frozenset({"eve@example"}), (
        "all is not kept waiting"
    )
    with pytest.raises(OperatorError, match="Nothing of run"):
        people.runs.retry(again["id"])


def test_asked_for_twice_it_is_the_same_run(people: Application, world: World) -> None:
    add_job(people)
    box(world, "eve@example").on_call = down
    first = back_up(people)
    one, was_there = people.runs.retry(first["id"])
    two, is_there = people.runs.retry(first["id"])
    assert (was_there, is_there, one.id) == (False, True, two.id)
    people.runs.pause(one.id)
    three, _ = people.runs.retry(first["id"])
    assert (three.id, three.status) == (one.id, "waiting"), "what was paused goes on"


def test_a_retry_is_no_run_of_its_job(people: Application, world: World) -> None:
    add_job(people)
    box(world, "eve@example").on_call = down
    first = back_up(people)
    run, _ = people.runs.retry(first["id"])
    assert (run.job, run.job_id) == ("nightly", None)
    whole, was_there = people.jobs.ask_run("nightly")
    assert not was_there, "it is not taken for one that covers all"
    assert whole.id != run.id


def test_what_was_never_begun_is_done(people: Application, world: World) -> None:
    add_job(people)
    run, _ = people.jobs.ask_run("nightly")
    wait(people, run)
    with people.jobs._shared.database.write() as db:
        db.exec_driver_sql("UPDATE runs SET status = 'cancelled'")
        db.exec_driver_sql(
            "UPDATE tasks SET status = 'waiting', started = NULL WHERE resource != 'ann@example'"
        )
        left = [t.resource for t in task_rows.of_run(db, run.id) if t.status == "waiting"]
    again = retried(people, run.id)
    assert again["status"] == "complete"
    assert set(statuses(again)) == set(left) == {"bob@example", "eve@example"}


def test_a_run_that_failed_before_it_knew_anything_is_asked_for_as_a_whole(
    people: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_job(people)
    server = world.servers.pop("mail.example")
    first = back_up(people)
    assert (first["status"], first["tasks"]) == ("failed", [])
    world.servers["mail.example"] = server
    assert len(statuses(retried(people, first["id"]))) == 3


def test_a_mailbox_that_was_shut_is_tried_by_its_name(people: Application, world: World) -> None:
    add_job(people)
    world.estate.add("boss@example", excluded="No right.", is_missing=True)
    listed_as = world.estate.id_of("boss@example")
    first = back_up(people)
    assert statuses(first)["boss@example"] == "failed"
    world.estate.add("boss@example")
    del world.estate.resources[listed_as]
    again = retried(people, first["id"])
    assert statuses(again) == {"boss@example": "complete"}, "its real id was not known before"


def test_an_address_that_is_somebody_elses_by_now_is_not_taken_for_the_same(
    people: Application, world: World
) -> None:
    add_job(people)
    box(world, "eve@example").on_call = down
    first = back_up(people)
    was = world.estate.id_of("eve@example")
    world.estate.add("eve@example")
    del world.estate.resources[was]
    again = retried(people, first["id"])
    assert again["status"] == "failed"
    assert "another mailbox" in again["error"]["what"]


def test_a_group_that_could_not_be_looked_up_is_looked_up_again(
    people: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.estate.groups[TEAM] = Group(members=("ann@example",))
    people.jobs.add_backup(
        "team",
        connection="office",
        storage="disk",
        selection=BackupSelection(groups=(TEAM,), resources=("bob@example",)),
    )

    def busy(_server: FakeServer, _address: str, _is_left_out: object) -> Group:
        raise TransientError("The directory is busy.")

    with monkeypatch.context() as patched:
        patched.setattr(FakeServer, "group", busy)
        first = back_up(people, "team")
    assert statuses(first) == {"bob@example": "complete", f"group:{TEAM}": "failed"}
    again = retried(people, first["id"])
    assert statuses(again) == {"ann@example": "complete"}
    assert Claims.from_json(people.runs.find(again["id"]).claims).resources is None


def test_items_that_failed_are_tried_again_and_skips_are_not(
    people: Application, world: World
) -> None:
    add_job(people)
    eve, bob = box(world, "eve@example"), box(world, "bob@example")
    eve.failing.update(list(_items(eve))[:1])
    bob.too_large.update(list(_items(bob))[:1])
    first = back_up(people)
    assert statuses(first)["eve@example"] == statuses(first)["bob@example"] == "partial"
    eve.failing.clear()
    assert statuses(retried(people, first["id"])) == {"eve@example": "complete"}


def _items(mailbox: FakeMailbox) -> list[str]:
    return [item for folder in mailbox.folders.values() for item in folder.items]


def test_a_run_that_has_not_ended_is_not_tried_again(people: Application) -> None:
    add_job(people)
    run, _ = people.jobs.ask_run("nightly")
    with pytest.raises(OperatorError, match="has not ended") as refused:
        people.runs.retry(run.id)
    assert "watch" in refused.value.hint
    people.runs.pause(run.id)
    with pytest.raises(OperatorError, match="has not ended") as refused:
        people.runs.retry(run.id)
    assert "resume" in refused.value.hint
    with pytest.raises(OperatorError, match="no such run"):
        people.runs.retry("nosuchrun")


def subjects(mailbox: FakeMailbox) -> Counter[str]:
    return Counter(
        item.subject
        for folder in mailbox.folders.values()
        if "Back" in "/".join(mailbox.path(folder.id))
        for item in folder.items.values()
    )


def test_a_restore_that_lost_its_server_goes_on_and_writes_nothing_twice(
    people: Application, world: World
) -> None:
    add_job(people, "ann@example")
    back_up(people)
    target = box(world, "bob@example")

    def lost(call: str) -> None:
        if call == "written":
            raise ServerUnreachable("Nobody answers any more.")

    target.on_call = lost
    run, _ = people.restores.ask(ORDER)
    assert wait(people, run)["status"] == "failed"
    target.on_call = up
    again, was_there = people.runs.retry(run.id)
    assert (again.id, was_there) == (run.id, True)
    assert wait(people, again)["status"] == "complete"
    assert subjects(target) == Counter(f"message {number}" for number in range(3))
    with pytest.raises(OperatorError, match="Nothing of run"):
        people.runs.retry(run.id)


def test_of_a_restore_only_the_items_that_were_refused_are_sent_again(
    people: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_job(people, "ann@example")
    back_up(people)
    first, second, _ = _items(box(world, "ann@example"))

    class Refusing(FakeTarget):
        def __init__(self, mailbox: FakeMailbox) -> None:
            super().__init__(mailbox)
            self.refuses, self.spoils = {first}, {second}

    with monkeypatch.context() as patched:
        patched.setattr(mail_server, "FakeTarget", Refusing)
        run, _ = people.restores.ask(ORDER)
        report = wait(people, run)
    assert (report["status"], report["totals"]["failed"]) == ("partial", 2)
    again = retried(people, run.id)
    assert (again["status"], again["totals"]["saved"]) == ("complete", 1)
    there = subjects(box(world, "bob@example"))
    assert sum(there.values()) == 3, "what is there and differs is not sent once more"


def test_a_restore_that_was_asked_for_since_is_not_gone_on_with(
    people: Application, world: World
) -> None:
    add_job(people, "ann@example")
    back_up(people)
    first, _ = people.restores.ask(ORDER)
    assert wait(people, first)["status"] == "complete"
    second, _ = people.restores.ask(ORDER)
    with people.jobs._shared.database.write() as db:
        run_rows.finish(db, first.id, RunStatus.FAILED, fault=None, now=first.created)
    with pytest.raises(OperatorError, match=f"asked for again since: run {second.id}"):
        people.runs.retry(first.id)


def test_a_verification_reads_again_what_failed_alone(people: Application, world: World) -> None:
    add_job(people, "ann@example")
    back_up(people)
    people.jobs.add_verify(
        "v", storage="disk", selection=VerifySelection(resources=("ann@example", "bob@example"))
    )
    run, _ = people.jobs.ask_run("v")
    assert statuses(wait(people, run))["bob@example"] == "failed"
    add_job(people, "bob@example", name="bob")
    back_up(people, "bob")
    again = retried(people, run.id)
    assert "bob@example" in statuses(again), "by now there is something of it"


def test_an_export_is_written_anew_from_the_same_point(
    people: Application, world: World, tmp_path: Path
) -> None:
    add_job(people, "ann@example")
    back_up(people)
    folder = tmp_path / "exports"
    folder.mkdir(mode=0o700)
    order = ExportOrder(storage="disk", resource="ann@example", output=str(folder))
    people.jobs.add_export("e", order=order)
    run, _ = people.jobs.ask_run("e")
    folder.rmdir()
    assert wait(people, run)["status"] == "failed"
    folder.mkdir(mode=0o700)
    again = retried(people, run.id)
    assert again["status"] == "complete"
    assert people.runs.find(again["id"]).pinned == run.pinned


def test_whoever_may_run_jobs_may_not_for_that_reason_restore_again(
    people: Application, world: World
) -> None:
    add_job(people, "ann@example")
    back_up(people)
    run, _ = people.restores.ask(ORDER)
    people.runs.cancel(run.id)
    with pytest.raises(AccessDenied):
        acting(people, caller(7002), Role.OPERATOR).runs.retry(run.id)
    people.approvals.mark_stored("disk", "ann@example")
    with pytest.raises(AccessDenied, match="second person"):
        people.runs.retry(run.id)
