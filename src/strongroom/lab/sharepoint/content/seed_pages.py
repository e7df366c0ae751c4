"""Pages of a seeded site: modern, wiki, and web part pages with layouts of their own."""

from __future__ import annotations

import json
from random import Random

from strongroom.lab.seed import prose
from strongroom.lab.sharepoint.content import canvas, classic_pages, content_types, pages
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.seed_people import Crew

_TITLE_REGION = "cbe7b0a9-3504-44dd-a3a3-0e5cacd07788"
_QUICK_LINKS = "c70391ea-0b10-4ee9-b2b4-006d3fcad0cd"
_ROWS = '<p class="yard-banner">Set by hand: &Uuml;ber uns</p>\n'


def fill_pages(library: SpList, rng: Random, crew: Crew, count: int) -> None:
    """Make modern pages where the server has such, then classic ones."""
    if library.collection.traits.has_modern_pages:
        _modern(library, rng, crew, count)
    _classic(library, rng, crew)


def _modern(library: SpList, rng: Random, crew: Crew, count: int) -> None:
    by = crew.boss.id
    names = ["Handbook", *(f"News {number}" for number in range(1, count))]
    folder = library.add_folder("Archive", by=by)
    for number, name in enumerate(names):
        made = pages.add_page(
            library,
            f"{name}.aspx",
            _content(library, rng, crew, name, is_news=number > 0),
            by=by,
            folder=folder if number == 1 else None,
            stamp=crew.stamp(rng),
        )
        if number != 2:
            pages.publish_page(made, by=by, comment="First.")
        if number == 3:
            pages.save_page(made, _content(library, rng, crew, name, is_news=True), by=by)


def _content(
    library: SpList, rng: Random, crew: Crew, name: str, *, is_news: bool
) -> pages.PageContent:
    new_guid = library.collection.new_guid
    links = {"items": [{"title": "Orders", "url": library.web.inside("Lists/Orders")}]}
    shown = [
        canvas.text_control(new_guid(), f"<p>{one} &amp; more</p>", section=number)
        for number, one in enumerate(prose.paragraphs(rng, 3), start=1)
    ]
    shown.append(canvas.part_control(new_guid(), _QUICK_LINKS, "Quick links", links, zone=2))
    title = {"title": name, "layoutType": "FullWidthImage", "textAlignment": "Left"}
    region = canvas.part_control(_TITLE_REGION, _TITLE_REGION, "Title Region", title)["webPartData"]
    return pages.PageContent(
        title=name,
        canvas=json.dumps(shown, ensure_ascii=False),
        layout=json.dumps([{"id": _TITLE_REGION, "webPartData": region}], ensure_ascii=False),
        description=prose.subject(rng),
        topic="Yard" if is_news else "",
        promoted_state=pages.IS_NEWS_WHEN_PUBLISHED if is_news else pages.NOT_PROMOTED,
        author_ids=(crew.users[1].id,),
    )


def _classic(library: SpList, rng: Random, crew: Crew) -> None:
    by = crew.boss.id
    wiki = classic_pages.add_wiki_page(library, "How we work.aspx", "<p>Soon.</p>", by=by)
    part = classic_pages.add_web_part(
        wiki,
        classic_pages.content_editor("Note", "<p>Ask first.</p>"),
        by=by,
        zone_id=classic_pages.WIKI_ZONE,
        zone_index=0,
    )
    text = f"<p>{prose.paragraphs(rng, 1)[0]}</p>{classic_pages.embedded(part)}"
    library.update_item(wiki, {"WikiField": text}, by=by)
    layout = classic_pages.layout_page("Banner", "LeftColumn", "Bottom", rows=_ROWS)
    board = classic_pages.add_web_part_page(
        library, "Board.aspx", by=by, layout=layout, is_customized=True
    )
    for index, title in enumerate(("First", "Second & last")):
        classic_pages.add_web_part(
            board,
            classic_pages.content_editor(title, f"<p>{title}</p>"),
            by=by,
            zone_id="LeftColumn",
            zone_index=index,
        )
    classic_pages.add_web_part(
        board,
        classic_pages.script_editor("Counter", "<script>var a = 1 < 2;</script>"),
        by=by,
        zone_id="Banner",
        zone_index=0,
    )
    for page in (wiki, board):
        library.publish(page, by=by)
    _add_page_layout(library, by)


def _add_page_layout(library: SpList, by: int) -> None:
    """Put a page layout of one's own into the gallery, where such are kept."""
    gallery = library.web.list_by_path(library.web.inside("_catalogs/masterpage"))
    assert gallery is not None
    made = gallery.upload(
        "YardArticle.aspx",
        classic_pages.layout_page("Top", "Aside", rows=_ROWS),
        by=by,
        values={"Title": "Article of the yard"},
        content_type_id=content_types.PAGE_LAYOUT,
    )
    assert made.file is not None
    made.file.is_customized = True
