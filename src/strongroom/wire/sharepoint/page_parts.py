"""Web parts of a classic page, as REST tells them and as they are exported.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.WebParts)
    https://github.com/pnp/pnpframework (Modernization/Pages/BasePage.cs: ``exportwp.aspx``)
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import PAGE_BYTES_MAX, Question, asking
from strongroom.wire.sharepoint.sites import api

_SHARED = 1
"""``PersonalizationScope``: what everybody sees, not what one person made of it."""


def web_parts(file: str) -> Question:
    """Ask which web parts a page has, with their places and settings.

    Args:
        file: Path of the page.
    """
    shown = "WebPart/Title,WebPart/ZoneIndex,WebPart/Hidden,WebPart/IsClosed,WebPart/Properties"
    names = f"Id,ZoneId,{shown}"
    return Question(
        target=f"{_manager(file)}/webparts?$select={names}&$expand=WebPart,WebPart/Properties",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )


def export(file: str, part_id: str) -> Question:
    """Ask for one web part as the XML that it can be put back by. Online and from 2016 on."""
    return asking(f"{_manager(file)}/ExportWebPart", {"webPartId": part_id}, call=Call.ONE)


def close(file: str, part_id: str) -> Question:
    """Have a web part stay on its page unseen, as people close them."""
    target = f"{_manager(file)}/webparts(guid'{part_id}')/CloseWebPart"
    return replace(asking(target, call=Call.WRITE), is_write=False)


def old_export(web: str, page_url: str, part_id: str) -> Question:
    """Ask for the same by the page that people export with, where ``_api`` cannot (2013).

    Args:
        web: Path of the web.
        page_url: Whole address of the page.
        part_id: GUID of the web part.
    """
    query = urlencode({"pageurl": page_url, "guidstring": part_id})
    return Question(
        target=f"{api(web).removesuffix('/_api')}/_vti_bin/exportwp.aspx?{query}",
        headers={"Accept": "*/*"},
    )


def _manager(file: str) -> str:
    return f"{file}/getLimitedWebPartManager(scope={_SHARED})"
