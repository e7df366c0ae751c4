"""Plain words for every way in which a SharePoint's ``_api`` says no, named once.

Of an error only its code is kept: its message repeats names and addresses, in any language.

Source:
    https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Protocol

import orjson

from strongroom.clock import Clock
from strongroom.errors import AccessDenied, OperatorError, StrongroomError, TransientError
from strongroom.wire.origins import Origin
from strongroom.wire.sharepoint.pacing import is_throttle_page, ordered_wait_s
from strongroom.wire.sharepoint.sealed import not_understood

_CODE = re.compile(r"-?\d{1,12}, [A-Za-z][A-Za-z.]{0,120}|[A-Za-z][A-Za-z0-9_.]{1,80}")
_APP_ONLY = "Unsupported app only token."
_SIGN_IN_PAGES = ("/_login/", "/_forms/", "/_layouts/15/authenticate.aspx", "/_trust/")
_DENIED_PAGES = ("/_layouts/15/accessdenied.aspx",)
_BLOCKED = "917656"
_WHERE_CHARS_MAX = 2048
_ASKED = re.compile(r"/_api(?:/|$)", re.IGNORECASE)
_FAULT, _FAULT_WITHIN = b"Fault>", 2000
SOAP_FAULT = "soap-fault"


class SiteDenied(AccessDenied):
    """The server knows us, or not, and says no.

    Attributes:
        status: Of HTTP: 401 if the sign-in is not taken, 403 if it lacks a right.
        code: The server's code; empty if it gave none.
    """

    def __init__(self, what: str, *, status: int, code: str, why: str = "", hint: str = "") -> None:
        super().__init__(what, why=why, hint=hint)
        self.status = status
        self.code = code


class SiteRefused(OperatorError):
    """There is no such thing, or the question makes no sense there.

    Attributes:
        status, code: As above.
    """

    def __init__(self, what: str, *, status: int, code: str, why: str = "", hint: str = "") -> None:
        super().__init__(what, why=why, hint=hint)
        self.status = status
        self.code = code


class SiteMoved(OperatorError):
    """The server sends us to another address, where nothing was sent.

    Attributes:
        where: What it named, whole or as a path, without the question; never believed.
    """

    def __init__(self, what: str, *, where: str, why: str = "", hint: str = "") -> None:
        super().__init__(what, why=why, hint=hint)
        self.where = where


class Refusing(Protocol):
    """The beginning of an answer, or of a part of one."""

    @property
    def status(self) -> int:
        """Of HTTP."""

    def header(self, name: str) -> str:
        """Give a header's value, or an empty string."""


def is_sign_in_wanted(reply: Refusing) -> bool:
    """Say whether the server asks for its own sign-in by another way than 401.

    Farms with cookies do: by 403 with a header, or by sending a browser to the sign-in page.
    """
    if reply.status == 403:
        is_blocked = reply.header("X-MSDAVEXT_Error").startswith(_BLOCKED)
        return is_blocked or bool(reply.header("X-Forms_Based_Auth_Required"))
    return _leads_to(reply, _SIGN_IN_PAGES)


def is_form_refused(status: int, code: str) -> bool:
    """Say whether an old server refuses the form of JSON that was asked for, and nothing else.

    Seen on SharePoint Server 2013 before its first service pack, in either of these ways.
    """
    return status in {406, 415} or (
        status == 400 and code.endswith("Microsoft.SharePoint.Client.ClientServiceException")
    )


