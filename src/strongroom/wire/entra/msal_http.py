"""What MSAL sends its requests through: our own client, and to the authority alone.

Left to itself MSAL takes ``requests``, which takes proxies, netrc and certificate authorities from
the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from strongroom.errors import TransientError
from strongroom.wire.http import HttpClient
from strongroom.wire.origins import Origins

_FORM = "application/x-www-form-urlencoded"
_MANY_REQUESTS = 429
_ILL = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MsalAnswer:
    """An answer in the shape that MSAL reads."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"MsalAnswer(status_code={self.status_code})"

    def raise_for_status(self) -> None:
        """Let nothing out: MSAL calls this only where it is about to give up on an answer.

        Raises:
            TransientError: the status is no success.
        """
        if self.status_code >= 400:
            raise TransientError(f"The sign-in server answered with status {self.status_code}.")


class MsalHttp:
    """The ``http_client`` of MSAL.

    Args:
        http: Sends.
        origins: Where it may send: the authority's origin. A discovery document cannot lead
            secrets elsewhere.
    """

    def __init__(self, http: HttpClient, origins: Origins) -> None:
        self._http = http
        self._origins = origins

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> MsalAnswer:
        """Send a GET."""
        return self._send("GET", url, params, None, headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> MsalAnswer:
        """Send a POST with a form."""
        return self._send("POST", url, params, data or {}, headers)

    def close(self) -> None:
        """Close nothing: the client belongs to whoever made it."""

    def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> MsalAnswer:
        self._origins.check(url, named_by="the sign-in server's own description")
        if params:
            url += f"{'&' if '?' in url else '?'}{urlencode(params)}"
        sent = {**(headers or {})}
        body = b""
        if form is not None:
            sent["Content-Type"] = _FORM
            fields = {name: value for name, value in form.items() if value is not None}
            body = urlencode(fields, doseq=True).encode()
        answer = self._http.request(method, url, headers=sent, body=body)
        if answer.status == _MANY_REQUESTS or answer.status >= _ILL:
            raise _busy(answer.status, answer.headers.get("retry-after", ""))
        text = answer.body.decode("utf-8", "replace")
        return MsalAnswer(status_code=answer.status, text=text, headers=answer.headers)


def _busy(status: int, retry_after: str) -> TransientError:
    # Raised here, past MSAL, which would forget how long the server asked us to wait.
    is_throttle = status == _MANY_REQUESTS
    return TransientError(
        "The sign-in server is busy.",
        why="It says that we ask too often." if is_throttle else f"It answered {status}.",
        hint="Nothing has to be done: it is tried again.",
        retry_after_s=float(retry_after) if retry_after.isdecimal() else None,
        is_throttle=is_throttle,
    )
