"""Where somebody signs in to Online: asked with the user's name alone.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-spsts
"""

from __future__ import annotations

from urllib.parse import urlencode

from strongroom.errors import AccessDenied, OperatorError
from strongroom.wire.autodiscover.xml import text
from strongroom.wire.origins import ForbiddenOrigin
from strongroom.wire.sharepoint.retired import LegacyRetired, is_page
from strongroom.wire.sharepoint.sealed import SealedHttp, not_understood, opened_answer


def check_managed(http: SealedHttp, authority: str, user: str) -> None:
    """Make sure that the cloud itself knows the user's password.

    What the answer names beside (``STSAuthURL`` of a managed user) is never used: the token service
    is the sealed authority's own.

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
        return
    if kind == "Federated":
        raise _federated(http, user, text(realm, "STSAuthURL"))
    if kind == "Unknown":
        raise AccessDenied(
            f"No organisation in this cloud has a user {user}.",
            why="The part behind the @ is nobody's domain there.",
            hint="Check the user name, and the cloud that the connection names.",
        )
    raise not_understood(url, answer.status)


def _federated(http: SealedHttp, user: str, sts_url: str) -> OperatorError:
    hint = (
        "Use a certificate or sign in in the browser; or use an account that lives in the cloud"
        " alone (its name ends in .onmicrosoft.com)."
    )
    try:
        http.origins.check(sts_url, named_by="the user's realm")
    except ForbiddenOrigin as error:
        return ForbiddenOrigin(
            f"{user} signs in at their own organisation's server, which is not of this connection.",
            why=f"The account is federated. {error} The password was sent nowhere.",
            hint=hint,
        )
    return OperatorError(
        f"{user} signs in at their own organisation's server.",
        why="The account is federated, and such servers take no app password. The password was"
        " sent nowhere.",
        hint=hint,
    )
