"""Jobs that restore, verify and export: saved once, run as often as anybody likes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from strongroom.content import fts
from strongroom.control import runs as run_rows
from strongroom.control.records import Run
from strongroom.engine.claims import Claims
from strongroom.engine.queue import put
from strongroom.errors import AccessDenied, OperatorError
from strongroom.operations.export import ExportFormat
from strongroom.service.application import Application, SessionVerbs
from strongroom.service.export_jobs import ExportOrder, checked_output
from strongroom.service.locks import Locked
from strongroom.service.restores import RestoreOrder
from strongroom.service.rights import Right, Role
from strongroom.service.selections import SelectionEdit, VerifySelection
from strongroom.vault.secret import Secret
from strongroom.words.resource import ResourceKind
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import STORAGE_URL, World
from tests.fakes.mailbox import FakeMailbox
from tests.service.support import acting, add_job, back_up, caller, statuses, wait

ORDER = RestoreOrder(
    storage="disk",
    resource="ann@example",
    connection="office",
    to="bob@example",
    folder="Back",
    conflict="skip",
)
ITEMS = 5
TURN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def kept(ready: Application, world: World, monkeypatch: pytest.MonkeyPatch) -> Application:
    """Give a storage that holds ann and bob, whose items any verification understands."""
    monkeypatch.setattr(fts, "parse", lambda _: None)
    world.estate.add("ann@example", items=ITEMS)
    world.estate.add("bob@example", items=2)
    add_job(ready, "ann@example", "bob@example")
    assert back_up(ready)["status"] == "complete"
    return ready


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "exports"
    made.mkdir(mode=0o700)
    return made


def box(world: World, address: str) -> FakeMailbox:
    return world.estate.mailboxes[world.estate.id_of(address)]


def subjects(mailbox: FakeMailbox, *, below: str = "") -> Counter[str]:
    return Counter(
        item.subject
        for one in mailbox.folders.values()
        if below in "/".join(mailbox.path(one.id))
        for item in one.items.values()
    )


def run_job(application: Application, name: str) -> dict[str, Any]:
    run, was_there = application.jobs.ask_run(name)
    assert not was_there
    return wait(application, run)


def add_item(mailbox: FakeMailbox, subject: str) -> None:
    inbox = next(one.id for one in mailbox.folders.values() if one.role == "inbox")
    mailbox.add_item(inbox, subject)


def turn_taken(application: Application, name: str) -> Run:
    """Let the job's schedule ask for a run."""
    new = replace(application.jobs.run_by_schedule(application.jobs.show(name)), due=TURN)
    with application.jobs._shared.database.write() as db:
        return put(db, new, clock=HandClock())


def export_order(folder: Path, **more: Any) -> ExportOrder:
    return ExportOrder(storage="disk", resource="ann@example", output=str(folder), **more)


def test_a_saved_restore_is_run_again_and_again_and_makes_no_second_copy(
    kept: Application, world: World
) -> None:
    kept.jobs.add_restore("to bob", order=ORDER)
    target = box(world, "bob@example")
    for _ in range(3):
        report = run_job(kept, "to bob")
        assert (report["status"], report["kind"], report["job"]) == (
            "complete",
            "restore",
            "to bob",
        )
        assert subjects(target, below="Back") == Counter(f"message {n}" for n in range(ITEMS))


def test_each_run_restores_what_is_the_newest_when_it_is_asked_for(
    kept: Application, world: World
) -> None:
    kept.jobs.add_restore("to bob", order=ORDER)
    asked, _ = kept.jobs.ask_run("to bob")
    add_item(box(world, "ann@example"), "came later")
    # The backup stands behind the restore: it makes its point before the restore is done only here.
    kept.runs.cancel(asked.id)
    back_up(kept)
    again, was_there = kept.jobs.ask_run("to bob")
    assert (again.id, was_there) == (asked.id, True)
    wait(kept, again)
    assert "came later" not in subjects(box(world, "bob@example"))
    run_job(kept, "to bob")
    assert "came later" in subjects(box(world, "bob@example"))


