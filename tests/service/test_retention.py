"""What jobs keep, what prunes forget, and what waits: the last good point never goes."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom.engine.schedule import Schedule
from strongroom.errors import AccessDenied, OperatorError
from strongroom.operations.retaining import Fate
from strongroom.service.application import Application, SessionVerbs
from strongroom.service.retention import KeepRules
from strongroom.service.rights import Role
from strongroom.service.selections import BackupSelection, PruneSelection
from strongroom.store.rekeying import rekey
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import STORAGE_URL, World, storage_password
from tests.service.points import make_days
from tests.service.support import acting, audited, back_up, caller, check_storage, wait

ANN = "ann@example"


@pytest.fixture
def clock(world: World) -> HandClock:
    assert isinstance(world.clock, HandClock)
    return world.clock


@pytest.fixture
def kept(ready: Application, world: World) -> Application:
    """Give a home with a job for ann's mailbox that keeps two restore points."""
    world.estate.add(ANN)
    add(ready, "nightly", keep="last:2")
    return ready


def add(application: Application, name: str, *, keep: str = "") -> None:
    application.jobs.add_backup(
        name,
        connection="office",
        storage="disk",
        selection=BackupSelection(resources=(ANN,)),
        keep=KeepRules(keep=keep) if keep else None,
    )


def prune(application: Application, *resources: str) -> dict[str, Any]:
    run, _ = application.retention.ask_prune("disk", resources)
    return wait(application, run)


def fates(verbs: SessionVerbs) -> list[Fate]:
    return [one.fate for one in verbs.retention.foresee("disk").verdicts]


def ids(verbs: SessionVerbs) -> list[str]:
    return [one.id for one in verbs.kept.points("disk").points]


def newest_request(application: Application) -> str:
    return application.approvals.requests()[0].id


@pytest.fixture
def second(kept: Application) -> SessionVerbs:
    return acting(kept, caller(7002, "second"), Role.ADMINISTRATOR)


def test_a_prune_forgets_what_no_rule_keeps_and_says_so(kept: Application, world: World) -> None:
    make_days(kept, world, ANN, 4)
    before = ids(kept)
    assert fates(kept) == [Fate.STAYS] * 2 + [Fate.GOES] * 2
    report = prune(kept)
    assert ids(kept) == before[:2]
    (task,) = report["tasks"]
    assert (report["kind"], report["status"]) == ("prune", "complete")
    assert task["ways"]["points_forgotten"] == 2
    assert task["ways"]["bytes_freed"] > 0
    assert task["notes"][0].startswith("2 of 4 restore points forgotten, ")
    assert check_storage(kept, "disk", read_data=True) == []
    forgets = [one for one in kept.audit.records() if one.verb == "retention.forgets"]
    about: Any = forgets[0].about
    assert [one["id"] for one in about["points"]] == before[2:]
    assert prune(kept)["tasks"][0]["ways"]["points_forgotten"] == 0


def test_points_of_other_jobs_and_of_removed_ones_stay(
    kept: Application, world: World, clock: HandClock
) -> None:
    add(kept, "other")
    make_days(kept, world, ANN, 1, job="other")
    make_days(kept, world, ANN, 2)
    make_days(kept, world, ANN, 1, job="other")
    make_days(kept, world, ANN, 1)
    prune(kept)
    assert len(ids(kept)) == 4
    kept.retention.set("nightly", keep="last:1")
    clock.move(days=7)
    kept.jobs.remove("nightly")
    prune(kept)
    assert len(ids(kept)) == 4


def test_what_a_run_that_tried_again_made_is_its_jobs_as_well(
    kept: Application, world: World, clock: HandClock
) -> None:
    back_up(kept)
    clock.move(days=1)
    run, _ = kept.jobs.ask_run("nightly")
    original = world.estate.on_call

    def fail(name: str) -> None:
        if name == "source":
            raise OperatorError("It is shut.")

    world.estate.on_call = fail
    report = wait(kept, run)
    assert report["status"] == "failed"
    world.estate.on_call = original
    again, _ = kept.runs.retry(report["id"])
    assert wait(kept, again)["status"] == "complete"
    points = kept.kept.points("disk").points
    assert len({one.job for one in points}) == 1


def test_a_shorter_rule_waits_seven_days_and_the_former_one_takes_it_back(
    kept: Application, world: World, clock: HandClock
) -> None:
    make_days(kept, world, ANN, 2)
    view = kept.retention.set("nightly", keep="last:1")
    assert [one.keep for one in view.former] == ["last:2"]
    assert fates(kept) == [Fate.STAYS, Fate.WAITS]
    assert prune(kept)["tasks"][0]["ways"]["points_waiting"] == 1
    assert len(ids(kept)) == 2
    kept.retention.set("nightly", keep="last:2")
    clock.move(days=8)
    prune(kept)
    assert len(ids(kept)) == 2
    kept.retention.set("nightly", keep="last:1")
    clock.move(days=7)
    assert fates(kept) == [Fate.STAYS, Fate.GOES]
    prune(kept)
    assert len(ids(kept)) == 1


