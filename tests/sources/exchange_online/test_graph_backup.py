"""Backups by Graph: how many requests they cost, what is not read again, what goes wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from strongroom.clock import SystemClock
from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.faults import Fault, FaultKind, FaultPlan
from strongroom.lab.graph.mailbox import exporting
from strongroom.lab.graph.mailbox.habits import Habits
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.sources.exchange_online.reading import standings
from strongroom.wire.graph.mailbox.export_items import ITEMS_MAX
from strongroom.wire.graph.mailbox.properties import Property
from strongroom.words.coverage import Status
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary
from tests.sources.exchange_online.graph_world import GraphWorld

MANY, SOME, FEW = "many@lab.example", "some@lab.example", "few@lab.example"
FULL, LOST = "full@lab.example", "lost@lab.example"
"""What lies in these changes."""
ITEMS, SOME_ITEMS, FEW_ITEMS = 1000, 150, 30


@pytest.fixture(scope="module")
def tenant() -> Iterator[Lab]:
    loads = (
        Load(address=MANY, items=ITEMS, item_bytes=2048, folders=3),
        Load(address=SOME, items=SOME_ITEMS, item_bytes=2048, folders=3),
        *(
            Load(address=one, items=FEW_ITEMS, item_bytes=4096, folders=3)
            for one in (FEW, FULL, LOST)
        ),
    )
    with Lab(Wishes(seed=4, loads=loads)) as running:
        yield running
        assert running.cloud.graph.crashes == []


@pytest.fixture(autouse=True)
def habits(tenant: Lab) -> Iterator[Habits]:
    """Give the lab's habits; each test begins with those of the documentation."""
    store = tenant.cloud.graph.mail.store
    store.habits = Habits()
    yield store.habits
    store.habits = Habits()


def test_a_thousand_small_items_cost_at_most_sixty_requests(tenant: Lab) -> None:
    world = GraphWorld(tenant, MANY)
    found = world.back_up()
    assert found.status() is Status.COMPLETE
    assert found.totals.saved == ITEMS
    assert world.exported == ITEMS / 20
    assert world.requests <= 60, world.requests
    assert world.throttled == 0


def test_where_changes_tell_no_subjects_each_folder_costs_two_requests(
    tenant: Lab, habits: Habits
) -> None:
    world = GraphWorld(tenant, FEW)
    world.back_up()
    usual = world.requests
    habits.expands_in_delta = False
    other = GraphWorld(tenant, FEW)
    assert other.back_up().totals.saved == FEW_ITEMS
    assert other.requests == usual + 2 * 3, "asked together for nothing, then each by itself"
    assert other.saved() == world.saved()


