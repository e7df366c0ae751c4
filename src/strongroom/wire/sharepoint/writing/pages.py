"""Modern pages, by the service of their editor.

Source:
    https://github.com/pnp/pnpjs/blob/version-4/packages/sp/clientside-pages/types.ts
"""

from __future__ import annotations

from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import post, typed
from strongroom.words.json import Json


def pages_api(web: str, page_id: int = 0) -> str:
    """Give the path of a web's pages, or of one by the id of its item."""
    return f"{api(web)}/sitepages/pages{f'({page_id})' if page_id else ''}"


def create_page(web: str, *, layout: str, promoted: int) -> Question:
    """Make a page; the answer tells its ``Id``. It has a name of chance and is checked out."""
    document: dict[str, Json] = {"PageLayoutType": layout, "PromotedState": promoted}
    return post(pages_api(web), typed("SP.Publishing.SitePage", document))


def publish_page(web: str, page_id: int) -> Question:
    """Let everybody see it. Nobody is told: news are only sent to people by another call."""
    return post(f"{pages_api(web, page_id)}/publish")
