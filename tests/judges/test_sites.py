"""The comparison of two sites: alike where they are alike, and it finds whatever differs.

That it misses nothing is shown by changing one thing of each class behind the server's back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.permissions import READ
from strongroom.lab.sharepoint.content.values import UrlValue
from tests.fakes.hand_clock import HandClock
from tests.judges.sharepoint import SharePointJudge
from tests.judges.sites import Facts, differences, read_site, tally
from tests.judges.staged_site import DUE, INVOICE, Staged, docx, stage

ONE, OTHER = "/sites/one", "/sites/another"


def _new(sharepoint: SharePointJudge, path: str, title: str) -> SiteCollection:
    """Make a site whose clock stands still, as no other does."""
    sharepoint.lab.cloud.farm.clock = HandClock()
    return sharepoint.lab.cloud.farm_face.content.create(path, title)


@pytest.fixture(scope="module")
def reading(sharepoint: SharePointJudge) -> Facts:
    """A site that has one of everything, read."""
    stage(_new(sharepoint, ONE, "The site"))
    return read_site(sharepoint.online(ONE))


@pytest.fixture(scope="module")
def other(sharepoint: SharePointJudge) -> Staged:
    """A second site with the same in it, other ids and another address."""
    collection = _new(sharepoint, OTHER, "The site")
    with collection.lock:
        # So that none of its numbers are those of the first.
        collection.principals.ensure_user(collection.login_of("zoe@lab.example"))
        collection.root.list_by_title("Tasks").add_item({"Title": "x"}, by=collection.owner_id)  # type: ignore[union-attr]
        tasks = collection.root.list_by_title("Tasks")
        assert tasks is not None
        tasks.delete_item(next(iter(tasks.items.values())), by=collection.owner_id)
    return stage(collection)


def test_sites_with_the_same_in_them_are_alike(
    sharepoint: SharePointJudge, reading: Facts, other: Staged
) -> None:
    found = differences(reading, read_site(sharepoint.online(OTHER)))
    assert [str(one) for one in found] == []


def test_every_class_of_thing_was_read(reading: Facts) -> None:
    assert set(tally(reading)) == {
        "attachment", "collection", "column", "content type", "custom action", "feature", "file",
        "group", "item", "list", "list property", "navigation", "permission", "property",
        "regional", "role", "version", "view", "web", "web part",
    }  # fmt: skip


def test_whatever_differs_is_found_and_nothing_else(
    sharepoint: SharePointJudge, reading: Facts
) -> None:
    site = stage(_new(sharepoint, "/sites/third", "The site"))
    expected = set()
    with site.collection.lock:
        for change in _CHANGES:
            expected |= change(site)
    found = differences(reading, read_site(sharepoint.online("/sites/third")))
    assert {one.path for one in found} == expected


Change = Callable[[Staged], set[tuple[str, ...]]]
TASK = ("Lists/Jobs", "Paint the whole fence #1")


def _web(site: Staged) -> set[tuple[str, ...]]:
    site.collection.root.description = "Elsewhere"
    site.collection.root.regional.has_24_hours = False
    site.collection.root.properties["Department"] = "Archives"
    site.collection.root.features.remove("aebc918d-b20f-4a11-a1db-9ed84d79c87e")
    site.collection.root.webs["hr"].title = "People"
    return {
        ("web", "", "Description"),
        ("regional", "", "Time24"),
        ("property", "", "Department"),
        ("feature", "", "aebc918d-b20f-4a11-a1db-9ed84d79c87e"),
        ("web", "hr", "Title"),
    }


def _people(site: Staged) -> set[tuple[str, ...]]:
    site.group.members.append(site.ann.id)
    role = next(o for o in site.collection.role_definitions.values() if o.name == "Look closely")
    role.mask += 1
    site.papers.add_assignment(site.bob.id, READ, by=site.ann.id)
    assert site.task.permissions is not None
    site.task.permissions.assignments[site.bob.id] = (READ,)
    return {
        ("group", "Auditors", "members"),
        ("role", "Look closely"),
        ("permission", "Papers", site.bob.login),
        ("permission", "/".join(TASK), site.bob.login),
    }


def _definitions(site: Staged) -> set[tuple[str, ...]]:
    root = site.collection.root
    root.fields["Amount"].attributes["Decimals"] = "3"
    site.tasks.fields["State"].inner_xml = site.tasks.fields["State"].inner_xml.replace("half", "")
    root.content_types[INVOICE].links[0].is_required = False
    site.tasks.settings.major_limit = 8
    site.papers.content_type_order.clear()
    site.papers.root_properties["Keeper"] = "Bob"
    site.papers.custom_actions[0]["Sequence"] = "4"
    view = next(one for one in site.tasks.views.values() if one.title == "Urgent ones")
    view.query = view.query.replace("1<", "0<")
    view.fields.reverse()
    root.navigation.quick_launch[-1].children[0].url = "https://elsewhere.example/y"
    return {
        ("column", "", "Amount", "Decimals"),
        ("column", "Lists/Jobs", "State", "inside"),
        ("content type", "", "Invoice", "column", "Amount"),
        ("list", "Lists/Jobs", "MajorVersionLimit"),
        ("list", "Papers", "order of types"),
        ("list property", "Papers", "Keeper"),
        ("custom action", "Papers", "stamp", "Sequence"),
        ("view", "Lists/Jobs", "Urgent ones", "ViewQuery"),
        ("view", "Lists/Jobs", "Urgent ones", "columns"),
        ("navigation", "", "quick launch", "3 Papers", "0 Elsewhere", "Url"),
    }


def _values(site: Staged) -> set[tuple[str, ...]]:
    values = site.task.values
    rooms = site.collection.terms.set_by_name("Rooms")
    assert rooms is not None
    values |= {
        "Body": "other", "Marker": "other", "Size": 3.0, "Due": DUE.replace(minute=31),
        "State": "new", "Colours": ("red",), "Urgent": False, "Helper": site.ann.id,
        "Watchers": (site.bob.id,), "Project": 3, "Related": (1,), "Link": UrlValue(url="https://x.example/"),
        "Room": rooms.terms[1].value, "Rooms": (rooms.terms[1].value,),
    }  # fmt: skip
    site.task.created = site.task.created.replace(year=2020)
    site.task.author_id = site.ann.id
    names = ("Body", "Marker", "Size", "Twice", "Due", "State", "Colours", "Urgent",
             "HelperId", "WatchersId", "ProjectId", "RelatedId", "Link", "Room", "Rooms",
             "Created", "AuthorId")  # fmt: skip
    return {("item", *TASK, name) for name in names} | _in_version(site)


def _in_version(site: Staged) -> set[tuple[str, ...]]:
    """An item's newest version is the item itself; an older one is changed by itself."""
    before = site.task.history[0]
    site.task.history[0] = replace(before, values={**before.values, "Title": "Other"})
    names = ("Body", "Marker", "Size", "Due", "State", "Colours", "Urgent", "Helper",
             "Watchers", "Author", "Project", "Related", "Link", "Room", "Rooms")  # fmt: skip
    current = {("version", *TASK, "2.0", name) for name in names}
    return {*current, *(("version", *TASK, "1.0", name) for name in ("Title", "Author"))}