def test_an_unchanged_mailbox_costs_eight_requests_whatever_its_folders(
    tenant: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = GraphWorld(tenant, "own@lab.example")
    mailbox = tenant.estate.add_mailbox("own@lab.example", "Own", password=canary("owner"))
    tenant.cloud.tenant.add_user(
        "own@lab.example", "Own", password=canary("user"), mailbox_guid=str(mailbox.guid)
    )
    with tenant.estate.lock:
        top = mailbox.folder_by_role("msgfolderroot")
        for number in range(12):
            above = mailbox.add_folder(top, f"above {number}")
            for below in range(5):
                folder = mailbox.add_folder(above, f"below {below}")
                folder.add_item(Message({tags.PidTagSubject: f"{number}.{below}"}))
        for folder in mailbox.folders:
            # What changed in the last minute is asked for again: another change may bear its stamp.
            folder.last_commit -= timedelta(hours=1)
    assert world.back_up().totals.saved == 60
    assert world.requests <= 8 + 60 / 20 + 60 / 20, "listed together, exported together"
    again = world.back_up()
    assert (again.status(), again.totals.unchanged) == (Status.COMPLETE, 60)
    assert world.requests <= 8, world.requests

    # Where nothing tells that a folder stands still, twenty are asked in one request.
    monkeypatch.setattr(standings, "COMMIT_TIME", Property("SystemTime", 0x6FFF))
    asked = world.back_up()
    assert (asked.status(), asked.totals.unchanged) == (Status.COMPLETE, 60)
    assert world.requests <= 8 + 60 / 20, world.requests


@pytest.mark.parametrize("honours", [True, False])
def test_a_job_goes_over_from_ews_to_graph_without_reading_anything_twice(
    tenant: Lab, habits: Habits, *, honours: bool
) -> None:
    habits.honours_immutable_ids = honours
    world = GraphWorld(tenant, FEW)
    first = world.back_up(uses_ews=True)
    assert first.totals.saved == 30
    before, bytes_before = world.saved(), first.bytes_read
    over = world.back_up()
    assert over.status() is Status.COMPLETE
    assert (over.totals.unchanged, over.totals.saved) == (30, 0)
    assert world.exported == 0
    assert over.bytes_read < 0.02 * bytes_before
    after = world.saved()
    assert {key: one[:2] for key, one in after.items()} == {
        key: one[:2] for key, one in before.items()
    }
    assert world.back_up().totals.unchanged == 30


def test_a_message_that_was_only_read_is_not_exported_again(tenant: Lab, habits: Habits) -> None:
    habits.time_digits = 7
    world = GraphWorld(tenant, FEW)
    world.back_up()
    with tenant.estate.lock:
        read = [one for one in world.mailbox.items if one.folder.mark_read(one, is_read=True)][:1]
    assert read
    found = world.back_up()
    assert found.status() is Status.COMPLETE
    assert world.exported == 0
    states = {name: state for _, name, state in world.saved().values()}
    assert states[read[0].subject]["is_read"] is True


def test_lost_tokens_list_everything_and_export_nothing(tenant: Lab) -> None:
    world = GraphWorld(tenant, LOST)
    world.back_up()
    tenant.cloud.graph.mail.store.forget_tokens()
    with tenant.estate.lock:
        world.mailbox.items[0].folder.add_item(Message({tags.PidTagSubject: "new"}))
    found = world.back_up()
    assert found.status() is Status.COMPLETE
    assert (found.totals.saved, found.totals.unchanged) == (1, 30)
    assert world.exported == 1


def test_a_full_mailbox_is_listed_and_compared_and_the_ledger_says_so(tenant: Lab) -> None:
    world = GraphWorld(tenant, FULL)
    mailbox = world.mailbox
    with tenant.estate.lock:
        mailbox.quota_bytes = mailbox.bytes_used - 1
    try:
        first = world.back_up()
        assert first.status() is Status.COMPLETE
        assert any("is full" in note for note in first.notes)
        with tenant.estate.lock:
            gone = mailbox.items[-1]
            gone.folder.remove_item(gone)
            mailbox.quota_bytes = mailbox.bytes_used - 1
        second = world.back_up()
        assert second.status() is Status.COMPLETE
        assert second.totals.unchanged == first.totals.saved - 1
        assert world.exported == 0
    finally:
        mailbox.quota_bytes = None
    again = world.back_up()
    assert (again.status(), world.exported) == (Status.COMPLETE, 0)
    assert not any("is full" in note for note in again.notes)


def test_an_item_that_always_fails_is_in_the_ledger_and_the_rest_is_kept(
    tenant: Lab, habits: Habits
) -> None:
    habits.old_error_name = True
    world = GraphWorld(tenant, FEW)
    faults = tenant.cloud.graph.mail.faults
    faults.add(Fault(kind=FaultKind.ITEM_CORRUPT, operation="exportItems", mailbox=FEW, times=9))
    found = world.back_up()
    tenant.cloud.graph.mail.faults = FaultPlan()
    assert found.status() is Status.PARTIAL
    (short,) = [one for line in found.folders for one in line.skipped][:1]
    assert short.code == "ErrorItemCorrupt"
    assert found.totals.saved + found.totals.skipped == found.totals.on_server
    assert found.totals.saved >= 20


def test_a_mailbox_that_loses_its_licence_in_mid_run_keeps_what_it_has(
    tenant: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = GraphWorld(tenant, SOME)
    user = tenant.cloud.tenant.user(SOME)
    assert user is not None

    real, exported = vars(exporting)["_row"], itertools.count()

    def taken_away(*asked: Any) -> object:
        # With the second export: four at once have been let in by then, at the most.
        if next(exported) == ITEMS_MAX:
            user.has_mailbox = False
        return real(*asked)

    monkeypatch.setattr(exporting, "_row", taken_away)
    try:
        found = world.back_up()
    finally:
        user.has_mailbox = True
    assert found.status() is not Status.COMPLETE
    assert found.point is not None
    assert 0 < found.totals.saved < SOME_ITEMS
    assert any("There is no mailbox here" in why for why in world.folders(found).values())
    assert any("could not be listed once more" in note for note in found.notes)

    again = world.back_up()
    assert again.status() is Status.COMPLETE
    assert again.totals.saved + again.totals.unchanged == SOME_ITEMS
    assert again.totals.unchanged >= found.totals.saved


def test_what_is_cut_refused_and_late_comes_whole_all_the_same(tenant: Lab) -> None:
    world = GraphWorld(tenant, FEW)
    world.clock = HandClock(SystemClock().now())
    faults = tenant.cloud.graph.mail.faults
    kinds = (FaultKind.TRUNCATED_EXPORT, FaultKind.BATCH_STOPPED, FaultKind.CUT, FaultKind.BUSY)
    for nth, kind in enumerate(kinds, 1):
        faults.add(Fault(kind=kind, operation="exportItems", nth=nth, mailbox=FEW, seconds=3.0))
    found = world.back_up()
    assert faults.unfired == []
    assert found.status() is Status.COMPLETE, found
    assert found.totals.saved == found.totals.on_server


def test_an_archive_is_followed_to_where_it_lies(tenant: Lab) -> None:
    owner = next(one for one in tenant.estate.mailboxes if one.archive is not None)
    archive, store = owner.archive, tenant.cloud.graph.mail.store
    assert archive is not None
    with tenant.estate.lock:
        top = archive.folder_by_role("msgfolderroot")
        moved = archive.add_folder(top, "lies elsewhere")
        below = archive.add_folder(moved, "as does this")
        for folder in (moved, below):
            folder.add_item(Message({tags.PidTagSubject: f"in {folder.name}"}))
        store.move_to_auxiliary(moved)
    world = GraphWorld(tenant, f"archive:{owner.address}")
    found = world.back_up()
    assert found.status() is Status.COMPLETE, found
    names = {name for _, name, _ in world.saved().values()}
    assert {"in lies elsewhere", "in as does this"} <= names
    assert world.back_up().status() is Status.COMPLETE
    assert world.exported == 0


@pytest.mark.parametrize("shows", [True, False])
def test_hidden_items_are_kept_where_they_are_listed_and_named_where_not(
    tenant: Lab, habits: Habits, *, shows: bool
) -> None:
    habits.hidden_items = shows
    world = GraphWorld(tenant, FEW)
    folder = world.mailbox.items[0].folder
    with tenant.estate.lock:
        hidden = Message({tags.PidTagSubject: "a view", tags.PidTagMessageClass: "IPM.View"})
        item = folder.add_item(hidden, is_associated=True)
    try:
        found = world.back_up()
        assert found.status() is Status.COMPLETE, found
        assert ("a view" in {name for _, name, _ in world.saved().values()}) is shows
        assert any(note.startswith("Hidden items") for note in found.notes) is not shows
        again = world.back_up()
        assert (again.status(), again.totals.saved) == (Status.COMPLETE, 0)
    finally:
        with tenant.estate.lock:
            folder.remove_item(item)


def test_recoverable_items_are_a_resource_of_their_own(tenant: Lab) -> None:
    world = GraphWorld(tenant, f"recoverable:{FEW}")
    with tenant.estate.lock:
        lost = world.mailbox.folder_by_role("inbox").add_item(Message({tags.PidTagSubject: "lost"}))
        world.mailbox.soft_delete_item(lost)
    found = world.back_up()
    assert found.status() is Status.COMPLETE, found
    assert "lost" in {name for _, name, _ in world.saved().values()}
    assert world.back_up().totals.unchanged == found.totals.saved


def test_what_graph_keeps_back_is_named_in_every_ledger(tenant: Lab) -> None:
    notes = " ".join(GraphWorld(tenant, FEW).back_up().notes)
    assert "delegates not kept" in notes
    assert "rights to folders" in notes


def test_everything_in_a_mailbox_is_told_as_ews_tells_it(tenant: Lab, habits: Habits) -> None:
    habits.honours_immutable_ids, habits.hidden_items = False, True
    address = tenant.cast.users[1].address
    by_ews, by_graph = GraphWorld(tenant, address), GraphWorld(tenant, address)
    assert by_ews.back_up(uses_ews=True).status() is Status.COMPLETE
    assert by_graph.back_up().status() is Status.COMPLETE
    before, after = by_ews.items(), by_graph.items()
    assert before.keys() == after.keys()
    assert len({item.kind for item in after.values()}) > 5
    for key, item in after.items():
        assert item == before[key]
    assert by_graph.saved() == by_ews.saved()
