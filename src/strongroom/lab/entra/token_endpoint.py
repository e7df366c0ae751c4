"""The token endpoint: every grant, one function each.

Source:
    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from strongroom.lab.entra import clients, policy
from strongroom.lab.entra.claims_request import read_claims
from strongroom.lab.entra.directory import Deed, Directory
from strongroom.lab.entra.errors import Refused
from strongroom.lab.entra.jwt import encode
from strongroom.lab.entra.minting import PUBLIC, Asked, Mint
from strongroom.lab.entra.scopes import Wanted, read_scope
from strongroom.lab.entra.sessions import Session
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One token request.

    Attributes:
        tenant: None where the path says ``organizations`` or ``common``.
        headers: Names in lower case.
    """

    tenant: Tenant | None
    tenant_name: str
    form: Mapping[str, str]
    headers: Mapping[str, str]

    def need(self, name: str) -> str:
        """Give a field of the form.

        Raises:
            Refused: 90014, it is missing.
        """
        value = self.form.get(name, "")
        if not value:
            raise Refused(90014, field=name)
        return value


class TokenEndpoint:
    """Answers token requests. The caller holds the directory's lock."""

    def __init__(self, directory: Directory, mint: Mint) -> None:
        self._directory = directory
        self._mint = mint
        self._grants: Mapping[str, Callable[[Ask], dict[str, object]]] = {
            "client_credentials": self._client_credentials,
            "authorization_code": self._authorization_code,
            "refresh_token": self._refresh_token,
            "password": self._password,
            DEVICE_CODE: self._device_code,
        }

    def answer(self, ask: Ask) -> dict[str, object]:
        """Give tokens.

        Raises:
            Refused: there are none.
        """
        grant_type = ask.form.get("grant_type", "")
        app_id = ask.form.get("client_id", "")
        try:
            answer = self._grants.get(grant_type, _unknown)(ask)
        except Refused as refused:
            self._note(grant_type, app_id, str(refused.code or refused.error))
            raise
        self._note(grant_type, app_id, "")
        return answer

    def _client_credentials(self, ask: Ask) -> dict[str, object]:
        tenant = ask.tenant
        if tenant is None:
            raise Refused(50059)
        application, asked = self._client(ask, tenant)
        if asked.proof == PUBLIC:
            raise Refused(7000216)
        wanted = self._read_scope(ask.need("scope"), tenant, application)
        if not wanted.is_default:
            raise Refused(70011, scope=ask.need("scope"))
        principal = tenant.principal(application.app_id)
        if principal is None:
            raise Refused(7000229, app=application.app_id, tenant=tenant.id)
        if tenant.is_blocked(user=None, app_id=application.app_id, flow="client_credentials"):
            raise Refused(53003)
        return self._mint.for_application(tenant, application, principal, wanted, asked)

    def _authorization_code(self, ask: Ask) -> dict[str, object]:
        code = self._directory.codes.get(ask.need("code"))
        if code is None:
            raise Refused(70000)
        session = code.session
        application, asked = self._client(ask, session.tenant)
        if asked.proof == PUBLIC and not policy.takes_public(application, code.redirect_uri):
            raise Refused(7000218)
        if session.app_id != application.app_id or not _is_here(ask, session.tenant):
            raise Refused(70000)
        if code.is_redeemed:
            raise Refused(54005)
        if self._directory.clock.now() >= code.ends_at:
            raise Refused(70008)
        if ask.need("redirect_uri") != code.redirect_uri:
            raise Refused(50011, redirect=ask.need("redirect_uri"), app=application.app_id)
        verifier = ask.form.get("code_verifier", "")
        if code.challenge and not _proves(verifier, code.challenge):
            raise Refused(501481)
        code.is_redeemed = True
        wanted = self._for_session(ask.form.get("scope") or code.scope, session, application, asked)
        return self._mint.for_user(session, application, wanted, asked, nonce=code.nonce)

    def _device_code(self, ask: Ask) -> dict[str, object]:
        flow = self._directory.devices.get(ask.need("device_code"))
        if flow is None or flow.app_id != ask.form.get("client_id"):
            raise Refused(70000)
        application, asked = self._client(ask, flow.tenant or ask.tenant)
        if asked.proof == PUBLIC and not application.is_public:
            raise Refused(7000218)
        now = self._directory.clock.now()
        if now >= flow.ends_at:
            raise Refused(70020)
        since, flow.asked_at = flow.asked_at, now
        if flow.state == "declined":
            raise Refused(0, error="authorization_declined")
        if flow.state == "redeemed":
            raise Refused(54005)
        if flow.session is None:
            if since is not None and (now - since).total_seconds() < flow.interval_s:
                flow.interval_s += _SLOWER_S
                raise Refused(0, error="slow_down")
            raise Refused(70016)
        wanted = self._for_session(flow.scope, flow.session, application, asked)
        flow.state = "redeemed"
        return self._mint.for_user(flow.session, application, wanted, asked)

    def _refresh_token(self, ask: Ask) -> dict[str, object]:
        held = self._directory.refresh_tokens.get(ask.need("refresh_token"))
        if held is None:
            raise Refused(70000)
        session = held.session
        application, asked = self._client(ask, session.tenant)
        is_open = application.is_public or application.public_redirects
        if asked.proof == PUBLIC and not is_open:
            raise Refused(7000218)
        if session.app_id != application.app_id or not _is_here(ask, session.tenant):
            raise Refused(70000)
        if self._directory.clock.now() >= held.ends_at:
            raise Refused(700082)
        if session.started_at < session.user.valid_from:
            raise Refused(50173)
        scope = ask.form.get("scope") or held.scope
        wanted = self._for_session(scope, session, application, asked)
        # Every refresh brings another refresh token, asked for or not.
        wanted = _with_offline_access(wanted)
        return self._mint.for_user(session, application, wanted, asked)

    def _password(self, ask: Ask) -> dict[str, object]:
        upn = ask.need("username")
        tenant = ask.tenant or self._directory.tenant_of_user(upn)
        if tenant is None:
            raise Refused(50034, user=upn, tenant=ask.tenant_name)
        application, asked = self._client(ask, tenant)
        if asked.proof == PUBLIC and not application.is_public:
            raise Refused(7000218)
        user = policy.check_password(tenant, upn, ask.need("password"))
        session = Session(
            tenant=tenant,
            user=user,
            app_id=application.app_id,
            flow="password",
            has_factor=False,
            contexts=frozenset(),
            started_at=self._directory.clock.now(),
        )
        wanted = self._for_session(ask.need("scope"), session, application, asked)
        return self._mint.for_user(session, application, wanted, asked)

    def _client(self, ask: Ask, tenant: Tenant | None) -> tuple[Application, Asked]:
        named = clients.client_id(ask.form, ask.headers)
        application = self._directory.application(named, tenant)
        names = {ask.tenant_name, *((tenant.id, *tenant.domains) if tenant else ())}
        audiences = frozenset(
            f"{self._mint.url}/{name}/{path}"
            for name in names
            for path in ("oauth2/v2.0/token", "v2.0", "oauth2/token")
        )
        proof = clients.prove(self._directory, application, ask.form, ask.headers, audiences)
        claims = read_claims(ask.form.get("claims", ""))
        return application, Asked(proof=proof, is_aware=claims.is_aware, contexts=claims.contexts)

    def _for_session(
        self, scope: str, session: Session, application: Application, asked: Asked
    ) -> Wanted:
        wanted = self._read_scope(scope, session.tenant, application)
        policy.check_session(session, application, wanted, contexts=asked.contexts)
        return wanted

    def _read_scope(self, text: str, tenant: Tenant, application: Application) -> Wanted:
        return read_scope(text, self._directory, tenant, app_name=application.name)

    def _note(self, grant_type: str, app_id: str, refusal: str) -> None:
        short = "device_code" if grant_type == DEVICE_CODE else grant_type
        self._directory.deeds.append(Deed(grant_type=short, app_id=app_id, refusal=refusal))


def _unknown(ask: Ask) -> dict[str, object]:
    raise Refused(70003, grant=ask.need("grant_type"))


def _is_here(ask: Ask, tenant: Tenant) -> bool:
    return ask.tenant is None or ask.tenant is tenant


def _proves(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(encode(digest).encode(), challenge.encode())


def _with_offline_access(wanted: Wanted) -> Wanted:
    if "offline_access" in wanted.open_id:
        return wanted
    return replace(wanted, open_id=(*wanted.open_id, "offline_access"))
