"""Terms in a store with other ids: what is called the same there, and what is named as lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.https import Response
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.seed_columns import managed_metadata
from strongroom.lab.sharepoint.content.taxonomy import TermStore
from strongroom.lab.sharepoint.content.values import TermValue, Value
from strongroom.lab.sharepoint.rest import csom
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.operations.restore import RestoreRequest
from strongroom.sources.sharepoint.writing.schema_xml import Bound
from strongroom.sources.sharepoint.writing.terms import SavedSet, Terms, chosen
from strongroom.wire.sharepoint.taxonomy import TermSet
from strongroom.words.restoring import ConflictPolicy
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, Told, make

SETS = ("Towns", "Rooms", "Woods", "Metals")
NO_ANCHOR = "00000000-0000-0000-0000-000000000000"
PARTS = "columns of managed metadata that offered a part of their set of terms"
TERMS, UNBOUND = "terms of managed metadata", "columns of managed metadata without"


def value(site: SiteCollection, name: str, label: str) -> TermValue:
    found = site.terms.set_by_name(name)
    assert found is not None
    return next(one.value for one in found.walk() if one.label == label)


def fill(site: SiteCollection) -> None:
    """Make a list with a column for each set, and three items."""
    store, by = site.terms, site.owner_id
    store.add_set("Towns", "Ulm", "Bonn", "Gone", "Twin & Son")
    store.add_set("Rooms", "Cellar", group=f"Site Collection - {site.id}", site_id=site.id)
    store.add_set("Woods", "Oak")
    store.add_set("Metals", "Tin")
    of = site.root.add_list("Jobs", by=by)
    for name in SETS:
        xml = managed_metadata(site, name, name, is_multi=name == "Towns")
        if name == "Rooms":
            xml = xml.replace(NO_ANCHOR, value(site, name, "Cellar").guid)
        number = uuid.uuid5(uuid.NAMESPACE_OID, name)
        of.parse_field(xml.replace("<Field ", f'<Field ID="{{{number}}}" ', 1), by=by)
    towns = [value(site, "Towns", one) for one in ("Ulm", "Bonn", "Gone", "Twin & Son")]
    rows: tuple[dict[str, Value], ...] = (
        {"Title": "one", "Towns": tuple(towns[:2]), "Rooms": value(site, "Rooms", "Cellar")},
        {"Title": "two", "Towns": tuple(towns[1:3]), "Woods": value(site, "Woods", "Oak")},
        {"Title": "three", "Towns": (towns[3],), "Metals": value(site, "Metals", "Tin")},
    )
    for row in rows:
        of.add_item(row, by=by)


def move(site: SiteCollection) -> TermStore:
    """Give a site another store: with other ids, and some things twice or not at all."""
    site.terms = store = TermStore("another")
    towns = store.add_set("Towns", "ulm", "Bonn", "Twin & Son")
    store.add_set("Towns", "Ulm", group="Elsewhere")
    towns.terms[0].children.append(store.new_term("Twin & Son"))
    store.add_set("Rooms", "Attic")
    store.add_set("Rooms", "Cellar", group="Our own", site_id=site.id)
    for group in ("Trees", "Furniture"):
        store.add_set("Woods", "Oak", group=group)
    return store


@pytest.fixture(scope="module", params=["se", "2013"])
def world(server: LabServer, request: pytest.FixtureRequest) -> Iterator[SiteWorld]:
    made = make(server, profile=request.param)
    full = made.collection(FULL)
    with full.lock:
        fill(full)
    made.back_up()
    yield made
    made.close()


def shown(site: SiteCollection) -> dict[str, dict[str, list[str]]]:
    """Say what the items' terms are called in the site's own store."""
    jobs = site.root.list_by_title("Jobs")
    assert jobs is not None
    found = {}
    for item in jobs.items.values():
        held = {name: item.values.get(name) or () for name in SETS}
        found[str(item.title)] = {
            name: [site.terms.term(one.guid).label for one in _each(some)]
            for name, some in held.items()
            if some
        }
    return found


def _each(some: object) -> tuple[TermValue, ...]:
    rows = some if isinstance(some, tuple) else (some,)
    return tuple(one for one in rows if isinstance(one, TermValue))


def restored(world: SiteWorld, journal: Path, told: Told) -> SiteCollection:
    site = world.collection(world.empty)
    request = RestoreRequest(folder=(), paths=(("Lists", "Jobs"),), conflict=ConflictPolicy.REPLACE)
    coverage = world.restore(journal, request, told=told)
    assert missing(coverage) == []
    return site


def losses(told: Told) -> list[str]:
    return [
        line for note in told.notes for line in note.splitlines() if "of managed metadata" in line
    ]


def test_in_the_same_store_nothing_is_lost(world: SiteWorld, tmp_path: Path) -> None:
    world.make_empty()
    told = Told()
    site = restored(world, tmp_path / "journal", told)
    assert losses(told) == []
    assert shown(site) == shown(world.collection(FULL))


def test_in_another_store_terms_are_known_by_what_they_are_called(
    world: SiteWorld, tmp_path: Path
) -> None:
    world.make_empty()
    store, told = move(world.collection(world.empty)), Told()
    site = restored(world, tmp_path / "journal", told)
    # The town that is gone, the one there are two of, and what is in sets that are not there.
    assert [one.partition(": ")[0] for one in losses(told)] == [
        f"{PARTS} (1)", f"{UNBOUND} their set of terms (2)", f"{TERMS} (4)",
    ]  # fmt: skip
    assert shown(site) == {
        "one": {"Towns": ["ulm", "Bonn"], "Rooms": ["Cellar"]},
        "two": {"Towns": ["Bonn"]},
        "three": {},
    }
    jobs = site.root.list_by_title("Jobs")
    assert jobs is not None
    own = next(one for one in store.sets.values() if one.site_id)
    towns = next(one for one in store.sets.values() if one.group == "People")
    assert own.id in jobs.fields["Rooms"].inner_xml
    assert NO_ANCHOR in jobs.fields["Rooms"].inner_xml
    assert towns.id in jobs.fields["Towns"].inner_xml
    assert store.id in jobs.fields["Towns"].inner_xml
    assert store.id not in jobs.fields["Metals"].inner_xml


def test_a_column_that_is_there_keeps_its_set_where_the_saved_one_is_not(
    world: SiteWorld, tmp_path: Path
) -> None:
    world.make_empty()
    restored(world, tmp_path / "first", Told())
    site = world.collection(world.empty)
    with site.lock:
        store = move(site)
        jobs = site.root.list_by_title("Jobs")
        assert jobs is not None
        metals = jobs.fields["Metals"]
        found = store.add_set("Alloys", "Tin")
        saved = world.collection(FULL).terms.set_by_name("Metals")
        assert saved is not None
        metals.inner_xml = metals.inner_xml.replace(saved.id, found.id)
        for item in list(jobs.items.values()):
            jobs.delete_item(item, by=1)
    restored(world, tmp_path / "second", Told())
    assert found.id in jobs.fields["Metals"].inner_xml
    assert shown(site)["three"] == {"Metals": ["Tin"]}


def test_names_of_sets_cost_one_request_where_a_list_changed_and_none_where_nothing_did(
    world: SiteWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = [], csom.answer

    def counting(call: Call) -> Response:
        asked.append(call)
        return answer(call)

    monkeypatch.setattr(csom, "answer", counting)
    world.back_up()
    assert asked == []
    site = world.collection(FULL)
    with site.lock:
        jobs = site.root.list_by_title("Jobs")
        assert jobs is not None
        jobs.change_settings(by=site.owner_id, description="other")
    world.back_up()
    world.back_up()
    assert len(asked) == 1


def test_a_set_is_the_one_of_the_same_group_or_the_only_one() -> None:
    saved = SavedSet(id="1", store="s", name="Towns", group="Places")
    there = TermSet(id="2", name="Towns", group="Places")
    other = TermSet(id="3", name="Towns", group="People")
    foreign = TermSet(id="4", name="Towns", group="Places", is_of_site=True)
    own = TermSet(
        id="5", name="\N{FULLWIDTH LATIN SMALL LETTER T}owns", group="Ours", is_of_site=True
    )
    assert chosen(saved, [other, there, foreign], [own]) == "2"
    assert chosen(saved, [other, foreign], []) == "3"
    assert chosen(saved, [other, foreign], [own]) is None
    assert chosen(saved, [foreign], []) is None
    assert chosen(saved, [foreign], [own]) == "5"
    of_site = SavedSet(id="1", store="s", name="Towns", group="Places", is_of_site=True)
    assert chosen(of_site, [there], [own]) == "5"
    assert chosen(of_site, [there], []) == "2"


def test_what_became_of_them_is_known_after_a_crash() -> None:
    terms = Terms(
        store_id="s", sets={"1": "2"}, others=frozenset({"o"}),
        unknown=frozenset({"a", "b"}), found={"2/a": "c"},
    )  # fmt: skip
    assert Terms.from_json(terms.to_json()) == terms
    assert (terms.term("2", "A"), terms.term("9", "a"), terms.term("2", "b")) == ("c", None, None)
    assert terms.term("", "known") == "known"
    assert terms.bound(Bound("x", "1", "part")) == Bound("s", "2")
    assert terms.bound(Bound("x", "9")) is None
    # The sets of further stores are not looked at.
    assert terms.bound(Bound("o", "9")) == Bound("o", "9")
    assert Terms().bound(Bound("x", "9")) == Bound("x", "9")
