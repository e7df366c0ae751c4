"""A web part page with a layout of its own comes back by the old sign-in, and says where it cannot.

The judges are the lab's own portrait of both sites and a client that others wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from office365.sharepoint.webparts.personalization_scope import PersonalizationScope

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.sharepoint.content.classic_pages import (
    add_web_part,
    add_web_part_page,
    close_web_part,
    content_editor,
    layout_page,
    list_view,
    script_editor,
    zones_of,
)
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.portrait import portrait
from tests.fakes.marked import app_password
from tests.journeys.site_support import collection, connect_online
from tests.journeys.support import Strongroom
from tests.judges.sharepoint import SharePointJudge

pytestmark = pytest.mark.in_process

OLD, NEW = "/sites/marketing", "/sites/anew"
ZONES = ("Banner", "Left & more", "Bottom")
PLACED = (
    ("Banner", script_editor("Counter", "<script>var a = 1 < 2;</script>")),
    ("Left & more", content_editor("First", "<p>one &amp; only</p>")),
    ("Left & more", content_editor("Second & last", "<p>two</p>")),
    ("Left & more", script_editor("Third", "let b = ']]>';")),
    ("Elsewhere", content_editor("Lost its zone", "<p>three</p>")),
)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3)) as running:
        # As where an application may not place web parts; and, as everywhere Online, tokens are
        # nothing to the services from before REST.
        running.cloud.farm.has_web_parts_by_csom = False
        assert running.cloud.farm.old_services == "cookies"
        yield running
    assert running.cloud.farm_face.crashes == []


@pytest.fixture
def judge(lab: Lab, tmp_path: Path) -> Iterator[SharePointJudge]:
    made = SharePointJudge(lab, tmp_path / "judge.pem")
    yield made
    made.close()


def put_up(lab: Lab) -> ListItem:
    """Make a page whose layout is nobody's template, and a document beside it."""
    site = collection(lab.cloud.farm_face, OLD)
    with site.lock:
        by = site.principals.ensure_user(site.login_of("ann@lab.example"), title="Ann").id
        library = site.root.list_by_title("Site Pages")
        assert library is not None
        page = add_web_part_page(
            library, "Board.aspx", by=by, is_customized=True,
            layout=layout_page(*ZONES, rows='<h1 class="ours">Set by hand</h1>'),
        )  # fmt: skip
        places: dict[str, int] = {}
        for zone, xml in PLACED:
            place = places[zone] = places.get(zone, -1) + 1
            add_web_part(page, xml, by=by, zone_id=zone, zone_index=place)
        documents = site.root.list_by_title("Documents")
        assert documents is not None
        documents.upload("notes.txt", b"beside it", by=by)
        put_up_outside(site, by)
        return page


def put_up_outside(site: SiteCollection, by: int) -> None:
    """Give two webs files that are in no list, pages with web parts among them."""
    below = site.root.add_web("hr", "People", by=by)
    for web in (site.root, below):
        home = web.put_file("default.aspx", layout_page("Left", web.title), by=by)
        for zone, title in (("Left", "Hello"), ("Left", "Again"), (web.title, "Aside")):
            xml = script_editor(title, f"<script>let {title};</script>")
            place = sum(one.zone_id == zone for one in home.file.web_parts)
            add_web_part(home, xml, by=by, zone_id=zone, zone_index=place)
    site.root.put_file("assets/Über & more/brand.css", b"h1 {}", by=by)
    site.root.put_file("old/empty.txt", b"", by=by)


def outside(lab: Lab, path: str) -> dict[str, Any]:
    """Give what the model says of the files outside of lists, by web."""
    site = collection(lab.cloud.farm_face, path)
    with site.lock:
        told = portrait(site)
        return {one: facts["files"] for one, facts in told.items() if one.startswith("web ")}


def put_up_views(lab: Lab) -> None:
    """Make a page in a library of documents that shows a list, with a part that somebody closed."""
    site = collection(lab.cloud.farm_face, OLD)
    with site.lock:
        by = site.root.author_id
        jobs = site.root.add_list("Jobs", by=by)
        jobs.add_item({"Title": "Sweep"}, by=by)
        documents = site.root.list_by_title("Documents")
        assert documents is not None
        page = add_web_part_page(documents, "Desk.aspx", by=by, layout=layout_page("Left"))
        shown = list_view("Jobs", jobs.id, f"{OLD}/Lists/Jobs")
        add_web_part(page, shown, by=by, zone_id="Left", zone_index=0)
        shut = content_editor("Closed", "<p>once</p>")
        made = add_web_part(page, shut, by=by, zone_id="Left", zone_index=1)
        close_web_part(page, made, by=by)


