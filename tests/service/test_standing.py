"""What backup runs leave about each resource, in the transaction that keeps their tasks."""

from __future__ import annotations

import pytest

from strongroom.control import growth, protected
from strongroom.control.growth import Growth
from strongroom.control.protected import Protected, Standing
from strongroom.errors import StorageFull
from strongroom.service.application import Application
from strongroom.service.restores import RestoreOrder
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World
from tests.service.support import add_job, back_up, wait


def rows(application: Application) -> dict[str, Protected]:
    with application._shared.database.read() as db:
        return {one.resource: one for one in protected.page(db, None)}


def grown(application: Application) -> list[Growth]:
    with application._shared.database.read() as db:
        return list(growth.page(db, None))


def test_a_backup_tells_how_its_resources_stand(ready: Application, world: World) -> None:
    world.estate.add("ann@example", items=3)
    world.estate.add("shared@example", excluded="it is a room")
    world.estate.add("shut@example", excluded="It is shut.", is_missing=True)
    world.estate.add("left@example")
    add_job(ready, exclude=("left@*",))
    report = back_up(ready)
    found = rows(ready)
    assert {name: one.status for name, one in found.items()} == {
        "ann@example": Standing.COMPLETE,
        "shared@example": Standing.EXCLUDED,
        "shut@example": Standing.FAILED,
        "left@example": Standing.EXCLUDED,
    }
    ann = found["ann@example"]
    (point,) = ready.kept.points("disk").points
    assert (ann.point, ann.items, ann.job, ann.run_id) == (point.id, 3, "nightly", report["id"])
    assert ann.good is not None
    assert ann.good <= point.time
    assert found["left@example"].why == "excluded by the job: --exclude left@*"
    assert "It is shut." in found["shut@example"].why


def test_what_came_in_is_counted_by_day(ready: Application, world: World) -> None:
    clock = world.clock
    assert isinstance(clock, HandClock)
    mailbox = world.estate.add("ann@example", items=3)
    add_job(ready, "ann@example")
    first = back_up(ready)
    clock.move(days=1)
    inbox = next(one for one in mailbox.folders if mailbox.folders[one].name == "Inbox")
    mailbox.add_item(inbox, "one more")
    second = back_up(ready)
    clock.move(days=1)
    back_up(ready)
    assert [(one.day, one.items) for one in grown(ready)][:2] == [
        ("2026-03-05", 3),
        ("2026-03-06", 1),
    ]
    assert [(one.bytes_read, one.bytes_stored) for one in grown(ready)][:2] == [
        (run["totals"]["bytes_read"], run["totals"]["bytes_stored"]) for run in (first, second)
    ]
    assert rows(ready)["ann@example"].saved == 4


def test_what_disappears_stays_and_is_told(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    world.estate.add("bob@example")
    add_job(ready)
    back_up(ready)
    del world.estate.resources[world.estate.id_of("ann@example")]
    back_up(ready)
    ann = rows(ready)["ann@example"]
    assert ann.status is Standing.GONE
    assert "does not list it any more" in ann.why
    assert ann.point is not None


def test_a_name_that_is_found_later_does_not_stay_unknown(ready: Application, world: World) -> None:
    add_job(ready, "ann@example")
    back_up(ready)
    assert [(one.resource_kind, one.status) for one in rows(ready).values()] == [
        ("unresolved", Standing.FAILED)
    ]
    world.estate.add("ann@example")
    back_up(ready)
    assert [(one.resource_kind, one.status) for one in rows(ready).values()] == [
        ("mailbox", Standing.COMPLETE)
    ]


def test_what_was_not_reached_was_never_tried(ready: Application, world: World) -> None:
    for number in range(60):
        world.estate.add(f"{number}@example")
    add_job(ready)

    def full(name: str) -> None:
        if name == "source":
            raise StorageFull("The disk is full.")

    world.estate.on_call = full
    back_up(ready)
    stand = [one.status for one in rows(ready).values()]
    assert set(stand) == {Standing.FAILED, Standing.WAITING}
    assert all(one.tried is None for one in rows(ready).values() if one.status == "waiting")


def test_a_restore_says_nothing_of_protection(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    back_up(ready)
    before = rows(ready)
    run, _ = ready.restores.ask(
        RestoreOrder(storage="disk", resource="ann@example", connection="office")
    )
    wait(ready, run)
    assert rows(ready) == before


def test_a_task_that_cannot_be_kept_leaves_no_note(
    ready: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are one transaction: the note is not there without the task, nor the other way round."""
    world.estate.add("ann@example")
    add_job(ready, "ann@example")

    def fail(*_: object, **__: object) -> None:
        raise StorageFull("The disk that holds the home is full.")

    monkeypatch.setattr(growth, "add", fail)
    report = back_up(ready)
    assert report["status"] == "failed"
    assert rows(ready)["ann@example"].status is Standing.WAITING
    assert report["tasks"][0]["status"] != "complete"
