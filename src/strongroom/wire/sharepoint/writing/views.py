"""Making views of lists.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn531433(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.View)
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.writing.request import list_api, merge, post, twice, typed
from strongroom.words.json import Json


def create_view(web: str, list_id: str, *, title: str, query: str, row_limit: int) -> Question:
    """Make a view; its address comes of the title it is made with."""
    document: dict[str, Json] = {
        "Title": title,
        "ViewQuery": query,
        "RowLimit": row_limit,
        "PersonalView": False,
    }
    return post(f"{list_api(web, list_id)}/views", typed("SP.View", document))


def set_view_xml(web: str, list_id: str, view_id: str, view_xml: str) -> Question:
    """Give a view all of its definition at once: columns, order, filter, looks."""
    target = f"{list_api(web, list_id)}/views(guid'{view_id}')/SetViewXml"
    return twice(post(target, {"viewXml": view_xml}))


def update_view(web: str, list_id: str, view_id: str, properties: Mapping[str, Json]) -> Question:
    """Change properties of a view, such as ``DefaultView``."""
    target = f"{list_api(web, list_id)}/views(guid'{view_id}')"
    return merge(target, typed("SP.View", properties))