def assert_views_back(lab: Lab) -> None:
    """Insist that the page shows the list that is there now, and hides what was closed."""
    site = collection(lab.cloud.farm_face, NEW)
    with site.lock:
        jobs = site.root.list_by_path(f"{NEW}/Lists/Jobs")
        documents = site.root.list_by_title("Documents")
        assert jobs is not None
        assert documents is not None
        page = next(one for one in documents.items.values() if one.leaf_name == "Desk.aspx")
        assert page.file is not None
        shown, shut = page.file.web_parts
        named = list_view("Jobs", jobs.id, f"{NEW}/Lists/Jobs")
        assert shown.xml.casefold() == named.casefold()
        assert (shut.title, shut.is_closed, shown.is_closed) == ("Closed", True, False)


def connect_by_app_password(strongroom: Strongroom, lab: Lab, name: str = "old") -> None:
    """Connect the tenant by the old sign-in, as somebody with a second factor."""
    person = lab.cloud.tenant.user(lab.estate.mailboxes[0].address)
    assert person is not None
    person.app_passwords.append(password := app_password())
    strongroom(
        "connection", "add", "sharepoint-online", name, "--auth", "legacy",
        "--url", f"{lab.cloud.sites.url}{OLD}", "--user", person.upn,
        "--endpoints", strongroom.folder / "endpoints.json",
        "--ca-file", strongroom.folder / "ca.pem",
        "--app-password-file", strongroom.secret("app-password", password),
    )  # fmt: skip


def back_up(strongroom: Strongroom, lab: Lab) -> str:
    """Keep the site by tokens; give its address."""
    connect_online(strongroom, lab)
    strongroom.add_storage()
    address = f"{lab.cloud.sites.url}{OLD}"
    strongroom("job", "add", "backup", "site", "--connection", "online", "--storage", "disk",
               "--resource", address)  # fmt: skip
    assert strongroom("job", "run", "site", "--wait")["status"] == "complete"
    lab.cloud.farm.add_site(NEW, "Marketing")
    lab.cloud.tenant.reach.add_site(NEW, "Marketing")
    return address


def restore(strongroom: Strongroom, lab: Lab, address: str, connection: str, *more: str) -> Any:
    return strongroom.run(
        "restore", "disk", address, "--connection", connection, "--conflict", "replace",
        "--to", f"{lab.cloud.sites.url}{NEW}", *more, "--wait", "--json",
    )  # fmt: skip


def described(lab: Lab, path: str) -> dict[str, Any]:
    """Give what the model says of the page in a site."""
    site = collection(lab.cloud.farm_face, path)
    with site.lock:
        return dict(portrait(site)["item SitePages/Board.aspx"])


def seen(judge: SharePointJudge, path: str) -> list[tuple[Any, ...]]:
    """Give the web parts as somebody else's client reads them: zone, place, title, settings."""
    context = judge.online(path)
    page = context.web.get_file_by_server_relative_path(f"{path}/SitePages/Board.aspx")
    manager = page.get_limited_webpart_manager(PersonalizationScope.Shared)
    parts = manager.web_parts.expand(["WebPart", "WebPart/Properties"]).get().execute_query()
    found = [
        (one.zone_id, one.web_part.zone_index, one.web_part.properties["Title"],
         sorted(one.web_part.properties["Properties"].items()))
        for one in parts
    ]  # fmt: skip
    return sorted(found, key=str)


def only_the_pages_failed(document: Any) -> str:
    """Insist that nothing else is missing; give what the ledger says of the page."""
    (task,) = document["tasks"]
    short = [
        (folder["path"], one) for folder in task["folders"]
        for one in (*folder["failed"], *folder["skipped"])
    ]  # fmt: skip
    assert sorted((path, one["name"]) for path, one in short) == [
        ("SitePages", "Board.aspx"), ("_files", "default.aspx"), ("hr/_files", "default.aspx"),
    ]  # fmt: skip
    return next(str(one["why"]) for _, one in short if one["name"] == "Board.aspx")


