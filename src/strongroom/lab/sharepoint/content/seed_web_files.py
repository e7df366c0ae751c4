"""What lies in the webs' own folders of a seeded site, and in no list."""

from __future__ import annotations

from strongroom.lab.sharepoint.content import classic_pages
from strongroom.lab.sharepoint.content.collection import SiteCollection

HOME = "default.aspx"
STYLE = "assets/styles/yard.css"


def fill_web_files(collection: SiteCollection, by: int) -> None:
    """Give every web the page that classic sites open with, and the top one a style beside it."""
    for web in collection.webs():
        page = web.put_file(HOME, classic_pages.layout_page("Left", "Right"), by=by)
        xml = classic_pages.content_editor("Welcome", f"<p>{web.title}</p>")
        classic_pages.add_web_part(page, xml, by=by, zone_id="Left", zone_index=0)
    collection.root.put_file(STYLE, b".yard { color: #345; }\n", by=by)
