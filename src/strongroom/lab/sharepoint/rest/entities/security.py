"""Who may do what: role definitions, assignments, and things that have permissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.permissions import RoleDefinition, Securable
from strongroom.lab.sharepoint.content.refusals import NotAllowed, NotFound
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities import principals
from strongroom.lab.sharepoint.rest.entities.common import by_number, known
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Body,
    Collection,
    Complex,
    Entity,
    Getter,
    Kind,
    Link,
    Method,
)
from strongroom.lab.sharepoint.rest.whole import whole
from strongroom.lab.sharepoint.rights import Level

_LOW = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one principal may do with one thing."""

    of: Securable
    principal_id: int
    role_ids: tuple[int, ...]


def mask(value: int) -> Complex:
    """Write rights."""
    return Complex("SP.BasePermissions", {"High": str(value >> 32), "Low": str(value & _LOW)})


def read_mask(value: object) -> int:
    """Read rights.

    Raises:
        ApiError: 400, these are none.
    """
    if isinstance(value, Mapping):
        high, low = str(value.get("High", "")), str(value.get("Low", ""))
        if high.isdecimal() and low.isdecimal() and len(high) < 11 and len(low) < 11:
            return int(high) << 32 | int(low)
    raise errors.bad_query("BasePermissions is missing or is not valid.")


def role_definitions(call: Call, _: object, path: str) -> Collection:
    """List the collection's role definitions."""
    roles = call.collection.role_definitions
    return Collection(
        kind=ROLE_DEFINITION,
        path=path,
        things=lambda: sorted(roles.values(), key=lambda one: one.order),
        find=by_number(roles),
        create=_create_role,
        item_path=lambda one: f"Web/RoleDefinitions({one.id})",
        methods={
            "getbyid": Method(run=lambda _c, _t, args: _role(roles.get(args.number("id", 0)))),
            "getbyname": Method(
                run=lambda _c, _t, args: _role(
                    next(
                        (one for one in roles.values()
                         if one.name.casefold() == args.text("name", 0).casefold()),
                        None,
                    )
                )
            ),
            "getbytype": Method(
                run=lambda _c, _t, args: _role(
                    next(
                        (
                            one
                            for one in roles.values()
                            if one.type_kind == args.number("roleType", 0)
                        ),
                        None,
                    )
                )
            ),
        },
    )  # fmt: skip


def role_assignments(call: Call, of: Securable, path: str) -> Collection:
    """List what principals may do with something, inherited or not."""
    held = {number: Assignment(of, number, roles) for number, roles in of.assignments.items()}

    def by_principal(call: Call, _: object, args: Args) -> Entity:
        found = held.get(args.number("principalid", 0))
        if found is None:
            number = args.number("principalid", 0)
            raise errors.failed(f"Can not find the principal with id: {number}.", status=404)
        return Entity(ROLE_ASSIGNMENT, found, f"{path}/GetByPrincipalId({found.principal_id})")

    return Collection(
        kind=ROLE_ASSIGNMENT,
        path=path,
        things=lambda: list(held.values()),
        find=by_number(held),
        item_path=lambda one: f"{path}/GetByPrincipalId({one.principal_id})",
        methods={
            "getbyprincipalid": Method(run=by_principal),
            "addroleassignment": Method(
                run=lambda call, _, args: _assign(call, of, args), is_post=True, needs=Level.FULL
            ),
            "removeroleassignment": Method(
                run=lambda call, _, args: _unassign(call, of, args), is_post=True, needs=Level.FULL
            ),
        },
    )


def _role(found: RoleDefinition | None) -> Entity:
    if found is None:
        raise errors.failed("Can not find the role definition.", status=404)
    return Entity(ROLE_DEFINITION, found, f"Web/RoleDefinitions({found.id})")


