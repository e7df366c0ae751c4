"""Classic pages: wiki pages, and web part pages with the zones of their layout.

The layout of a web part page is its file: an ``.aspx`` that names zones. Somebody who changed it in
a designer has *customised* it, and then it is theirs alone. The web parts lie beside it in the
database, each in a zone at a place.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from lxml import etree

from strongroom.lab.sharepoint.content import content_types
from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.items import ListItem, StoredFile
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import NotAllowed, NotFound, ValueRefused
from strongroom.lab.sharepoint.content.web_core import WebFile
from strongroom.lab.sharepoint.content.web_parts import WebPart

if TYPE_CHECKING:  # a collection is made of webs, which begin with a page
    from strongroom.lab.sharepoint.content.collection import SiteCollection

Page = ListItem | WebFile
"""A page in a library, or in a web's own folder."""

WIKI_ZONE = "wpz"
_V2 = "http://schemas.microsoft.com/WebPart/v2"
_V3 = "http://schemas.microsoft.com/WebPart/v3"
_ZONE = re.compile(r"<WebPartPages:WebPartZone\b[^>]*?\bID=\"(?P<id>[^\"]+)\"", re.IGNORECASE)
_SCRIPTED = re.compile(r"\b(ScriptEditor|ContentEditor|XsltListView)WebPart\b")
_XML_BYTES_MAX = 4 << 20
_PAGE = (
    '<%@ Page language="C#" MasterPageFile="~masterurl/default.master" '
    'Inherits="Microsoft.SharePoint.WebPartPages.WebPartPage, Microsoft.SharePoint" %>\n'
    '<%@ Register Tagprefix="WebPartPages" Namespace="Microsoft.SharePoint.WebPartPages" '
    'Assembly="Microsoft.SharePoint" %>\n'
    '<asp:Content ContentPlaceHolderId="PlaceHolderMain" runat="server">\n'
)
_WIKI = (
    '<%@ Page Inherits="Microsoft.SharePoint.WebPartPages.WikiEditPage" '
    'MasterPageFile="~masterurl/default.master" language="C#" %>\n'
    '<asp:Content ContentPlaceHolderId="PlaceHolderMain" runat="server">'
    '<SharePoint:EmbeddedFormField ID="WikiField" FieldName="WikiField" runat="server" />'
    "</asp:Content>\n"
)
_MODES = {"all": 1, "nonsensitivedata": 2, "none": 0}


def layout_page(*zones: str, rows: str = "") -> bytes:
    """Write the file of a web part page with zones of these names, and markup of one's own."""
    cells = "".join(
        f'<WebPartPages:WebPartZone runat="server" FrameType="TitleBarOnly" ID="{escape(one)}" '
        f'Title="loc:{escape(one)}" />\n'
        for one in zones
    )
    return f"{_PAGE}{rows}<table>{cells}</table></asp:Content>\n".encode()


def zones_of(content: bytes) -> list[str]:
    """Read the names of a page's zones."""
    return [one["id"] for one in _ZONE.finditer(content.decode("utf-8", "replace"))]


def add_web_part_page(
    library: SpList,
    name: str,
    *,
    by: int,
    layout: bytes,
    is_customized: bool = False,
    folder: ListItem | None = None,
) -> ListItem:
    """Make a web part page.

    Args:
        library: Where.
        name: With ``.aspx``.
        by: Who makes it.
        layout: Its file; see ``layout_page``.
        is_customized: It is nobody's template.
        folder: None: in the root folder.

    Raises:
        AlreadyExists: the name is taken.
    """
    made = library.upload(
        name, layout, by=by, folder=folder, content_type_id=content_types.WEB_PART_PAGE
    )
    assert made.file is not None
    made.file.is_customized = is_customized
    return made


def add_wiki_page(
    library: SpList, name: str, text: str, *, by: int, folder: ListItem | None = None
) -> ListItem:
    """Make a wiki page of this HTML.

    Raises:
        AlreadyExists: the name is taken.
    """
    return library.upload(
        name,
        _WIKI.encode(),
        by=by,
        folder=folder,
        values={"WikiField": text},
        content_type_id=content_types.WIKI_PAGE,
    )