def test_a_schedules_restore_takes_the_newest_when_it_begins_and_the_newest_name(
    kept: Application, world: World
) -> None:
    order = replace(ORDER, to=None)
    kept.jobs.add_restore("into itself", order=order)
    run = turn_taken(kept, "into itself")
    assert run.pinned is None
    assert not run.is_urgent
    renamed = world.estate.resources.pop(world.estate.id_of("ann@example"))
    world.estate.resources[renamed.id] = replace(renamed, address="anna@example")
    add_item(world.estate.mailboxes[renamed.id], "came later")
    add_job(kept, "anna@example", name="anna")
    kept.runs.cancel(run.id)
    back_up(kept, "anna")
    kept.runs.retry(run.id)
    report = wait(kept, run)
    assert report["status"] == "complete", report
    assert statuses(report) == {"anna@example": "complete"}
    assert "came later" in subjects(world.estate.mailboxes[renamed.id], below="Back")
    pinned = kept.runs.find(run.id).pinned
    assert pinned == {"point": kept.kept.points("disk", "anna@example").points[0].id}


def test_a_restore_into_its_own_source_claims_it_once_and_waits_for_nobody(
    kept: Application,
) -> None:
    kept.jobs.add_restore("into itself", order=replace(ORDER, to=None, folder="/"))
    run, _ = kept.jobs.ask_run("into itself")
    assert Claims.from_json(run.claims).resources == frozenset({"ann@example"})
    assert run.is_urgent
    assert wait(kept, run)["status"] == "complete"


def test_the_very_resource_is_restored_that_was_meant_when_the_job_was_added(
    kept: Application, world: World
) -> None:
    kept.jobs.add_restore("to bob", order=ORDER)
    was = world.estate.resources.pop(world.estate.id_of("ann@example"))
    world.estate.add("ann@example", items=1)
    back_up(kept)
    run_job(kept, "to bob")
    assert kept.jobs.show("to bob").selection["source"] == {
        "kind": "mailbox",
        "id": was.id,
        "reference": "ann@example",
    }
    assert sum(subjects(box(world, "bob@example"), below="Back").values()) == ITEMS


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        (replace(ORDER, storage="x"), "no storage"),
        (replace(ORDER, connection="x"), "no connection"),
        (replace(ORDER, resource="x@example"), "nothing under this name"),
        (replace(ORDER, at="2001-01-01"), "no restore point"),
    ],
)
def test_a_restore_that_cannot_work_is_not_saved(
    kept: Application, order: RestoreOrder, complaint: str
) -> None:
    with pytest.raises(OperatorError, match=complaint):
        kept.jobs.add_restore("r", order=order)
    assert [job.name for job in kept.jobs.all()] == ["nightly"]


def test_a_verify_job_reads_back_what_is_named_or_all(kept: Application) -> None:
    kept.jobs.add_verify("all", storage="disk", selection=VerifySelection())
    report = run_job(kept, "all")
    assert (report["status"], report["kind"]) == ("complete", "verify")
    assert statuses(report) == {"ann@example": "complete", "bob@example": "complete"}
    assert report["totals"]["on_server"] == report["totals"]["saved"] == ITEMS + 2
    ann = next(one for one in report["tasks"] if one["resource"] == "ann@example")
    assert ann["notes"][0] == f"Read {ITEMS} items of 1 restore points."

    some = VerifySelection(resources=("ann@example", "ANN@example"), sample=2)
    kept.jobs.add_verify("some", storage="disk", selection=some)
    report = run_job(kept, "some")
    assert statuses(report) == {"ann@example": "complete"}
    assert report["tasks"][0]["notes"][0] == "Read 2 items of 1 restore points."


