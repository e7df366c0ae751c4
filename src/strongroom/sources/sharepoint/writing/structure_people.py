"""Roles, groups, and who may do what in a web or a list."""

from __future__ import annotations

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing.definition import (
    Definition,
    number_of,
    rows_of,
    text_of,
)
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.owning import write_saved_owner
from strongroom.sources.sharepoint.writing.sending import send
from strongroom.sources.sharepoint.writing.standing import Document
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.permissions import (
    add_member,
    create_group,
    create_role,
    update_group,
)
from strongroom.wire.sharepoint.writing.request import merge, typed
from strongroom.words.json import Json

_GROUP_SETTINGS = (
    *("Description", "AllowMembersEditMembership", "AllowRequestToJoinLeave"),
    *("AutoAcceptRequestToJoinLeave", "OnlyAllowMembersViewMembership"),
)
_BUILT_IN_MAX = 1073741930
"""Ids of roles up to here are the same in every site, and so is what they allow at first."""


def write_role(means: Means, definition: Definition) -> str:
    """Have a role of that name that allows what it allowed."""
    name = definition.text("Name")
    rights = definition.mapping("BasePermissions")
    high, low = (str(rights.get(half) or "0") for half in ("High", "Low"))
    there = means.assigning.role_id(name)
    if there is None:
        question = create_role(
            definition.web,
            name=name,
            description=definition.text("Description"),
            high=high,
            low=low,
            order=number_of(definition.document, "Order"),
        )
        told = send(means.rest, question).read(Document)
        means.assigning.forget_roles()
        return str(told.get("Id") or "")
    is_own = number_of(definition.document, "Id") > _BUILT_IN_MAX
    if is_own and definition.may_change:
        properties: dict[str, Json] = {
            "Description": definition.text("Description"),
            "BasePermissions": typed("SP.BasePermissions", {"High": high, "Low": low}),
        }
        target = f"{api(definition.web)}/web/roledefinitions({there})"
        send(means.rest, merge(target, typed("SP.RoleDefinition", properties)))
    return str(there)


def write_group(means: Means, definition: Definition) -> str:
    """Have a group of that name with its members; nobody is told that they became one."""
    title = definition.text("Title") or definition.text("LoginName")
    principals = means.identities.principals
    group_id = principals.group(title)
    is_new = group_id is None
    if group_id is None:
        description = definition.text("Description")
        question = create_group(definition.web, title=title, description=description)
        told = send(means.rest, question).read(Document)
        group_id = int(told.get("Id") or 0)
        principals.learn_group(title, group_id)
    if is_new or definition.may_change:
        _fill_group(means, definition, group_id)
        write_saved_owner(means, definition, group_id)
    return str(group_id)


def _fill_group(means: Means, definition: Definition, group_id: int) -> None:
    document = definition.document
    changes: dict[str, Json] = {
        name: document[name] for name in _GROUP_SETTINGS if document.get(name) is not None
    }
    if changes:
        send(means.rest, update_group(definition.web, group_id, changes))
    lost = []
    for user in rows_of(document, "Users"):
        login = means.identities.principals.login(
            {
                "login": text_of(user, "login"),
                "title": text_of(user, "title"),
                "email": text_of(user, "email"),
            }
        )
        if login is None:
            lost.append(text_of(user, "login") or text_of(user, "title"))
        else:
            send(means.rest, add_member(definition.web, group_id, login))
    if lost:
        title = definition.text("Title")
        means.tell(f"The group {title!r} lacks members who are not known: {', '.join(lost)}.")


def write_permissions(means: Means, definition: Definition) -> str:
    """Give a web or a list its saved permissions."""
    document = definition.document
    stable = "own"
    if not definition.may_change:
        return stable
    is_root = not definition.list_id and definition.web == definition.site.root
    if is_root:
        # The root has nobody above it to inherit from, and must not lock us out of itself.
        lost = means.assigning.add(definition.web, definition.owner, document)
    else:
        lost = means.assigning.assign(definition.web, definition.owner, document)
    if lost:
        raise ItemError(
            "Not all permissions were written.",
            code="permissions",
            is_permanent=True,
            why="; ".join(lost),
        )
    return stable
