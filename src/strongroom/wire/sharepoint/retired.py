"""The end of the old sign-in to SharePoint Online, and how its servers show it.

Nothing says "retired" on the wire: the token service answers with a web page in place of XML, the
site gives no cookie, or answers 401 with error 917656.

Source:
    https://techcommunity.microsoft.com/blog/microsoftmissioncriticalblog/legacy-sharepoint-authentication-idcrl-is-retiring-%E2%80%94-what-to-do-before-may-1-202/4499131
"""

from __future__ import annotations

from datetime import date

from strongroom.errors import OperatorError
from strongroom.wire.http import HttpAnswer

ENDED_ON = date(2026, 5, 1)
"""From then on no tenant of SharePoint Online takes user names and passwords from programs."""

_BLOCKED = "917656"


class LegacyRetired(OperatorError):
    """The server does not take the old sign-in any more."""

    def __init__(self, host: str, *, seen: str) -> None:
        super().__init__(
            f"{host} does not take a user name and password from programs any more.",
            why=f"{seen} Microsoft switched this sign-in off for SharePoint Online on"
            f" {ENDED_ON.isoformat()}; app passwords went with it.",
            hint="Use modern authentication: set the connection up with a certificate, or sign in"
            " in the browser.",
        )


def is_page(answer: HttpAnswer) -> bool:
    """Say whether a web page came, for people, where programs expect XML."""
    if "html" in answer.headers.get("content-type", "").lower():
        return True
    beginning = answer.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return beginning.startswith((b"<!doctype html", b"<html"))


def is_blocked(answer: HttpAnswer) -> bool:
    """Say whether a site answered as those do where the old sign-in is blocked."""
    return answer.headers.get("x-msdavext_error", "").strip().startswith(_BLOCKED)
