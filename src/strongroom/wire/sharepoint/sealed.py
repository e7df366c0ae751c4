"""Requests that go to sealed origins only, and XML from servers that may be anybody's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin
from xml.sax.saxutils import escape

from strongroom.errors import OperatorError, TransientError
from strongroom.wire.autodiscover.xml import Element, NotUnderstood, opened
from strongroom.wire.http import HttpAnswer, HttpClient
from strongroom.wire.origins import Origin, Origins

# What XML 1.0 has no way to say: control characters, lone surrogates and two non-characters.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BUSY = frozenset({429, 500, 502, 503, 504})


class SealedHttp:
    """Sends to the connection's own origins and follows nothing.

    Args:
        http: Sends one request.
        origins: Where the credentials may go.
    """

    def __init__(self, http: HttpClient, origins: Origins) -> None:
        self._http = http
        self.origins = origins

    def send(
        self,
        method: str,
        url: str,
        *,
        named_by: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        is_no_said_by_500: bool = False,
    ) -> HttpAnswer:
        """Send one request, once the place is found sealed.

        Args:
            method: Of HTTP.
            url: Where to.
            named_by: What told us to, in words.
            headers: What goes with it.
            body: What to send.
            is_no_said_by_500: The server says no by its error page, so 500 is an answer like any.

        Raises:
            ForbiddenOrigin: the place is not; nothing was sent.
            TransientError: the server is ill or busy.
            StrongroomError: nobody answers there.
        """
        origin = self.origins.check(url, named_by=named_by)
        answer = self._http.request(method, url, headers=headers, body=body)
        is_told = _is_soap(answer) or (is_no_said_by_500 and answer.status == 500)
        if answer.status in {429, 503} or (answer.status in _BUSY and not is_told):
            raise TransientError(
                f"{origin} cannot sign anybody in at the moment.", why=f"HTTP {answer.status}."
            )
        return answer

    def check_not_redirected(self, answer: HttpAnswer, url: str) -> None:
        """Refuse a redirect: what was just sent is never sent again to where an answer points.

        Raises:
            ForbiddenOrigin: it leads away from the sealed origins.
            OperatorError: it does not, and is not followed all the same.
        """
        if not 300 <= answer.status < 400:
            return
        self.origins.check(urljoin(url, answer.headers.get("location", "")), named_by="a redirect")
        raise OperatorError(
            f"{Origin.of(url)} redirects the sign-in to another page.",
            why="A password is not sent again to where an answer points.",
            hint="Check the address of the sign-in service in the connection.",
        )


def opened_answer(answer: HttpAnswer, url: str) -> Element:
    """Parse an answer: bounded, without entities.

    Raises:
        OperatorError: it is not what such a server says. Nothing of it is repeated.
    """
    try:
        return opened(answer.body)
    except NotUnderstood as error:
        raise not_understood(url, answer.status) from error


def not_understood(url: str, status: int) -> OperatorError:
    """Say that an answer makes no sense, without repeating it."""
    return OperatorError(
        f"What {Origin.of(url)} answered is not what SharePoint says.",
        why=f"HTTP {status}, and not the kind of body that was expected.",
        hint="Check that the address leads to the server itself and not to a proxy's page.",
    )


def told(text: str) -> str:
    """Write text into XML.

    Raises:
        OperatorError: XML cannot carry it. Found here, because an encoder's own error would repeat
            the text, which may be a password.
    """
    if _FORBIDDEN.search(text):
        raise OperatorError(
            "The user name or the password cannot be sent.",
            why="It holds control characters, which this sign-in has no way to say.",
            hint="Type it again, without anything pasted beside it.",
        )
    return escape(text, {"\r": "&#13;"})


def _is_soap(answer: HttpAnswer) -> bool:
    return "xml" in answer.headers.get("content-type", "").lower()