def test_a_verify_job_claims_what_it_reads_and_keeps_no_backup_waiting(kept: Application) -> None:
    storage = kept.storages.record("disk").id
    kept.jobs.add_verify(
        "some", storage="disk", selection=VerifySelection(resources=("ann@example", "x@example"))
    )
    run, _ = kept.jobs.ask_run("some")
    (ann,) = (point for point in kept.kept.points("disk").points if point.resource == "ann@example")
    claims = Claims.from_json(run.claims)
    assert claims.repositories == {f"{storage}/*", f"{storage}/mailbox/{ann.resource_id}"}
    assert claims.is_reading
    assert (claims.connection, claims.storage, claims.server) == (None, None, None)
    by_schedule = turn_taken(kept, "some")
    assert Claims.from_json(by_schedule.claims).repositories == {f"{storage}/*"}


def test_a_verify_job_names_what_is_not_there_and_hides_no_other(kept: Application) -> None:
    kept.jobs.add_verify(
        "some", storage="disk", selection=VerifySelection(resources=("x@example", "bob@example"))
    )
    report = run_job(kept, "some")
    assert report["status"] == "partial"
    assert statuses(report) == {"x@example": "failed", "bob@example": "complete"}


def test_a_verify_job_that_finds_damage_is_loud_and_hides_no_other(
    kept: Application, world: World
) -> None:
    ann = next(
        p.resource_id for p in kept.kept.points("disk").points if p.resource == "ann@example"
    )
    backend = world.backends[STORAGE_URL]
    (pack, *_) = (name for name in _names(backend, f"repositories/mailbox/{ann}/data/"))
    backend.delete(pack)
    kept.jobs.add_verify("all", storage="disk", selection=VerifySelection())
    report = run_job(kept, "all")
    assert (report["status"], report["error"]["exit_code"]) == ("failed", 4)
    assert statuses(report) == {"ann@example": "failed", "bob@example": "complete"}
    assert ann in report["error"]["hint"]


def _names(backend: Any, prefix: str) -> list[str]:
    return sorted(entry.name for entry in backend.list(prefix))


def test_a_storage_without_restore_points_is_not_called_verified(ready: Application) -> None:
    ready.jobs.add_verify("all", storage="disk", selection=VerifySelection())
    report = run_job(ready, "all")
    assert report["status"] == "failed"
    assert "no restore point" in report["error"]["what"]


def test_an_export_job_writes_into_a_new_folder_each_time(
    kept: Application, world: World, folder: Path
) -> None:
    kept.jobs.add_export("files", order=export_order(folder))
    first = run_job(kept, "files")
    assert (first["status"], first["kind"]) == ("complete", "export")
    assert first["totals"]["saved"] == ITEMS
    (one,) = folder.iterdir()
    assert one.name.endswith(first["id"])
    assert first["tasks"][0]["notes"][0] == f"Written below {one}."
    assert len(list(one.rglob("*.fts"))) == ITEMS
    assert one.stat().st_mode & 0o077 == 0, "what was mail is nobody else's to read"

    add_item(box(world, "ann@example"), "one more")
    back_up(kept)
    second = run_job(kept, "files")
    assert second["status"] == "complete"
    assert second["totals"]["saved"] == ITEMS + 1
    assert len(list(folder.iterdir())) == 2


