"""The old sign-in to Online: user name and (app) password, token, cookies."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.wire.http import HttpClient
from strongroom.wire.origins import Origin, Origins
from strongroom.wire.sharepoint.cookies import CookieSignIn, cookies_in
from strongroom.wire.sharepoint.realm import find_realm
from strongroom.wire.sharepoint.retired import LegacyRetired, is_blocked
from strongroom.wire.sharepoint.sealed import SealedHttp
from strongroom.wire.sharepoint.token_service import Assertion, NamePassword, Proof, binary_token
from strongroom.wire.sharepoint.ws_trust import issue_assertion

APP_PASSWORD_WARNING = (
    "An app password never expires, passes the second factor by"  # noqa: S105 - words for people
    " and works elsewhere too: whoever has it can use it with every service that still takes"
    " passwords. Delete it (My Account, Security info) once this connection needs it no more."
)
"""What is shown to whoever gives one."""

_ONLINE = "urn:federation:MicrosoftOnline"
"""As whom the cloud is known to the organisations' own servers."""

# The site looks at it: to others it answers with a page for people.
_USER_AGENT = "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Win64; x64; Trident/5.0)"


def legacy_sign_in(
    http: HttpClient,
    origins: Origins,
    *,
    authority: str,
    site: str,
    user: str,
    password: str,
    sign_in_server: str = "",
) -> CookieSignIn:
    """Make the sign-in; nothing is sent before its cookies are asked for.

    Args:
        http: Sends one request.
        origins: The connection's sealed origins: all that follow must be among them.
        authority: ``https://login.microsoftonline.com`` or its like in another cloud.
        site: Any address on the site's host.
        user: Principal name.
        password: An app password, or the ordinary one of an account without a second factor.
        sign_in_server: Any address on the server at which the user's organisation signs its people
            in itself, where it does; it gets the ordinary password, and knows no app passwords.

    Raises:
        ForbiddenOrigin: one of these is not sealed.
    """
    sealed = SealedHttp(http, origins)
    authority = authority.rstrip("/")
    origins.check(authority, named_by="the sign-in")
    host = origins.check(site, named_by="the sign-in")
    own = Origins.of([sign_in_server] if sign_in_server else [])
    for one in own.exact:
        origins.check(str(one), named_by="the sign-in")

    def fetch() -> Mapping[str, str]:
        own_server = find_realm(sealed, authority, user, own=own)
        proof: Proof = NamePassword(user=user, password=password)
        if own_server:
            assertion = issue_assertion(sealed, own_server, user, password, realm=_ONLINE)
            proof = Assertion(user=user, xml=assertion)
        token = binary_token(sealed, authority, proof, site=str(host))
        return _cookies(sealed, host, token)

    return CookieSignIn(user, fetch)


def _cookies(http: SealedHttp, host: Origin, token: str) -> Mapping[str, str]:
    answer = http.send(
        "POST",
        f"{host}/_forms/default.aspx?wa=wsignin1.0",
        named_by="the sign-in",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": _USER_AGENT,
        },
        body=token.encode("ascii"),
    )
    # It redirects to the site's home page, which is not followed: the cookies are all we came for.
    cookies = cookies_in(answer, ("FedAuth", "rtFa"))
    return cookies if "FedAuth" in cookies else _idcrl_cookie(http, host, token)


def _idcrl_cookie(http: SealedHttp, host: Origin, token: str) -> Mapping[str, str]:
    answer = http.send(
        "GET",
        f"{host}/_vti_bin/idcrl.svc/",
        named_by="the sign-in",
        headers={"Authorization": f"BPOSIDCRL {token}", "X-IDCRL_ACCEPTED": "t"},
    )
    cookies = cookies_in(answer, ("SPOIDCRL",))
    if cookies:
        return cookies
    seen = "It answers with error 917656." if is_blocked(answer) else "It gives no cookie."
    raise LegacyRetired(host.host, seen=seen)