def test_a_layout_of_ones_own_comes_back_by_the_old_sign_in_with_an_app_password(
    strongroom: Strongroom, lab: Lab, judge: SharePointJudge
) -> None:
    put_up(lab)
    put_up_views(lab)
    address = back_up(strongroom, lab)
    before, told = described(lab, OLD), seen(judge, OLD)
    assert len(told) == len(PLACED)
    files = outside(lab, OLD)
    assert {one: len(some) for one, some in files.items()} == {"web .": 3, "web hr": 1}
    # What came with the new site gives way, its web parts with it.
    new = collection(lab.cloud.farm_face, NEW)
    with new.lock:
        home = new.root.put_file("default.aspx", layout_page("Left"), by=new.root.author_id)
        xml = content_editor("Get started", "<p>!</p>")
        add_web_part(home, xml, by=new.root.author_id, zone_id="Left", zone_index=0)
    lab.cloud.farm_face.content.delete(OLD)
    connect_by_app_password(strongroom, lab)
    ended = restore(strongroom, lab, address, "old")
    assert ended.code == 0, ended.stderr
    assert ended.document["status"] == "complete"
    assert "web parts of classic pages" not in ended.stderr
    assert seen(judge, NEW) == told
    assert outside(lab, NEW) == files
    assert_views_back(lab)
    after = described(lab, NEW)
    site = collection(lab.cloud.farm_face, NEW)
    with site.lock:
        library = site.root.list_by_title("Site Pages")
        assert library is not None
        page = next(one for one in library.items.values() if one.leaf_name == "Board.aspx")
        assert page.file is not None
        assert zones_of(page.file.content) == list(map(_escaped, ZONES))
    for fact in ("web parts", "content", "kind", "author", "created", "modified", "version"):
        assert after[fact] == before[fact], fact


def _escaped(zone: str) -> str:
    return zone.replace("&", "&amp;")


@pytest.mark.soak
def test_where_the_server_takes_them_no_more_the_plan_and_the_ledger_say_so_of_those_pages_alone(
    strongroom: Strongroom, lab: Lab, judge: SharePointJudge
) -> None:
    put_up(lab)
    address = back_up(strongroom, lab)
    before = described(lab, OLD)
    ended = restore(strongroom, lab, address, "online")
    assert ended.code == 3, ended.stderr
    assert ended.document["status"] == "partial"
    announced, words = ended.stderr.index("web parts of classic pages (3)"), ended.stderr
    # Named before anything is written, with what it is about and what there is to do.
    for said in ("takes no tokens", "2026-05-01", "--auth legacy", "--app-password-file"):
        assert said in words[announced : announced + 900]
    why = only_the_pages_failed(ended.document)
    assert "'Banner': 'Counter', there none" in why
    assert "2026-05-01" in why
    after = described(lab, NEW)
    assert after["web parts"] == []
    assert after["content"] == before["content"]
    assert seen(judge, NEW) == []
    # One look is enough: the service is not asked again for every part.
    assert lab.cloud.farm_face.sent_away <= 2

    # What the words advise: the pages alone, once more, by the old sign-in.
    connect_by_app_password(strongroom, lab)
    mended = restore(strongroom, lab, address, "old", "--path", "SitePages")
    assert mended.document["status"] == "complete", mended.stderr
    assert described(lab, NEW)["web parts"] == before["web parts"]

    # The cookie is still given, and the old services are shut to everybody.
    lab.cloud.farm.old_services = "nobody"
    ended = restore(strongroom, lab, address, "old")
    assert (ended.code, ended.document["status"]) == (3, "partial"), ended.stderr
    assert "no more, which Microsoft ended for SharePoint Online on 2026-05-01" in ended.stderr
    assert "2026-05-01" in only_the_pages_failed(ended.document)
    # Then nothing is given any more: the restore does not begin.
    lab.cloud.farm.legacy = "retired"
    refused = restore(strongroom, lab, address, "old")
    assert refused.code != 0
    said = refused.stdout + refused.stderr
    assert "does not take a user name and password from programs any more" in said
    assert "2026-05-01" in said
    assert "certificate" in said
