"""One request to Graph, with the token it came with, and what that token may do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.verify import TokenClaims
from strongroom.lab.entra.words import User
from strongroom.lab.faults import Fault
from strongroom.lab.graph.errors import bad_request, denied

if TYPE_CHECKING:  # the store of mailboxes speaks of calls
    from strongroom.lab.graph.mailbox.places import MailStore

_PREFERENCE = re.compile(r'\s*([\w.\-]+)\s*(?:=\s*(?:"([^"]*)"|([^\s,;]+)))?\s*(?:[,;]|$)')
_IMMUTABLE = "ImmutableId"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a handler is given.

    Attributes:
        path: The parts that the route's placeholders stand for.
        query: OData options and others.
        headers: Names in lower case.
        url: Where Graph answers, without the version.
        version: ``v1.0`` or ``beta``.
        target: Path and query below the version, as they came.
        mail: The mailboxes.
        fault: What is to go wrong with the items of this request.
        is_in_batch: It is one of several questions.
        applied: Preferences of the client that were honoured.
    """

    claims: TokenClaims
    tenant: Tenant
    directory: Directory
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes
    url: str
    version: str = "v1.0"
    target: str = ""
    mail: MailStore
    fault: Fault | None = None
    is_in_batch: bool = False
    applied: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """Where Graph answers, with the version."""
        return f"{self.url}/{self.version}"

    @property
    def route(self) -> str:
        """The path below the version, as it came."""
        return self.target.partition("?")[0]

    @property
    def wants_immutable_ids(self) -> bool:
        """Whether the client asks for ids that moving does not change, and gets them."""
        wants = self.preference("idtype", is_honoured=False) == _IMMUTABLE
        if wants and self.mail.habits.honours_immutable_ids:
            self._honour(f'IdType="{_IMMUTABLE}"')
            return True
        return False

    def preference(self, name: str, *, is_honoured: bool = True) -> str | None:
        """Give the value of something that the client prefers, or None."""
        for found in _PREFERENCE.finditer(self.headers.get("prefer", "")):
            if found[1].casefold() == name:
                value = found[2] if found[2] is not None else found[3] or ""
                if is_honoured:
                    self._honour(f"{found[1]}={value}")
                return value
        return None

    def json(self) -> dict[str, object]:
        """Read the body.

        Raises:
            GraphError: 400, it is no JSON object.
        """
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise bad_request("Unable to read JSON request payload.") from error
        if not isinstance(found, dict):
            raise bad_request("Unable to read JSON request payload.")
        return found

    def parameters(self) -> dict[str, object]:
        """Read the parameters of an action, by their names in lower case.

        The schema spells them ``ItemIds``, and so do clients made from it; the documentation, and
        those who read it, write ``itemIds``. Both are taken.

        Raises:
            GraphError: 400, the body is no JSON object.
        """
        return {name.casefold(): value for name, value in self.json().items()}

    def need(self, *rights: str) -> None:
        """Let only a token go on that carries one of the rights, as scope or as role.

        Raises:
            GraphError: 403, it carries none.
        """
        held = self.claims.roles if self.claims.is_application else self.claims.scopes
        if not held & set(rights):
            raise denied()

    def need_role(self, roles: frozenset[str]) -> None:
        """Let only a user go on who holds one of the directory roles; applications need none.

        Raises:
            GraphError: 403.
        """
        if not self.claims.is_application and not self.user().roles & roles:
            raise denied()

    def user(self) -> User:
        """Give the person who signed in.

        Raises:
            GraphError: 400, nobody did.
        """
        user = self.tenant.users.get(self.claims.object_id)
        if user is None:
            raise bad_request("/me request is only valid with delegated authentication flow.")
        return user

    def _honour(self, told: str) -> None:
        if told not in self.applied:
            self.applied.append(told)