def test_a_second_administrator_makes_a_shorter_rule_count_at_once(
    kept: Application, world: World, second: SessionVerbs
) -> None:
    make_days(kept, world, ANN, 2)
    with pytest.raises(AccessDenied, match="Somebody else"):
        kept.retention.set("nightly", keep="last:1", is_at_once=True)
    assert fates(kept) == [Fate.STAYS] * 2
    second.approvals.approve(newest_request(kept))
    with pytest.raises(AccessDenied):
        kept.retention.set("nightly", keep="within:1d", is_at_once=True)
    kept.retention.set("nightly", keep="last:1", is_at_once=True)
    prune(kept)
    assert len(ids(kept)) == 1


def test_days_of_another_zone_are_another_rule_and_wait(kept: Application) -> None:
    kept.schedules.set("nightly", Schedule(cron="0 1 * * *", time_zone="Europe/Berlin"))
    (former,) = kept.retention.show("nightly").former
    assert former.keep == "last:2"
    kept.schedules.set("nightly", Schedule(cron="0 2 * * *", time_zone="Europe/Berlin"))
    view = kept.retention.show("nightly")
    assert (len(view.former), view.time_zone) == (1, "Europe/Berlin")


def test_first_rules_of_a_job_wait_as_well(ready: Application, world: World) -> None:
    world.estate.add(ANN)
    assert isinstance(world.clock, HandClock)
    add(ready, "nightly")
    make_days(ready, world, ANN, 3)
    assert ready.retention.show("nightly").keep == ""
    ready.retention.set("nightly", keep="last:1")
    assert fates(ready) == [Fate.STAYS, Fate.WAITS, Fate.WAITS]


def test_a_point_goes_by_hand_after_seven_days_unless_that_is_taken_back(
    kept: Application, world: World, clock: HandClock
) -> None:
    make_days(kept, world, ANN, 2)
    older = ids(kept)[1]
    kept.retention.forget("disk", ANN, (older[:8],))
    assert [one.point for one in kept.retention.forgetting()] == [older]
    assert fates(kept) == [Fate.STAYS, Fate.WAITS]
    prune(kept)
    assert len(ids(kept)) == 2
    assert kept.retention.keep_after_all("disk", ANN) == 1
    clock.move(days=8)
    prune(kept)
    assert len(ids(kept)) == 2
    kept.retention.forget("disk", ANN, (older,))
    clock.move(days=7)
    prune(kept)
    assert older not in ids(kept)
    assert kept.retention.forgetting() == []


def test_the_last_good_point_and_what_is_held_cannot_be_forgotten_by_hand(
    kept: Application, world: World
) -> None:
    make_days(kept, world, ANN, 2)
    newest, older = ids(kept)
    with pytest.raises(OperatorError, match="cannot be forgotten") as caught:
        kept.retention.forget("disk", ANN, (newest,))
    assert "last good" in caught.value.why
    kept.holds.add("disk", ANN, reason="case 4711", point=older)
    with pytest.raises(OperatorError, match="cannot be forgotten") as caught:
        kept.retention.forget("disk", ANN, (older,))
    assert "case 4711" in caught.value.why
    with pytest.raises(OperatorError, match="has no restore point"):
        kept.retention.forget("disk", ANN, ("abcdef0123",))


@pytest.fixture
def held(kept: Application, world: World) -> Application:
    make_days(kept, world, ANN, 3)
    kept.holds.add("disk", ANN, reason="case 4711")
    return kept


def test_a_hold_beats_the_rule(held: Application, clock: HandClock) -> None:
    prune(held)
    assert len(ids(held)) == 3
    clock.move(days=400)
    prune(held)
    assert len(ids(held)) == 3
    (view,) = held.holds.all()
    assert (view.reason, view.resource, view.is_recorded_here, view.is_in_storage) == (
        "case 4711",
        ANN,
        True,
        True,
    )


def test_after_a_hold_is_taken_off_its_points_wait_seven_days(
    held: Application, clock: HandClock
) -> None:
    (view,) = held.holds.all()
    released = held.holds.remove("disk", view.id)
    assert released.keeps_until is not None
    assert fates(held) == [Fate.STAYS] * 2 + [Fate.WAITS]
    prune(held)
    assert len(ids(held)) == 3
    clock.move(days=7)
    prune(held)
    assert len(ids(held)) == 2
    assert held.holds.all() == []
    assert [one.id for one in held.holds.all(is_whole=True)] == [view.id]


