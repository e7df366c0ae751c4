"""Verbs of delegation: who is what, and who may do what with which things."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from strongroom.control import delegation as rows
from strongroom.control.delegation import Grant, RoleGiven
from strongroom.errors import OperatorError
from strongroom.service.callers import checked_account
from strongroom.service.connections import Connections
from strongroom.service.guard import ANYTHING
from strongroom.service.locating import locate
from strongroom.service.ports import Purpose
from strongroom.service.rights import GRANTED, Right, Role
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb

Named = tuple[str, str]
"""A storage or connection by name, and a resource of it, or ``*`` for all; ``*`` for all of them,
those too that are made later."""


class Delegation(Verbs):
    """The verbs. Safe in many threads."""

    noun = "delegation"

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        super().__init__(shared)
        self._connections = connections
        self._storages = storages

    @verb(Right.DELEGATE)
    def roles(self) -> list[RoleGiven]:
        """List who is what. The home's own account is administrator without being listed."""
        with self._shared.database.read() as db:
            return rows.all_roles(db)

    @verb(Right.DELEGATE, is_audited=True)
    def give_role(self, account: str, role: Role, *, label: str = "") -> bool:
        """Make an account an administrator, operator, restore operator or auditor.

        Args:
            account: Its stable id (``uid:1001``, ``sid:S-1-5-…``, ``entra:TENANT:OID``).
            role: What it is from now on, beside what it is already.
            label: What to call it in lists.

        Returns:
            Whether it was not that already.
        """
        given = RoleGiven(
            account=checked_account(account),
            role=Role(role),
            label=label,
            given_by=self._shared.session.caller.ids[0],
            at=self._shared.ports.clock.now(),
        )
        with self._shared.database.write() as db:
            return rows.give_role(db, given)

    @verb(Right.DELEGATE, is_audited=True)
    def take_role(self, account: str, role: Role) -> bool:
        """Take a role away, at once; say whether the account had it."""
        with self._shared.database.write() as db:
            return rows.take_role(db, account, role)

    @verb(Right.DELEGATE)
    def grants(self) -> list[Grant]:
        """List all grants."""
        with self._shared.database.read() as db:
            return rows.all_grants(db)

    @verb(Right.DELEGATE, is_audited=True)
    def grant(
        self,
        account: str,
        permission: Right,
        *,
        sources: Sequence[Named] = (),
        targets: Sequence[Named] = (),
    ) -> Grant:
        """Give an account a right over some things. They are kept by their ids, not by names.

        Args:
            account: Its stable id.
            permission: ``restore`` and ``restore-elsewhere`` need sources and targets,
                ``read-content`` sources, ``use-connection`` targets.
            sources: Storages and what lies in them.
            targets: Connections and what they reach; naming one mailbox asks its server.

        Raises:
            OperatorError: the right cannot be granted so, or a thing is not there.
        """
        _check_shape(permission, sources, targets)
        grant = Grant(
            id=secrets.token_hex(5),
            account=checked_account(account),
            permission=permission,
            sources=tuple(self._source(*one) for one in sources),
            targets=tuple(self._target(*one) for one in targets),
            given_by=self._shared.session.caller.ids[0],
            at=self._shared.ports.clock.now(),
        )
        with self._shared.database.write() as db:
            rows.add_grant(db, grant)
        return grant

    @verb(Right.DELEGATE, is_audited=True)
    def revoke(self, grant_id: str) -> None:
        """Take a grant away, at once.

        Raises:
            OperatorError: there is none of that id.
        """
        with self._shared.database.write() as db:
            if not rows.remove_grant(db, grant_id):
                raise OperatorError(
                    "There is no such grant.",
                    why="It was taken away already, or never was.",
                    hint="`strongroom role grants` lists those that there are, with their ids.",
                )

    def _source(self, storage: str, resource: str) -> str:
        if storage == ANYTHING:
            return ANYTHING
        record = self._storages.record(storage)
        if resource == ANYTHING:
            return f"{record.id}/{ANYTHING}"
        located = locate(self._storages.open(storage), resource)
        return f"{record.id}/{located.kind}:{located.id}"

    def _target(self, connection: str, resource: str) -> str:
        if connection == ANYTHING:
            return ANYTHING
        record = self._connections.record(connection)
        if resource == ANYTHING:
            return f"{record.id}/{ANYTHING}"
        with self._connections.open(record, Purpose.TEST) as server:
            found = server.resolve(resource)
        return f"{record.id}/{found.kind}:{found.id}"


def _check_shape(permission: Right, sources: Sequence[Named], targets: Sequence[Named]) -> None:
    needs = {
        Right.RESTORE: (True, True),
        Right.RESTORE_ELSEWHERE: (True, True),
        Right.READ_CONTENT: (True, False),
        Right.USE_CONNECTION: (False, True),
    }
    if needs.get(permission) != (bool(sources), bool(targets)):
        raise OperatorError(
            f"The right '{permission}' cannot be granted so.",
            why=f"These can: {', '.join(sorted(GRANTED))}; restores need sources and targets, "
            "reading sources, and using a connection targets.",
            hint="Other rights come with roles.",
        )