def test_an_export_that_was_cut_short_goes_on_in_its_own_folder(
    kept: Application, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.jobs.add_export("files", order=export_order(folder))
    run, _ = kept.jobs.ask_run("files")
    storage = kept.storages.record("disk").id
    assert f"{storage}/*" in Claims.from_json(run.claims).repositories
    wait(kept, run)
    database = kept.jobs._shared.database
    with database.write() as db:
        run_rows.reopen(db, run.id)
        db.exec_driver_sql("UPDATE tasks SET status = 'waiting'")
    report = wait(kept, run)
    assert report["status"] == "complete", "what it wrote before is not in its way"
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("kind", ["missing", "relative", "file", "link", "everybody's", "home"])
def test_exports_go_into_a_folder_of_the_service_account_alone(
    kept: Application, folder: Path, tmp_path: Path, kind: str
) -> None:
    where = folder
    match kind:
        case "missing":
            where = folder / "none"
        case "relative":
            where = Path("exports")
        case "file":
            where = folder / "file"
            where.write_text("")
        case "link":
            where = folder / "link"
            where.symlink_to(folder)
        case "everybody's":
            where.chmod(0o777)
        case _:
            where = tmp_path / "home"
    with pytest.raises(OperatorError, match="Exports cannot go into"):
        kept.jobs.add_export("files", order=export_order(where))


def test_a_folder_of_another_account_takes_no_exports(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(OperatorError) as refused:
        checked_output(str(folder), tmp_path / "home")
    assert "another account" in refused.value.why


def test_a_folder_that_is_gone_when_the_run_begins_fails_it(
    kept: Application, folder: Path
) -> None:
    kept.jobs.add_export("files", order=export_order(folder))
    run, _ = kept.jobs.ask_run("files")
    folder.rmdir()
    report = wait(kept, run)
    assert (report["status"], report["error"]["exit_code"]) == ("failed", 2)
    assert not folder.exists(), "it is not made: somebody else's might be in its place by then"


def test_jobs_of_every_kind_are_listed_run_by_schedules_and_removed(
    kept: Application, folder: Path
) -> None:
    kept.jobs.add_restore("r", order=ORDER)
    kept.jobs.add_verify("v", storage="disk", selection=VerifySelection())
    kept.jobs.add_export("e", order=export_order(folder, format=ExportFormat.EML))
    assert [(job.name, job.kind, job.connection) for job in kept.jobs.all()] == [
        ("e", "export", None),
        ("nightly", "backup", "office"),
        ("r", "restore", "office"),
        ("v", "verify", None),
    ]
    for name in ("nightly", "r", "v"):
        assert wait(kept, turn_taken(kept, name))["status"] == "complete"
    assert wait(kept, turn_taken(kept, "e"))["kind"] == "export"
    for name in ("e", "r", "v"):
        kept.jobs.remove(name)
    assert [job.name for job in kept.jobs.all()] == ["nightly"]


# Who may.


def administrator(application: Application) -> SessionVerbs:
    return acting(application, caller(7001), Role.ADMINISTRATOR)


def test_whoever_may_not_restore_elsewhere_saves_no_such_restore(kept: Application) -> None:
    verbs = administrator(kept)
    with pytest.raises(AccessDenied):
        verbs.jobs.add_restore("r", order=ORDER)
    job = verbs.jobs.add_restore("own", order=replace(ORDER, to=None))
    assert str(job.selection["only_target"]).startswith("mailbox:")


def test_a_restore_that_was_saved_goes_nowhere_else_even_by_its_schedule(
    kept: Application, world: World
) -> None:
    administrator(kept).jobs.add_restore("own", order=replace(ORDER, to="ann@example"))
    world.estate.resources.pop(world.estate.id_of("ann@example"))
    newcomer = world.estate.add("ann@example", items=0)
    report = wait(kept, turn_taken(kept, "own"))
    assert report["status"] == "failed"
    assert "another mailbox" in report["error"]["what"]
    assert sum(subjects(newcomer).values()) == 0


def test_whoever_may_run_jobs_may_not_for_that_reason_restore_or_read(
    kept: Application, folder: Path
) -> None:
    kept.jobs.add_restore("r", order=ORDER)
    kept.jobs.add_export("e", order=export_order(folder))
    kept.jobs.add_verify("v", storage="disk", selection=VerifySelection())
    operator = acting(kept, caller(7002), Role.OPERATOR)
    for name in ("r", "e"):
        with pytest.raises(AccessDenied):
            operator.jobs.ask_run(name)
    assert wait(kept, operator.jobs.ask_run("v")[0])["status"] == "complete"


def test_whoever_may_not_read_saves_no_export(kept: Application, folder: Path) -> None:
    verbs = administrator(kept)
    with pytest.raises(AccessDenied):
        verbs.jobs.add_export("e", order=export_order(folder))
    kept.delegation.grant("uid:7001", Right.READ_CONTENT, sources=[("disk", "ann@example")])
    verbs.jobs.add_export("e", order=export_order(folder))
    assert wait(kept, verbs.jobs.ask_run("e")[0])["status"] == "complete"
    with pytest.raises(AccessDenied):
        verbs.jobs.add_export("b", order=replace(export_order(folder), resource="bob@example"))


def test_what_needs_a_second_person_is_begun_by_no_schedule(
    kept: Application, folder: Path
) -> None:
    kept.jobs.add_restore("r", order=ORDER)
    kept.jobs.add_export("e", order=export_order(folder))
    kept.approvals.mark_stored("disk", "ann@example")
    for name in ("r", "e"):
        with pytest.raises(AccessDenied, match="second person"):
            turn_taken(kept, name)
        with pytest.raises(AccessDenied, match="Somebody else has to approve"):
            kept.jobs.ask_run(name)


def test_a_guarded_connection_is_put_into_a_saved_restore_only_unlocked(
    kept: Application,
) -> None:
    kept.connections.set_password("office", Secret("guards it well"))
    with pytest.raises(Locked):
        kept.jobs.add_restore("r", order=ORDER)
    kept.connections.unlock("office", Secret("guards it well"))
    kept.jobs.add_restore("r", order=ORDER)
    kept.connections.lock("office")
    assert run_job(kept, "r")["status"] == "complete", "running a job shows nobody anything"
    with pytest.raises(Locked):
        kept.jobs.edit("nightly", _drop("bob@example"))


def _drop(name: str) -> SelectionEdit:
    return SelectionEdit(drop=(name,))


# What they cover, changed and written down.


def test_an_edit_holds_from_the_next_run_on(kept: Application) -> None:
    waiting, _ = kept.jobs.ask_run("nightly")
    edited = kept.jobs.edit("nightly", _drop("bob@example"))
    assert edited.selection["resources"] == ["ann@example"]
    assert kept.jobs.show("nightly") == edited
    assert set(statuses(wait(kept, waiting))) == {"ann@example", "bob@example"}
    assert set(statuses(back_up(kept))) == {"ann@example"}


def test_what_a_restore_or_an_export_is_about_is_not_edited(kept: Application) -> None:
    kept.jobs.add_restore("r", order=ORDER)
    with pytest.raises(OperatorError, match="cannot be changed"):
        kept.jobs.edit("r", _drop("ann@example"))
    with pytest.raises(OperatorError, match="no job named"):
        kept.jobs.edit("x", _drop("ann@example"))


def test_jobs_of_every_kind_are_given_out_and_taken_in(
    kept: Application, world: World, folder: Path, tmp_path: Path
) -> None:
    kept.jobs.add_restore("r", order=ORDER)
    kept.jobs.add_verify("v", storage="disk", selection=VerifySelection(sample=7))
    kept.jobs.add_export("e", order=export_order(folder, paths=("Inbox",)))
    document = json.loads(json.dumps(kept.definitions.give_out()))
    assert [set(one) & {"source", "only_target"} for one in document["jobs"]] == [set()] * 4
    before = {job.name: (job.kind, job.selection) for job in kept.jobs.all()}
    for name in before:
        kept.jobs.remove(name)

    with pytest.raises(OperatorError, match="a file cannot say who may do it"):
        administrator(kept).definitions.take_in(document)
    kept.definitions.take_in(document)
    assert {job.name: (job.kind, job.selection) for job in kept.jobs.all()} == before
    assert world.estate.resources, "no server was asked"


def test_an_archive_is_restored_by_its_own_name(kept: Application, world: World) -> None:
    world.estate.add("ann@example", kind=ResourceKind.ARCHIVE, items=4)
    add_job(kept, "archive:ann@example", name="archive")
    back_up(kept, "archive")
    kept.jobs.add_restore("a", order=replace(ORDER, resource="archive:ann@example"))
    assert run_job(kept, "a")["totals"]["saved"] == 4
