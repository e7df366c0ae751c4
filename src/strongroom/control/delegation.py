"""Rows of roles and grants: who may do what. Inside the caller's transaction.

Accounts are known by stable ids alone (``uid:1001``, ``sid:S-1-5-…``, ``entra:TENANT:OID``).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import GRANTS, ROLES
from strongroom.control.upserts import insert_if_new

_ACCOUNTS: sa.BindParameter[str] = sa.bindparam("accounts", expanding=True)
GIVE_ROLE = insert_if_new(ROLES)
ALL_ROLES = sa.select(ROLES).order_by(ROLES.c.account, ROLES.c.role)
ROLES_OF = ALL_ROLES.where(ROLES.c.account.in_(_ACCOUNTS))
TAKE_ROLE = sa.delete(ROLES).where(
    ROLES.c.account == sa.bindparam("wanted"), ROLES.c.role == sa.bindparam("which")
)
ADD_GRANT = sa.insert(GRANTS)
ALL_GRANTS = sa.select(GRANTS).order_by(GRANTS.c.account, GRANTS.c.at, GRANTS.c.id)
GRANTS_OF = ALL_GRANTS.where(GRANTS.c.account.in_(_ACCOUNTS))
REMOVE_GRANT = sa.delete(GRANTS).where(GRANTS.c.id == sa.bindparam("wanted"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGiven:
    """A role of an account.

    Attributes:
        account: Its stable id.
        label: What to call it in lists; says nothing about who it is.
        given_by: Stable id of who gave it.
    """

    account: str
    role: str
    label: str
    given_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A right of an account over some things.

    Attributes:
        account: Its stable id.
        permission: The right.
        sources: Stored resources: ``STORAGE-ID/KIND:ID``, ``STORAGE-ID/*`` or ``*``.
        targets: Servers' resources: ``CONNECTION-ID/KIND:ID``, ``CONNECTION-ID/*`` or ``*``.
        given_by: Stable id of who gave it.
    """

    id: str
    account: str
    permission: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    given_by: str
    at: datetime


def give_role(db: sa.Connection, given: RoleGiven) -> bool:
    """Give a role; say whether the account did not have it."""
    values = {
        "account": given.account,
        "role": given.role,
        "label": given.label,
        "given_by": given.given_by,
        "at": rows.time_text(given.at),
    }
    return bool(db.execute(GIVE_ROLE, values).rowcount)


def all_roles(db: sa.Connection) -> list[RoleGiven]:
    """List all roles by account."""
    return [_role(row) for row in db.execute(ALL_ROLES).mappings()]


def roles_of(db: sa.Connection, accounts: Collection[str]) -> list[RoleGiven]:
    """List the roles of somebody who has these ids."""
    return [_role(row) for row in db.execute(ROLES_OF, {"accounts": list(accounts)}).mappings()]


def take_role(db: sa.Connection, account: str, role: str) -> bool:
    """Take a role away; say whether the account had it."""
    return bool(db.execute(TAKE_ROLE, {"wanted": account, "which": role}).rowcount)


def add_grant(db: sa.Connection, grant: Grant) -> None:
    """Keep a new grant."""
    db.execute(
        ADD_GRANT,
        {
            "id": grant.id,
            "account": grant.account,
            "permission": grant.permission,
            "sources": json.dumps(grant.sources),
            "targets": json.dumps(grant.targets),
            "given_by": grant.given_by,
            "at": rows.time_text(grant.at),
        },
    )


def all_grants(db: sa.Connection) -> list[Grant]:
    """List all grants by account."""
    return [_grant(row) for row in db.execute(ALL_GRANTS).mappings()]


def grants_of(db: sa.Connection, accounts: Collection[str]) -> list[Grant]:
    """List the grants of somebody who has these ids."""
    return [_grant(row) for row in db.execute(GRANTS_OF, {"accounts": list(accounts)}).mappings()]


def remove_grant(db: sa.Connection, grant_id: str) -> bool:
    """Take a grant away; say whether it was there."""
    return bool(db.execute(REMOVE_GRANT, {"wanted": grant_id}).rowcount)


def _role(row: sa.RowMapping) -> RoleGiven:
    fields: dict[str, Any] = dict(row)
    return RoleGiven(**{**fields, "at": rows.time_of(fields["at"])})


def _grant(row: sa.RowMapping) -> Grant:
    fields: dict[str, Any] = dict(row)
    return Grant(
        **{
            **fields,
            "sources": tuple(json.loads(fields["sources"])),
            "targets": tuple(json.loads(fields["targets"])),
            "at": rows.time_of(fields["at"]),
        }
    )
