"""A look at one site: may we, what is it called, and which SharePoint is it?"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from strongroom.errors import AccessDenied, OperatorError
from strongroom.wire.http import HttpAnswer, HttpClient
from strongroom.wire.origins import Origins
from strongroom.wire.sharepoint.sealed import SealedHttp, not_understood
from strongroom.wire.sign_in import RenewableSignIn, SignIn

_TEXT_CHARS_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """What a site says about itself.

    Attributes:
        title: Its name.
        url: Its address as the server writes it. For display: nothing is sent there.
        version: ``MicrosoftSharePointTeamServices``, such as ``16.0.0.25514``; may be empty.
        health: ``X-SharePointHealthScore``, 0 (well) to 10; None if it was not told.
        round_trip_s: From asking to having the answer, in seconds.
    """

    title: str
    url: str
    version: str
    health: int | None
    round_trip_s: float


class _Web(msgspec.Struct, rename="pascal"):
    title: str = ""
    url: str = ""


def probe_site(http: HttpClient, origins: Origins, sign_in: SignIn, *, site: str) -> SiteFacts:
    """Ask a site what it is, signed in by headers (cookies, a token).

    Raises:
        AccessDenied: the sign-in is not taken, or opens this site not.
        OperatorError: there is no such site, or it is no SharePoint.
        ForbiddenOrigin: the site is not among the sealed origins.
    """
    url = f"{site.rstrip('/')}/_api/web"
    sealed = SealedHttp(http, origins)
    answer = _asked(sealed, url, sign_in)
    if answer.status == 401 and isinstance(sign_in, RenewableSignIn):
        challenges = answer.header_values.get("www-authenticate", ())
        if sign_in.refused(challenges):
            answer = _asked(sealed, url, sign_in)
    sealed.check_not_redirected(answer, url)
    if answer.status in {401, 403}:
        raise AccessDenied(
            f"{sign_in.user} may not open this site.",
            why="HTTP 401: the site does not take this sign-in."
            if answer.status == 401
            else "HTTP 403: signed in, but without a right there.",
            hint="Give the account or the application at least read permission on the site.",
        )
    if answer.status == 404:
        raise OperatorError("There is no such site.", hint="Check its address.")
    try:
        web = msgspec.json.decode(answer.body, type=_Web)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise not_understood(url, answer) from error
    if answer.status != 200:
        raise not_understood(url, answer)
    health = answer.headers.get("x-sharepointhealthscore", "")
    return SiteFacts(
        title=web.title[:_TEXT_CHARS_MAX],
        url=web.url[:_TEXT_CHARS_MAX],
        version=answer.headers.get("microsoftsharepointteamservices", "")[:_TEXT_CHARS_MAX],
        health=int(health) if health.isdecimal() and len(health) <= 2 else None,
        round_trip_s=answer.round_trip_s,
    )


def _asked(http: SealedHttp, url: str, sign_in: SignIn) -> HttpAnswer:
    headers = {"Accept": "application/json;odata=nometadata", **sign_in.headers()}
    return http.send("GET", url, named_by="the connection", headers=headers)
