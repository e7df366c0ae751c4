"""Tokens as the token endpoint gives them: access, id and refresh token, and client_info."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import orjson

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.jwt import encode
from strongroom.lab.entra.scopes import Wanted
from strongroom.lab.entra.sessions import RefreshToken, Session
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, ServicePrincipal

PUBLIC, SECRET, CERTIFICATE = "0", "1", "2"  # appidacr: how the application proved itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a token request brought along.

    Attributes:
        proof: ``PUBLIC``, ``SECRET`` or ``CERTIFICATE``.
        is_aware: The client understands claims challenges (``xms_cc`` names CP1).
        contexts: Authentication contexts that the token shall carry.
    """

    proof: str
    is_aware: bool = False
    contexts: frozenset[str] = frozenset()


class Mint:
    """Makes tokens of one directory.

    Attributes:
        url: Where the face answers, with the port and ``/entra``.
    """

    def __init__(self, directory: Directory, url: str) -> None:
        self._directory = directory
        self.url = url

    def for_application(
        self,
        tenant: Tenant,
        application: Application,
        principal: ServicePrincipal,
        wanted: Wanted,
        asked: Asked,
    ) -> dict[str, object]:
        """Answer client credentials: one access token, with the roles that were granted."""
        from_id = {one.id: one.value for one in _permissions(wanted)}
        roles = sorted(
            from_id[one.role_id]
            for one in tenant.assignments(principal, wanted.resource)
            if one.role_id in from_id
        )
        claims: dict[str, object] = {"idtyp": "app", "oid": principal.id, "sub": principal.id}
        if roles:
            claims["roles"] = roles
        life_s, token = self._access(tenant, application, wanted, asked, claims)
        return _answer(token, life_s)

    def for_user(
        self,
        session: Session,
        application: Application,
        wanted: Wanted,
        asked: Asked,
        *,
        nonce: str = "",
    ) -> dict[str, object]:
        """Answer every grant that acts for a person."""
        tenant, user = session.tenant, session.user
        scopes = sorted(tenant.consented(application.app_id, wanted.resource, user))
        contexts = sorted(session.contexts | asked.contexts)
        claims: dict[str, object] = {
            "idtyp": "user",
            "oid": user.id,
            "sub": _pairwise(user.id, wanted.resource),
            "scp": " ".join(scopes),
            "upn": user.upn,
            "unique_name": user.upn,
            "name": user.name,
            "amr": ["pwd", "mfa"] if session.has_factor else ["pwd"],
            "wids": sorted(user.roles),
            **({"acrs": contexts} if contexts else {}),
        }
        life_s, token = self._access(tenant, application, wanted, asked, claims)
        info = {"uid": user.id, "utid": tenant.id}
        echo = [*wanted.echo, *(word for word in wanted.open_id if word != "offline_access")]
        prefix = f"{wanted.audience}/" if any("/" in word for word in wanted.echo) else ""
        # Whatever else was consented to comes along, as at Microsoft's.
        echo += [f"{prefix}{name}" for name in scopes if f"{prefix}{name}" not in echo]
        answer = _answer(token, life_s) | {
            "scope": " ".join(echo),
            "client_info": encode(orjson.dumps(info)),
        }
        if "openid" in wanted.open_id:
            answer["id_token"] = self._id_token(session, application, nonce)
        if "offline_access" in wanted.open_id:
            answer["refresh_token"] = self._refresh_token(session, wanted)
        return answer

    def _access(
        self,
        tenant: Tenant,
        application: Application,
        wanted: Wanted,
        asked: Asked,
        claims: Mapping[str, object],
    ) -> tuple[int, str]:
        habits = self._directory.habits
        life_s = habits.aware_access_s if asked.is_aware else habits.access_s
        now = int(self._directory.clock.now().timestamp())
        whole: dict[str, object] = {
            "aud": wanted.audience,
            "iss": f"https://sts.windows.net/{tenant.id}/",
            "iat": now,
            "nbf": now,
            "exp": now + life_s,
            "appid": application.app_id,
            "appidacr": asked.proof,
            "app_displayname": application.name,
            "tid": tenant.id,
            "uti": self._directory.draw()[:22],
            "ver": "1.0",
            **claims,
        }
        if asked.is_aware:
            whole["xms_cc"] = ["CP1"]
        return life_s, self._directory.signer.sign(whole)

    def _id_token(self, session: Session, application: Application, nonce: str) -> str:
        now = int(self._directory.clock.now().timestamp())
        claims: dict[str, object] = {
            "aud": application.app_id,
            "iss": f"{self.url}/{session.tenant.id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "sub": _pairwise(session.user.id, application.app_id),
            "oid": session.user.id,
            "tid": session.tenant.id,
            "name": session.user.name,
            "preferred_username": session.user.upn,
            "email": session.user.upn,
            "ver": "2.0",
        }
        if nonce:
            claims["nonce"] = nonce
        return self._directory.signer.sign(claims)

    def _refresh_token(self, session: Session, wanted: Wanted) -> str:
        text = f"1.{self._directory.draw()}"
        now = self._directory.clock.now()
        self._directory.refresh_tokens[text] = RefreshToken(
            session=session,
            scope=" ".join((*wanted.echo, *wanted.open_id)),
            ends_at=now + timedelta(seconds=self._directory.habits.refresh_s),
        )
        return text


def _permissions(wanted: Wanted) -> tuple[well_known.Permission, ...]:
    return well_known.RESOURCES[wanted.resource].permissions


def _answer(token: str, life_s: int) -> dict[str, object]:
    return {
        "token_type": "Bearer",
        "expires_in": life_s,
        "ext_expires_in": life_s,
        "access_token": token,
    }


def _pairwise(user_id: str, app_id: str) -> str:
    # The subject differs per application, so that two of them cannot compare their users.
    return encode(hashlib.sha256(f"{user_id} {app_id}".encode()).digest())
