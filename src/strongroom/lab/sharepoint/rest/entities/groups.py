"""Groups of a site collection."""

from __future__ import annotations

from strongroom.lab.sharepoint.content.principals import (
    SHAREPOINT_GROUP,
    Group,
)
from strongroom.lab.sharepoint.content.refusals import AlreadyExists
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import by_number, fixed, known
from strongroom.lab.sharepoint.rest.entities.principals import (
    no_user,
    principal_entity,
    principal_of,
    users_of,
)
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Body,
    Collection,
    Entity,
    Kind,
    Method,
)
from strongroom.lab.sharepoint.rights import Level


def site_groups(call: Call, _: object, path: str) -> Collection:
    """List the collection's groups."""
    groups = call.collection.principals.groups
    return Collection(
        kind=GROUP,
        path=path,
        things=lambda: list(groups.values()),
        find=by_number(groups),
        create=_create_group,
        item_path=lambda one: f"Web/SiteGroups/GetById({one.id})",
        methods={
            "getbyid": Method(
                run=lambda call, _, args: _group_by(call, groups.get(args.number("id", 0)))
            ),
            "getbyname": Method(
                run=lambda call, _, args: _group_by(
                    call, call.collection.principals.group_by_name(args.text("name", 0))
                )
            ),
            "removebyid": Method(
                run=lambda call, _, args: _remove_group(call, groups.get(args.number("id", 0))),
                is_post=True,
                needs=Level.FULL,
            ),
            "removebyloginname": Method(
                run=lambda call, _, args: _remove_group(
                    call, call.collection.principals.group_by_name(args.text("loginName", 0))
                ),
                is_post=True,
                needs=Level.FULL,
            ),
        },
    )


def _members(call: Call, group: Group, path: str) -> Collection:
    users = call.collection.principals.users
    return users_of(call, {one: users[one] for one in group.members if one in users}, path, group)


def _group_by(call: Call, found: Group | None) -> Entity:
    if found is None:
        raise errors.failed("Group cannot be found.", code=-2146232832, status=404)
    return Entity(GROUP, found, f"Web/SiteGroups/GetById({found.id})")


def _create_group(call: Call, body: Body) -> Group:
    call.need(Level.FULL)
    try:
        made = call.collection.principals.add_group(
            str(body.get("Title", "")),
            description=str(body.get("Description") or ""),
            owner_id=call.user_id,
        )
    except AlreadyExists as error:
        raise errors.failed(str(error), code=-2130575293, status=500) from error
    _set(made, body)
    return made


def _update_group(call: Call, group: Group, body: Body) -> None:
    other = call.collection.principals.group_by_name(str(body.get("Title", "")))
    if other is not None and other is not group:
        raise errors.failed("The specified name is already in use.", code=-2130575293, status=500)
    group.title = str(body.get("Title", group.title))
    group.description = (
        str(body.get("Description") or "") if "Description" in body else group.description
    )
    _set(group, body)
    call.collection.principals.update_group(group)


def _set(group: Group, body: Body) -> None:
    for name, attribute in _FLAGS.items():
        if name in body:
            setattr(group, attribute, bool(body[name]))
    if "RequestToJoinLeaveEmailSetting" in body:
        group.request_address = str(body["RequestToJoinLeaveEmailSetting"] or "")


_FLAGS = {
    "AllowMembersEditMembership": "allows_members_to_edit",
    "AllowRequestToJoinLeave": "allows_requests",
    "AutoAcceptRequestToJoinLeave": "accepts_requests",
    "OnlyAllowMembersViewMembership": "is_membership_hidden",
}


def _remove_group(call: Call, group: Group | None) -> None:
    if group is None:
        raise errors.failed("Group cannot be found.", code=-2146232832, status=404)
    call.collection.principals.remove_group(group)


def _owner(call: Call, group: Group, path: str) -> Entity | None:
    found = principal_of(call, group.owner_id)
    return principal_entity(found, path) if found is not None else None


def _set_owner(call: Call, group: Group, args: Args) -> None:
    number = args.number("ownerId", 0)
    if principal_of(call, number) is None:
        raise no_user()
    group.owner_id = number
    call.collection.principals.update_group(group)


def _owner_title(call: Call, group: Group) -> str:
    found = principal_of(call, group.owner_id)
    return found.title if found is not None else ""


GROUP: Kind[Group] = known(
    Kind(
        name="SP.Group",
        values={
            "Id": lambda _, group: group.id,
            "IsHiddenInUI": lambda _, group: False,
            "LoginName": lambda _, group: group.login,
            "Title": lambda _, group: group.title,
            "PrincipalType": lambda _, group: SHAREPOINT_GROUP,
            "AllowMembersEditMembership": lambda _, group: group.allows_members_to_edit,
            "AllowRequestToJoinLeave": lambda _, group: group.allows_requests,
            "AutoAcceptRequestToJoinLeave": lambda _, group: group.accepts_requests,
            "Description": lambda _, group: group.description or None,
            "OnlyAllowMembersViewMembership": lambda _, group: group.is_membership_hidden,
            "OwnerTitle": _owner_title,
            "RequestToJoinLeaveEmailSetting": lambda _, group: group.request_address or None,
        },
        more=fixed({
            "CanCurrentUserEditMembership": True,
            "CanCurrentUserManageGroup": True,
            "CanCurrentUserViewMembership": True,
        }),
        links={"Users": _members, "Owner": _owner},
        update=_update_group,
        remove=_remove_group,
        methods={
            "setuserasowner": Method(run=_set_owner, is_post=True, needs=Level.FULL),
        },
    )
)  # fmt: skip

known(Kind(name="SP.Alert"))
