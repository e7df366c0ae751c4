"""``GetUserRealm.srf`` and ``extSTS.srf``: passwords for tokens, as Online's old clients had it.

Source:
    https://learn.microsoft.com/openspecs/windows_protocols/ms-wsse
"""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from urllib.parse import parse_qsl

from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.errors import Refused
from strongroom.lab.entra.policy import check_legacy
from strongroom.lab.exchange.xml import Element, NotXml, escape, parse
from strongroom.lab.https import Request, Response
from strongroom.lab.sharepoint.farm import Farm
from strongroom.lab.sharepoint.sign_in_server import ONLINE, SignInServer

_S = "http://www.w3.org/2003/05/soap-envelope"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_TRUST = "http://schemas.xmlsoap.org/ws/2005/02/trust"
_ADDRESSING = "http://www.w3.org/2005/08/addressing"
_SAML = "urn:oasis:names:tc:SAML:1.0:assertion"
_PSF = "http://schemas.microsoft.com/Passport/SoapServices/SOAPFault"
_TOKEN_S = 86_400.0

_WRONG_PASSWORD = "0x80048821"  # noqa: S105 - a fault's number
_OTHER = "0x80048800"
_WRONG = frozenset({50034, 50126})


class TokenService:
    """Signs people in by name and password alone."""

    def __init__(
        self, farm: Farm, directory: Directory, *, federation: SignInServer | None = None
    ) -> None:
        self._farm = farm
        self._directory = directory
        self._federation = federation

    def realm(self, request: Request) -> Response:
        """Say where somebody signs in."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        user = form.get("login", "")
        domain = user.rpartition("@")[2].casefold()
        elsewhere = self._farm.federated.get(domain)
        with self._directory.lock:
            is_known = self._directory.tenant_of_user(user) is not None
        if elsewhere is not None:
            kind, more = "Federated", f"<STSAuthURL>{escape(elsewhere)}</STSAuthURL>"
        else:
            kind, more = ("Managed" if is_known else "Unknown"), ""
        body = (
            '<RealmInfo Success="true"><State>4</State><UserState>2</UserState>'
            f"<Login>{escape(user)}</Login><NameSpaceType>{kind}</NameSpaceType>"
            f"<DomainName>{escape(domain)}</DomainName>{more}</RealmInfo>"
        )
        return _xml("text/xml; charset=utf-8", body)

    def issue(self, request: Request) -> Response:
        """Give a token for a name and a password."""
        if self._farm.legacy == "retired":
            return _page()
        try:
            envelope = parse(request.body)
        except NotXml:
            return _fault(_OTHER, "The request was not understood.")
        audience = _text(envelope, _ADDRESSING, "Address", last=True)
        assertion = next(envelope.iter(f"{{{_SAML}}}Assertion"), None)
        if assertion is not None:
            known = self._federation.who(assertion, ONLINE) if self._federation else None
            if known is None:
                return _fault(_OTHER, "AADSTS50008: SAML token is invalid.")
            return self._token(known, audience)
        user, password = _text(envelope, _WSSE, "Username"), _text(envelope, _WSSE, "Password")
        return self._by_password(user, password, audience)

    def _by_password(self, user: str, password: str, audience: str) -> Response:
        with self._directory.lock:
            tenant = self._directory.tenant_of_user(user)
            if tenant is None:
                return _fault(_WRONG_PASSWORD, "AADSTS50059: No tenant-identifying information.")
            try:
                known = check_legacy(tenant, user, password)
            except Refused as refused:
                said = refused.describe(
                    self._directory.clock.now(), self._directory.correlation_id()
                )
                return _fault(_WRONG_PASSWORD if refused.code in _WRONG else _OTHER, said)
        return self._token(known.upn, audience)

    def _token(self, user: str, audience: str) -> Response:
        now = self._farm.clock.now()
        token = f"t={self._farm.give(user, life_s=_TOKEN_S)}&p="
        ends_at = now + timedelta(seconds=_TOKEN_S)
        return _xml(
            "application/soap+xml; charset=utf-8",
            f'<S:Envelope xmlns:S="{_S}" xmlns:wst="{_TRUST}" xmlns:wsse="{_WSSE}"'
            f' xmlns:wsu="{_WSU}" xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy"'
            f' xmlns:wsa="{_ADDRESSING}"><S:Header/><S:Body><wst:RequestSecurityTokenResponse>'
            "<wst:TokenType>urn:passport:compact</wst:TokenType><wsp:AppliesTo>"
            f"<wsa:EndpointReference><wsa:Address>{escape(audience)}</wsa:Address>"
            "</wsa:EndpointReference></wsp:AppliesTo><wst:Lifetime>"
            f"<wsu:Created>{now:%Y-%m-%dT%H:%M:%SZ}</wsu:Created>"
            f"<wsu:Expires>{ends_at:%Y-%m-%dT%H:%M:%SZ}</wsu:Expires></wst:Lifetime>"
            '<wst:RequestedSecurityToken><wsse:BinarySecurityToken Id="Compact0">'
            f"{escape(token)}</wsse:BinarySecurityToken></wst:RequestedSecurityToken>"
            "</wst:RequestSecurityTokenResponse></S:Body></S:Envelope>",
        )


def token_in(text: str) -> str:
    """Take what ``TokenService`` gave out from ``t=…&p=``."""
    found = re.fullmatch(r"t=([A-Za-z0-9_-]+)&p=", text.strip())
    return found.group(1) if found else ""


def _fault(number: str, said: str) -> Response:
    return _xml(
        "application/soap+xml; charset=utf-8",
        f'<S:Envelope xmlns:S="{_S}"><S:Body><S:Fault><S:Code><S:Value>S:Sender</S:Value>'
        "</S:Code><S:Reason><S:Text>Authentication Failure</S:Text></S:Reason><S:Detail>"
        f'<psf:error xmlns:psf="{_PSF}"><psf:value>{number}</psf:value><psf:internalerror>'
        f"<psf:code>0x80041012</psf:code><psf:text>{escape(said)}</psf:text></psf:internalerror>"
        "</psf:error></S:Detail></S:Fault></S:Body></S:Envelope>",
    )


def _page() -> Response:
    page = (
        "<!DOCTYPE html><html><head><title>Sign in to your account</title>"
        '<meta charset="utf-8"></head><body><p>We are sorry, we cannot sign you in.<br></body>'
        f"<!-- {uuid.UUID(int=0)} --></html>"
    )
    return _xml("text/html; charset=utf-8", page)


def _xml(content_type: str, text: str) -> Response:
    return Response(headers=[("Content-Type", content_type)], body=text.encode())


def _text(root: Element, namespace: str, name: str, *, last: bool = False) -> str:
    found = [node.text or "" for node in root.iter(f"{{{namespace}}}{name}")]
    return found[-1 if last else 0] if found else ""
