"""Where somebody signs in to Online: asked with the user's name alone.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-spsts
"""

from __future__ import annotations

from urllib.parse import urlencode

from strongroom.errors import AccessDenied
from strongroom.wire.autodiscover.xml import text
from strongroom.wire.origins import ForbiddenOrigin, Origins
from strongroom.wire.sharepoint.retired import LegacyRetired, is_page
from strongroom.wire.sharepoint.sealed import SealedHttp, not_understood, opened_answer


def find_realm(http: SealedHttp, authority: str, user: str, *, own: Origins) -> str:
    """Say where somebody signs in: their organisation's own server, or the cloud itself.

    What the answer names beside (``STSAuthURL`` of a managed user) is never used: the token service
    is the sealed authority's own.

    Args:
        http: Sends to sealed origins.
        authority: Whom to ask.
        user: Principal name.
        own: Where the organisation's own server may be: narrower than what is sealed, because the
            password of the organisation is for that server and for no site.

    Returns:
        The address of the organisation's server; empty: the cloud itself knows the password.

    Raises:
        ForbiddenOrigin: the user signs in at a server that is not of this connection.
        AccessDenied: no tenant has such a user.
        LegacyRetired: there is no such service any more.
    """
    url = f"{authority}/GetUserRealm.srf"
    answer = http.send(
        "POST",
        url,
        named_by="the connection's sign-in service",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode({"login": user, "xml": "1"}).encode(),
    )
    http.check_not_redirected(answer, url)
    if is_page(answer):
        raise LegacyRetired(
            "The sign-in service", seen="It answers with a web page in place of XML."
        )
    realm = opened_answer(answer, url)
    kind = text(realm, "NameSpaceType")
    if kind == "Managed":
        return ""
    if kind == "Federated":
        return _checked(own, user, text(realm, "STSAuthURL"))
    if kind == "Unknown":
        raise AccessDenied(
            f"No organisation in this cloud has a user {user}.",
            why="The part behind the @ is nobody's domain there.",
            hint="Check the user name, and the cloud that the connection names.",
        )
    raise not_understood(url, answer.status)


def _checked(own: Origins, user: str, url: str) -> str:
    try:
        own.check(url, named_by="the user's realm")
    except ForbiddenOrigin as error:
        raise ForbiddenOrigin(
            f"{user} signs in at their own organisation's server, which is not of this connection.",
            why=f"The account is federated. {error} The password was sent nowhere.",
            hint="If that is your organisation's server, name it with --sign-in-server. Better: use"
            " a certificate, or sign in in the browser.",
        ) from error
    return url