def add_web_part(
    page: Page, xml: str, *, by: int, zone_id: str, zone_index: int, number: str = ""
) -> WebPart:
    """Put a web part on a page; those behind it in the zone move on by one.

    Args:
        page: Which.
        xml: As exported: version 2 (``.dwp``) or 3 (``.webpart``).
        by: Who.
        zone_id: Of the page's layout; ``wpz`` on a wiki page.
        zone_index: From 0.
        number: Its id, if it has one already.

    Raises:
        ValueRefused: the XML is no web part.
        FileLocked: somebody else has the page checked out.
        NotAllowed: it may hold scripts, and the site allows none.
    """
    file = _page(page)
    _begin(page)
    if isinstance(page, ListItem):
        page.parent_list.check_writable(page, by)
    title, mode = _read(xml)
    if _SCRIPTED.search(xml):
        _collection(page).check_scripts()
    for one in file.web_parts:
        if one.zone_id == zone_id and one.zone_index >= zone_index:
            one.zone_index += 1
    made = WebPart(
        id=number or _collection(page).new_guid(),
        title=title,
        zone_id=zone_id,
        zone_index=zone_index,
        xml=xml,
        export_mode=mode,
    )
    file.web_parts.append(made)
    _changed(page, by)
    return made


def read_web_part(xml: str, *, number: str) -> WebPart:
    """Read a web part that is on no page yet.

    Raises:
        ValueRefused: the XML is no web part.
    """
    title, mode = _read(xml)
    return WebPart(id=number, title=title, zone_id="", zone_index=0, xml=xml, export_mode=mode)


def replace_web_part(page: Page, part: WebPart, xml: str, *, by: int) -> None:
    """Give a web part other properties.

    Raises:
        ValueRefused: the XML is no web part.
    """
    _begin(page)
    part.title, part.export_mode = _read(xml)
    part.xml = xml
    _changed(page, by)


def move_web_part(page: Page, part: WebPart, *, by: int, zone_id: str, zone_index: int) -> None:
    """Put a web part elsewhere on its page."""
    _begin(page)
    for one in _page(page).web_parts:
        if one is not part and one.zone_id == zone_id and one.zone_index >= zone_index:
            one.zone_index += 1
    part.zone_id, part.zone_index = zone_id, zone_index
    _changed(page, by)


def close_web_part(page: Page, part: WebPart, *, by: int) -> None:
    """Leave a web part on its page and show it to nobody."""
    _begin(page)
    part.is_closed = True
    _changed(page, by)


def delete_web_part(page: Page, part: WebPart, *, by: int) -> None:
    """Take a web part off a page."""
    _begin(page)
    _page(page).web_parts.remove(part)
    _changed(page, by)


def find_web_part(page: Page, number: str) -> WebPart:
    """Find a web part by its id.

    Raises:
        NotFound: it is not on the page.
    """
    wanted = number.strip("{}").casefold()
    found = next((one for one in _page(page).web_parts if one.id == wanted), None)
    if found is None:
        raise NotFound("The web part is not on the page.")
    return found


def embedded(part: WebPart) -> str:
    """Give the HTML by which a wiki page's text shows a web part."""
    return (
        '<div class="ms-rtestate-read ms-rte-wpbox" contenteditable="false">'
        f'<div class="ms-rtestate-notify ms-rtestate-read {part.id}" id="div_{part.id}"></div>'
        f'<div id="vid_{part.id}" style="display:none"></div></div>'
    )


def content_editor(title: str, text: str) -> str:
    """Write a content editor web part (version 2)."""
    return (
        f'<WebPart xmlns="{_V2}"><Title>{escape(title)}</Title>'
        "<FrameType>Default</FrameType>"
        "<Assembly>Microsoft.SharePoint, Version=16.0.0.0, Culture=neutral, "
        "PublicKeyToken=71e9bce111e9429c</Assembly>"
        "<TypeName>Microsoft.SharePoint.WebPartPages.ContentEditorWebPart</TypeName>"
        '<Content xmlns="http://schemas.microsoft.com/WebPart/v2/ContentEditor">'
        f"{escape(text)}</Content></WebPart>"
    )


