"""Making content types and giving them to lists.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn600182(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.ContentType)
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import list_api, merge, post, quoted, typed
from strongroom.words.json import Json


def content_types_api(web: str, list_id: str = "") -> str:
    """Give the path of a list's content types, or of the web's."""
    return f"{list_api(web, list_id) if list_id else f'{api(web)}/web'}/contenttypes"


def create_content_type(web: str, *, id_: str, name: str, group: str, description: str) -> Question:
    """Make a content type of a web under its saved id, which also says what it is derived from.

    From SharePoint 2019 on, and Online; older ones take no id by REST.
    """
    document: dict[str, Json] = {
        "Id": typed("SP.ContentTypeId", {"StringValue": id_}),
        "Name": name,
        "Group": group,
        "Description": description,
    }
    return post(content_types_api(web), typed("SP.ContentType", document))


def add_available_content_type(web: str, list_id: str, content_type_id: str) -> Question:
    """Give a list a content type of its web. It gets an id of its own, below that one."""
    document: dict[str, Json] = {"contentTypeId": content_type_id}
    return post(f"{content_types_api(web, list_id)}/addAvailableContentType", document)


def update_content_type(
    web: str, content_type_id: str, properties: Mapping[str, Json], *, list_id: str = ""
) -> Question:
    """Change properties of a content type."""
    target = f"{content_types_api(web, list_id)}({quoted(content_type_id)})"
    return merge(target, typed("SP.ContentType", properties))


def links_api(web: str, content_type_id: str, list_id: str = "") -> str:
    """Give the path of the columns of a content type."""
    return f"{content_types_api(web, list_id)}({quoted(content_type_id)})/fieldlinks"


def add_field_link(web: str, content_type_id: str, name: str, *, list_id: str = "") -> Question:
    """Make a column part of a content type; the answer says under which id."""
    document: dict[str, Json] = {"FieldInternalName": name}
    return post(links_api(web, content_type_id, list_id), typed("SP.FieldLink", document))


def update_field_link(
    web: str, content_type_id: str, link_id: str, properties: Mapping[str, Json], *, list_id: str
) -> Question:
    """Say whether a column must be filled in a content type, or is hidden there."""
    target = f"{links_api(web, content_type_id, list_id)}(guid'{link_id}')"
    return merge(target, typed("SP.FieldLink", properties))
