"""Making columns by their XML, and changing them.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn600182(v=office.15)
    https://learn.microsoft.com/previous-versions/office/sharepoint-csom/ee541356(v=office.15)
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag

from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import list_api, merge, post, typed
from strongroom.words.json import Json


class Options(IntFlag):
    """``AddFieldOptions``."""

    DEFAULT = 0
    TO_DEFAULT_CONTENT_TYPE = 1
    TO_NO_CONTENT_TYPE = 2
    TO_ALL_CONTENT_TYPES = 4
    INTERNAL_NAME_HINT = 8
    TO_DEFAULT_VIEW = 16
    CHECK_DISPLAY_NAME = 32


def fields_api(web: str, list_id: str = "") -> str:
    """Give the path of a list's columns, or of the web's."""
    return f"{list_api(web, list_id) if list_id else f'{api(web)}/web'}/fields"


def create_field(
    web: str,
    schema_xml: str,
    *,
    list_id: str = "",
    options: Options = Options.INTERNAL_NAME_HINT | Options.TO_NO_CONTENT_TYPE,
) -> Question:
    """Make a column of a web, or of a list, with the id and the internal name that the XML says.

    Without the hint the display name would become the internal one, and every saved value would
    look for a column that is not there. Which content types it is part of, these say themselves.
    """
    parameters: dict[str, Json] = {"SchemaXml": schema_xml, "Options": int(options)}
    document: dict[str, Json] = {
        "parameters": typed("SP.XmlSchemaFieldCreationInformation", parameters)
    }
    return post(f"{fields_api(web, list_id)}/createfieldasxml", document)


def update_field(
    web: str, field_id: str, properties: Mapping[str, Json], *, list_id: str = ""
) -> Question:
    """Change properties of a column, such as ``Required``."""
    target = f"{fields_api(web, list_id)}(guid'{field_id}')"
    return merge(target, typed("SP.Field", properties))