def list_view(title: str, list_id: str, list_url: str) -> str:
    """Write a web part that shows a list (version 3), which it names as SharePoint does.

    Source:
        [MS-WSSFO3] 2.2.7.3 View; https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-wpps
    """
    view = f'<View Type="HTML" Url="{escape(list_url)}/AllItems.aspx"><Query /></View>'
    named = (
        ("Title", title), ("ListName", f"{{{list_id.upper()}}}"), ("ListId", list_id),
        ("ListUrl", list_url), ("XmlDefinition", view), ("ExportMode", "All"),
    )  # fmt: skip
    rows = "".join(
        f'<property name="{key}" type="string">{escape(one)}</property>' for key, one in named
    )
    return (
        f'<webParts><webPart xmlns="{_V3}"><metaData><type name='
        '"Microsoft.SharePoint.WebPartPages.XsltListViewWebPart, Microsoft.SharePoint, '
        'Version=16.0.0.0, Culture=neutral, PublicKeyToken=71e9bce111e9429c" />'
        "<importErrorMessage>Cannot import this Web Part.</importErrorMessage></metaData>"
        f"<data><properties>{rows}</properties></data></webPart></webParts>"
    )


def script_editor(title: str, text: str, *, export_mode: str = "All") -> str:
    """Write a script editor web part (version 3): sites without scripts block it."""
    return (
        f'<webParts><webPart xmlns="{_V3}"><metaData>'
        '<type name="Microsoft.SharePoint.WebPartPages.ScriptEditorWebPart, Microsoft.SharePoint, '
        'Version=16.0.0.0, Culture=neutral, PublicKeyToken=71e9bce111e9429c" />'
        "<importErrorMessage>Cannot import this Web Part.</importErrorMessage></metaData>"
        f'<data><properties><property name="Title" type="string">{escape(title)}</property>'
        f'<property name="ExportMode" type="exportmode">{export_mode}</property>'
        f'<property name="Content" type="string">{escape(text)}</property>'
        "</properties></data></webPart></webParts>"
    )


def _page(page: Page) -> StoredFile:
    name = page.leaf_name if isinstance(page, ListItem) else page.name
    if page.file is None or not name.casefold().endswith(".aspx"):
        raise NotAllowed("Only pages have web parts.")
    return page.file


def _collection(page: Page) -> SiteCollection:
    return page.collection if isinstance(page, ListItem) else page.web.collection


def _begin(page: Page) -> None:
    _collection(page).begin()


def _changed(page: Page, by: int) -> None:
    """Say that the web parts of a page changed: no version comes about by that."""
    if isinstance(page, WebFile):
        page.web.file_changed(page, by=by)
        return
    page.modified, page.editor_id = page.collection.now(), by
    page.parent_list.changed(page, {})
    page.parent_list.note_item(ChangeType.UPDATE, page, by=by)


def _read(xml: str) -> tuple[str, int]:
    """Give a web part's title and export mode."""
    data = xml.encode()
    try:
        if len(data) > _XML_BYTES_MAX or "<!DOCTYPE" in xml:
            raise ValueRefused("WebPart", "Cannot import this Web Part.")
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        raise ValueRefused("WebPart", "The file you imported is not valid.") from None
    if root.tag == f"{{{_V2}}}WebPart":
        mode = root.findtext(f"{{{_V2}}}ExportMode") or "all"
        return root.findtext(f"{{{_V2}}}Title") or "", _MODES.get(mode.casefold(), 1)
    rows = {str(one.get("name")): one.text or "" for one in root.iter(f"{{{_V3}}}property")}
    if not rows and root.find(f".//{{{_V3}}}webPart") is None:
        raise ValueRefused("WebPart", "The file you imported is not valid.")
    return rows.get("Title", ""), _MODES.get(rows.get("ExportMode", "all").casefold(), 1)