def _create_role(call: Call, body: Body) -> RoleDefinition:
    call.need(Level.FULL)
    name = str(body.get("Name", ""))
    if any(
        one.name.casefold() == name.casefold() for one in call.collection.role_definitions.values()
    ):
        raise errors.failed("The permission level name is already in use.", status=500)
    return call.collection.add_role(
        name,
        read_mask(body.get("BasePermissions")),
        description=str(body.get("Description") or ""),
        order=whole(body.get("Order"), 0),
        by=call.user_id,
    )


def _assign(call: Call, of: Securable, args: Args) -> None:
    try:
        of.add_assignment(
            args.number("principalid", 0), args.number("roledefid", 1), by=call.user_id
        )
    except NotAllowed as error:
        raise errors.failed(str(error), status=500) from error
    except NotFound as error:
        raise errors.failed(str(error), status=404) from error


def _unassign(call: Call, of: Securable, args: Args) -> None:
    try:
        of.remove_assignment(
            args.number("principalid", 0),
            by=call.user_id,
            role_id=args.number("roledefid", 1, default=0),
        )
    except NotAllowed as error:
        raise errors.failed(str(error), status=500) from error
    except NotFound as error:
        raise errors.failed(str(error), status=404) from error


def _break(call: Call, of: Securable, args: Args) -> None:
    of.break_inheritance(
        by=call.user_id,
        is_copied=args.flag("copyRoleAssignments", 0),
        clears_below=args.flag("clearSubscopes", 1),
    )


def _reset(call: Call, of: Securable, _: Args) -> None:
    of.reset_inheritance(by=call.user_id)


def _update_role(call: Call, role: RoleDefinition, body: Body) -> None:
    if "BasePermissions" in body:
        role.mask = read_mask(body["BasePermissions"])
    role.name = str(body.get("Name", role.name))
    role.description = str(body.get("Description", role.description) or "")
    role.order = whole(body.get("Order"), role.order)
    call.collection.root.note(ChangeType.ROLE_UPDATE, by=call.user_id)


def _member(call: Call, one: Assignment, path: str) -> Entity | None:
    found = principals.principal_of(call, one.principal_id)
    return principals.principal_entity(found, path) if found is not None else None


def _bindings(call: Call, one: Assignment, path: str) -> Collection:
    roles = call.collection.role_definitions
    return Collection(
        kind=ROLE_DEFINITION,
        path=path,
        things=lambda: [roles[number] for number in one.role_ids if number in roles],
        item_path=lambda role: f"Web/RoleDefinitions({role.id})",
    )


ROLE_DEFINITION: Kind[RoleDefinition] = known(
    Kind(
        name="SP.RoleDefinition",
        values={
            "BasePermissions": lambda _, role: mask(role.mask),
            "Description": lambda _, role: role.description or None,
            "Hidden": lambda _, role: role.is_hidden,
            "Id": lambda _, role: role.id,
            "Name": lambda _, role: role.name,
            "Order": lambda _, role: role.order,
            "RoleTypeKind": lambda _, role: role.type_kind,
        },
        update=_update_role,
        remove=lambda call, role: call.collection.delete_role(role.id, by=call.user_id),
    )
)

ROLE_ASSIGNMENT: Kind[Assignment] = known(
    Kind(
        name="SP.RoleAssignment",
        values={"PrincipalId": lambda _, one: one.principal_id},
        links={"Member": _member, "RoleDefinitionBindings": _bindings},
        remove=lambda call, one: one.of.remove_assignment(one.principal_id, by=call.user_id),
    )
)

LINKS: Mapping[str, Link[Any]] = {"RoleAssignments": role_assignments}
MORE: Mapping[str, Getter[Any]] = {
    "HasUniqueRoleAssignments": lambda _, of: of.has_unique_permissions,
    "EffectiveBasePermissions": lambda call, _: mask(call.rights),
}
METHODS: Mapping[str, Method[Any]] = {
    "breakroleinheritance": Method(run=_break, is_post=True, needs=Level.FULL),
    "resetroleinheritance": Method(run=_reset, is_post=True, needs=Level.FULL),
}
"""What webs, lists and items have alike."""
