"""Reports: what is protected, what is not and why, what came in, how runs went."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from strongroom.control.schema import JOBS
from strongroom.engine.schedule import Schedule
from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.report_lines import ResourceLine
from strongroom.service.restores import RestoreOrder
from strongroom.service.selections import BackupSelection
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import STORAGE_URL, World, storage_password
from tests.service.support import add_job, back_up, wait

HOUR_S = 3600
ALL_BUT_ANN = BackupSelection(is_all=True, exclude=("ann@*",))


def moved(world: World, **duration: float) -> None:
    assert isinstance(world.clock, HandClock)
    world.clock.move(**duration)


def unprotected(application: Application, max_age_s: int | None = None) -> dict[str, str | None]:
    lines = application.reports.unprotected(max_age_s=max_age_s)
    return {one.resource: one.cause for one in lines}


def protected(application: Application, max_age_s: int | None = None) -> list[str]:
    return [one.resource for one in application.reports.protected(max_age_s=max_age_s)]


def line(application: Application, resource: str) -> ResourceLine:
    lines = [*application.reports.protected(), *application.reports.unprotected()]
    return next(one for one in lines if one.resource == resource)


@pytest.fixture
def saved(ready: Application, world: World) -> Application:
    """Give a home in which a mailbox of each kind was tried."""
    world.estate.add("ann@example")
    ill = world.estate.add("ill@example")
    ill.failing.add(next(item for folder in ill.folders.values() for item in folder.items))
    world.estate.add("room@example", excluded="It is a room.")
    world.estate.add("shut@example", excluded="It is shut.", is_missing=True)
    world.estate.add("left@example")
    add_job(ready, exclude=("left@*",))
    back_up(ready)
    return ready


def test_everything_is_either_protected_or_told_why_not(saved: Application) -> None:
    assert protected(saved) == ["ann@example"]
    assert unprotected(saved) == {
        "ill@example": "incomplete",
        "left@example": "excluded",
        "room@example": "excluded",
        "shut@example": "failed",
    }
    why = {one.resource: one.why for one in saved.reports.unprotected()}
    assert why["ill@example"] == "It lacks items: 1 failed."
    assert why["left@example"] == "excluded by the job: --exclude left@*"
    assert why["room@example"] == "It is a room."
    assert "It is shut." in why["shut@example"]


def test_a_line_names_the_last_good_restore_point(saved: Application, world: World) -> None:
    (point,) = saved.kept.points("disk", "ann@example").points
    first = line(saved, "ann@example")
    assert (first.point, first.items, first.storage, first.job) == (point.id, 3, "disk", "nightly")
    ill = line(saved, "ill@example")
    assert (ill.good, ill.newest is not None, ill.items) == (None, True, 2)
    moved(world, days=1)
    ann = world.estate.mailboxes[world.estate.id_of("ann@example")]
    ann.failing.update(item for folder in ann.folders.values() for item in folder.items)
    ann.edit_item(next(iter(ann.failing)), b"changed")
    back_up(saved)
    now = line(saved, "ann@example")
    assert (now.status, now.cause, now.point) == ("partial", "incomplete", point.id)
    assert now.newest is not None
    assert now.good is not None
    assert now.newest - now.good >= timedelta(days=1)


def test_what_disappeared_and_what_grew_too_old_is_told(saved: Application, world: World) -> None:
    del world.estate.resources[world.estate.id_of("room@example")]
    moved(world, hours=5)
    assert protected(saved, 6 * HOUR_S) == ["ann@example"]
    assert unprotected(saved, 4 * HOUR_S)["ann@example"] == "too-old"
    assert protected(saved) == ["ann@example"], "nothing says how old it may be"
    _schedule(saved, Schedule(cron="0 * * * *"))
    assert unprotected(saved)["ann@example"] == "too-old"
    del world.estate.resources[world.estate.id_of("ann@example")]
    back_up(saved)
    gone = line(saved, "ann@example")
    assert (gone.cause, gone.point is not None) == ("no-longer-listed", True)
    assert "does not list it any more" in gone.why


def _schedule(application: Application, schedule: Schedule) -> None:
    with application._shared.database.write() as db:
        values = {"schedule": '{"cron":"%s","hours":null,"idle_s":null,"time_zone":"UTC"}'}
        values["schedule"] %= schedule.cron
        db.execute(sa.update(JOBS).values(values))


def test_what_a_job_names_and_no_run_has_listed_was_never_tried(
    saved: Application, world: World
) -> None:
    add_job(saved, "ann@example", "new@example", name="second")
    add_job(saved, name="third")
    found = [
        (one.job, one.resource) for one in saved.reports.unprotected() if one.cause == "never-tried"
    ]
    assert found == [("second", "new@example"), ("third", "*")], "ann is covered by another job"
    back_up(saved, "third")
    assert ("third", "*") not in [(one.job, one.resource) for one in saved.reports.unprotected()]


def test_a_job_that_is_gone_and_a_storage_that_is_gone_are_told(saved: Application) -> None:
    saved.jobs.remove("nightly")
    assert line(saved, "ann@example").cause == "no-job"
    assert "nightly" in line(saved, "ann@example").why
    saved.storages.remove("disk")
    assert line(saved, "ann@example").cause == "storage-removed"
    saved.storages.add("disk", STORAGE_URL, storage_password())
    assert line(saved, "ann@example").cause == "no-job", "it is the same storage"


def test_what_is_protected_elsewhere_is_said_to_be(saved: Application, world: World) -> None:
    world.make_storage("memory:attic")
    saved.storages.add("attic", "memory:attic", storage_password())
    saved.jobs.add_backup("copy", connection="office", storage="attic", selection=ALL_BUT_ANN)
    back_up(saved, "copy")
    places = {(one.storage, one.resource): one for one in saved.reports.unprotected()}
    assert places["attic", "ann@example"].elsewhere == ("disk",)
    assert places["disk", "left@example"].elsewhere == ("attic",)
    assert places["disk", "shut@example"].elsewhere == ()
    assert [one.resource for one in saved.reports.protected(storage="attic")] == ["left@example"]
    assert [one.storage for one in saved.reports.protected(job="nightly")] == ["disk"]


def test_growth_is_told_by_resource_and_day_and_in_total(saved: Application, world: World) -> None:
    moved(world, days=2)
    ann = world.estate.mailboxes[world.estate.id_of("ann@example")]
    ann.add_item(next(iter(ann.folders)), "new one")
    back_up(saved)
    lines = list(saved.reports.growth())
    first_day = {one.resource: one.items for one in lines if one.day == "2026-03-05"}
    assert first_day == {"ann@example": 3, "ill@example": 2}
    later = list(saved.reports.growth(since="2026-03-06"))
    assert ("ann@example", "2026-03-07", 1) in [(o.resource, o.day, o.items) for o in later]
    totals = list(saved.reports.growth(is_total=True))
    assert [(one.storage, one.day, one.resource) for one in totals] == [
        ("disk", "2026-03-05", ""),
        ("disk", "2026-03-07", ""),
    ]
    assert sum(one.bytes_read for one in totals) == sum(one.bytes_read for one in lines)


def test_runs_are_told_in_one_line_each(saved: Application, world: World) -> None:
    run, _ = saved.restores.ask(
        RestoreOrder(storage="disk", resource="ann@example", connection="office")
    )
    wait(saved, run)
    restore, backup = saved.reports.runs()
    assert (restore.kind, restore.job, restore.storage) == ("restore", None, "disk")
    report = saved.runs.show(backup.id)
    assert (backup.kind, backup.status, backup.job) == ("backup", report["status"], "nightly")
    assert (
        backup.resources, backup.resources_complete, backup.resources_partial,
        backup.resources_failed, backup.resources_excluded,
    ) == (5, 1, 1, 1, 2)  # fmt: skip
    sums = ("on_server", "saved", "unchanged", "skipped", "failed", "bytes_read", "bytes_stored",
            "requests", "throttled")  # fmt: skip
    assert {name: getattr(backup, name) for name in sums} == report["totals"]
    assert [one.id for one in saved.reports.runs(job="nightly")] == [backup.id]
    assert len(list(saved.reports.runs(storage="disk"))) == 2
    moved(world, days=1)
    now = saved.clock.now()
    assert list(saved.reports.runs(since=now)) == []


def test_a_run_that_failed_as_a_whole_says_why(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready)
    del world.servers["mail.example"]
    back_up(ready)
    (told,) = ready.reports.runs()
    assert (told.status, told.problem) == ("failed", "Nobody answers at mail.example.")


@pytest.mark.parametrize("asked", [{"storage": "no such"}, {"job": "no such"}])
def test_a_storage_or_a_job_that_is_not_there_is_refused(
    saved: Application, asked: dict[str, str]
) -> None:
    for report in ("protected", "unprotected", "growth", "runs"):
        with pytest.raises(OperatorError, match="There is no"):
            getattr(saved.reports, report)(**asked)


def test_a_job_that_was_removed_can_still_be_asked_for(saved: Application) -> None:
    saved.jobs.remove("nightly")
    assert [one.cause for one in saved.reports.unprotected(job="nightly")].count("no-job") == 3
