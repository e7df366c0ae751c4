"""A signed-in request to a place that was admitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from strongroom.wire.http import ANSWER_BYTES_MAX, HttpAnswer, HttpClient
from strongroom.wire.sign_in import ConnectionSignIn, SignIn

_HEADERS = ("location", "www-authenticate", "content-type")


class Authenticator(Protocol):
    """Signs in and sends. Called only for a place that was admitted and asked for this sign-in."""

    @property
    def schemes(self) -> Sequence[str]:
        """Names of the schemes it uses (``Basic``, ``NTLM``, ``Negotiate``, ``Bearer``)."""

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """Send one request, signed in, and read its answer, whatever its status.

        Raises:
            AccessDenied: the server refused the sign-in, where that shows before the request.
            StrongroomError: no complete answer, or it is too large.
        """


class HeaderAuthenticator:
    """Signs each request in by its headers.

    Args:
        sign_in: Who we are.
        scheme: Under which name servers know it: ``Basic``, ``Bearer``.
        http: Sends it.
    """

    def __init__(self, sign_in: SignIn, *, scheme: str, http: HttpClient) -> None:
        self.schemes: Sequence[str] = (scheme,)
        self._sign_in = sign_in
        self._http = http

    def __repr__(self) -> str:
        return f"HeaderAuthenticator({self._sign_in!r})"

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """As the interface says."""
        signed = {**headers, **self._sign_in.headers()}
        return self._http.request("POST", url, headers=signed, body=body)


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

    def post(self, body: bytes, headers: Mapping[str, str]) -> AbstractContextManager[SignedReply]:
        """Send one request on a connection that is signed in."""

    def close(self) -> None:
        """Close the connection."""


class ConnectionAuthenticator:
    """Signs a connection in for each request (NTLM, Kerberos), as the data path does.

    Args:
        sign_in: Who we are.
        open_transport: Makes the transport for one URL; it is closed after one request.
    """

    def __init__(
        self,
        sign_in: ConnectionSignIn,
        *,
        open_transport: Callable[[str, ConnectionSignIn], SignedTransport],
    ) -> None:
        self.schemes = tuple(sign_in.schemes)
        self._sign_in = sign_in
        self._open_transport = open_transport

    def __repr__(self) -> str:
        return f"ConnectionAuthenticator({self._sign_in!r})"

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """As the interface says."""
        transport = self._open_transport(url, self._sign_in)
        try:
            with transport.post(body, headers) as reply:
                values = {name: tuple(reply.header_values(name)) for name in _HEADERS}
                return HttpAnswer(
                    status=reply.status,
                    headers={name: ", ".join(several) for name, several in values.items()},
                    header_values=values,
                    body=bytes(reply.read(ANSWER_BYTES_MAX)),
                    round_trip_s=reply.round_trip_s,
                )
        finally:
            transport.close()
