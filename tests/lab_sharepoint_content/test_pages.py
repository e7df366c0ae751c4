"""Modern pages and their canvas; classic pages, their layouts and web parts."""

from __future__ import annotations

import json

import pytest

from strongroom.lab.sharepoint.content import canvas, classic_pages, pages
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.refusals import (
    FileLocked,
    NotAllowed,
    NotFound,
    ValueRefused,
)

CONTROLS = [
    canvas.text_control(
        "a", '<p>One: {1} &amp; <a href="https://x.example/?a=1&amp;b">two</a></p>'
    ),
    canvas.part_control("b", "c70391ea", "Links", {"items": [{"title": 'A "q" <b>'}]}),
    {"controlType": 0, "pageSettingsSlice": {"isDefaultDescription": True}},
]


@pytest.fixture
def library(site: SiteCollection) -> SpList:
    found = site.root.list_by_title("Site Pages")
    assert found is not None
    return found


def test_the_canvas_is_the_same_in_both_forms() -> None:
    text = json.dumps(CONTROLS)
    kept = canvas.to_html(text)
    assert kept.startswith('<div><div data-sp-canvascontrol="" data-sp-canvasdataversion="1.0"')
    assert "&#123;&quot;controlType&quot;&#58;4" in kept
    assert json.loads(canvas.to_json(kept)) == CONTROLS
    assert canvas.to_html(canvas.to_json(kept)) == kept


@pytest.mark.parametrize("text", ["{}", "[1]", "[", "x"])
def test_anything_else_is_no_canvas(text: str) -> None:
    with pytest.raises(canvas.NotACanvas):
        canvas.to_html(text)


def test_a_recorded_canvas_is_read() -> None:
    recorded = (
        '<div><div data-sp-canvascontrol="" data-sp-canvasdataversion="1.0" data-sp-controldata="'
        "&#123;&quot;editorType&quot;&#58;&quot;CKEditor&quot;,&quot;controlType&quot;&#58;4,"
        '&quot;id&quot;&#58;&quot;127e3472&quot;&#125;"><div data-sp-rte=""><p>I</p></div>'
        "</div></div>"
    )
    (control,) = canvas.controls_of_html(recorded)
    assert control == {
        "editorType": "CKEditor",
        "controlType": 4,
        "id": "127e3472",
        "innerHTML": "<p>I</p>",
    }


def test_a_page_is_a_draft_until_it_is_published(library: SpList, ann: User, ben: User) -> None:
    content = pages.PageContent(title="News", canvas=json.dumps(CONTROLS), promoted_state=1)
    page = pages.add_page(library, "News.aspx", content, by=ann.id, is_checked_out=True)
    assert pages.is_modern(page)
    assert (page.label, page.level) == ("0.1", 2)
    changed = pages.PageContent(title="Newer", promoted_state=1)
    pages.save_page(page, changed, by=ann.id)
    assert pages.content_of(page, by=ann.id).title == "Newer"
    assert pages.content_of(page, by=ben.id).title == "News"
    with pytest.raises(FileLocked):
        pages.save_page(page, content, by=ben.id)
    pages.publish_page(page, by=ann.id)
    assert (page.label, page.title, page.values["PromotedState"]) == ("1.0", "Newer", 2.0)
    assert page.values["FirstPublishedDate"] == page.modified


def test_what_a_page_shows_comes_back_as_it_was(library: SpList, ann: User) -> None:
    content = pages.PageContent(
        title="Ä & B",
        canvas=json.dumps(CONTROLS, ensure_ascii=False, separators=(",", ":")),
        description="d",
        topic="t",
        author_ids=(ann.id,),
    )
    page = pages.add_page(library, "A.aspx", content, by=ann.id)
    assert pages.content_of(page, by=ann.id) == content
    assert b"CanvasContent1" in page.content_for(ann.id)


def test_pages_are_made_in_a_library_of_pages_alone(documents: SpList, ann: User) -> None:
    with pytest.raises(NotAllowed):
        pages.add_page(documents, "A.aspx", pages.PageContent(title="A"), by=ann.id)


def test_every_web_opens_with_a_page(site: SiteCollection) -> None:
    for web in site.webs():
        home = web.item_at(web.inside("SitePages/Home.aspx"))
        assert home is not None
        assert (home.label, home.values["PageLayoutType"]) == ("1.0", "Home")


def test_a_layout_of_ones_own_names_its_zones(library: SpList, ann: User) -> None:
    layout = classic_pages.layout_page("Banner", "Left", rows="<p>mine</p>")
    page = classic_pages.add_web_part_page(
        library, "Board.aspx", by=ann.id, layout=layout, is_customized=True
    )
    assert page.content_for(ann.id) == layout
    assert classic_pages.zones_of(layout) == ["Banner", "Left"]
    assert page.file is not None
    assert page.file.is_customized


def test_web_parts_lie_in_zones_in_order(library: SpList, ann: User) -> None:
    layout = classic_pages.layout_page("Left", "Right")
    page = classic_pages.add_web_part_page(library, "Board.aspx", by=ann.id, layout=layout)
    note = classic_pages.content_editor("Note & more", "<p>x</p>")
    script = classic_pages.script_editor("Count", "<script>1</script>", export_mode="None")
    first = classic_pages.add_web_part(page, note, by=ann.id, zone_id="Left", zone_index=0)
    second = classic_pages.add_web_part(page, script, by=ann.id, zone_id="Left", zone_index=0)
    assert (first.title, first.zone_index, first.export_mode) == ("Note & more", 1, 1)
    assert (second.title, second.zone_index, second.export_mode) == ("Count", 0, 0)
    classic_pages.move_web_part(page, second, by=ann.id, zone_id="Right", zone_index=0)
    assert classic_pages.find_web_part(page, f"{{{second.id.upper()}}}").zone_id == "Right"
    classic_pages.replace_web_part(page, first, script, by=ann.id)
    assert first.title == "Count"
    revision = page.hidden_version
    classic_pages.delete_web_part(page, first, by=ann.id)
    assert page.hidden_version == revision + 1
    with pytest.raises(NotFound):
        classic_pages.find_web_part(page, first.id)


@pytest.mark.parametrize(
    "xml", ["", "<a/>", "<WebPart", '<!DOCTYPE a [<!ENTITY b "c">]><WebPart>&b;</WebPart>']
)
def test_other_xml_is_no_web_part(library: SpList, ann: User, xml: str) -> None:
    page = classic_pages.add_wiki_page(library, "Wiki.aspx", "<p>x</p>", by=ann.id)
    with pytest.raises(ValueRefused):
        classic_pages.add_web_part(page, xml, by=ann.id, zone_id="wpz", zone_index=0)


def test_only_pages_have_web_parts(documents: SpList, ann: User) -> None:
    item = documents.upload("a.txt", b"", by=ann.id)
    xml = classic_pages.content_editor("a", "b")
    with pytest.raises(NotAllowed):
        classic_pages.add_web_part(item, xml, by=ann.id, zone_id="wpz", zone_index=0)
