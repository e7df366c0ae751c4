"""Whether an item was approved comes back, without a version where the list heeds a form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.rest.entities import item_writing
from strongroom.lab.sharepoint.rest.entities.form_values import BadValue
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, Told, make

DENIED, PENDING = 1, 2
STOOD = {"Approved": 0, "Denied": DENIED, "Waits": PENDING}


@pytest.fixture(scope="module")
def filled(server: LabServer) -> Iterator[SiteWorld]:
    """A site with a list that keeps versions and approves; no item has more than its first one."""
    made = make(server)
    full = made.collection(FULL)
    with full.lock:
        news = full.root.add_list("Notices", by=1)
        news.change_settings(by=1, has_versioning=True, has_moderation=True)
        for title, status in STOOD.items():
            news.set_moderation(news.add_item({"Title": title}, by=1), status, by=1)
    made.back_up()
    yield made
    made.close()


@pytest.fixture
def world(filled: SiteWorld) -> SiteWorld:
    filled.make_empty()
    return filled


def notices(world: SiteWorld, path: str) -> SpList:
    lists = world.collection(path).root.lists.values()
    return next(one for one in lists if one.title == "Notices")


def stood(world: SiteWorld) -> dict[str, int]:
    items = notices(world, world.empty).items.values()
    return {str(one.title): one.moderation_status for one in items}


def older_versions(world: SiteWorld) -> dict[str, int]:
    items = notices(world, world.empty).items.values()
    return {str(one.title): len(one.history) for one in items}


def test_saying_again_that_items_were_not_approved_makes_no_version(
    world: SiteWorld, tmp_path: Path
) -> None:
    told = Told()
    coverage = world.restore(tmp_path / "journal", told=told)
    assert missing(coverage) == []
    assert stood(world) == STOOD
    assert older_versions(world) == dict.fromkeys(STOOD, 0)
    before = notices(world, FULL).items.values()
    after = {one.title: one for one in notices(world, world.empty).items.values()}
    assert all(after[one.title].modified == one.modified for one in before)
    assert "versions of items that were not approved (2)" in "\n".join(told.notes)


def test_a_list_that_does_not_heed_a_form_is_told_by_a_change(
    world: SiteWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_writing, "_status", lambda *_: None)
    coverage = world.restore(tmp_path / "journal")
    assert missing(coverage) == []
    assert stood(world) == STOOD
    assert older_versions(world) == {"Approved": 0, "Denied": 1, "Waits": 1}


def test_a_list_that_refuses_it_in_a_form_is_told_by_a_change(
    world: SiteWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise BadValue("The field is read-only.")

    monkeypatch.setattr(item_writing, "_status", refuse)
    coverage = world.restore(tmp_path / "journal")
    assert missing(coverage) == []
    assert stood(world) == STOOD
