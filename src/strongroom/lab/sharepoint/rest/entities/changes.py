"""The change log, as ``getchanges`` tells it.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/jj247070(v=office.15)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from strongroom.lab.sharepoint.content.change_log import (
    Change,
    ChangeToken,
    ChangeType,
    Scope,
    Thing,
)
from strongroom.lab.sharepoint.content.refusals import TokenInvalid, TokenTooOld
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import token, type_id, user_name
from strongroom.lab.sharepoint.rest.entities.principals import user_entity
from strongroom.lab.sharepoint.rest.kinds import Args, Body, Collection, Entity, Getter, Kind
from strongroom.lab.sharepoint.rest.whole import whole

_PAGE_MAX = 1000

_THINGS: Mapping[Thing, str] = {
    Thing.ITEM: "Item",
    Thing.FILE: "File",
    Thing.FOLDER: "Folder",
    Thing.LIST: "List",
    Thing.WEB: "Web",
    Thing.SITE: "Site",
    Thing.FIELD: "Field",
    Thing.CONTENT_TYPE: "ContentType",
    Thing.VIEW: "View",
    Thing.USER: "User",
    Thing.GROUP: "Group",
}
"""The flag of a query that asks for changes of each thing."""

_TYPES: Mapping[ChangeType, tuple[str, ...]] = {
    ChangeType.ADD: ("Add",),
    ChangeType.UPDATE: ("Update",),
    ChangeType.DELETE: ("DeleteObject",),
    ChangeType.RENAME: ("Rename",),
    ChangeType.MOVE_AWAY: ("Move",),
    ChangeType.MOVE_INTO: ("Move",),
    ChangeType.RESTORE: ("Restore",),
    ChangeType.ROLE_ADD: ("RoleDefinitionAdd",),
    ChangeType.ROLE_DELETE: ("RoleDefinitionDelete",),
    ChangeType.ROLE_UPDATE: ("RoleDefinitionUpdate",),
    ChangeType.ASSIGNMENT_ADD: ("RoleAssignmentAdd",),
    ChangeType.ASSIGNMENT_DELETE: ("RoleAssignmentDelete",),
    ChangeType.MEMBER_ADD: ("GroupMembershipAdd",),
    ChangeType.MEMBER_DELETE: ("GroupMembershipDelete",),
    ChangeType.SYSTEM_UPDATE: ("SystemUpdate",),
    ChangeType.NAVIGATION: ("Navigation",),
    ChangeType.SCOPE_ADD: ("RoleAssignmentAdd", "SecurityPolicy"),
    ChangeType.SCOPE_DELETE: ("RoleAssignmentDelete", "SecurityPolicy"),
    ChangeType.LIST_CONTENT_TYPE_ADD: ("Update", "ContentType"),
    ChangeType.LIST_CONTENT_TYPE_DELETE: ("Update", "ContentType"),
}
"""The flags, one of which must be set."""


@dataclass(frozen=True, slots=True)
class Told:
    """A change, and for whom it is told."""

    change: Change
    scope: Scope
    guid: str


def get_changes(call: Call, scope: Scope, guid: str, args: Args) -> Collection:
    """Answer ``getchanges`` of a site, web or list.

    Raises:
        ApiError: the token is none, or too old.
    """
    query = args.part("query")
    log = call.collection.log
    limit = whole(query.get("FetchLimit"), _PAGE_MAX)
    try:
        found = log.since(
            scope,
            guid,
            start=_token(query.get("ChangeTokenStart")),
            end=_token(query.get("ChangeTokenEnd")),
            is_wanted=lambda one: _is_wanted(one, query),
        )
        page = list(islice(found, max(1, min(limit, _PAGE_MAX))))
    except TokenTooOld as error:
        # The text is documented; number and status are not confirmed.
        raise errors.failed(str(error), code=-2130575258, status=500) from error
    except TokenInvalid as error:
        raise errors.failed(str(error), code=-2147024809, status=400) from error
    rows = [Told(one, scope, guid) for one in page]
    return Collection(
        kind=_KIND,
        path=f"{args.path}/GetChanges",
        things=lambda: rows,
        item_path=lambda one: f"SP.Change{one.change.thing}{_guid_of(one.change)}",
        kind_of=lambda one: _LIST_KIND if one.change.thing is Thing.LIST else _KIND,
    )


def _guid_of(change: Change) -> str:
    return change.unique_id or change.object_id or change.list_id or change.web_id


def _token(value: object) -> ChangeToken | None:
    text = value.get("StringValue") if isinstance(value, Mapping) else value
    return ChangeToken.parse(str(text)) if text else None


def _is_wanted(one: Change, query: Body) -> bool:
    flags = {key.casefold() for key, value in query.items() if value is True}
    if _THINGS[one.thing].casefold() not in flags:
        return False
    return any(flag.casefold() in flags for flag in _TYPES.get(one.type, ()))


def _item(call: Call, change: Change) -> dict[str, object]:
    user = call.collection.principals.users.get(change.editor_id)
    return {
        "Editor": user_name(call, change.editor_id),
        "EditorEmailHint": (user.email or None) if user else None,
        "ItemId": change.item_id,
        "ListId": change.list_id,
        "ServerRelativeUrl": change.path,
        "SharedByUser": None,
        "SharedWithUsers": None,
        "UniqueId": change.unique_id,
        "WebId": change.web_id,
    }


def _list(call: Call, change: Change) -> dict[str, object]:
    found = call.collection.find_list(change.list_id)
    return {
        "BaseTemplate": found.base_template if found else 0,
        "Editor": "",
        "Hidden": found.settings.is_hidden if found else False,
        "ListId": change.list_id,
        "Title": found.title if found else "",
        "WebId": change.web_id,
    }


def _file(_: Call, change: Change) -> dict[str, object]:
    return {"UniqueId": change.unique_id, "WebId": change.web_id}


def _view(_: Call, change: Change) -> dict[str, object]:
    return {"ViewId": change.object_id, "ListId": change.list_id, "WebId": change.web_id}


_MORE: Mapping[Thing, Any] = {
    Thing.ITEM: _item,
    Thing.LIST: _list,
    Thing.FILE: _file,
    Thing.FOLDER: _file,
    Thing.VIEW: _view,
    Thing.WEB: lambda _, change: {"WebId": change.web_id},
    Thing.SITE: lambda _call, _change: {},
    Thing.FIELD: lambda _, change: {"FieldId": change.object_id, "WebId": change.web_id},
    Thing.CONTENT_TYPE: lambda _, change: {
        "ContentTypeId": type_id(change.object_id), "WebId": change.web_id
    },
    Thing.USER: lambda _, change: {"Activate": True, "UserId": change.principal_id},
    Thing.GROUP: lambda _, change: {"GroupId": change.principal_id},
}  # fmt: skip


def _columns(call: Call, one: Told) -> dict[str, object]:
    found: dict[str, object] = _MORE[one.change.thing](call, one.change)
    if one.change.thing is Thing.ITEM and not call.profile.has("online"):
        for name in ("Editor", "EditorEmailHint", "ServerRelativeUrl", "SharedByUser",
                     "SharedWithUsers", "UniqueId"):  # fmt: skip
            del found[name]
    return found


_VALUES: Mapping[str, Getter[Told]] = {
    "ChangeToken": lambda _, one: token(one.change.token(one.scope, one.guid)),
    "ChangeType": lambda _, one: int(one.change.type),
    "SiteId": lambda call, _: call.collection.id,
    "Time": lambda _, one: one.change.when,
}


def _creator(call: Call, one: Told, _: str) -> Entity | None:
    found = call.collection.principals.users.get(one.change.editor_id)
    return user_entity(found) if found is not None else None


_KIND: Kind[Told] = Kind(
    name="SP.Change",
    named=lambda one: f"SP.Change{one.change.thing}",
    values=_VALUES,
    columns=_columns,
)
_LIST_KIND: Kind[Told] = replace(_KIND, links={"Creator": _creator})
