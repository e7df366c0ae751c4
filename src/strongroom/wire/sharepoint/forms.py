"""Forms sign-in of SharePoint Server: ``authentication.asmx``, ``Login``.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-authws
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from strongroom.errors import OperatorError, SignInEnded
from strongroom.wire.autodiscover.xml import first, text
from strongroom.wire.http import HttpClient
from strongroom.wire.origins import Origins
from strongroom.wire.sharepoint.cookies import CookieSignIn, cookies_in
from strongroom.wire.sharepoint.sealed import SealedHttp, not_understood, opened_answer, told

_NAMESPACE = "http://schemas.microsoft.com/sharepoint/soap/"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def forms_sign_in(
    http: HttpClient, origins: Origins, *, site: str, user: str, password: str
) -> CookieSignIn:
    """Make the sign-in; nothing is sent before its cookies are asked for.

    Args:
        http: Sends one request.
        origins: The connection's sealed origins: the site must be among them.
        site: Address of a site, ``https://intranet.example/sites/team``.
        user: As the farm's membership provider knows it.
        password: Kept in memory, sent to the site alone.

    Raises:
        ForbiddenOrigin: the site is not sealed.
    """
    sealed = SealedHttp(http, origins)
    origins.check(site, named_by="the sign-in")
    url = f"{site.rstrip('/')}/_vti_bin/authentication.asmx"

    def fetch() -> Mapping[str, str]:
        return _cookies(sealed, url, user, password)

    return CookieSignIn(user, fetch)


def _cookies(http: SealedHttp, url: str, user: str, password: str) -> Mapping[str, str]:
    answer = http.send(
        "POST",
        url,
        named_by="the sign-in",
        headers={
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{_NAMESPACE}Login"',
        },
        body=_request(user, password).encode(),
    )
    http.check_not_redirected(answer, url)
    result = first(opened_answer(answer, url), "Body", "LoginResponse", "LoginResult")
    code = text(result, "ErrorCode")
    if code == "PasswordNotMatch":
        raise SignInEnded(
            f"The farm refused the sign-in of {user}.",
            why="The user name or the password is wrong, or the account is locked.",
            hint="Check both; names are those of the farm's own membership provider.",
        )
    if code == "NotInFormsAuthenticationMode":
        raise OperatorError(
            "This web application has no accounts of its own to sign in with.",
            why="Forms sign-in is not switched on there.",
            hint="Choose NTLM or Kerberos for this connection.",
        )
    name = text(result, "CookieName") or "FedAuth"
    cookies = cookies_in(answer, (name,)) if _NAME.fullmatch(name) else {}
    if code != "NoError" or not cookies:
        raise not_understood(url, answer.status)
    return cookies


def _request(user: str, password: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<Login xmlns="{_NAMESPACE}"><username>{told(user)}</username>'
        f"<password>{told(password)}</password></Login></soap:Body></soap:Envelope>"
    )
