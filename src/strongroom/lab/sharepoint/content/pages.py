"""Modern pages: items of a library of pages, made, checked out, saved and published.

A page's file is little more than its values: SharePoint writes them into it as properties, so the
bytes change whenever they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from strongroom.lab.sharepoint.content import canvas, content_types
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import NotAllowed
from strongroom.lab.sharepoint.content.values import Stamp, UrlValue, Value

MODERN_APPLICATION = "b6917cb1-93a0-4b97-a84d-7cf49975d4ec"
NOT_PROMOTED, IS_NEWS_WHEN_PUBLISHED, IS_NEWS = 0, 1, 2
_BANNER = "/_layouts/15/images/sitepagethumbnail.png"
_NO_STAMP = Stamp()

_HEAD = (
    '<%@ Page Inherits="Microsoft.SharePoint.WebPartPages.WebPartPage, Microsoft.SharePoint, '
    'Version=16.0.0.0, Culture=neutral, PublicKeyToken=71e9bce111e9429c" %>'
    '<%@ Register Tagprefix="WebPartPages" Namespace="Microsoft.SharePoint.WebPartPages" '
    'Assembly="Microsoft.SharePoint, Version=16.0.0.0, Culture=neutral, '
    'PublicKeyToken=71e9bce111e9429c" %>\n'
    '<html xmlns:mso="urn:schemas-microsoft-com:office:office" '
    'xmlns:msdt="uuid:C2F41010-65B3-11d1-A29F-00AA00C14882"><head>\n'
    "<!--[if gte mso 9]><xml>\n<mso:CustomDocumentProperties>\n"
)
_TAIL = "</mso:CustomDocumentProperties>\n</xml><![endif]-->\n</head></html>\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContent:
    """What a page shows.

    Attributes:
        canvas: JSON array of controls; ``layout`` as well: its title region.
        kind: ``Article``, ``Home``, ``SingleWebPartAppPage``.
    """

    title: str
    canvas: str = "[]"
    layout: str = "[]"
    kind: str = "Article"
    description: str = ""
    topic: str = ""
    banner_url: str = _BANNER
    promoted_state: int = NOT_PROMOTED
    author_ids: tuple[int, ...] = ()


def is_modern(item: ListItem) -> bool:
    """Say whether an item is a modern page."""
    return item.file is not None and bool(item.values.get("ClientSideApplicationId"))


def add_page(
    library: SpList,
    name: str,
    content: PageContent,
    *,
    by: int,
    folder: ListItem | None = None,
    is_checked_out: bool = False,
    stamp: Stamp = _NO_STAMP,
) -> ListItem:
    """Make a page; it is a draft until it is published.

    Args:
        library: Of pages.
        name: With ``.aspx``.
        content: What it shows.
        by: Who makes it.
        folder: Where; None: in the root folder.
        is_checked_out: Leave it checked out, as the pages' own interface does.
        stamp: What a privileged writer says of author and times.

    Raises:
        NotAllowed: this is no library of pages.
        AlreadyExists: the name is taken.
        NotACanvas: what it shows cannot be read.
    """
    if "CanvasContent1" not in library.fields:
        raise NotAllowed("Pages can only be made in a library of pages.")
    values = values_of(content)
    made = library.upload(
        name,
        page_bytes(values),
        by=by,
        folder=folder,
        values=values,
        content_type_id=content_types.SITE_PAGE,
        stamp=stamp,
    )
    if is_checked_out and made.file is not None and made.file.check_out is None:
        library.check_out(made, by=by)
    return made


def save_page(item: ListItem, content: PageContent, *, by: int, stamp: Stamp = _NO_STAMP) -> None:
    """Give a page another content: a new draft, or the working copy if it is checked out.

    Raises:
        FileLocked: somebody else has it checked out.
        NotACanvas: what it shows cannot be read.
    """
    values = values_of(content)
    library = item.parent_list
    library.save_content(item, page_bytes(values), by=by, values=values, stamp=stamp)


def publish_page(item: ListItem, *, by: int, comment: str = "") -> None:
    """Check it in if need be, and make it the version that everybody sees."""
    library = item.parent_list
    if item.file is not None and item.file.check_out is not None:
        library.check_in(item, by=by, kind=0)
    if item.values.get("PromotedState") == IS_NEWS_WHEN_PUBLISHED:
        item.values["PromotedState"] = float(IS_NEWS)
        item.values["FirstPublishedDate"] = library.collection.now()
    library.publish(item, by=by, comment=comment)


def content_of(item: ListItem, *, by: int) -> PageContent:
    """Read a page as somebody sees it: their own working copy if they have it checked out."""
    values = item.values_for(by)
    banner = values.get("BannerImageUrl")
    people = values.get("_AuthorByline")
    state = values.get("PromotedState")
    return PageContent(
        title=str(values.get("Title") or ""),
        canvas=canvas.to_json(str(values.get("CanvasContent1") or "")) or "[]",
        layout=canvas.to_json(str(values.get("LayoutWebpartsContent") or "")) or "[]",
        kind=str(values.get("PageLayoutType") or "Article"),
        description=str(values.get("Description") or ""),
        topic=str(values.get("_TopicHeader") or ""),
        banner_url=banner.url if isinstance(banner, UrlValue) else _BANNER,
        promoted_state=int(state) if isinstance(state, (int, float)) else NOT_PROMOTED,
        author_ids=tuple(o for o in people if isinstance(o, int))
        if isinstance(people, tuple)
        else (),
    )


def values_of(content: PageContent) -> dict[str, Value]:
    """Give a page's content as an item keeps it.

    Raises:
        NotACanvas: what it shows cannot be read.
    """
    found: dict[str, Value] = {
        "Title": content.title,
        "CanvasContent1": canvas.to_html(content.canvas),
        "LayoutWebpartsContent": canvas.to_html(content.layout),
        "PageLayoutType": content.kind,
        "Description": content.description or None,
        "_TopicHeader": content.topic or None,
        "BannerImageUrl": UrlValue(url=content.banner_url, description=content.banner_url),
        "PromotedState": float(content.promoted_state),
        "_AuthorByline": content.author_ids or None,
        "ClientSideApplicationId": MODERN_APPLICATION,
    }
    return {name: value for name, value in found.items() if value is not None}


def page_bytes(values: dict[str, Value]) -> bytes:
    """Write a page's file: its values as properties, which only the server reads."""
    rows = "".join(
        f'<mso:{name} msdt:dt="string">{escape(str(value))}</mso:{name}>\n'
        for name, value in sorted(values.items())
        if isinstance(value, (str, float))
    )
    return (_HEAD + rows + _TAIL).encode()
