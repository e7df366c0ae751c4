"""Lists and libraries: which there are, and their settings, columns, content types and views.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn531433(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.List)
"""

from __future__ import annotations

from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import PAGE_BYTES_MAX, Question
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import list_api

_PLACE = (
    "Id,Title,BaseTemplate,BaseType,Hidden,ItemCount,Created,EnableVersioning,EnableMinorVersions,"
    "EnableModeration,EnableAttachments,HasExternalDataSource,RootFolder/ServerRelativeUrl"
)
_BESIDE = "HasUniqueRoleAssignments,OnQuickLaunch,ValidationFormula,ValidationMessage,SchemaXml"
_FIELD = (
    "Id,InternalName,StaticName,EntityPropertyName,Title,Description,Group,TypeAsString,SchemaXml,"
    "FromBaseType,ReadOnlyField,Hidden,Sealed,Required,Indexed,EnforceUniqueValues,DefaultValue,"
    "ValidationFormula,ValidationMessage,Scope"
)
LISTS_MAX = 5000


def lists(web: str) -> Question:
    """Ask for all lists of a web: what they are, where, and how many items they hold."""
    return Question(
        target=f"{api(web)}/web/lists?$select={_PLACE}&$expand=RootFolder&$top={LISTS_MAX}",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )


def counts(web: str) -> Question:
    """Ask how many items all lists of a web hold."""
    return Question(
        target=f"{api(web)}/web/lists?$select=Id,ItemCount&$top={LISTS_MAX}",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )


def settings(web: str, list_id: str) -> Question:
    """Ask for everything that a list tells of itself."""
    return Question(
        target=f"{list_api(web, list_id)}?$select=*,{_BESIDE}", bytes_max=PAGE_BYTES_MAX
    )


def root_folder(web: str, list_id: str) -> Question:
    """Ask for the list's own folder: its property bag, and the order of its content types."""
    names = "*,UniqueContentTypeOrder,ContentTypeOrder"
    return Question(
        target=f"{list_api(web, list_id)}/RootFolder?$select={names},Properties&$expand=Properties"
    )


def fields(owner: str) -> Question:
    """Ask for all columns of a web or a list.

    Args:
        owner: Its path.
    """
    return Question(
        target=f"{owner}/fields?$select={_FIELD}&$top=5000",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )


def content_types(owner: str) -> Question:
    """Ask for the content types of a web or a list, with the columns that they link."""
    return Question(
        target=f"{owner}/contenttypes?$expand=FieldLinks,Parent&$top=5000",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )


def views(web: str, list_id: str) -> Question:
    """Ask for the views of a list, with their columns."""
    return Question(
        target=f"{list_api(web, list_id)}/views?$expand=ViewFields&$top=5000",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )
