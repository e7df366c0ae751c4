"""What a token says of itself: to explain what it opens, never to decide anything.

Whoever the token is for judges it; to a client it may be opaque some day, so all of it may be
missing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClaims:
    """What is readable in an access token; empty where nothing is.

    Attributes:
        tenant: Id of the tenant.
        application: Id of the application.
        principal: Object id of the person, or of the application's service principal.
        user: Name of the person; empty for an application.
        roles: Application permissions.
        scopes: Delegated permissions.
        is_readable: False: it is no token that can be read; nothing is known then.
    """

    tenant: str = ""
    application: str = ""
    principal: str = ""
    user: str = ""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    is_readable: bool = False


def claims_in(token: str) -> TokenClaims:
    """Read an access token of Entra ID.

    Source:
        https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """
    said = _payload(token)
    if said is None:
        return TokenClaims()
    roles = said.get("roles")
    return TokenClaims(
        tenant=_text(said, "tid"),
        application=_text(said, "appid") or _text(said, "azp"),
        principal=_text(said, "oid"),
        user=_text(said, "upn") or _text(said, "preferred_username"),
        roles=frozenset(one for one in roles if isinstance(one, str))
        if isinstance(roles, list)
        else frozenset(),
        scopes=frozenset(_text(said, "scp").split()),
        is_readable=True,
    )


def _payload(token: str) -> Mapping[str, Any] | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        said = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    return said if isinstance(said, dict) else None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""
