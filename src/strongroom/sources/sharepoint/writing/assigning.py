"""Giving things the permissions that were saved: who, by login or name, may do what, by role."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from strongroom.sources.sharepoint.writing.identities import Principals
from strongroom.sources.sharepoint.writing.sending import No, as_item_error, send, send_each
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.permissions import (
    add_assignment,
    break_inheritance,
    remove_assignments,
    reset_inheritance,
)
from strongroom.words.json import Json

LIMITED = frozenset({1073741825})
"""Roles that the server gives by itself, to let people pass to what lies deeper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who may do what.

    Attributes:
        principal: The saved person or group: login, title, email.
        roles: Names of roles.
    """

    principal: Mapping[str, Json]
    roles: tuple[str, ...]

    @property
    def who(self) -> str:
        """A name to show, and to compare by."""
        return str(self.principal.get("login") or self.principal.get("title") or "?")


def assignments_of(document: Json) -> list[Assignment]:
    """Read saved assignments, without what the server gives by itself."""
    rows = _mapping(document).get("assignments")
    found = []
    for one in rows if isinstance(rows, Sequence) and not isinstance(rows, str) else ():
        principal = _mapping(_mapping(one).get("principal"))
        roles = _mapping(one).get("roles")
        names = sorted(
            str(role.get("name") or "")
            for role in (roles if isinstance(roles, Sequence) else ())
            if isinstance(role, Mapping) and role.get("id") not in LIMITED
        )
        if names:
            found.append(Assignment(principal=principal, roles=tuple(names)))
    return found


def is_unique(document: Json) -> bool:
    """Say whether something had permissions of its own."""
    return not _mapping(document).get("inherits")


def _passes_only(assignment: Mapping[str, Any]) -> bool:
    bindings = assignment.get("RoleDefinitionBindings")
    ids = {one.get("Id") for one in bindings} if isinstance(bindings, list) else set()
    return bool(ids) and ids <= LIMITED


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


class Assigning:
    """Writes permissions. Safe in many threads.

    Args:
        rest: The connection.
        root: Path of the collection's root web.
        principals: Who is who there.
    """

    def __init__(self, rest: RestConnection, root: str, principals: Principals) -> None:
        self._rest = rest
        self._root = root
        self._principals = principals
        self._lock = threading.Lock()
        self._roles: dict[str, int] | None = None

    def assign(self, web: str, securable: str, document: Json) -> list[str]:
        """Give something the saved permissions in place of what it has.

        Args:
            web: Path of its web.
            securable: Its path.
            document: As saved.

        Returns:
            What of them could not be given.

        Raises:
            ItemError: the server does not let it have its own.
        """
        if not is_unique(document):
            self._certainly(reset_inheritance(securable))
            return []
        self._certainly(break_inheritance(securable))
        lost = self.add(web, securable, document)
        self._remove_others(web, securable, document)
        return lost

    def add(self, web: str, securable: str, document: Json) -> list[str]:
        """Give something the saved permissions beside those that it has.

        Returns:
            What of them could not be given.
        """
        wanted = assignments_of(document)
        questions, lost = self._questions(securable, wanted)
        answers = send_each(self._rest, web, [question for question, _ in questions])
        refused = (
            f"{who}: {answer.why}"
            for (_, who), answer in zip(questions, answers, strict=True)
            if isinstance(answer, No)
        )
        return [*lost, *refused]

    def _remove_others(self, web: str, securable: str, document: Json) -> None:
        """Take away whom it lets in beside those: us, whom the server put there, among them."""
        wanted = {self._principals.id(one.principal) for one in assignments_of(document)}
        names = "PrincipalId,RoleDefinitionBindings/Id"
        target = f"{securable}/roleassignments?$select={names}&$expand=RoleDefinitionBindings"
        there = [
            int(one.get("PrincipalId") or 0)
            for page in self._rest.rows(f"{target}&$top=5000", dict[str, Any])
            for one in page
            # Who may only pass to what lies deeper would lose that as well.
            if not _passes_only(one)
        ]
        questions = [
            remove_assignments(securable, principal_id=one) for one in there if one not in wanted
        ]
        if questions:
            send_each(self._rest, web, questions)

    def role_id(self, name: str) -> int | None:
        """Give the id of a role by its name."""
        with self._lock:
            if self._roles is None:
                target = f"{api(self._root)}/web/roledefinitions?$select=Id,Name"
                self._roles = {
                    str(one.get("Name")): int(one.get("Id") or 0)
                    for page in self._rest.rows(target, dict[str, Any])
                    for one in page
                }
            return self._roles.get(name)

    def forget_roles(self) -> None:
        """Look at them anew the next time."""
        with self._lock:
            self._roles = None

    def _questions(
        self, securable: str, wanted: Sequence[Assignment]
    ) -> tuple[list[tuple[Question, str]], list[str]]:
        found: list[tuple[Question, str]] = []
        lost: list[str] = []
        for one in wanted:
            principal_id = self._principals.id(one.principal)
            if principal_id is None and self._principals.is_named_lost(one.principal):
                continue
            if principal_id is None:
                lost.append(f"{one.who} is not known in the target")
                continue
            for name in one.roles:
                role_id = self.role_id(name)
                if role_id is None:
                    lost.append(f"the role {name!r} is not in the target")
                    continue
                question = add_assignment(securable, principal_id=principal_id, role_id=role_id)
                found.append((question, one.who))
        return found, lost

    def _certainly(self, question: Question) -> None:
        try:
            send(self._rest, question)
        except (SiteRefused, SiteDenied) as error:
            if error.status == 401:
                raise
            raise as_item_error(error, "Permissions were not written.") from error
