"""What REST cannot write comes back all the same: bags, regional settings, orders, owners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.rest.entities.columns import coded_name
from strongroom.operations.restore import RestoreRequest
from strongroom.sources.sharepoint.writing import by_object_model, orders, structure_webs
from strongroom.sources.sharepoint.writing.bags import name_of, own_properties
from strongroom.wire.sharepoint.csom import carry_out
from strongroom.wire.sharepoint.csom_query import Query
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.words.json import Json
from strongroom.words.restoring import ConflictPolicy
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, Told, make

PAPERS = RestoreRequest(folder=(), conflict=ConflictPolicy.REPLACE, paths=(("Papers",),))
WEB = replace(PAPERS, paths=(("_web",),))
BOTH = replace(PAPERS, paths=(("_web",), ("Papers",)))


def test_names_are_somebodys_own_or_the_servers() -> None:
    bag: dict[str, Json] = {
        "Department": "Archive",
        "With_x0020_Space": "a b",
        "Kept_x005f_by": "the archive",
        "Floor": 3,
        "OData__x005f_webnavigationsettings": "<x/>",
        "OData__x005f__x005f_InheritMasterUrl": "True",
        "vti_x005f_timecreated": "2026-01-01T00:00:00Z",
        "GroupId": "11111111-0000-0000-0000-000000000000",
        "dlc_x005f_sitehaspolicies": "1",
        "odata.type": "SP.PropertyValues",
    }
    assert own_properties(bag) == {
        "Department": "Archive",
        "With Space": "a b",
        "Kept_by": "the archive",
        "Floor": 3,
    }


@settings(max_examples=50)
@given(st.text(alphabet="ab_x0052fF-.ü", min_size=1))
def test_a_name_is_the_one_that_it_was_coded_from(name: str) -> None:
    assert name_of(coded_name(name)) == name


@pytest.fixture(scope="module")
def filled(server: LabServer) -> Iterator[SiteWorld]:
    made = make(server)
    fill(made.collection(FULL))
    made.back_up()
    yield made
    made.close()


@pytest.fixture
def world(filled: SiteWorld) -> SiteWorld:
    filled.make_empty()
    return filled


def fill(site: SiteCollection) -> None:
    """Give a small site what only the object model writes."""
    with site.lock:
        by, root = site.owner_id, site.root
        root.set_properties({"Department": "Records & archives", "vti_own": "no"}, by=by)
        root.regional.locale_id, root.regional.time_zone = 1031, 4
        root.regional.has_24_hours, root.regional.first_day_of_week = True, 1
        papers = root.add_list("Papers", by=by, base_template=101)
        papers.update_root({"Kept_by": "the archive"}, by=by)
        turn_types_round(papers, by)
        # The one who owns comes after the one that is owned.
        keepers = site.principals.add_group("Keepers", description="", owner_id=by)
        judges = site.principals.add_group("Judges", description="", owner_id=by)
        keepers.owner_id = judges.owner_id = judges.id


def turn_types_round(of: SpList, by: int) -> None:
    of.content_type_order = list(reversed(of.content_types))
    of.update_root({}, by=by)


def named(site: SiteCollection, title: str) -> SpList:
    return next(one for one in site.root.lists.values() if one.title == title)


def order_of(of: SpList) -> list[str]:
    return [of.content_types[one].name for one in of.content_type_order]


def test_all_of_it_comes_back(world: SiteWorld, tmp_path: Path) -> None:
    told = Told()
    coverage = world.restore(tmp_path / "journal", BOTH, told=told)
    assert missing(coverage) == []
    full, empty = world.collection(FULL), world.collection(world.empty)
    assert empty.root.properties["Department"] == "Records & archives"
    assert "vti_own" not in empty.root.properties
    assert empty.root.regional == full.root.regional
    papers = named(empty, "Papers")
    assert papers.root_properties["Kept_by"] == "the archive"
    assert order_of(papers) == order_of(named(full, "Papers"))
    owners = {
        one.title: empty.principals.groups[one.owner_id].title
        for one in empty.principals.groups.values()
        if one.title in {"Keepers", "Judges"}
    }
    assert owners == {"Keepers": "Judges", "Judges": "Judges"}
    assert "bags" not in "\n".join(told.notes)


def test_where_scripts_are_not_allowed_it_is_a_loss_and_no_difference(
    world: SiteWorld, tmp_path: Path
) -> None:
    world.farm.sites[world.empty].has_scripts = False
    told = Told()
    coverage = world.restore(tmp_path / "journal", WEB, told=told)
    assert missing(coverage) == []
    assert "property bags of webs and lists (" in "\n".join(told.notes)
    empty = world.collection(world.empty)
    assert "Department" not in empty.root.properties
    assert empty.root.regional == world.collection(FULL).root.regional


def test_what_does_not_come_back_is_a_difference(
    world: SiteWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for what in ("write_web_bag", "write_regional"):
        monkeypatch.setattr(structure_webs, what, lambda *_: None)
    (short,) = missing(world.restore(tmp_path / "journal", WEB))
    assert short.startswith("_web: ")
    assert "property Department: " in short
    assert "LocaleId: 1031, there 1033" in short
    assert "TimeZone: 4, there " in short


@pytest.mark.soak
def test_what_is_so_already_is_not_written(
    world: SiteWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []

    def carried_out(rest: RestConnection, web: str, query: Query) -> None:
        sent.append(query.body())
        carry_out(rest, web, query)

    monkeypatch.setattr(by_object_model, "carry_out", carried_out)
    world.restore(tmp_path / "first", WEB)
    assert any(b"RegionalSettings" in one for one in sent)
    sent.clear()
    world.restore(tmp_path / "second", WEB)
    assert [one for one in sent if b'Name="Owner"' not in one] == []


def test_an_order_that_was_not_written_is_noticed_once_all_is_in(
    world: SiteWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "send", lambda *_: None)
    (short,) = missing(world.restore(tmp_path / "journal", PAPERS))
    assert "order of content types" in short
