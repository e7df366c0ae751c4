"""What an access token is worth: asked by every face of the lab that takes one.

``verify(token, audience)`` gives the claims of a good token or None. ``judge`` says also why not,
and what the 401 must carry: claims challenges (continuous access evaluation) are answers of APIs.

Source:
    https://learn.microsoft.com/entra/identity-platform/claims-challenge
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.jwt import NotAToken, read
from strongroom.lab.entra.tenant import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClaims:
    """A token that was found good.

    Attributes:
        resource: App id of the API it was made for.
        object_id: Of the user, or of the service principal.
        upn: None for an application.
        scopes: Delegated permissions; empty for an application.
        roles: Application permissions; empty for a user.
        directory_roles: Template ids of the user's roles in the directory.
        proof: ``"0"`` none, ``"1"`` secret, ``"2"`` certificate: SharePoint takes applications
            only with ``"2"``.
    """

    tenant_id: str
    app_id: str
    audience: str
    resource: str
    object_id: str
    upn: str | None
    scopes: frozenset[str]
    roles: frozenset[str]
    directory_roles: frozenset[str]
    proof: str
    issued_at: datetime
    expires_at: datetime

    @property
    def is_application(self) -> bool:
        """Nobody signed in: the application acts by itself."""
        return self.upn is None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefusal:
    """A token that is not good.

    Attributes:
        code: ``expired``, ``audience``, ``signature``, ``malformed``, ``revoked``, ``context``.
        claims: JSON that the client must pass on as ``claims``; empty without a challenge.
    """

    code: str
    claims: str = ""

    def challenge(self, authority: str) -> str:
        """Write the WWW-Authenticate header."""
        parts = ['Bearer realm=""', f'authorization_uri="{authority}/common/oauth2/authorize"']
        if self.claims:
            encoded = base64.b64encode(self.claims.encode()).decode()
            parts += ['error="insufficient_claims"', f'claims="{encoded}"']
        else:
            parts.append('error="invalid_token"')
        return ", ".join(parts)


class Verifier:
    """Judges tokens. Safe to call from many threads."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def verify(self, token: str, audience: str) -> TokenClaims | None:
        """Give the claims of a good token made for that audience (an address or an app id)."""
        found = self.judge(token, audience)
        return found if isinstance(found, TokenClaims) else None

    def judge(self, token: str, audience: str) -> TokenClaims | TokenRefusal:
        """Give the claims of a good token, or what is wrong with it."""
        with self._directory.lock:
            try:
                parts = read(token)
            except NotAToken:
                return TokenRefusal(code="malformed")
            if not self._directory.signer.is_mine(parts):
                return TokenRefusal(code="signature")
            tenant = self._directory.tenants.get(_text(parts.claims, "tid"))
            if tenant is None or _text(parts.claims, "ver") != "1.0":
                # An id token is signed by the same key and opens no API.
                return TokenRefusal(code="malformed")
            return self._judge(parts.claims, tenant, audience)

    def _judge(
        self, claims: Mapping[str, object], tenant: Tenant, audience: str
    ) -> TokenClaims | TokenRefusal:
        made_for = _text(claims, "aud")
        resource = self._directory.resource_of(made_for, tenant)
        if resource is None or not self._is_for(made_for, resource, audience, tenant):
            return TokenRefusal(code="audience")
        now = self._directory.clock.now()
        issued_at, expires_at = (_time(claims, name) for name in ("iat", "exp"))
        if not _time(claims, "nbf") <= now < expires_at:
            return TokenRefusal(code="expired")
        refusal = self._continuous(claims, tenant, issued_at)
        if refusal is not None:
            return refusal
        context = tenant.contexts.get(resource)
        if context is not None and context not in _texts(claims, "acrs"):
            wants = {"access_token": {"acrs": {"essential": True, "value": context}}}
            return TokenRefusal(code="context", claims=orjson.dumps(wants).decode())
        return TokenClaims(
            tenant_id=tenant.id,
            app_id=_text(claims, "appid"),
            audience=made_for,
            resource=resource,
            object_id=_text(claims, "oid"),
            upn=_text(claims, "upn") or None,
            scopes=frozenset(_text(claims, "scp").split()),
            roles=_texts(claims, "roles"),
            directory_roles=_texts(claims, "wids"),
            proof=_text(claims, "appidacr"),
            issued_at=issued_at,
            expires_at=expires_at,
        )

    def _is_for(self, made_for: str, resource: str, audience: str, tenant: Tenant) -> bool:
        if made_for.rstrip("/").casefold() == audience.rstrip("/").casefold():
            return True
        if self._directory.resource_of(audience, tenant) != resource:
            return False
        # Addresses of one API are one audience, but SharePoint's hosts are not each other's.
        return not {made_for, audience} <= {
            f"https://{host}" for host in _sharepoint_hosts(tenant.sharepoint_host)
        }

    def _continuous(
        self, claims: Mapping[str, object], tenant: Tenant, issued_at: datetime
    ) -> TokenRefusal | None:
        # Only a client that said it understands is challenged; the tokens of others live on until
        # they expire, whatever happened to the user: that is what the short lifetime is for.
        if "CP1" not in _texts(claims, "xms_cc"):
            return None
        object_id = _text(claims, "oid")
        whose = tenant.users.get(object_id) or tenant.principals.get(object_id)
        # Tokens tell whole seconds: one made in the second of the revocation is after it.
        if whose is not None and issued_at >= whose.valid_from.replace(microsecond=0):
            return None
        since = int(self._directory.clock.now().timestamp())
        wants = {"access_token": {"nbf": {"essential": True, "value": str(since)}}}
        return TokenRefusal(code="revoked", claims=orjson.dumps(wants).decode())


def _sharepoint_hosts(host: str) -> tuple[str, ...]:
    label, _, rest = host.partition(".")
    return (host, f"{label}-admin.{rest}", f"{label}-my.{rest}")


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name, "")
    return value if isinstance(value, str) else ""


def _texts(claims: Mapping[str, object], name: str) -> frozenset[str]:
    value = claims.get(name, ())
    return frozenset(str(one) for one in value) if isinstance(value, list) else frozenset()


def _time(claims: Mapping[str, object], name: str) -> datetime:
    value = claims.get(name, 0)
    return datetime.fromtimestamp(value if isinstance(value, int) else 0, tz=UTC)
