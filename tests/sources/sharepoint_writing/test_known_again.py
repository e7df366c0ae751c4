"""What is there already of a list: an item made anew has another number and is still the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.operations.restore import RestoreRequest
from strongroom.words.restoring import ConflictPolicy
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, make

ROUNDS = ("Lists", "Rounds")
SKIP, REPLACE = ConflictPolicy.SKIP, ConflictPolicy.REPLACE


@pytest.fixture
def world(server: LabServer) -> Iterator[SiteWorld]:
    made = make(server)
    full = made.collection(FULL)
    with full.lock:
        rounds = full.root.add_list("Rounds", by=1)
        columns = (
            '<Field Type="Note" Name="What" DisplayName="What" />',
            '<Field Type="Number" Name="Hours" DisplayName="Hours" />',
            '<Field Type="DateTime" Name="Until" DisplayName="Until" />',
        )
        for number, xml in enumerate(columns):
            field_id = f"5d3c6f0e-0000-4000-8000-00000000001{number}"
            rounds.parse_field(xml.replace("<Field ", f'<Field ID="{{{field_id}}}" '), by=1)
        for hours in (1.5, 2.5):
            rounds.add_item({"Title": "Ring", "What": "the\nbell", "Hours": hours}, by=1)
        # Two that nobody can tell from one another.
        for _ in range(2):
            rounds.add_item({"Title": "Wait"}, by=1)
    made.back_up()
    yield made
    made.close()


def rounds_of(world: SiteWorld, site: str = FULL) -> SpList:
    found = world.collection(site).root.list_by_title("Rounds")
    assert found is not None
    return found


def told(of: SpList) -> list[tuple[str, object]]:
    return sorted(((one.title, one.values.get("Hours")) for one in of.items.values()), key=str)


@pytest.mark.parametrize(("conflict", "to"), [(SKIP, FULL), (REPLACE, FULL), (SKIP, "")])
def test_a_second_restore_makes_no_item_twice(
    world: SiteWorld, tmp_path: Path, conflict: ConflictPolicy, to: str
) -> None:
    rounds = rounds_of(world)
    before = told(rounds)
    for one in [*rounds.items.values()]:
        rounds.delete_item(one, by=1)
    request = RestoreRequest(folder=(), paths=(ROUNDS,), conflict=conflict)
    for journal in ("first", "second"):
        coverage = world.restore(tmp_path / journal, request, to=to)
        assert missing(coverage) == []
        assert told(rounds_of(world, to or world.empty)) == before


def test_what_somebody_changed_since_is_left_and_the_saved_one_comes_beside_it(
    world: SiteWorld, tmp_path: Path
) -> None:
    rounds = rounds_of(world)
    for one in [*rounds.items.values()]:
        rounds.delete_item(one, by=1)
    request = RestoreRequest(folder=(), paths=(ROUNDS,), conflict=SKIP)
    world.restore(tmp_path / "first", request, to=FULL)
    changed = next(one for one in rounds.items.values() if one.title == "Ring")
    rounds.update_item(changed, {"What": "nobody"}, by=1)
    world.restore(tmp_path / "second", request, to=FULL)
    assert len(rounds.items) == 5
    assert changed.values["What"] == "nobody"


def test_of_two_that_are_equal_the_other_does_not_stand_for_the_one_that_is_gone(
    world: SiteWorld, tmp_path: Path
) -> None:
    rounds = rounds_of(world)
    kept, gone = (one for one in rounds.items.values() if one.title == "Wait")
    rounds.delete_item(gone, by=1)
    item = f"{rounds.id}/{gone.id}"
    request = RestoreRequest(folder=(), items=(item,), conflict=SKIP)
    for journal in ("first", "second"):
        world.restore(tmp_path / journal, request, to=FULL)
        assert [one.title for one in rounds.items.values()].count("Wait") == 2
    assert rounds.items[kept.id] is kept