def _files(site: Staged) -> set[tuple[str, ...]]:
    (attachment,) = site.task.attachments.values()
    attachment.content = b"green"
    assert site.report.file is not None
    site.report.file.content = b"other bytes"
    site.report.history[0] = replace(site.report.history[0], content=b"older bytes")
    site.report.history[1] = replace(site.report.history[1], comment="in it comes")
    assert site.office.file is not None
    site.office.file.content = docx("do not pay")
    report = ("file", "Papers", "2025/Q1 & Q2/report 100%#1.txt")
    bill = ("file", "Papers", "bill.docx", "current", "part")
    return {
        ("attachment", "/".join(TASK), "colours & more.txt"),
        (*report, "current", "bytes"),
        (*report, "0.1", "bytes"),
        (*report, "1.0", "comment"),
        (*bill, "word/document.xml"),
        (*bill, "docProps/core.xml title"),
        (*bill, "docProps/custom.xml Amount"),
    }


def _pages(site: Staged) -> set[tuple[str, ...]]:
    site.page.values["CanvasContent1"] = "<div>Nothing</div>"
    assert site.wiki.file is not None
    site.wiki.file.web_parts[0].title = "Warning"
    site.wiki.file.web_parts[0].zone_index = 7
    site.wiki.file.web_parts[0].zone_id = "Left"
    part = ("web part", "SitePages/Old.aspx", "0")
    return {
        ("item", "SitePages", "News.aspx", "CanvasContent1"),
        (*part, "zone"),
        *(
            (*part, *inner, name)
            for inner in ((), ("property",))
            for name in ("Title", "ZoneIndex")
        ),
    }


_CHANGES: tuple[Change, ...] = (_web, _people, _definitions, _values, _files, _pages)
