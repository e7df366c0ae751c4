"""Sign-in to a farm that trusts an organisation's own sign-in server (ADFS): ``/_trust/``.

The address of that server is part of the connection, as a browser shows it when somebody signs in:
``https://sts.example/adfs/ls/?wtrealm=urn:sharepoint:portal``. What the farm says about it is shown
to whoever sets the connection up, and never followed.

Source:
    https://learn.microsoft.com/sharepoint/security-for-sharepoint-server/configure-saml-based-claims-authentication-with-ad-fs-in-sharepoint-server
    https://learn.microsoft.com/openspecs/windows_protocols/ms-mwbf
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

from strongroom.errors import AccessDenied, OperatorError
from strongroom.wire.http import HttpClient
from strongroom.wire.origins import ForbiddenOrigin, Origin, Origins
from strongroom.wire.sharepoint.cookies import CookieSignIn, cookies_in
from strongroom.wire.sharepoint.sealed import SealedHttp, told
from strongroom.wire.sharepoint.ws_trust import USERNAME_MIXED, issue_assertion

# A long session comes in pieces: FedAuth, FedAuth1 and so on.
_COOKIES = ("FedAuth", *(f"FedAuth{number}" for number in range(1, 10)))
_HOPS_MAX = 6
_REALM_CHARS_MAX = 300
_TRUST = "http://schemas.xmlsoap.org/ws/2005/02/trust"
_HINT = (
    "Sign in to the site in a browser, and copy the address of the sign-in page up to and with"
    " wtrealm: https://sts.example/adfs/ls/?wtrealm=urn:sharepoint:portal"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInServer:
    """An organisation's own sign-in server, and as whom a farm is known there.

    Attributes:
        url: Where it takes user names and passwords from programs.
        realm: The farm's identifier there.
    """

    url: str
    realm: str

    @classmethod
    def of(cls, address: str) -> Self:
        """Read the address that is part of a connection.

        Raises:
            ForbiddenOrigin: it is not https, or holds a user name.
            OperatorError: it does not say whom the sign-in is for.
        """
        origin = Origin.of(address)
        parts = urlsplit(address)
        realm = parse_qs(parts.query).get("wtrealm", [""])[0]
        if not realm or len(realm) > _REALM_CHARS_MAX:
            raise OperatorError(
                "The address of the sign-in server does not say whom it signs in for.",
                why="It needs wtrealm, by which the server knows the farm.",
                hint=_HINT,
            )
        path = parts.path if "/trust/" in parts.path else USERNAME_MIXED
        return cls(url=f"{origin}{path}", realm=realm)


def claims_sign_in(
    http: HttpClient, origins: Origins, *, site: str, server: SignInServer, user: str, password: str
) -> CookieSignIn:
    """Make the sign-in; nothing is sent before its cookies are asked for.

    Args:
        http: Sends one request.
        origins: The connection's sealed origins: the site and the server must be among them.
        site: Any address on the farm's host.
        server: Who signs people in.
        user: As the organisation knows it.
        password: Kept in memory, sent to the server alone.

    Raises:
        ForbiddenOrigin: the site or the server is not sealed.
    """
    sealed = SealedHttp(http, origins)
    host = origins.check(site, named_by="the sign-in")
    origins.check(server.url, named_by="the sign-in")

    def fetch() -> Mapping[str, str]:
        assertion = issue_assertion(sealed, server.url, user, password, realm=server.realm)
        return _cookies(sealed, host, assertion, server.realm, user)

    return CookieSignIn(user, fetch)


def ask_sign_in_server(http: HttpClient, *, site: str) -> str:
    """Ask a farm where it sends people to sign in; for a person to look at, and decide.

    Goes from page to page of the farm itself, without any credential, and nowhere else.

    Args:
        http: Sends one request.
        site: Address of the site.

    Returns:
        The address to put into a connection; empty if the farm signs people in itself, or does not
        say.
    """
    home = Origin.of(site)
    url = f"{home}/_layouts/15/Authenticate.aspx?Source=%2F"
    for _ in range(_HOPS_MAX):
        answer = http.request("GET", url, headers={"X-FORMS_BASED_AUTH_ACCEPTED": "f"})
        if not 300 <= answer.status < 400:
            return ""
        url = urljoin(url, answer.headers.get("location", ""))
        try:
            origin = Origin.of(url)
        except ForbiddenOrigin:
            return ""
        if origin != home:
            return _address(url, origin)
    return ""


def _address(url: str, origin: Origin) -> str:
    parts = urlsplit(url)
    realm = parse_qs(parts.query).get("wtrealm", [""])[0]
    if not realm or len(realm) > _REALM_CHARS_MAX or not realm.isprintable():
        return ""
    return f"{origin}{quote(parts.path, safe='/')}?wtrealm={quote(realm, safe=':/')}"


def _cookies(
    http: SealedHttp, host: Origin, assertion: str, realm: str, user: str
) -> Mapping[str, str]:
    form = {
        "wa": "wsignin1.0",
        "wctx": f"{host}/_layouts/Authenticate.aspx?Source=%2F",
        "wresult": _result(assertion, realm),
    }
    answer = http.send(
        "POST",
        f"{host}/_trust/",
        named_by="the sign-in",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode("ascii"),
        is_no_said_by_500=True,
    )
    # It redirects to the page of wctx, which is not followed: the cookies are all we came for.
    cookies = cookies_in(answer, _COOKIES)
    if "FedAuth" not in cookies:
        raise AccessDenied(
            f"{host.host} does not take the sign-in of {user}.",
            why=f"The sign-in server let them in, and the farm gave no cookie (HTTP"
            f" {answer.status}): it does not trust that server, or not for this realm.",
            hint="Compare Get-SPTrustedIdentityTokenIssuer on the farm (realm, signing certificate)"
            " with the relying party trust of the sign-in server.",
        )
    return cookies


def _result(assertion: str, realm: str) -> str:
    return (
        f'<t:RequestSecurityTokenResponse xmlns:t="{_TRUST}">'
        '<wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy">'
        '<a:EndpointReference xmlns:a="http://www.w3.org/2005/08/addressing">'
        f"<a:Address>{told(realm)}</a:Address></a:EndpointReference></wsp:AppliesTo>"
        f"<t:RequestedSecurityToken>{assertion}</t:RequestedSecurityToken>"
        "<t:TokenType>urn:oasis:names:tc:SAML:1.0:assertion</t:TokenType>"
        f"<t:RequestType>{_TRUST}/Issue</t:RequestType>"
        "<t:KeyType>http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey</t:KeyType>"
        "</t:RequestSecurityTokenResponse>"
    )
