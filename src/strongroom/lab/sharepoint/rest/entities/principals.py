"""Users and groups of a site collection."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from strongroom.lab.sharepoint.content.principals import (
    Group,
    Principal,
    User,
)
from strongroom.lab.sharepoint.content.refusals import NotFound
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import by_number, kind_of, known
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


def user_of(call: Call, number: int) -> Entity | None:
    """Give a user by number; None: there is none."""
    found = call.collection.principals.users.get(number)
    return user_entity(found) if found is not None else None


def principal_entity(principal: Principal, path: str) -> Entity:
    """Give a user or a group the address that it was reached by."""
    return Entity(USER if isinstance(principal, User) else kind_of("SP.Group"), principal, path)


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
    return users_of(call, users, path)


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


def users_of(
    call: Call, users: dict[int, User], path: str, group: Group | None = None
) -> Collection:
    """List users: of the collection, or the members of a group."""
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


def _groups_of(call: Call, user: User, path: str) -> Collection:
    groups = call.collection.principals.groups
    mine = {key: groups[key] for key in call.collection.principals.groups_of(user.id)}
    return Collection(
        kind=kind_of("SP.Group"),
        path=path,
        things=lambda: list(mine.values()),
        find=by_number(mine),
        item_path=lambda one: f"Web/SiteGroups/GetById({one.id})",
    )


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
