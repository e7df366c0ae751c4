"""Changes of every kind, and what two sites differ in."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from strongroom.lab.sharepoint import Farm
from strongroom.lab.sharepoint.content.change_log import Scope
from strongroom.lab.sharepoint.content.content_database import ContentDatabase
from strongroom.lab.sharepoint.content.portrait import differences, portrait
from strongroom.lab.sharepoint.content.seed import Amounts, Seeded, fill
from strongroom.lab.sharepoint.content.stir import CHANGES, stir, stirring
from tests.fakes.hand_clock import HandClock

WHEN = datetime(2026, 11, 20, 9, tzinfo=UTC)


def _filled(path: str, clock: HandClock) -> Seeded:
    farm = Farm(kind="online", clock=clock)
    farm.add_site(path, "Yard")
    database = ContentDatabase(
        farm, guid=lambda kind, path: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {path}"))
    )
    site = database.collection(path)
    assert site is not None
    return fill(site, Amounts(items=120, files=6), seed=5)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(WHEN)


@pytest.fixture
def seeded(clock: HandClock) -> Seeded:
    return _filled("/sites/yard", clock)


def test_every_change_is_in_the_change_log(seeded: Seeded, clock: HandClock) -> None:
    site = seeded.orders.collection
    token = site.current_token
    clock.move(minutes=5)
    made = stir(seeded, seed=2)
    assert [one.kind for one in made] == list(CHANGES)
    told = {(one.list_id, one.item_id) for one in site.log.since(Scope.SITE, site.id, start=token)}
    assert {(one.list_id, one.item_id) for one in made} <= told


def test_every_change_is_seen_in_the_portrait(seeded: Seeded) -> None:
    before = portrait(seeded.orders.collection)
    for one in stirring(seeded, seed=2):
        after = portrait(seeded.orders.collection)
        assert (differences(before, after) == []) == (one.kind == "row brought back"), one.kind
        before = after


def test_two_sites_of_one_content_have_one_portrait(seeded: Seeded, clock: HandClock) -> None:
    other = _filled("/sites/garden", clock)
    first, second = portrait(seeded.orders.collection), portrait(other.orders.collection)
    drawn = {"id", "field CanvasContent1", "field LayoutWebpartsContent", "field WikiField"}
    kept = (one for one in differences(first, second) if one.fact not in drawn)
    assert {one.fact for one in kept} == {"versions"}


def test_layouts_in_the_gallery_are_in_the_portrait(seeded: Seeded) -> None:
    found = portrait(seeded.orders.collection)["item _catalogs/masterpage/YardArticle.aspx"]
    assert (found["kind"], found["field Title"]) == ("Page Layout", "Article of the yard")


def test_a_difference_says_what_and_where(seeded: Seeded) -> None:
    before = portrait(seeded.orders.collection)
    order = next(one for one in seeded.orders.items.values() if not one.is_folder)
    by = seeded.crew.boss.id
    seeded.orders.update_item(order, {"Quantity": 77}, by=by)
    gone = next(one for one in seeded.customers.items.values())
    seeded.customers.delete_item(gone, by=by)
    told = [str(one) for one in differences(before, portrait(seeded.orders.collection))]
    assert f"item Lists/Customers/{gone.title}: is gone" in told
    place = f"item Lists/Orders/{order.title}"
    assert any(one.startswith(f"{place}: field Quantity: ") for one in told)
    assert any(one.startswith(f"{place}: versions: ") for one in told)
