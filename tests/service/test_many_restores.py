"""A restore of many mailboxes: everyone's newest days first, then the rest, each item once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from strongroom.errors import OperatorError, ServerUnreachable
from strongroom.service.application import Application
from strongroom.service.restores import RestoreOrder
from strongroom.words.time_left import UploadLimit
from tests.fakes.mail_server import FakeServer, World
from tests.fakes.mailbox import FakeMailbox
from tests.service.support import add_job, back_up, statuses, wait

PEOPLE = ("ann@example", "bob@example", "eve@example")
ORDER = RestoreOrder(
    storage="disk", resource="", connection="office", is_all=True, folder="/", conflict="skip"
)
AGES_D = (1, 3, 30, 300)


@pytest.fixture
def kept(ready: Application, world: World) -> Application:
    """Give a storage that holds three mailboxes, which are empty now."""
    now = world.clock.now()
    for address in PEOPLE:
        box = world.estate.add(address, items=0)
        for age_d in AGES_D:
            when = now - timedelta(days=age_d)
            box.add_item("folder-2", f"{address} {age_d}", b"x" * 1000, when=when)
    add_job(ready)
    assert back_up(ready)["status"] == "complete"
    for box in world.estate.mailboxes.values():
        for item_id in list(box.folders["folder-2"].items):
            box.delete_item(item_id)
    return ready


def mailbox(world: World, address: str) -> FakeMailbox:
    return world.estate.mailboxes[world.estate.id_of(address)]


def subjects(world: World) -> Counter[str]:
    return Counter(
        item.subject
        for box in world.estate.mailboxes.values()
        for folder in box.folders.values()
        for item in folder.items.values()
    )


EVERYTHING = Counter(f"{address} {age_d}" for address in PEOPLE for age_d in AGES_D)


def test_everyones_newest_days_come_before_anything_older(
    kept: Application, world: World, tmp_path: Path
) -> None:
    run, was_there = kept.restores.ask(ORDER)
    assert not was_there
    report = wait(kept, run)
    assert report["status"] == "complete"
    newest = [f"{address}: last 7 days" for address in PEOPLE]
    assert sorted(statuses(report)) == sorted([*newest, *PEOPLE])
    assert [one["resource"].endswith("days") for one in report["tasks"]] == [True] * 3 + [False] * 3
    assert {one["id"] for one in report["tasks"]} == set(world.estate.resources)
    began = [(one["started"], one["finished"]) for one in report["tasks"]]
    assert min(start for start, _ in began[3:]) >= max(start for start, _ in began[:3])
    assert [one["totals"]["saved"] for one in report["tasks"]] == [2] * 6
    assert report["totals"]["on_server"] == report["totals"]["saved"] == len(EVERYTHING)
    assert subjects(world) == EVERYTHING
    settled = ["Rules are switched off." in one["notes"] for one in report["tasks"]]
    assert settled == [False] * 3 + [True] * 3
    assert list((tmp_path / "home" / "journals").glob("*")) == []
    assert report["forecast"] is None, "nothing is left"


def test_how_many_days_come_first_can_be_said_and_that_all_come_at_once(
    kept: Application, world: World
) -> None:
    run, _ = kept.restores.ask(replace(ORDER, newest_days=100))
    saved = [one["totals"]["saved"] for one in wait(kept, run)["tasks"]]
    assert saved == [3] * 3 + [1] * 3
    run, _ = kept.restores.ask(replace(ORDER, newest_days=0, folder=None))
    report = wait(kept, run)
    assert statuses(report) == dict.fromkeys(PEOPLE, "complete")
    assert report["totals"]["saved"] == len(EVERYTHING)


def test_some_can_be_named(kept: Application, world: World) -> None:
    order = replace(ORDER, is_all=False, resource="ann@example", others=("eve@example",))
    run, _ = kept.restores.ask(order)
    assert wait(kept, run)["status"] == "complete"
    assert subjects(world) == Counter({k: v for k, v in EVERYTHING.items() if "bob" not in k})


def test_one_that_is_gone_fails_and_all_others_come_back(kept: Application, world: World) -> None:
    world.estate.resources.pop(world.estate.id_of("bob@example"))
    run, _ = kept.restores.ask(ORDER)
    report = wait(kept, run)
    assert report["status"] == "partial"
    (failed,) = [one for one in report["tasks"] if one["status"] == "failed"]
    assert failed["resource"] == "bob@example"
    assert "no mailbox" in failed["error"]["what"]
    assert sum(subjects(world).values()) == 8


def test_cut_off_it_goes_on_and_nothing_comes_twice(kept: Application, world: World) -> None:
    written = 0

    def lose(call: str) -> None:
        nonlocal written
        written += call == "write"
        if written == 4:
            raise ServerUnreachable("Nobody answers any more.")

    for box in world.estate.mailboxes.values():
        box.on_call = lose
    run, _ = kept.restores.ask(ORDER)
    assert wait(kept, run)["status"] == "failed"
    assert 0 < sum(subjects(world).values()) < len(EVERYTHING)
    for box in world.estate.mailboxes.values():
        box.on_call = lambda _: None
    again, was_there = kept.restores.ask(ORDER)
    assert (again.id, was_there) == (run.id, True)
    report = wait(kept, again)
    assert report["status"] == "complete"
    assert subjects(world) == EVERYTHING
    assert report["totals"]["saved"] == len(EVERYTHING)


def test_it_keeps_others_from_each_of_its_mailboxes(kept: Application) -> None:
    run, _ = kept.restores.ask(ORDER)
    assert kept.runs.find(run.id).claims["resources"] == sorted(PEOPLE)


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "ann@example"},
        {"items": ("x",)},
        {"version": "1.0"},
        {"resource": "ann@example"},
        {"is_all": False},
        {"is_all": False, "others": ("bob@example",)},
        {"newest_days": -1},
        {"newest_days": 100_000},
    ],
)
def test_what_cannot_be_asked_of_many_is_refused(
    ready: Application, changes: dict[str, Any]
) -> None:
    with pytest.raises(OperatorError) as caught:
        ready.restores.ask(replace(ORDER, **{"newest_days": 7, **changes}))
    assert any(word in str(caught.value) for word in ("each one back", "Name mailboxes", "days"))


def test_a_job_restores_one_alone(kept: Application) -> None:
    with pytest.raises(OperatorError, match="A job restores one"):
        kept.jobs.add_restore("everyone", order=ORDER)


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> UploadLimit:
    limit = UploadLimit(bytes_max=1000, over_s=60.0, encoded=1.5)
    monkeypatch.setattr(FakeServer, "upload_limit", limit, raising=False)
    return limit


def test_the_forecast_keeps_to_what_the_server_takes_in(
    kept: Application, world: World, limited: UploadLimit
) -> None:
    seen: list[Any] = []

    def look(call: str) -> None:
        if call == "write" and not seen:
            seen.append(kept.runs.show(run.id)["forecast"])

    for box in world.estate.mailboxes.values():
        box.on_call = look
    run, _ = kept.restores.ask(ORDER)
    wait(kept, run)
    forecast = seen[0]
    size = forecast["bytes"] / len(EVERYTHING)
    assert size >= 1000
    assert forecast["days"] == 7
    assert forecast["newest_bytes"] == pytest.approx(6 * size, rel=0.1)
    # Three mailboxes go side by side, and each has no more than its own.
    assert forecast["newest_s"] == pytest.approx(2 * limited.takes_s(1) * size, rel=0.1)
    assert forecast["all_s"] == pytest.approx(4 * limited.takes_s(1) * size, rel=0.1)
    assert "everyone's last 7 days: about 3 min; all: about 6 min." in str(forecast["told"])
