"""A site of the lab read over HTTPS: all of it, then only what happened, counted in requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from strongroom.errors import OperatorError
from strongroom.lab.entra.jwt import Signer
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Response
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.permissions import CONTRIBUTE, READ
from strongroom.lab.sharepoint.content.seed import Amounts, Seeded, fill
from strongroom.lab.sharepoint.content.views import View
from strongroom.lab.sharepoint.rest import errors
from strongroom.sources.sharepoint.source import SiteSource
from tests.lab_sharepoint.conftest import server, signer
from tests.sources.sharepoint.lab_site import Keeper, LabSite, lab_site
from tests.sources.sharepoint.truth import assert_kept

__all__ = ["server", "signer"]

DAY_S = 86_400.0


@pytest.fixture
def site(server: LabServer, signer: Signer) -> Iterator[LabSite]:
    with lab_site(server, signer) as made:
        yield made


@pytest.fixture
def seeded(site: LabSite) -> Seeded:
    with site.collection.lock:
        return fill(site.collection, Amounts(items=40, files=3, people=4, pages=2), seed=3)


@dataclass(frozen=True, slots=True)
class Whole:
    """A site that nobody changes, kept once for all who only look at it."""

    site: LabSite
    seeded: Seeded
    keeper: Keeper


@pytest.fixture(scope="module")
def whole(signer: Signer) -> Iterator[Whole]:
    with LabServer(Estate(seed=1)) as own, lab_site(own, signer) as site:
        with site.collection.lock:
            seeded = fill(site.collection, Amounts(items=60, files=8), seed=3)
        keeper = Keeper()
        keeper.run(site.source())
        site.clock.sleep(60)
        yield Whole(site, seeded, keeper)


@pytest.fixture
def kept(site: LabSite, seeded: Seeded) -> Keeper:
    keeper = Keeper()
    keeper.run(site.source())
    site.clock.sleep(60)
    return keeper


def test_all_that_is_in_a_site_is_kept(whole: Whole) -> None:
    assert_kept(whole.keeper, whole.site.collection)
    kinds = {item.kind for items in whole.keeper.items.values() for item in items.values()}
    assert kinds >= {
        *("web", "list", "column", "content-type", "view", "role-definition", "group"),
        *("permissions", "navigation", "feature", "item", "folder", "file", "page"),
    }


def test_counts_are_the_servers_own_and_meet(whole: Whole) -> None:
    kept = whole.keeper
    assert kept.hierarchy is not None
    for folder in kept.hierarchy.folders:
        standing = kept.standings[folder.id]
        assert standing.is_settled
        assert standing.count in {None, len(kept.of(folder.id))}
        assert (standing.count is None) == (folder.kind in {"structure", "files"})


def test_parents_come_before_children(whole: Whole) -> None:
    kept = whole.keeper
    assert kept.hierarchy is not None
    paths = [one.path for one in kept.hierarchy.folders]
    assert paths[:2] == [(), ("_web",)]
    assert ("Lists", "Orders") in paths
    assert ("Lists", "Orders", "_list") in paths
    assert paths.index(("hr",)) < paths.index(("hr", "_web"))
    assert len({one.id for one in kept.hierarchy.folders}) == len(paths)


def test_a_plain_item_costs_no_request_and_a_file_one(whole: Whole) -> None:
    site, seeded = whole.site, whole.seeded
    before = site.requests
    site.face.rest.asked.clear()
    Keeper().run(site.source())
    asked = site.face.rest.asked
    files = [
        item
        for web in site.collection.webs()
        for of in web.lists.values()
        for item in of.items.values()
        if item.file is not None
    ]
    versions = sum(1 + sum(one.content is not None for one in item.history) for item in files)
    attached = sum(len(item.attachments) for of in seeded.lists for item in of.items.values())
    own = sum(len(web.files) for web in site.collection.webs())
    assert asked["$value"] == versions + attached + own
    lists = sum(len(web.lists) for web in site.collection.webs())
    # One for what describes each list, one for its items, and some for what is beside them.
    assert site.requests - before - asked["$value"] <= 3 * lists + 20


def test_nothing_that_did_not_happen_costs_anything(whole: Whole) -> None:
    site, kept = whole.site, whole.keeper
    before = site.requests
    kept.run(site.source())
    assert kept.asked == []
    assert kept.read == {}
    assert site.requests - before <= 10


def test_only_what_happened_is_read_again(site: LabSite, seeded: Seeded, kept: Keeper) -> None:
    _change_and_keep(site, seeded, kept)


@pytest.mark.soak
def test_however_large_a_site_is_only_what_happened_is_read_again(site: LabSite) -> None:
    with site.collection.lock:
        seeded = fill(site.collection, Amounts(items=20_000, files=40), seed=3)
    keeper, before = Keeper(), site.requests
    keeper.run(site.source())
    assert_kept(keeper, site.collection)
    downloads = site.face.rest.asked["$value"]
    assert site.requests - before - downloads <= 0.02 * 20_000
    site.clock.sleep(60)
    _change_and_keep(site, seeded, keeper)
    site.clock.sleep(61 * DAY_S)
    with site.collection.lock:
        seeded.orders.add_item({"Title": "much later"}, by=seeded.crew.users[0].id)
    keeper.run(site.source())
    assert_kept(keeper, site.collection)
    assert seeded.orders.id in keeper.expired


def _change_and_keep(site: LabSite, seeded: Seeded, kept: Keeper) -> None:
    """Change twenty things, each in its own way: nothing is missed, and nothing else is read."""
    collection, by = site.collection, seeded.crew.users[0].id
    root = collection.root
    with collection.lock:
        papers, orders, tasks = seeded.documents, seeded.orders, seeded.tasks
        files = [one for one in papers.items.values() if one.file and not one.file.check_out]
        rows = [one for one in orders.items.values() if not one.is_folder]
        added = orders.add_item({"Title": "new"}, by=by)
        orders.update_item(rows[1], {"Title": "other"}, by=by)
        orders.delete_item(rows[2], by=by)
        uploaded = papers.upload("New & 100%.txt", b"new", by=by)
        papers.save_content(files[0], b"another version", by=by)
        papers.move_item(files[1], by=by, name="Renamed.bin")
        papers.recycle_item(files[2], by=by)
        files[3].break_inheritance(by=by)
        files[3].add_assignment(seeded.crew.users[1].id, READ, by=by)
        some = next(iter(tasks.items.values()))
        tasks.add_attachment(some, "note.txt", b"attached", by=by)
        tasks.break_inheritance(by=by)
        tasks.add_view(View(id=collection.new_guid(), title="Mine", fields=["Title"]), by=by)
        seeded.products.change_settings(by=by, title="Wares", major_limit=7)
        column = Field(id=collection.new_guid(), name="Extra", title="Extra", type="Text")
        seeded.news.add_field(column, by=by)
        root.add_field('<Field Type="Text" Name="Site1" DisplayName="Site1"/>', by=by)
        root.add_node("Somewhere", "https://a.example", by=by)
        collection.principals.add_member(seeded.crew.auditors, seeded.crew.users[3])
        made = root.add_list("Fresh", by=by)
        made.add_item({"Title": "first"}, by=by)
        root.update(by=by, title="Another title")
    before = site.requests
    kept.run(site.source())
    spent = site.requests - before
    assert_kept(kept, collection)
    assert spent < 40
    assert kept.expired == []
    assert kept.named(papers.id, "New & 100%.txt").id == f"{papers.id}/{uploaded.id}"
    assert kept.named(orders.id, "new").id == f"{orders.id}/{added.id}"
    # Only bytes that may be new were read (a new name makes a new tag); of other rights, none.
    read = {item_id for item_id, parts in kept.read.items() if "file" in parts}
    assert read == {f"{papers.id}/{one.id}" for one in (uploaded, files[0], files[1])}
    assert kept.read[f"{papers.id}/{files[3].id}"] == ["permissions"]
    assert _definition(kept, seeded.products.id, "list")["settings"]["Title"] == "Wares"
    assert _names(kept, seeded.news.id, "column") >= {"Extra"}
    assert _names(kept, tasks.id, "view") >= {"Mine"}
    assert not _definition(kept, tasks.id, "permissions")["inherits"]
    assert _names(kept, root.id, "column") >= {"Site1"}
    assert _definition(kept, root.id, "web")["settings"]["Title"] == "Another title"
    auditors = next(one for one in kept.of(f"{root.id}/structure") if one.name == "Auditors")
    document = orjson.loads(kept.parts[auditors.id]["definition"])
    assert seeded.crew.users[3].login in {one["login"] for one in document["Users"]}


def test_what_lies_below_a_renamed_folder_is_told_with_its_new_path(
    site: LabSite, seeded: Seeded, kept: Keeper
) -> None:
    papers, by = seeded.documents, seeded.crew.users[0].id
    with site.collection.lock:
        folder = next(
            one
            for one in papers.items.values()
            if one.is_folder and any(below.file for below in one.below())
        )
        inner = [one for one in folder.below() if one.file]
        papers.move_item(folder, by=by, name="Renamed #1")
    kept.run(site.source())
    assert_kept(kept, site.collection)
    for one in inner:
        assert "Renamed #1" in kept.items[papers.id][f"{papers.id}/{one.id}"].state["path"]  # type: ignore[operator]
    assert all("file" not in parts for parts in kept.read.values()), "bytes stay the same"


def test_a_file_that_moved_to_another_library_is_kept_there(
    site: LabSite, seeded: Seeded, kept: Keeper
) -> None:
    papers, by = seeded.documents, seeded.crew.users[0].id
    other = site.collection.root.list_by_title("Site Assets")
    assert other is not None
    with site.collection.lock:
        file = next(one for one in papers.items.values() if one.file and not one.file.check_out)
        moved = papers.move_to(file, other, by=by)
    kept.run(site.source())
    assert_kept(kept, site.collection)
    assert f"{other.id}/{moved.id}" in kept.parts


def test_permissions_that_were_taken_back_are_no_part_any_more(
    site: LabSite, seeded: Seeded, kept: Keeper
) -> None:
    by = seeded.crew.users[0].id
    with site.collection.lock:
        mine = next(one for one in seeded.documents.items.values() if one.has_unique_permissions)
        mine.add_assignment(seeded.crew.users[2].id, CONTRIBUTE, by=by)
    kept.run(site.source())
    assert_kept(kept, site.collection)
    with site.collection.lock:
        mine.reset_inheritance(by=by)
    kept.run(site.source())
    assert_kept(kept, site.collection)
    assert "permissions" not in kept.parts[f"{seeded.documents.id}/{mine.id}"]


def test_a_web_that_came_and_one_that_went(site: LabSite, seeded: Seeded, kept: Keeper) -> None:
    by = seeded.crew.users[0].id
    root = site.collection.root
    with site.collection.lock:
        made = root.add_web("lab", "Laboratory", by=by)
        made.add_list("Samples", by=by).add_item({"Title": "one"}, by=by)
        root.delete_web(root.webs["hr"], by=by)
    kept.run(site.source())
    assert_kept(kept, site.collection)
    assert kept.folder("lab").kind == "web"
    with pytest.raises(StopIteration):
        kept.folder("hr")


def test_a_log_that_forgot_leads_to_a_listing_that_compares(
    site: LabSite, seeded: Seeded, kept: Keeper
) -> None:
    by = seeded.crew.users[0].id
    orders, papers = seeded.orders, seeded.documents
    with site.collection.lock:
        rows = [one for one in orders.items.values() if not one.is_folder]
        files = [one for one in papers.items.values() if one.file and not one.file.check_out]
        orders.delete_item(rows[0], by=by)
        orders.update_item(rows[1], {"Title": "other"}, by=by)
        papers.save_content(files[0], b"another version", by=by)
        papers.delete_item(files[1], by=by)
        files[2].break_inheritance(by=by)
    site.clock.sleep(61 * DAY_S)
    with site.collection.lock:
        orders.add_item({"Title": "much later"}, by=by)
    kept.run(site.source())
    assert_kept(kept, site.collection)
    assert orders.id in kept.expired
    # Listing again is no reading again: what is the same is known by its key.
    read = {item_id for item_id, parts in kept.read.items() if "file" in parts}
    assert read == {f"{papers.id}/{files[0].id}"}
    site.clock.sleep(60)
    kept.run(site.source())
    assert kept.asked == []


def test_a_site_that_changes_while_it_is_read_is_kept_as_it_is_in_the_end(
    site: LabSite, seeded: Seeded
) -> None:
    orders, papers, by = seeded.orders, seeded.documents, seeded.crew.users[0].id

    def people() -> Iterator[None]:
        for number in range(40):
            with site.collection.lock:
                rows = [one for one in orders.items.values() if not one.is_folder]
                orders.add_item({"Title": f"meanwhile {number}"}, by=by)
                orders.delete_item(rows[0], by=by)
                orders.update_item(rows[-1], {"Title": f"changed {number}"}, by=by)
                papers.upload(f"Meanwhile {number}.txt", b"%d" % number, by=by)
                if number == 5:
                    made = site.collection.root.add_list("Meanwhile", by=by)
                    made.add_item({"Title": "x"}, by=by)
                if number == 9:
                    folder = next(one for one in papers.items.values() if one.is_folder)
                    papers.move_item(folder, by=by, name="Moved meanwhile")
            yield

    keeper = Keeper()
    keeper.run(site.source(page_items=7), meanwhile=people())
    keeper.run(site.source(page_items=7))
    assert_kept(keeper, site.collection)


def test_a_listing_that_broke_off_goes_on_where_it_was(site: LabSite, seeded: Seeded) -> None:
    source = site.source(page_items=5)
    keeper = Keeper(hierarchy=source.hierarchy(None))
    folder = keeper.folder("Lists", "Orders")
    pages = source.changes(folder, None)
    first = [next(pages), next(pages)]
    told = [change.item.id for page in first for change in page.changes]  # type: ignore[union-attr]
    later = site.source(page_items=5)
    later.hierarchy(keeper.hierarchy)
    for page in later.changes(folder, first[-1].cursor):
        told += [change.item.id for change in page.changes]  # type: ignore[union-attr]
    assert sorted(told) == sorted(f"{folder.id}/{number}" for number in seeded.orders.items)
    assert len(told) == len(set(told))
    assert page.is_last


def test_a_site_that_moved_is_known_by_its_id(whole: Whole) -> None:
    site, kept = whole.site, whole.keeper
    gone = replace(site.resource, address=site.resource.address.replace("marketing", "gone"))
    found = SiteSource(site.rest, gone, lambda: iter([site.resource]))
    before = site.requests
    kept.run(found)
    assert kept.asked == []
    assert site.requests - before <= 11
    lost = SiteSource(site.rest, gone, lambda: iter([]))
    with pytest.raises(OperatorError, match="no such site"):
        lost.hierarchy(None)


def _definition(keeper: Keeper, owner: str, kind: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = orjson.loads(
        keeper.parts[f"{owner}/{kind}/own"]["definition"]
    )
    return found


def _names(keeper: Keeper, owner: str, kind: str) -> set[str]:
    return {one.name for one in keeper.of(f"{owner}/structure") if one.kind == kind}


def test_pages_are_kept_with_what_they_show(whole: Whole) -> None:
    seeded, kept = whole.seeded, whole.keeper
    pages = {one.leaf_name: one for one in seeded.pages.items.values() if one.file}
    classic = 0
    for name, page in pages.items():
        parts = kept.parts[f"{seeded.pages.id}/{page.id}"]
        canvas = page.values.get("CanvasContent1")
        if canvas:
            assert orjson.loads(parts["page"])["CanvasContent1"], name
        if page.values.get("WikiField"):
            assert "WikiField" in orjson.loads(parts["page"])
        if page.file.web_parts:  # type: ignore[union-attr]
            told = orjson.loads(parts["webparts"])["web_parts"]
            assert len(told) == len(page.file.web_parts)  # type: ignore[union-attr]
            assert all(one["xml"] and one["zone"] for one in told)
            classic += 1
    assert classic


def test_without_the_right_to_see_permissions_all_else_is_kept_and_that_is_said(
    site: LabSite, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = site.face.rest
    answer = rest._carry_out

    def shut(*args: Any) -> Response:
        if "roleassignments" in str(args[3]).casefold():
            raise errors.denied()
        return answer(*args)

    monkeypatch.setattr(rest, "_carry_out", shut)
    source, keeper = site.source(), Keeper()
    keeper.run(source)
    told = source.settings()["permissions"]
    assert "Sites.FullControl.All" in str(told)
    assert keeper.missed == []
    kinds = {item.kind for items in keeper.items.values() for item in items.values()}
    assert "permissions" not in kinds
    assert kinds >= {"web", "list", "column", "item", "file", "page"}
    assert sorted(keeper.items[seeded.orders.id]) == sorted(
        f"{seeded.orders.id}/{number}" for number in seeded.orders.items
    )


def test_a_file_that_is_not_found_is_gone_only_if_its_item_is(
    site: LabSite, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = site.face.rest
    answer = rest._carry_out
    lost = next(one for one in seeded.documents.items.values() if one.file and not one.history)

    def shut(*args: Any) -> Response:
        if lost.unique_id in str(args[3]) and str(args[3]).endswith("$value"):
            raise errors.no_file(lost.path)
        return answer(*args)

    monkeypatch.setattr(rest, "_carry_out", shut)
    keeper = Keeper()
    keeper.run(site.source())
    assert [(one.item_id, one.fate, one.code) for one in keeper.missed] == [
        (f"{seeded.documents.id}/{lost.id}", "failed", "no-file")
    ]


@pytest.mark.parametrize(
    "refused", ["Customer/", pytest.param("owshiddenversion", marks=pytest.mark.soak)]
)
def test_a_list_that_tells_less_is_kept_with_less(
    site: LabSite, seeded: Seeded, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    rest = site.face.rest
    answer = rest._carry_out

    def shut(*args: Any) -> Response:
        if "/items?" in args[2].url and refused in args[2].url:
            raise errors.no_field(refused)
        return answer(*args)

    monkeypatch.setattr(rest, "_carry_out", shut)
    keeper = Keeper()
    keeper.run(site.source())
    assert keeper.missed == []
    orders = keeper.of(seeded.orders.id)
    assert len(orders) == len(seeded.orders.items)
    customers = [orjson.loads(orjson.dumps(one.state["fields"])).get("Customer") for one in orders]
    assert any(customers)
    assert all(one["id"] for one in customers if one)


def test_an_older_version_is_read_once_for_all(site: LabSite, seeded: Seeded, kept: Keeper) -> None:
    papers, by = seeded.documents, seeded.crew.users[0].id
    with site.collection.lock:
        file = next(one for one in papers.items.values() if one.file and one.history)
        older = {f"version-{one.id}" for one in file.history}
        now = f"version-{file.versions[-1].id}"
        papers.save_content(file, b"yet another version", by=by)
    kept.run(site.source())
    assert_kept(kept, site.collection)
    read = set(kept.read[f"{papers.id}/{file.id}"])
    assert read >= {"file", now}
    assert not read & older
    assert set(kept.parts[f"{papers.id}/{file.id}"]) >= {*older, now, "file"}


def test_an_attachment_that_stayed_is_not_read_again(
    site: LabSite, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = site.face.rest
    answer = rest._carry_out
    some = next(iter(seeded.tasks.items.values()))
    by = seeded.crew.users[0].id
    with site.collection.lock:
        seeded.tasks.add_attachment(some, "b.txt", b"stays", by=by)

    def told(*args: Any) -> Response:
        if f"/Attachments/{some.id}')/Files" not in args[2].url:
            return answer(*args)
        # As real servers do; the lab has no folder of attachments.
        files = [
            {
                "Name": one.name,
                "Length": str(len(one.content)),
                "ETag": f'"{{{some.unique_id}}},{len(one.content)}"',
                "UniqueId": some.unique_id,
            }
            for one in some.attachments.values()
        ]
        return Response(body=orjson.dumps({"value": files}))

    monkeypatch.setattr(rest, "_carry_out", told)
    keeper = Keeper()
    keeper.run(site.source())
    item_id = f"{seeded.tasks.id}/{some.id}"
    assert keeper.items[seeded.tasks.id][item_id].state["attachments"] == [
        {"name": "b.txt", "size": 5, "mark": f"{some.unique_id},{{{some.unique_id}}},5"}
    ]
    site.clock.sleep(60)
    with site.collection.lock:
        seeded.tasks.add_attachment(some, "c.txt", b"is new", by=by)
    keeper.run(site.source())
    assert_kept(keeper, site.collection)
    assert [one for one in keeper.read[item_id] if one.startswith("att")] == ["attachment-02"]
