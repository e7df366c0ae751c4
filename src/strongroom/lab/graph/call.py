"""One request to Graph, with the token it came with, and what that token may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.verify import TokenClaims
from strongroom.lab.entra.words import User
from strongroom.lab.graph.errors import bad_request, denied


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a handler is given.

    Attributes:
        path: The parts that the route's placeholders stand for.
        query: OData options and others.
        url: Where Graph answers, without the version.
    """

    claims: TokenClaims
    tenant: Tenant
    directory: Directory
    path: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    url: str

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
