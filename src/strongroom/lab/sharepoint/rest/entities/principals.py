"""Users and groups of a site collection."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from strongroom.lab.sharepoint.content.principals import (
    SHAREPOINT_GROUP,
    Group,
    Principal,
    User,
)
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotFound
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import by_number, fixed, kind_of, known
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Body,
    Collection,
    Complex,
    Entity,
    Kind,
    Method,
)
from strongroom.lab.sharepoint.rights import Level


def user_entity(user: User) -> Entity:
    """Give a user an address."""
    return Entity(USER, user, f"Web/GetUserById({user.id})")


def principal_entity(principal: Principal, path: str) -> Entity:
    """Give a user or a group the address that it was reached by."""
    return Entity(USER if isinstance(principal, User) else GROUP, principal, path)


def principal_of(call: Call, number: int) -> Principal | None:
    """Find a user or a group."""
    principals = call.collection.principals
    return principals.users.get(number) or principals.groups.get(number)


def no_user() -> errors.ApiError:
    """Say that there is no such user."""
    return errors.failed("User cannot be found.", code=-2146232832, status=404)


def site_users(call: Call, _: object, path: str) -> Collection:
    """List all that the collection knows."""
    users = {key: one for key, one in call.collection.principals.users.items() if one.id < _SYSTEM}
    return _users(call, users, path)


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


def ensure_user(call: Call, _: object, args: Args) -> Entity:
    """Make somebody known to the collection."""
    login = args.text("logonName", 0)
    principals = call.collection.principals
    found = principals.by_login(login) or principals.by_email(login)
    if found is not None and not found.is_removed:
        return user_entity(found)
    try:
        return user_entity(principals.ensure_user(login))
    except NotFound as error:
        # Recorded: -2146232832 for somebody whom the directory does not know.
        raise errors.failed(
            f"The specified user {login} could not be found.", status=400
        ) from error


_SYSTEM = 1 << 30
"""Numbers from here on are accounts of the server."""


def _users(call: Call, users: dict[int, User], path: str, group: Group | None = None) -> Collection:
    principals = call.collection.principals

    def listed() -> Sequence[User]:
        return [one for one in users.values() if not one.is_removed]

    def by_login(call: Call, _: object, args: Args) -> Entity:
        found = principals.by_login(args.text("loginName", 0))
        if found is None or found.id not in users:
            raise no_user()
        return user_entity(found)

    def by_id(call: Call, _: object, args: Args) -> Entity:
        found = users.get(args.number("id", 0))
        if found is None:
            raise no_user()
        return user_entity(found)

    def by_email(call: Call, _: object, args: Args) -> Entity:
        found = principals.by_email(args.text("emailAddress", 0))
        if found is None or found.id not in users:
            raise no_user()
        return user_entity(found)

    def remove(user: User | None) -> None:
        if user is None:
            raise no_user()
        if group is not None:
            principals.remove_member(group, user)
        else:
            principals.remove_user(user)

    def create(call: Call, body: Body) -> User:
        return _add_member(call, group, str(body.get("LoginName", "")))

    return Collection(
        kind=USER,
        path=path,
        things=listed,
        find=by_number(users),
        create=create,
        item_path=lambda one: f"Web/GetUserById({one.id})",
        methods={
            "getbyid": Method(run=by_id),
            "getbyloginname": Method(run=by_login),
            "getbyemail": Method(run=by_email),
            "removebyid": Method(
                run=lambda call, _, args: remove(users.get(args.number("id", 0))),
                is_post=True,
                needs=Level.FULL,
            ),
            "removebyloginname": Method(
                run=lambda call, _, args: remove(principals.by_login(args.text("loginName", 0))),
                is_post=True,
                needs=Level.FULL,
            ),
        },
    )


def _add_member(call: Call, group: Group | None, login: str) -> User:
    principals = call.collection.principals
    try:
        user = principals.ensure_user(login)
    except NotFound as error:
        raise errors.failed(f"The specified user {login} could not be found.") from error
    if group is not None:
        principals.add_member(group, user)
    return user


def _members(call: Call, group: Group, path: str) -> Collection:
    users = call.collection.principals.users
    return _users(call, {one: users[one] for one in group.members if one in users}, path, group)


def _groups_of(call: Call, user: User, path: str) -> Collection:
    groups = call.collection.principals.groups
    mine = {key: groups[key] for key in call.collection.principals.groups_of(user.id)}
    return Collection(
        kind=GROUP,
        path=path,
        things=lambda: list(mine.values()),
        find=by_number(mine),
        item_path=lambda one: f"Web/SiteGroups/GetById({one.id})",
    )


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


def _user_id(user: User) -> Complex | None:
    if user.kind != 1:
        return None
    number = hashlib.sha256(user.login.encode()).hexdigest()[:12]
    return Complex(
        "SP.UserIdInfo",
        {"NameId": f"1003{number}", "NameIdIssuer": "urn:federation:microsoftonline"},
    )


USER: Kind[User] = known(
    Kind(
        name="SP.User",
        values={
            "Id": lambda _, user: user.id,
            "IsHiddenInUI": lambda _, user: False,
            "LoginName": lambda _, user: user.login,
            "Title": lambda _, user: user.title,
            "PrincipalType": lambda _, user: user.kind,
            "Email": lambda _, user: user.email,
            "Expiration": lambda _, user: "",
            "IsEmailAuthenticationGuestUser": lambda _, user: False,
            "IsShareByEmailGuestUser": lambda _, user: False,
            "IsSiteAdmin": lambda _, user: user.is_site_admin,
            "UserId": lambda _, user: _user_id(user),
            "UserPrincipalName": lambda _, user: user.email or None,
        },
        links={
            "Groups": _groups_of,
            "Alerts": lambda call, user, path: Collection(
                kind=kind_of("SP.Alert"), path=path, things=list, item_path=lambda _: path
            ),
        },
        since=dict.fromkeys(
            ("Expiration", "IsEmailAuthenticationGuestUser", "IsShareByEmailGuestUser",
             "UserPrincipalName"), "2019",
        ),
        update=lambda call, user, body: _update_user(user, body),
        remove=lambda call, user: call.collection.principals.remove_user(user),
    )
)  # fmt: skip


def _update_user(user: User, body: Body) -> None:
    if "IsSiteAdmin" in body:
        user.is_site_admin = bool(body["IsSiteAdmin"])
    user.title = str(body.get("Title", user.title))
    user.email = str(body.get("Email", user.email))


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
