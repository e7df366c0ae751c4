"""In which order a site goes back, and what of it does not: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from strongroom.sources.sharepoint.writing.abilities import abilities_of
from strongroom.sources.sharepoint.writing.losses import Losses
from strongroom.sources.sharepoint.writing.planning import lists_in_order, phases_of
from strongroom.words.item import Folder, Item
from strongroom.words.json import Json
from strongroom.words.restoring import Loss, Phase, Selection

MODERN = "0x0101009D1CB255DA76424F860D91F20E6C4118" + "00" + "a" * 32
WHEN = datetime(2026, 7, 4, tzinfo=UTC)
ONLINE = abilities_of("", is_online=True)
OLDEST = abilities_of("15.0.0.5571", is_online=False)
FOLDERS = (
    Folder(id="web", path=(), kind="web", facts={"url": "/sites/a"}),
    Folder(id="web/structure", path=("_web",), kind="structure"),
    Folder(id="tasks", path=("Lists", "Tasks"), kind="list"),
    Folder(id="tasks/structure", path=("Lists", "Tasks", "_list"), kind="structure"),
    Folder(id="towns", path=("Lists", "Towns"), kind="list"),
    Folder(id="towns/structure", path=("Lists", "Towns", "_list"), kind="structure"),
    Folder(id="docs", path=("Shared Documents",), kind="library"),
    Folder(id="outer", path=("Lists", "Outer"), kind="list", is_listed_only=True),
)


def item(item_id: str, kind: str, state: dict[str, Json] | None = None, **facts: Json) -> Item:
    return Item(
        id=item_id, change_key="1", kind=kind, name="x", when=WHEN, facts=facts, state=state or {}
    )


def selection(rows: dict[str, list[Item]], folders: Iterable[Folder] = FOLDERS) -> Selection:
    return Selection(
        folders=tuple(folders), counts={}, ways={}, rows=lambda folder: rows.get(folder, [])
    )


def lookup(owner: str, into: str) -> Item:
    return item(f"{owner}/column/c", "column", type="Lookup", looks_into=into)


def test_what_others_look_into_goes_first() -> None:
    rows = {"tasks/structure": [lookup("tasks", "towns")]}
    order = lists_in_order(selection(rows))
    assert order.index("towns") < order.index("tasks")
    assert set(order) == {"tasks", "towns", "docs"}


def test_lists_that_look_into_each_other_all_come_all_the_same() -> None:
    rows = {
        "tasks/structure": [lookup("tasks", "towns")],
        "towns/structure": [lookup("towns", "tasks"), lookup("towns", "towns")],
    }
    assert set(lists_in_order(selection(rows))) == {"tasks", "towns", "docs"}


def test_every_thing_goes_in_exactly_once_and_after_what_it_needs() -> None:
    things = [
        item("web/role-definition/1", "role-definition"),
        item("web/column/a", "column", type="Text"),
        item("web/column/b", "column", type="Calculated"),
        item("web/column/c", "column", type="Lookup"),
        item("web/column/d", "column", type="Lookup", is_dependent=True),
        item("web/content-type/0x01", "content-type"),
        item("web/permissions/own", "permissions"),
        item("web/navigation/QuickLaunch", "navigation"),
        item("web/something/new", "something"),
    ]
    phases = phases_of(selection({}))
    of_web = [one for one in phases if "web/structure" in one.folder_ids]
    taken = [first(of_web, thing) for thing in things]
    assert taken == sorted(taken)
    names = [one.name for one in phases]
    assert names.index("lists") < names.index("lookups of webs")
    assert names.index("permissions of lists") < names.index("folders") < names.index("items")


def first(phases: list[Phase], thing: Item) -> int:
    return next(
        number for number, phase in enumerate(phases) if phase.takes is None or phase.takes(thing)
    )


def test_folders_come_before_files_and_pages_last() -> None:
    phases = [one for one in phases_of(selection({})) if "docs" in one.folder_ids]
    filling = [one for one in phases if one.does == "fill"]
    found = [first(filling, item("docs/1", kind)) for kind in ("folder", "file", "page")]
    assert found == [0, 1, 2]


def test_a_list_that_lies_elsewhere_is_not_filled() -> None:
    assert all("outer" not in one.folder_ids for one in phases_of(selection({})))


def told(
    rows: dict[str, list[Item]], *, oldest: bool = False, takes_bags: bool = True
) -> dict[str, Loss]:
    losses = Losses(
        abilities=OLDEST if oldest else ONLINE,
        types=frozenset({"0x0101"}),
        takes_bags=takes_bags,
    )
    losses.count(selection(rows))
    return {one.what: one for one in losses.told({})}


def test_losses_are_named_with_their_number() -> None:
    versions: Json = [
        {"id": 1536, "label": "3.0", "size": 5, "current": False},
        {"id": 2048, "label": "4.0", "size": 7, "current": True},
    ]
    rows = {
        "docs": [
            item("docs/1", "file", {"checked_out_by": {"login": "a"}, "path": ["a.txt"]}),
            item("docs/2", "file", {"versions": versions, "path": ["b.txt"]}),
            item("docs/3", "file", {"fields": {"_ComplianceTag": "7 years"}, "path": ["c"]}),
        ],
        "web/structure": [item("web/web/own", "web"), item("web/group/5", "group")],
    }
    found = told(rows)
    assert found["numbers of items (3)"].count == 3
    assert found["check-outs (1)"].count == 1
    assert "numbers of versions (1)" in found
    assert "retention labels (1)" in found
    assert not any("owners of groups" in what or "bags" in what for what in found)
    assert not any("%" in what for what in found)


def test_where_no_scripts_are_allowed_property_bags_are_lost() -> None:
    rows = {
        "web/structure": [item("web/web/own", "web")],
        "tasks/structure": [item("tasks/list/own", "list")],
    }
    assert told(rows, takes_bags=False)["property bags of webs and lists (2)"].count == 2
    assert not any("bags" in what for what in told(rows))


def test_the_oldest_server_keeps_its_regional_settings() -> None:
    rows = {"web/structure": [item("web/web/own", "web")]}
    assert "regional settings of webs (1)" in told(rows, oldest=True)
    assert not any("regional" in what for what in told(rows))


def test_an_old_server_takes_less() -> None:
    rows = {
        "docs": [
            item("docs/1", "file", {"path": ["100%.txt"]}),
            item("docs/2", "page", {"path": ["a.aspx"], "page": "digest"}, content_type=MODERN),
            item("docs/3", "page", {"path": ["b.aspx"], "page": "digest"}, content_type="0x010108"),
        ],
        "web/structure": [
            item("web/content-type/0x0100" + "a" * 32, "content-type"),
            item("web/content-type/0x0101", "content-type"),
        ],
        "tasks": [item("tasks/1", "item", {"path": ["2026", "7_.000"]})],
        "tasks/structure": [item("tasks/content-type/0x0100" + "b" * 32, "content-type")],
    }
    found = told(rows, oldest=True)
    assert found["items in folders of lists (1)"].count == 1
    assert found["names with % or # (1)"].count == 1
    assert found["modern pages (1)"].count == 1
    assert found["content types of one's own (1)"].count == 1
    assert not {"modern pages (1)", "names with % or # (1)"} & told(rows).keys()


def test_whoever_is_named_in_values_is_counted() -> None:
    anna = {"login": "anna", "title": "Anna", "email": ""}
    rows = {
        "tasks": [
            item("tasks/1", "item", {"fields": {"Author": anna, "Who": [anna, anna]}}),
        ]
    }
    losses = Losses(abilities=ONLINE)
    losses.count(selection(rows))
    assert losses.people == {"anna": (anna, 3)}
    (loss,) = [one for one in losses.told({"anna": 3}) if one.what.startswith("anna")]
    assert loss.count == 3


def test_versions_are_told_by_the_number_that_a_server_gives() -> None:
    names = {
        version: abilities_of(version, is_online=False).product
        for version in ("15.0.0.5571", "16.0.0.5465", "16.0.0.10417", "16.0.0.14326", "")
    }
    assert list(names.values()) == [
        "SharePoint Server 2013",
        "SharePoint Server 2016",
        "SharePoint Server 2019",
        "SharePoint Server Subscription Edition",
        "SharePoint Server 2013",
    ]
    assert ONLINE.has_utc_dates
    assert not abilities_of("16.0.0.5465", is_online=False).has_utc_dates