def refusal(  # noqa: PLR0911 - a table of statuses, one return each
    reply: Refusing, body: bytes, *, url: str, user: str, clock: Clock
) -> StrongroomError:
    """Make the error of an answer that is no success.

    Args:
        reply: The answer.
        body: Its body.
        url: Whom was asked, for messages.
        user: Who asked.
        clock: To turn a ``Retry-After`` date into seconds.
    """
    status, host = reply.status, Origin.of(url).host
    code, is_app_only = _code_of(body)
    why = f"HTTP {status}{f', {code}' if code else ''}."
    if status in {429, 503} or (300 <= status < 400 and is_throttle_page(reply.header("Location"))):
        return TransientError(
            f"{host} asks us to go slower.",
            why=why,
            retry_after_s=ordered_wait_s(reply.header, clock.now()),
            is_throttle=True,
        )
    if status == 401 and is_app_only:
        return secret_refused(status)
    if is_sign_in_wanted(reply):
        return _denied(401, code, why, user)
    if status == 423 and "FileLock" not in code:
        return SiteDenied(
            "The site is locked or archived: nobody is let in.",
            status=status,
            code=code,
            why=why,
            hint="An administrator of SharePoint can unlock it, or bring it back from the archive.",
        )
    if status in {401, 403} or _leads_to(reply, _DENIED_PAGES):
        return _denied(401 if status == 401 else 403, code, why, user)
    if 300 <= status < 400:
        return _redirect(reply, host)
    if status == 404 and code:
        return SiteRefused("What was asked for is not there.", status=404, code=code, why=why)
    if status == 404:
        return SiteRefused(
            "There is no such site.", status=404, code=code, why=why, hint="Check its address."
        )
    if status == 500 and _FAULT in body[:_FAULT_WITHIN]:
        # A service from before REST answers so to whatever it does not do: it is well.
        return SiteRefused(
            f"{host} refused what was asked.", status=500, code=SOAP_FAULT, why="A SOAP fault."
        )
    if status >= 500 and not code:
        return TransientError(f"{host} is out of order right now.", why=why)
    if code:
        return SiteRefused(f"{host} refused what was asked.", status=status, code=code, why=why)
    return not_understood(url, status)


def secret_refused(status: int = 401) -> SiteDenied:
    """Say that an application may not prove itself by a secret here."""
    return SiteDenied(
        "SharePoint Online takes no application that proves itself by a client secret.",
        status=status,
        code=_APP_ONLY.rstrip("."),
        why=f"It answers '{_APP_ONLY}' to every such token, whatever was granted.",
        hint="Use a certificate: upload it to the application (Entra admin center, App"
        " registrations, Certificates & secrets, Certificates) and give it with --certificate.",
    )


def _denied(status: int, code: str, why: str, user: str) -> SiteDenied:
    if status == 403:
        return SiteDenied(
            f"{user} may not open this site.",
            status=403,
            code=code,
            why=f"Signed in, but without a right there. {why}",
            hint="Give the account or the application at least read permission on the site.",
        )
    return SiteDenied(
        f"The sign-in of {user} is not taken.",
        status=401,
        code=code,
        why=why,
        hint="Check the user name and the password or certificate, and that the server allows this"
        " way (--auth).",
    )


def _redirect(reply: Refusing, host: str) -> SiteMoved:
    where = reply.header("Location")[:_WHERE_CHARS_MAX].partition("?")[0]
    return SiteMoved(
        f"{host} sends us elsewhere.",
        where=_ASKED.split(where, maxsplit=1)[0],
        why=f"HTTP {reply.status}, and credentials are not sent on to other addresses.",
        hint="Check the address of the site, and give the one that it moved to.",
    )


def _leads_to(reply: Refusing, pages: Iterable[str]) -> bool:
    if not 300 <= reply.status < 400:
        return False
    where = reply.header("Location").casefold()
    return any(page in where for page in pages)


def _code_of(body: bytes) -> tuple[str, bool]:
    """Read the code of an error in either dialect, and whether it is about tokens of secrets."""
    try:
        found: Any = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        return "", False
    if not isinstance(found, dict):
        return "", False
    error = found.get("odata.error", found.get("error"))
    code = error.get("code") if isinstance(error, dict) else None
    told = code if isinstance(code, str) and _CODE.fullmatch(code) else ""
    return told, found.get("error_description") == _APP_ONLY
