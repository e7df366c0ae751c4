"""An organisation's own sign-in server (ADFS and its like): a name and a password for an assertion.

Source:
    https://learn.microsoft.com/openspecs/windows_protocols/ms-wstep
    http://docs.oasis-open.org/ws-sx/ws-trust/200512/ws-trust-1.3-os.html
"""

from __future__ import annotations

import re

from lxml import etree

from strongroom.errors import OperatorError, SignInEnded
from strongroom.wire.autodiscover.xml import Element, text
from strongroom.wire.origins import Origin
from strongroom.wire.sharepoint.sealed import SealedHttp, not_understood, opened_answer, told

USERNAME_MIXED = "/adfs/services/trust/13/usernamemixed"
"""Where ADFS takes user names and passwords from programs."""

_ASSERTIONS = frozenset(
    {"urn:oasis:names:tc:SAML:1.0:assertion", "urn:oasis:names:tc:SAML:2.0:assertion"}
)
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_TRUST_13 = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
_TRUST_2005 = "http://schemas.xmlsoap.org/ws/2005/02/trust"
_NO_PROOF_KEY = "http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey"
_NUMBER = re.compile(r"\b(?:ID|MSIS)\d{4}\b")
_WRONG = re.compile(r"FailedAuthentication|FailedCheck|InvalidSecurityToken")


def issue_assertion(http: SealedHttp, url: str, user: str, password: str, *, realm: str) -> str:
    r"""Sign in, and give the assertion as it was signed, an XML element.

    Args:
        http: Sends to sealed origins.
        url: The server's address for user names and passwords.
        user: As the organisation knows it: ``user@domain`` or ``DOMAIN\user``.
        password: Sent to that server alone.
        realm: Whom the assertion is for; the server has to know it.

    Raises:
        ForbiddenOrigin: the server is not sealed; nothing was sent.
        SignInEnded: it refuses the user.
        OperatorError: it answers nothing that makes sense, or sends us elsewhere.
    """
    answer = http.send(
        "POST",
        url,
        named_by="the user's realm",
        headers={"Content-Type": "application/soap+xml; charset=utf-8"},
        body=_request(url, user, password, realm).encode(),
    )
    http.check_not_redirected(answer, url)
    if answer.status == 404:
        raise _not_offered(url)
    envelope = opened_answer(answer, url)
    fault = next(envelope.iter("{*}Fault"), None)
    if fault is not None:
        raise _refusal(fault, url, user)
    assertion = next(envelope.iter("{*}Assertion"), None)
    if assertion is None or etree.QName(assertion).namespace not in _ASSERTIONS:
        raise not_understood(url, answer.status)
    # Taken out as it is: every change would break its signature.
    return etree.tostring(assertion, encoding="unicode", with_tail=False)


def _refusal(fault: Element, url: str, user: str) -> OperatorError:
    codes = " ".join((node.text or "")[:200] for node in fault.iter("{*}Value"))
    reason = text(fault, "Reason", "Text") or text(fault, "faultstring")
    number = _NUMBER.search(reason)
    named = f" ({number[0]})" if number else ""
    host = Origin.of(url).host
    if _WRONG.search(codes):
        return SignInEnded(
            f"{host} refused the sign-in of {user}{named}.",
            why="The user name or the password is wrong, the account is locked or disabled, or it"
            " needs a second factor. App passwords are not known there.",
            hint="Give the account's ordinary password, and exempt the account from the second"
            " factor for this sign-in.",
        )
    return OperatorError(
        f"{host} signs nobody in for this{named}.",
        why="It knows the user's name, perhaps, but not whom the sign-in is for.",
        hint="Check that the relying party trust exists there and is enabled, and its identifier"
        " (wtrealm).",
    )


def _not_offered(url: str) -> OperatorError:
    return OperatorError(
        f"{Origin.of(url).host} takes no user names and passwords from programs.",
        why="HTTP 404: its endpoint for them is off, or it is no ADFS.",
        hint="ADFS: Enable-AdfsEndpoint -TargetAddressPath '/adfs/services/trust/13/usernamemixed'"
        " (and on the proxies), then Restart-Service adfssrv.",
    )


def _request(url: str, user: str, password: str, realm: str) -> str:
    trust, key = (_TRUST_13, f"{_TRUST_13}/Bearer")
    if "/trust/13/" not in url:
        trust, key = _TRUST_2005, _NO_PROOF_KEY
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://www.w3.org/2005/08/addressing"'
        f' xmlns:u="{_OASIS}-wssecurity-utility-1.0.xsd"><s:Header>'
        f'<a:Action s:mustUnderstand="1">{trust}/RST/Issue</a:Action><a:ReplyTo><a:Address>'
        "http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>"
        f'<a:To s:mustUnderstand="1">{told(url)}</a:To><o:Security s:mustUnderstand="1"'
        f' xmlns:o="{_OASIS}-wssecurity-secext-1.0.xsd"><o:UsernameToken u:Id="who">'
        f"<o:Username>{told(user)}</o:Username>"
        f'<o:Password Type="{_OASIS}-username-token-profile-1.0#PasswordText">{told(password)}'
        "</o:Password></o:UsernameToken></o:Security></s:Header><s:Body>"
        f'<t:RequestSecurityToken xmlns:t="{trust}">'
        '<wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy">'
        f"<a:EndpointReference><a:Address>{told(realm)}</a:Address></a:EndpointReference>"
        f"</wsp:AppliesTo><t:KeyType>{key}</t:KeyType>"
        f"<t:RequestType>{trust}/Issue</t:RequestType>"
        "<t:TokenType>urn:oasis:names:tc:SAML:1.0:assertion</t:TokenType>"
        "</t:RequestSecurityToken></s:Body></s:Envelope>"
    )
