"""Who may do what: inheritance, assignments, role definitions, groups, people.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn531432(v=office.15)
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/set-custom-permissions-on-a-list-by-using-the-rest-interface
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import delete, merge, post, twice, typed
from strongroom.words.json import Json


def break_inheritance(securable: str) -> Question:
    """Give something permissions of its own, none at first but for whoever asks.

    What has its own below it keeps them.

    Args:
        securable: Path of a web, a list or an item.
    """
    method = "breakroleinheritance(copyRoleAssignments=false,clearSubscopes=false)"
    return twice(post(f"{securable}/{method}", call=Call.PERMISSIONS))


def reset_inheritance(securable: str) -> Question:
    """Let it have those of what it lies in again."""
    return twice(post(f"{securable}/resetroleinheritance", call=Call.PERMISSIONS))


def add_assignment(securable: str, *, principal_id: int, role_id: int) -> Question:
    """Let somebody do something there."""
    method = f"roleassignments/addroleassignment(principalid={principal_id},roledefid={role_id})"
    return twice(post(f"{securable}/{method}", call=Call.PERMISSIONS))


def remove_assignments(securable: str, *, principal_id: int) -> Question:
    """Let them do nothing there any more."""
    target = f"{securable}/roleassignments/getbyprincipalid({principal_id})"
    return delete(target, call=Call.PERMISSIONS)


def create_role(
    web: str, *, name: str, description: str, high: str, low: str, order: int
) -> Question:
    """Make a role definition."""
    rights = typed("SP.BasePermissions", {"High": high, "Low": low})
    document: dict[str, Json] = {
        "Name": name,
        "Description": description,
        "BasePermissions": rights,
        "Order": order,
    }
    return post(f"{api(web)}/web/roledefinitions", typed("SP.RoleDefinition", document))


def create_group(web: str, *, title: str, description: str) -> Question:
    """Make a group of the site collection."""
    document: dict[str, Json] = {"Title": title, "Description": description}
    return post(f"{api(web)}/web/sitegroups", typed("SP.Group", document))


def update_group(web: str, group_id: int, properties: Mapping[str, Json]) -> Question:
    """Change properties of a group."""
    return merge(f"{api(web)}/web/sitegroups({group_id})", typed("SP.Group", properties))


def add_member(web: str, group_id: int, login: str) -> Question:
    """Make somebody a member. Nobody is told: that takes another call, which is never made."""
    document = typed("SP.User", {"LoginName": login})
    return twice(post(f"{api(web)}/web/sitegroups({group_id})/users", document))


def ensure_user(web: str, login: str) -> Question:
    """Have the site know somebody; the answer says their id there. Nobody is told."""
    return twice(post(f"{api(web)}/web/ensureuser", {"logonName": login}))
