"""``extSTS.srf``: a name and a password for a token that one site turns into cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from strongroom.errors import OperatorError, SignInEnded
from strongroom.wire.autodiscover.xml import Element, first, text
from strongroom.wire.origins import Origin
from strongroom.wire.sharepoint.retired import LegacyRetired, is_page
from strongroom.wire.sharepoint.sealed import SealedHttp, not_understood, opened_answer, told

_TOKEN = re.compile(r"t=[\x21-\x7e]+")
_TOKEN_CHARS_MAX = 32_000
_NUMBER = re.compile(r"AADSTS(\d{4,7})\b")
_WRONG_PASSWORD = "0x80048821"  # noqa: S105 - a fault's number

_NO_FACTOR = (
    "The account needs a second factor (MFA), which this sign-in cannot ask for, so its ordinary"
    " password is not taken."
)
_FACTOR = (
    _NO_FACTOR,
    "Use a certificate or sign in in the browser. Where app passwords still work, give one.",
)
_WRONG = (
    "The user name or the password is wrong.",
    "Check both. If the account has MFA, this sign-in needs an app password.",
)
_STORIES = {
    "50076": _FACTOR,
    "50079": _FACTOR,
    "50126": _WRONG,
    "50034": ("There is no such user in the directory.", "Check the user name."),
    "50053": (
        "The account is locked after too many wrong passwords.",
        "Wait, or have it unlocked.",
    ),
    "50055": ("The password has expired.", "Set a new one in the browser, and give it here."),
    "50057": ("The account is disabled.", "Ask an administrator to enable it."),
    "53003": (
        "A Conditional Access policy blocks this sign-in.",
        "Use a certificate or sign in in the browser.",
    ),
}
_OTHERWISE = (
    "The service gave a reason that has no plain words here.",
    "Look the number up at https://login.microsoftonline.com/error",
)


_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePassword:
    """Proves who signs in by the password that the cloud knows."""

    user: str
    password: str = field(repr=False)

    def in_xml(self) -> str:
        """Write it as the security header has it."""
        return (
            f"<o:UsernameToken><o:Username>{told(self.user)}</o:Username>"
            f"<o:Password>{told(self.password)}</o:Password></o:UsernameToken>"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """Proves it by the word of the server that the user's organisation signs its people in at."""

    user: str
    xml: str = field(repr=False)

    def in_xml(self) -> str:
        """Write it as the security header has it."""
        return self.xml


Proof = NamePassword | Assertion


def binary_token(http: SealedHttp, authority: str, proof: Proof, *, site: str) -> str:
    """Sign in, and give the token (``t=…``) for a site.

    Args:
        http: Sends to sealed origins.
        authority: ``https://login.microsoftonline.com`` or its like in another cloud.
        proof: Sent to the authority alone.
        site: Origin of the site, ``https://tenant.sharepoint.com``.

    Raises:
        SignInEnded: in plain words why the user may not sign in so.
        LegacyRetired: the service answers programs no more.
    """
    url = f"{authority}/extSTS.srf"
    answer = http.send(
        "POST",
        url,
        named_by="the connection's sign-in service",
        headers={"Content-Type": "application/soap+xml; charset=utf-8"},
        body=_request(url, proof, site).encode(),
    )
    http.check_not_redirected(answer, url)
    if is_page(answer):
        raise LegacyRetired(
            Origin.of(url).host, seen="Its token service answers with a web page in place of XML."
        )
    body = first(opened_answer(answer, url), "Body")
    fault = first(body, "Fault")
    if fault is not None:
        raise _refusal(fault, proof.user)
    node = first(
        body, "RequestSecurityTokenResponse", "RequestedSecurityToken", "BinarySecurityToken"
    )
    token = "" if node is None else (node.text or "").strip()
    if len(token) > _TOKEN_CHARS_MAX or not _TOKEN.fullmatch(token):
        raise not_understood(url, answer.status)
    return token


def _refusal(fault: Element, user: str) -> OperatorError:
    error = first(fault, "Detail", "error")
    number = _NUMBER.search(text(error, "internalerror", "text"))
    value = text(error, "value")
    if number:
        (why, hint), named = _STORIES.get(number[1], _OTHERWISE), f"AADSTS{number[1]}"
    elif value == _WRONG_PASSWORD:
        (why, hint), named = _WRONG, value
    else:
        why, hint = _OTHERWISE
        named = value if re.fullmatch(r"0x[0-9a-fA-F]{8}", value) else "no number"
    return SignInEnded(
        f"The sign-in of {user} to SharePoint was refused ({named}).", why=why, hint=hint
    )


def _request(url: str, proof: Proof, site: str) -> str:
    audience = f"{site}/_forms/default.aspx?wa=wsignin1.0"
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://www.w3.org/2005/08/addressing"'
        f' xmlns:u="{_SECURITY}-utility-1.0.xsd"><s:Header>'
        '<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/02/trust/RST/Issue'
        "</a:Action><a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous"
        f'</a:Address></a:ReplyTo><a:To s:mustUnderstand="1">{told(url)}</a:To>'
        f'<o:Security s:mustUnderstand="1" xmlns:o="{_SECURITY}-secext-1.0.xsd">'
        f"{proof.in_xml()}</o:Security></s:Header><s:Body>"
        '<t:RequestSecurityToken xmlns:t="http://schemas.xmlsoap.org/ws/2005/02/trust">'
        '<wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy">'
        f"<a:EndpointReference><a:Address>{told(audience)}</a:Address></a:EndpointReference>"
        "</wsp:AppliesTo>"
        "<t:KeyType>http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey</t:KeyType>"
        "<t:RequestType>http://schemas.xmlsoap.org/ws/2005/02/trust/Issue</t:RequestType>"
        "<t:TokenType>urn:oasis:names:tc:SAML:1.0:assertion</t:TokenType>"
        "</t:RequestSecurityToken></s:Body></s:Envelope>"
    )
