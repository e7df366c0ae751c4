"""Files in a web's own folder and in no list: read once, and again where the log names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

import orjson
import pytest

from strongroom.errors import ItemError
from strongroom.lab.entra.jwt import Signer
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content import classic_pages
from strongroom.lab.sharepoint.content.seed import Amounts, fill
from strongroom.sources.sharepoint.reading import web_files
from strongroom.sources.sharepoint.reading.places import WebPlace
from strongroom.sources.sharepoint.reading.web_files import WebFile, read_web_files
from strongroom.wire.sharepoint.each import No, ask_each
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from tests.lab_sharepoint.conftest import server, signer
from tests.sources.sharepoint.lab_site import Keeper, LabSite, lab_site

__all__ = ["server", "signer"]


@pytest.fixture
def site(server: LabServer, signer: Signer) -> Iterator[LabSite]:
    with lab_site(server, signer) as made:
        with made.collection.lock:
            fill(made.collection, Amounts(items=40, files=2, people=4, pages=2))
        yield made


@pytest.fixture
def kept(site: LabSite) -> Keeper:
    keeper = Keeper()
    keeper.run(site.source())
    assert not keeper.problems
    return keeper


def assert_held(site: LabSite, kept: Keeper) -> None:
    """Insist that every web's own files are kept, byte for byte, and nothing else."""
    for web in site.collection.webs():
        held = {
            "/".join(map(str, one.state["path"])): kept.parts[one.id]["file"]  # type: ignore[arg-type]
            for one in kept.of(f"{web.id}/files")
        }
        assert held == {one.name: bytes(one.file.content) for one in web.files.values()}


def test_they_are_kept_with_their_folders_and_web_parts(site: LabSite, kept: Keeper) -> None:
    assert_held(site, kept)
    root = site.collection.root
    home = kept.named(f"{root.id}/files", "default.aspx")
    assert (home.kind, home.size) == ("page", len(root.files["default.aspx"].file.content))
    (part,) = orjson.loads(kept.parts[home.id]["webparts"])["web_parts"]
    (there,) = root.files["default.aspx"].file.web_parts
    assert (part["zone"], part["title"], part["xml"]) == ("Left", "Welcome", there.xml)
    style = kept.named(f"{root.id}/files", "yard.css")
    assert style.state["path"] == ["assets", "styles", "yard.css"]


def test_where_nothing_happened_to_them_nobody_asks_for_them(site: LabSite, kept: Keeper) -> None:
    with site.collection.lock:
        tasks = site.collection.root.list_by_title("Tasks")
        assert tasks is not None
        tasks.add_item({"Title": "One more"}, by=tasks.author_id)
    site.face.rest.asked.clear()
    kept.run(site.source())
    assert not any(one.endswith("/files") for one in kept.asked)
    assert site.face.rest.asked["Files"] == 0


def test_only_those_that_the_log_names_are_read_again(site: LabSite, kept: Keeper) -> None:
    root, below = site.collection.root, next(iter(site.collection.root.webs.values()))
    with site.collection.lock:
        by = root.author_id
        below.put_file("default.aspx", b"<%@ Page %> other", by=by)
        below.put_file("forms/apply.txt", b"new", by=by)
        page = root.files["default.aspx"]
        xml = classic_pages.content_editor("Another", "<p>!</p>")
        classic_pages.add_web_part(page, xml, by=by, zone_id="Right", zone_index=0)
    kept.run(site.source())
    assert sorted(kept.asked) == sorted({f"{root.id}/files", f"{below.id}/files"})
    assert_held(site, kept)
    home = kept.named(f"{root.id}/files", "default.aspx")
    assert len(orjson.loads(kept.parts[home.id]["webparts"])["web_parts"]) == 2
    assert len(kept.read) == 3
    with site.collection.lock:
        below.remove_file(below.files["forms/apply.txt"], by=by)
    kept.run(site.source())
    assert kept.asked == [f"{below.id}/files"]
    assert_held(site, kept)
    assert kept.read == {}


def test_lists_and_webs_below_are_none_of_them(site: LabSite, kept: Keeper) -> None:
    root = site.collection.root
    told = [one.name for one in kept.of(f"{root.id}/files")]
    assert sorted(told) == ["default.aspx", "yard.css"]
    assert kept.hierarchy is not None
    assert not any("assets" in one.path for one in kept.hierarchy.folders)


def refuse(monkeypatch: pytest.MonkeyPatch, part: str, answer: No) -> None:
    """Have every question that names a part refused."""

    def asked(rest: RestConnection, path: str, questions: Sequence[Question]) -> list[Answer | No]:
        answers = ask_each(rest, path, questions)
        return [
            answer if part in unquote(one.target) else found
            for one, found in zip(questions, answers, strict=True)
        ]

    monkeypatch.setattr(web_files, "ask_each", asked)


def read(site: LabSite) -> list[WebFile]:
    root = site.collection.root
    place = WebPlace(id=root.id, url=root.path)
    apart = [one.root_path for one in root.lists.values()]
    return read_web_files(site.rest, place, [*apart, *(one.path for one in root.webs.values())])


@pytest.mark.parametrize("part", ["/assets')/Files", "/assets/styles')/Folders"])
def test_a_folder_that_is_too_large_to_be_listed_is_no_empty_one(
    site: LabSite, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    refuse(monkeypatch, part, SiteRefused("Too many.", status=500, code="-2147024860"))
    with pytest.raises(ItemError, match="Too many"):
        read(site)


def test_a_folder_that_went_meanwhile_holds_nothing(
    site: LabSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "/assets')/Files", SiteRefused("Gone.", status=404, code=""))
    assert [one.item.name for one in read(site)] == ["default.aspx", "yard.css"]


def test_a_page_whose_web_parts_are_not_told_is_not_kept_as_if_it_had_none(
    site: LabSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = SiteDenied("Not for us.", status=403, code="")
    refuse(monkeypatch, "WebPartManager", denied)
    with pytest.raises(ItemError, match="Not for us"):
        read(site)


@pytest.mark.parametrize(("name", "most"), [("FOLDERS_MAX", 1), ("_DEPTH_MAX", 1)])
def test_what_lies_beyond_the_bounds_is_not_left_out_without_a_word(
    site: LabSite, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    monkeypatch.setattr(web_files, name, most)
    with pytest.raises(ItemError, match="folders"):
        read(site)
