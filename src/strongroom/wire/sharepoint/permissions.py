"""Who may do what: assignments of a web, a list or an item, role definitions, groups, people.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn531432(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.Group)
"""

from __future__ import annotations

from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import PAGE_BYTES_MAX, Question
from strongroom.wire.sharepoint.sites import api


def assignments(securable: str) -> Question:
    """Ask who may do what there.

    Args:
        securable: Path of a web, a list or an item.
    """
    return Question(
        target=f"{securable}/roleassignments?$expand=Member,RoleDefinitionBindings&$top=5000",
        call=Call.PERMISSIONS,
    )


def inherits(securable: str) -> Question:
    """Ask whether it has permissions of its own."""
    return Question(target=f"{securable}?$select=HasUniqueRoleAssignments")


def role_definitions(web: str) -> Question:
    """Ask what the roles of a web are called, and what they allow."""
    return Question(target=f"{api(web)}/web/roledefinitions", call=Call.MANY)


def groups(web: str) -> Question:
    """Ask for the groups of the site collection, with their members and owners."""
    return Question(
        target=f"{api(web)}/web/sitegroups?$expand=Users,Owner&$top=5000",
        call=Call.PERMISSIONS,
        bytes_max=PAGE_BYTES_MAX,
    )


def users(web: str) -> Question:
    """Ask for everybody whom the site collection knows."""
    names = "Id,LoginName,Title,Email,PrincipalType,IsSiteAdmin"
    return Question(
        target=f"{api(web)}/web/siteusers?$select={names}&$top=5000",
        call=Call.MANY,
        bytes_max=PAGE_BYTES_MAX,
    )
