"""What a token says that it allows.

A token is for the server that it was made for, and its form may change; so what is read here is
told to a person, beside what the server itself does, and decides nothing.

Source:
    https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

import base64
import binascii
import re

import orjson

from strongroom.wire.sign_in import SignIn

_TOKEN = re.compile(r"Bearer [A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]{1,80}")


def permissions_in(sign_in: SignIn) -> frozenset[str] | None:
    """Give the application permissions (``roles``) or scopes of a sign-in's present token.

    Returns:
        None if it is no token, or not one that can be read.

    Raises:
        StrongroomError: there is no token to be had.
    """
    found = _TOKEN.fullmatch(sign_in.headers().get("Authorization", ""))
    if found is None:
        return None
    text = found[1]
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(claims, dict):
        return None
    roles, scopes = claims.get("roles"), claims.get("scp")
    named = roles if isinstance(roles, list) else scopes.split() if isinstance(scopes, str) else []
    return frozenset(one for one in named if isinstance(one, str) and _NAME.fullmatch(one))
