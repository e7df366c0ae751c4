"""A look at one site: may we, what is it called, and which SharePoint is it?"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from strongroom.errors import AccessDenied, OperatorError
from strongroom.wire.http import ANSWER_BYTES_MAX, HttpAnswer, HttpClient
from strongroom.wire.origins import Origins
from strongroom.wire.sharepoint.sealed import SealedHttp, not_understood
from strongroom.wire.sign_in import RenewableSignIn, SignIn

_TEXT_CHARS_MAX = 300
_JSON = {"Accept": "application/json;odata=nometadata"}
_VERSION = "microsoftsharepointteamservices"
_HEALTH = "x-sharepointhealthscore"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """What a site says about itself.

    Attributes:
        title: Its name; empty if it was not asked.
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


class _Context(msgspec.Struct, rename="pascal"):
    web_full_url: str


_Answer = TypeVar("_Answer", _Web, _Context)


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
    _check_allowed(answer.status, sign_in)
    web = _read(_Web, answer.body, url, answer.status)
    return SiteFacts(
        title=web.title[:_TEXT_CHARS_MAX],
        url=web.url[:_TEXT_CHARS_MAX],
        version=answer.headers.get(_VERSION, "")[:_TEXT_CHARS_MAX],
        health=_health(answer.headers.get(_HEALTH, "")),
        round_trip_s=answer.round_trip_s,
    )


class SignedReply(Protocol):
    """The beginning of an answer."""

    @property
    def status(self) -> int:
        """HTTP status code."""

    @property
    def round_trip_s(self) -> float:
        """How long it took, in seconds."""

    def header_values(self, name: str) -> list[str]:
        """Give every value of a header."""

    def read(self, bytes_max: int) -> bytearray:
        """Read the body; an error if it is longer."""


class SignedTransport(Protocol):
    """As much of ``wire.transport`` as is needed."""

    @property
    def sign_in(self) -> SignIn:
        """Who signs in."""

    def post(self, body: bytes, headers: Mapping[str, str]) -> AbstractContextManager[SignedReply]:
        """Send one request on a connection that is signed in."""


def context_url(site: str) -> str:
    """Give the address that the transport of ``probe_by_connection`` must be made for."""
    return f"{site.rstrip('/')}/_api/contextinfo"


def probe_by_connection(transport: SignedTransport, *, site: str) -> SiteFacts:
    """Ask a site of a farm what it is, over a connection signed in by NTLM or Kerberos.

    The question is for a digest, since that is a POST, and changes nothing; a farm tells no title
    with it.

    Args:
        transport: For ``context_url(site)``; it goes nowhere else. The caller closes it.
        site: Address of the site.

    Raises:
        AccessDenied: the sign-in is not taken, or opens this site not.
        OperatorError: there is no such site, or it is no SharePoint.
    """
    headers = {**_JSON, "X-FORMS_BASED_AUTH_ACCEPTED": "f"}
    with transport.post(b"", headers) as reply:
        status = reply.status
        _check_allowed(status, transport.sign_in)
        context = _read(_Context, bytes(reply.read(ANSWER_BYTES_MAX)), site, status)
        return SiteFacts(
            title="",
            url=context.web_full_url[:_TEXT_CHARS_MAX],
            version="".join(reply.header_values(_VERSION)[:1])[:_TEXT_CHARS_MAX],
            health=_health("".join(reply.header_values(_HEALTH)[:1])),
            round_trip_s=reply.round_trip_s,
        )


def _read(kind: type[_Answer], body: bytes, url: str, status: int) -> _Answer:
    if status != 200:
        raise not_understood(url, status)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # From the library, RecursionError is said of what is nested deeper than it reads.
        raise not_understood(url, status) from error


def _check_allowed(status: int, sign_in: SignIn) -> None:
    if status in {401, 403}:
        raise AccessDenied(
            f"{sign_in.user} may not open this site.",
            why="HTTP 401: the site does not take this sign-in."
            if status == 401
            else "HTTP 403: signed in, but without a right there.",
            hint="Give the account or the application at least read permission on the site.",
        )
    if status == 404:
        raise OperatorError("There is no such site.", hint="Check its address.")


def _health(score: str) -> int | None:
    return int(score) if score.isdecimal() and len(score) <= 2 else None


def _asked(http: SealedHttp, url: str, sign_in: SignIn) -> HttpAnswer:
    headers = {**_JSON, **sign_in.headers()}
    return http.send("GET", url, named_by="the connection", headers=headers)
