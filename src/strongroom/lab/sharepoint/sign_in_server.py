"""An organisation's own sign-in server, as ADFS is one: WS-Trust for programs, ``/adfs/``.

sts = SignInServer(estate, clock=clock)
sts.realms.add("urn:sharepoint:lab")
server.pages["/adfs/"] = sts.answer

Source:
    https://learn.microsoft.com/openspecs/windows_protocols/ms-adfspip
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from lxml import etree

from strongroom.clock import Clock
from strongroom.lab.estate.estate import Estate
from strongroom.lab.exchange.xml import Element, NotXml, escape, parse
from strongroom.lab.https import Request, Response

ONLINE = "urn:federation:MicrosoftOnline"
"""The realm of Microsoft's cloud."""

_S = "http://www.w3.org/2003/05/soap-envelope"
_A = "http://www.w3.org/2005/08/addressing"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_SAML = "urn:oasis:names:tc:SAML:1.0:assertion"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_UPN = "http://schemas.xmlsoap.org/claims"
_TRUST = {
    "/adfs/services/trust/13/usernamemixed": "http://docs.oasis-open.org/ws-sx/ws-trust/200512",
    "/adfs/services/trust/2005/usernamemixed": "http://schemas.xmlsoap.org/ws/2005/02/trust",
}
_LIFE_S = 3600.0


class SignInServer:
    """Signs people in for the realms that it knows. Safe in many threads.

    Attributes:
        realms: Who trusts it.
        is_enabled: Its endpoints for programs are on.
        issued: How many assertions it gave.
    """

    def __init__(self, estate: Estate, *, clock: Clock) -> None:
        self.realms: set[str] = {ONLINE}
        self.is_enabled = True
        self.issued = 0
        self._estate = estate
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        path = urlsplit(request.path).path.casefold()
        trust = _TRUST.get(path)
        if trust is None or request.method != "POST" or not self.is_enabled:
            return Response(status=404)
        try:
            asked = parse(request.body)
        except NotXml:
            return _fault("s:Receiver", "a:InternalServiceFault", "The request is no XML.")
        user, password = _text(asked, _WSSE, "Username"), _text(asked, _WSSE, "Password")
        account = self._estate.sign_in(user, password)
        if account is None:
            reason = "ID3242: The security token could not be authenticated or authorized."
            return _fault("s:Sender", "o:FailedAuthentication", reason)
        realm = _text(asked, _A, "Address", last=True)
        if realm not in self.realms:
            reason = "MSIS3020: The relying party trust with the identifier was not found."
            return _fault("s:Sender", "a:ActionNotSupported", reason)
        self.issued += 1
        return _given(trust, self._assertion(account.user, realm), realm, self._clock.now())

    def who(self, assertion: Element, realm: str) -> str | None:
        """Say whom an assertion speaks of; None if it is changed, late, or for another realm."""
        signature = assertion.find(_SIGNATURE)
        audience = _text(assertion, _SAML, "Audience")
        if signature is None or audience != realm:
            return None
        copy = etree.fromstring(etree.tostring(assertion))
        for one in copy.findall(_SIGNATURE):
            copy.remove(one)
        if not hmac.compare_digest(_text(signature, "*", "SignatureValue"), self._seal(copy)):
            return None
        conditions = next(assertion.iter(f"{{{_SAML}}}Conditions"))
        ends_at = datetime.fromisoformat(conditions.get("NotOnOrAfter", ""))
        if self._clock.now() >= ends_at:
            return None
        return _text(assertion, _SAML, "AttributeValue")

    def _assertion(self, user: str, realm: str) -> str:
        now = self._clock.now()
        ends_at = now + timedelta(seconds=_LIFE_S)
        body = (
            f'<saml:Assertion xmlns:saml="{_SAML}" MajorVersion="1" MinorVersion="1"'
            f' AssertionID="_{secrets.token_hex(16)}" Issuer="http://sts.lab.example/adfs/services'
            f'/trust" IssueInstant="{_time(now)}"><saml:Conditions NotBefore="{_time(now)}"'
            f' NotOnOrAfter="{_time(ends_at)}"><saml:AudienceRestrictionCondition><saml:Audience>'
            f"{escape(realm)}</saml:Audience></saml:AudienceRestrictionCondition></saml:Conditions>"
            f'<saml:AttributeStatement><saml:Attribute AttributeName="UPN"'
            f' AttributeNamespace="{_UPN}"><saml:AttributeValue>{escape(user)}'
            "</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"
        )
        seal = self._seal(etree.fromstring(body))
        signature = (
            '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignatureValue>'
            f"{seal}</ds:SignatureValue></ds:Signature>"
        )
        return body.replace("</saml:Assertion>", f"{signature}</saml:Assertion>")

    def _seal(self, assertion: Element) -> str:
        # A key of our own in place of XML signatures: what must be found out is the same, whether
        # anything of the assertion was changed on its way.
        written = etree.tostring(assertion, method="c14n", exclusive=True)
        return base64.b64encode(hmac.digest(self._key, written, hashlib.sha256)).decode()


def _given(trust: str, assertion: str, realm: str, now: datetime) -> Response:
    ends_at = now + timedelta(seconds=_LIFE_S)
    one = (
        f'<trust:RequestSecurityTokenResponse><trust:Lifetime><wsu:Created xmlns:wsu="{_WSU}">'
        f'{_time(now)}</wsu:Created><wsu:Expires xmlns:wsu="{_WSU}">{_time(ends_at)}</wsu:Expires>'
        '</trust:Lifetime><wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy">'
        f"<a:EndpointReference><a:Address>{escape(realm)}</a:Address></a:EndpointReference>"
        f"</wsp:AppliesTo><trust:RequestedSecurityToken>{assertion}"
        "</trust:RequestedSecurityToken></trust:RequestSecurityTokenResponse>"
    )
    if trust.startswith("http://docs"):
        # The newer of the two wraps its answers in a collection.
        name = "trust:RequestSecurityTokenResponseCollection"
        one = f"<{name}>{one}</{name}>"
    return _soap(f'<s:Body xmlns:trust="{trust}">{one}</s:Body>')


def _fault(code: str, subcode: str, reason: str) -> Response:
    return _soap(
        f"<s:Body><s:Fault><s:Code><s:Value>{code}</s:Value><s:Subcode><s:Value"
        f' xmlns:o="{_WSSE}">{subcode}</s:Value></s:Subcode></s:Code><s:Reason>'
        f'<s:Text xml:lang="en-US">{escape(reason)}</s:Text></s:Reason></s:Fault></s:Body>',
        status=500,
    )


def _soap(body: str, *, status: int = 200) -> Response:
    envelope = f'<s:Envelope xmlns:s="{_S}" xmlns:a="{_A}">{body}</s:Envelope>'
    return Response(
        status=status,
        headers=[("Content-Type", "application/soap+xml; charset=utf-8")],
        body=envelope.encode(),
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"


def _text(root: Element, namespace: str, name: str, *, last: bool = False) -> str:
    found = [node.text or "" for node in root.iter(f"{{{namespace}}}{name}")]
    return found[-1 if last else 0] if found else ""
