"""Making lists and changing their settings.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn531433(v=office.15)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import list_api, merge, post, typed
from strongroom.words.json import Json

SETTINGS = (
    *("Title", "Description", "ContentTypesEnabled", "EnableAttachments", "EnableFolderCreation"),
    *(
        "EnableVersioning",
        "EnableMinorVersions",
        "MajorVersionLimit",
        "MajorWithMinorVersionsLimit",
    ),
    *("EnableModeration", "DraftVersionVisibility", "ForceCheckout", "Hidden", "NoCrawl"),
    *(
        "OnQuickLaunch",
        "ValidationFormula",
        "ValidationMessage",
        "DefaultContentApprovalWorkflowId",
    ),
    *("Direction", "ImageUrl", "IrmEnabled", "IrmExpire", "IrmReject", "ReadSecurity"),
    *("WriteSecurity", "DefaultDisplayFormUrl", "DefaultEditFormUrl", "DefaultNewFormUrl"),
    *("DisableGridEditing", "ListExperienceOptions", "CrawlNonDefaultViews"),
    *("DefaultItemOpenUseListSetting", "ParserDisabled", "MultipleDataList"),
)
"""What a list tells of itself and takes back by MERGE."""


def create_list(web: str, *, leaf: str, base_template: int, description: str = "") -> Question:
    """Make a list. Its address comes of the title it is made with, so the leaf name is given first.

    Libraries come to lie in the web itself, lists below ``Lists``.

    Args:
        web: Path of the web.
        leaf: Last name of its address, and its title until it is renamed.
        base_template: ``ListTemplateType``: 100 a list, 101 a library …
        description: For people.
    """
    document: dict[str, Json] = {
        "Title": leaf,
        "BaseTemplate": base_template,
        "Description": description,
    }
    return post(f"{api(web)}/web/lists", typed("SP.List", document))


def update_list(web: str, list_id: str, settings: Mapping[str, Json]) -> Question:
    """Change settings of a list."""
    return merge(list_api(web, list_id), typed("SP.List", settings))


def order_content_types(web: str, list_id: str, ids: Sequence[str]) -> Question:
    """Say which of its content types a list shows to whoever makes something, and in which order.

    Args:
        web: Path of the web.
        list_id: GUID of the list.
        ids: The list's own ids of them; the first one is what an item is if nothing is said.
    """
    rows: list[Json] = [typed("SP.ContentTypeId", {"StringValue": one}) for one in ids]
    order: Json = {"__metadata": {"type": "Collection(SP.ContentTypeId)"}, "results": rows}
    folder = typed("SP.Folder", {"UniqueContentTypeOrder": order})
    return merge(f"{list_api(web, list_id)}/RootFolder", folder)


def recycle_list(web: str, list_id: str) -> Question:
    """Put a list into the recycle bin."""
    return post(f"{list_api(web, list_id)}/recycle()")
