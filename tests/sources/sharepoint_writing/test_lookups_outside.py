"""A list, a folder or an item by itself: its lookups point to what is there already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.values import Value
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.operations.restore import RestoreRequest
from strongroom.words.coverage import Coverage
from strongroom.words.restoring import ConflictPolicy
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, Told, make

TOWNS = ("Oslo", "Bergen", "Tromsø", "Bodø")
JOBS, PLACES = ("Lists", "Jobs"), ("Lists", "Places")
REPLACE = ConflictPolicy.REPLACE


def add_places(web: Web, *towns: str) -> SpList:
    """Make a list of towns."""
    made = web.add_list("Places", by=1)
    for town in towns:
        made.add_item({"Title": town}, by=1)
    return made


def add_jobs(web: Web, places: SpList) -> SpList:
    """Make a list that looks into the one of towns, once in each of two ways."""
    made = web.add_list("Jobs", by=1)
    look = f'List="{{{places.id}}}" ShowField="Title"'
    for number, xml in enumerate(
        (
            f'<Field Type="Lookup" Name="Town" DisplayName="Where" {look} />',
            f'<Field Type="LookupMulti" Name="Via" DisplayName="By way of" {look} Mult="TRUE" />',
        )
    ):
        field_id = f"5d3c6f0e-0000-4000-8000-00000000000{number}"
        made.parse_field(xml.replace("<Field ", f'<Field ID="{{{field_id}}}" '), by=1)
    return made


@pytest.fixture
def world(server: LabServer) -> Iterator[SiteWorld]:
    # One for each test: what is made anew in its own place has another number afterwards.
    made = make(server)
    full = made.collection(FULL)
    with full.lock:
        jobs = add_jobs(full.root, add_places(full.root, *TOWNS))
        for number in range(1, 5):
            other = number % 4 + 1
            values: dict[str, Value] = {"Title": f"Job {number}", "Town": number}
            values["Via"] = (other, number)
            jobs.add_item(values, by=1)
    made.back_up()
    yield made
    made.close()


def of_title(web: Web, title: str) -> SpList:
    found = web.list_by_title(title)
    assert found is not None
    return found


def looked_up(web: Web) -> dict[str, tuple[str, ...]]:
    """Say for each job the towns that it points to, in order."""
    towns = {number: str(one.title) for number, one in of_title(web, "Places").items.items()}
    found = {}
    for job in of_title(web, "Jobs").items.values():
        via = job.values.get("Via") or ()
        numbers = (job.values.get("Town"), *(via if isinstance(via, tuple) else (via,)))
        found[job.title] = tuple(towns.get(int(str(one)), "?") for one in numbers if one)
    return found


def restored(world: SiteWorld, journal: Path, told: Told, to: str = "", **more: object) -> Coverage:
    request = RestoreRequest(**{"folder": (), "paths": (JOBS,), "conflict": REPLACE, **more})  # type: ignore[arg-type]
    return world.restore(journal, request, to=to, told=told)


def losses(told: Told) -> list[str]:
    return [note for note in told.notes if "lookups of" in note]


def test_in_its_own_place_a_list_alone_keeps_its_lookups(world: SiteWorld, tmp_path: Path) -> None:
    web = world.collection(FULL).root
    before, told = looked_up(web), Told()
    jobs = of_title(web, "Jobs")
    for job in [*jobs.items.values()][:2]:
        jobs.delete_item(job, by=1)
    # Renamed, it is still the same town.
    places = of_title(web, "Places")
    places.update_item(places.items[1], {"Title": "Christiania"}, by=1)
    coverage = restored(world, tmp_path / "journal", told, to=FULL)
    places.update_item(places.items[1], {"Title": "Oslo"}, by=1)
    assert missing(coverage) == []
    assert losses(told) == []
    assert looked_up(web) == before


def test_in_its_own_place_what_was_made_anew_is_known_by_its_text(
    world: SiteWorld, tmp_path: Path
) -> None:
    web = world.collection(FULL).root
    before, told = looked_up(web), Told()
    places, jobs = of_title(web, "Places"), of_title(web, "Jobs")
    places.delete_item(next(one for one in places.items.values() if one.title == "Bodø"), by=1)
    places.add_item({"Title": "Bodø"}, by=1)
    for job in [*jobs.items.values()]:
        jobs.delete_item(job, by=1)
    coverage = restored(world, tmp_path / "journal", told, to=FULL)
    assert missing(coverage) == []
    assert looked_up(web) == before


def test_in_another_site_they_follow_path_and_text(world: SiteWorld, tmp_path: Path) -> None:
    before, told = looked_up(world.collection(FULL).root), Told()
    there = world.collection(world.make_empty()).root
    add_places(there, "Paris", *reversed(TOWNS))
    coverage = restored(world, tmp_path / "journal", told)
    assert missing(coverage) == []
    assert losses(told) == []
    assert looked_up(there) == before


def test_in_another_list_they_follow_the_columns_that_are_there(
    world: SiteWorld, tmp_path: Path
) -> None:
    before, told = looked_up(world.collection(FULL).root), Told()
    there = world.collection(world.make_empty()).root
    add_jobs(there, add_places(there, "Paris", *reversed(TOWNS)))
    jobs = of_title(there, "Jobs")
    coverage = restored(world, tmp_path / "journal", told, folder=JOBS, paths=(JOBS,))
    assert missing(coverage) == []
    assert looked_up(there) == before
    assert len(jobs.items) == 4


def test_what_nobody_can_tell_is_a_loss_with_its_number(world: SiteWorld, tmp_path: Path) -> None:
    told = Told()
    there = world.collection(world.make_empty()).root
    # Two of one name, and one town that is not there at all.
    add_places(there, "Oslo", "Oslo", "Bergen", "Tromsø")
    coverage = restored(world, tmp_path / "journal", told)
    assert [one.partition(":")[0] for one in losses(told)] == [
        "lookups of Town (2)",
        "lookups of Via (4)",
    ]
    assert missing(coverage) == []
    assert looked_up(there) == {
        "Job 1": ("Bergen",),
        "Job 2": ("Bergen", "Tromsø", "Bergen"),
        "Job 3": ("Tromsø", "Tromsø"),
        "Job 4": (),
    }


def test_without_the_list_the_column_is_missed_and_the_values_were_named(
    world: SiteWorld, tmp_path: Path
) -> None:
    told = Told()
    world.make_empty()
    coverage = restored(world, tmp_path / "journal", told)
    assert "lookups of Town (4)" in losses(told)[0]
    assert "lookups of Via (8)" in losses(told)[1]
    left = [one for one in missing(coverage) if "lookup-without-list" not in one]
    # The list's content type cannot have the two columns.
    assert ["/_list: Item:" in one for one in left] == [True]
    jobs = of_title(world.collection(world.empty).root, "Jobs")
    assert sorted(one.title for one in jobs.items.values()) == [f"Job {n}" for n in range(1, 5)]


def test_one_item_alone_keeps_its_lookups_too(world: SiteWorld, tmp_path: Path) -> None:
    web = world.collection(FULL).root
    before, told = looked_up(web), Told()
    jobs = of_title(web, "Jobs")
    world.back_up()
    gone = next(one for one in jobs.items.values() if one.title == "Job 2")
    jobs.delete_item(gone, by=1)
    item = f"{jobs.id}/{gone.id}"
    coverage = restored(world, tmp_path / "journal", told, to=FULL, paths=(), items=(item,))
    assert missing(coverage) == []
    assert sum(one.saved for one in coverage.folders) == 1
    assert looked_up(web) == before