def test_another_home_sees_the_hold_and_keeps_to_it(
    held: Application, world: World, tmp_path_factory: pytest.TempPathFactory, clock: HandClock
) -> None:
    with Application(tmp_path_factory.mktemp("other"), world.ports()) as other:
        other.storages.add("theirs", STORAGE_URL, storage_password())
        (view,) = other.holds.all()
        assert (view.reason, view.is_recorded_here) == ("case 4711", False)
        oldest = other.kept.points("theirs").points[-1].id
        with pytest.raises(OperatorError, match="cannot be forgotten"):
            other.retention.forget("theirs", ANN, (oldest,))
        other.holds.remove("theirs", view.id)
        assert [one.released is None for one in other.holds.all()] == [False]
        clock.move(days=7)
        assert other.holds.all() == []
    # Here it is recorded too, and stands until somebody takes it off here.
    clock.move(days=30)
    prune(held)
    assert len(ids(held)) == 3


def test_a_hold_on_a_point_holds_it_by_its_new_id_after_another_master_key(
    kept: Application, world: World
) -> None:
    make_days(kept, world, ANN, 3)
    oldest = kept.kept.points("disk").points[-1]
    kept.holds.add("disk", ANN, reason="case 4711", point=oldest.id)
    rekey(kept.storages.open("disk"), "mailbox", world.estate.id_of(ANN))
    now = kept.kept.points("disk").points[-1]
    assert (now.id != oldest.id, now.time) == (True, oldest.time)
    assert fates(kept) == [Fate.STAYS] * 3
    assert [one.point for one in kept.holds.all()] == [now.id]


def test_the_audit_log_tells_rules_points_and_reasons(kept: Application, world: World) -> None:
    make_days(kept, world, ANN, 2)
    older = kept.kept.points("disk").points[1].id
    hold = kept.holds.add("disk", ANN, reason="case 4711", point=older)
    kept.holds.remove("disk", hold.id)
    kept.retention.set("nightly", keep="last:1", prune_every_s=0)
    kept.retention.forget("disk", ANN, (older,))
    kept.retention.ask_prune("disk", (ANN,))
    told = {one.verb: dict(one.about) for one in kept.audit.records()}
    assert told["jobs.add_backup"]["keep"] == "last:2"
    assert told["holds.add"] == {
        "storage": "disk",
        "resource": ANN,
        "reason": "case 4711",
        "point": older,
    }
    assert told["holds.remove"] == {"storage": "disk", "hold_id": hold.id}
    assert told["retention.set"] == {"name": "nightly", "keep": "last:1"}
    assert told["retention.forget"] == {"storage": "disk", "resource": ANN, "points": [older]}
    assert told["retention.ask_prune"] == {"storage": "disk", "resources": [ANN]}


def test_rights(kept: Application, world: World) -> None:
    make_days(kept, world, ANN, 2)
    operator = acting(kept, caller(7003), Role.OPERATOR)
    restorer = acting(kept, caller(7004), Role.RESTORE_OPERATOR)
    assert fates(operator) == [Fate.STAYS] * 2
    operator.retention.ask_prune("disk")
    for refused in (
        lambda: restorer.retention.ask_prune("disk"),
        lambda: operator.retention.set("nightly", keep="last:1"),
        lambda: operator.retention.forget("disk", ANN, (ids(kept)[1],)),
        lambda: operator.holds.add("disk", ANN, reason="r"),
        lambda: operator.holds.remove("disk", "abc"),
    ):
        with pytest.raises(AccessDenied):
            refused()
    assert ("uid:7003", "retention.set", "refused") in audited(kept)


def test_only_backup_jobs_have_rules(kept: Application) -> None:
    kept.jobs.add_prune("tidy", storage="disk", selection=PruneSelection())
    with pytest.raises(OperatorError, match="makes no restore points"):
        kept.retention.set("tidy", keep="last:3")


def test_one_repository_that_is_named_is_pruned_alone(
    kept: Application, world: World, clock: HandClock
) -> None:
    world.estate.add("bob@example")
    kept.jobs.add_backup(
        "bobs",
        connection="office",
        storage="disk",
        selection=BackupSelection(resources=("bob@example",)),
        keep=KeepRules(keep="last:1"),
    )
    make_days(kept, world, "bob@example", 2, job="bobs")
    make_days(kept, world, ANN, 3)
    report = prune(kept, "bob@example")
    assert [task["resource"] for task in report["tasks"]] == ["bob@example"]
    assert len(kept.kept.points("disk", "bob@example").points) == 1
    assert len(kept.kept.points("disk", ANN).points) == 3


def test_where_things_are_only_added_a_prune_says_so_and_does_not_fail(
    kept: Application, world: World
) -> None:
    make_days(kept, world, ANN, 3)
    kept.immutability.protect("disk", append_only=True)
    assert fates(kept) == [Fate.STAYS] * 2 + [Fate.WAITS]
    report = prune(kept)
    assert report["status"] == "complete", report
    assert "append-only" in " ".join(report["tasks"][0]["notes"])
    assert len(ids(kept)) == 3
