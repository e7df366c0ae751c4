"""One thread's connection to the server: how it is made, and signed in before anything is sent.

A sign-in that holds for a connection (NTLM, Kerberos) is part of connecting: as soon as TLS has
proved the server's name, the legs are exchanged with empty bodies, and only then the first request
follows. So a large body is never sent in vain, and no connection can be used unsigned.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pybase64
import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

from strongroom.errors import OperatorError, SignInEnded
from strongroom.wire.metadata_addresses import refuse_metadata
from strongroom.wire.sign_in import ConnectionSignIn, Handshake

_LEGS_MAX = 6
_LEG_BYTES_MAX = 64 * 1024


class NotConnected(Exception):
    """No connection came about, so nothing was sent. Passes through the library untouched."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class AnsweredInstead(Exception):
    """The server gave another answer than one about our sign-in: busy, moved, forbidden.

    Attributes:
        response: The answer; its body is read or given up.
    """

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass(slots=True, kw_only=True)
class SignOn:
    """How each new connection of a line is signed in.

    Attributes:
        sign_in: With what.
        host: The name that the server proves.
        path: Where the legs are sent.
        headers: What goes with each.
        timeout_s: How long one answer may take.
        is_for_each_request: Requests on a signed-in connection carry a token all the same.
    """

    sign_in: ConnectionSignIn
    host: str
    path: str
    headers: dict[str, str]
    timeout_s: float
    is_for_each_request: bool = False

    def carry_out(self, connection: Connection) -> None:
        """Sign a connection in, under the first of the names that the server knows.

        Raises:
            SignInEnded: it knows none of them, or says no.
            OperatorError: it closes the connection, or asks for no sign-in.
            AnsweredInstead: it answers about something else.
        """
        offered: list[str] = []
        for scheme in self.sign_in.schemes:
            handshake = self.sign_in.begin(connection.certificate_der(), host=self.host)
            response = self._first_leg(connection, handshake, scheme)
            if response.status != 401 or challenge(response, scheme) is not None:
                self._further_legs(connection, handshake, scheme, response)
                return
            offered = schemes(response)
            self._check_open(connection)
        raise SignInEnded(
            f"{self.host} does not offer {self.sign_in.schemes[0]}.",
            is_proof_refused=False,
            why=f"It offers: {', '.join(offered) or 'nothing'}. Nothing is sent in another way than"
            " the one that was chosen.",
            hint="Enable Windows authentication on the server's virtual directory, or choose"
            " another way (--auth).",
        )

    def for_request(self, connection: Connection) -> dict[str, str]:
        """Give the headers that one request needs although its connection is signed in.

        IIS can be set to ask for Kerberos with every request (``authPersistNonNTLM``). A way that
        needs several legs cannot answer that, and goes without.
        """
        if not self.is_for_each_request:
            return {}
        handshake = self.sign_in.begin(connection.certificate_der(), host=self.host)
        token = handshake.step(None)
        self.is_for_each_request = token is not None and handshake.has_proved
        if token is None or not handshake.has_proved:
            return {}
        return {"Authorization": written(self.sign_in.schemes[0], token)}

    def _first_leg(
        self, connection: Connection, handshake: Handshake, scheme: str
    ) -> urllib3.BaseHTTPResponse:
        return self._leg(connection, scheme, handshake.step(None) or b"")

    def _further_legs(
        self,
        connection: Connection,
        handshake: Handshake,
        scheme: str,
        response: urllib3.BaseHTTPResponse,
    ) -> None:
        for _ in range(_LEGS_MAX):
            said = challenge(response, scheme)
            if response.status != 401:
                self._let_in(connection, handshake, said, response)
                return
            if not said or handshake.has_proved:
                raise self._refused(scheme)
            self._check_open(connection)
            token = handshake.step(said)
            if token is None:
                raise self._refused(scheme)
            response = self._leg(connection, scheme, token)
        raise self._refused(scheme)

    def _let_in(
        self,
        connection: Connection,
        handshake: Handshake,
        said: bytes | None,
        response: urllib3.BaseHTTPResponse,
    ) -> None:
        if not handshake.has_proved:
            if response.status >= 300:
                raise AnsweredInstead(response)
            raise OperatorError(
                f"{self.host} did not ask who we are.",
                why=f"HTTP {response.status} came before the sign-in was complete.",
                hint="Check that the address leads to the server, and that it does not let"
                " everybody in.",
            )
        if said:
            # Kerberos: now the server proves itself too.
            handshake.step(said)
        self._check_open(connection)

    def _leg(self, connection: Connection, scheme: str, token: bytes) -> urllib3.BaseHTTPResponse:
        headers = {**self.headers, "Content-Length": "0", "Authorization": written(scheme, token)}
        connection.timeout = self.timeout_s
        connection.request("POST", self.path, headers=headers, preload_content=False)
        response = connection.getresponse()
        if len(response.read(_LEG_BYTES_MAX + 1, decode_content=False)) > _LEG_BYTES_MAX:
            connection.close()
        return response

    def _check_open(self, connection: Connection) -> None:
        if connection.sock is None:
            raise OperatorError(
                f"{self.host} closes the connection while we sign in.",
                why="NTLM and Kerberos sign a connection in, so it has to stay open.",
                hint="Use an address that leads to the server without a proxy or a load balancer"
                " that closes connections.",
            )

    def _refused(self, scheme: str) -> SignInEnded:
        return SignInEnded(
            f"{self.host} refused the sign-in of {self.sign_in.user} by {scheme}.",
            why="HTTP 401: the name or the password is wrong, the account is locked or may not sign"
            " in here, or something between us opens the TLS connection.",
            hint="Check the user name (DOMAIN\\user or user@domain) and the password. With Extended"
            " Protection, the address must lead to the server itself.",
        )


class Connection(HTTPSConnection):
    """Tells failures before the first byte from later ones, which the library calls the same."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - the library's own, passed on
        sign_on: SignOn | None = None,
        **more: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **more)
        self.sign_on = sign_on

    def connect(self) -> None:
        """Connect, have the server's name proved, and sign in.

        Raises:
            NotConnected: nothing was sent, or the connection broke before it was signed in.
            AnsweredInstead: as ``SignOn.carry_out``.
            OperatorError: as ``SignOn.carry_out``, or it is nowhere that we may go.
        """
        refuse_metadata(self.host)  # the proxy's, if there is one
        try:
            super().connect()
            if self.sign_on is not None:
                self.sign_on.carry_out(self)
        except (HTTPError, OSError, http.client.HTTPException) as error:
            raise NotConnected(error) from error

    def request(
        self,
        method: str,
        url: str,
        body: Any = None,  # noqa: ANN401 - the library's own, passed on
        headers: Mapping[str, str] | None = None,  # type: ignore[override] # all that we give it
        **more: Any,  # noqa: ANN401
    ) -> None:
        """Send a request, with what the sign-in has to say in it."""
        sent = dict(headers or {})
        if self.sign_on is not None and "Authorization" not in sent:
            sent |= self.sign_on.for_request(self)
        super().request(method, url, body, sent, **more)

    def certificate_der(self) -> bytes:
        """Give the certificate that the server has just proved its name with."""
        assert self.is_verified, "no sign-in over a connection that proves nothing"
        assert isinstance(self.sock, ssl.SSLSocket), "the library's other kind is for other proxies"
        shown = self.sock.getpeercert(binary_form=True)
        assert shown, "a TLS server always shows one"
        return shown


class Line:
    """One thread's connection and what it went through.

    Args:
        pool: The connection; the library makes it anew where the server closed it.
        sign_on: How it is signed in; None: each request says who we are.

    Attributes:
        had_success: An earlier request was let in, on it or elsewhere before it was opened; and
            none was refused since.
        is_renewed: The sign-in was renewed after a 401, and no request was let in since.
        was_refused: So was the sign-in of a new connection, and no request was let in since.
    """

    def __init__(self, pool: urllib3.HTTPSConnectionPool, sign_on: SignOn | None) -> None:
        pool.ConnectionCls = Connection
        pool.conn_kw["sign_on"] = sign_on
        self.pool = pool
        self.had_success = False
        self.is_renewed = False
        self.was_refused = False
        self._sign_on = sign_on

    def note(self, status: int) -> None:
        """Remember how a request fared."""
        # A 401 takes the standing away: a second one in a row is no symptom of load any more.
        self.had_success = status == 200 or (self.had_success and status != 401)
        self.was_refused = self.was_refused and status != 200

    def sign_in_anew(self) -> None:
        """Do differently from now on what was answered with 401; the caller gave the answer up."""
        self.is_renewed = True
        if self._sign_on is not None:
            self._sign_on.is_for_each_request = True


def make_pool(
    host: str, port: int, *, proxy: str | None, arguments: dict[str, Any]
) -> urllib3.HTTPSConnectionPool:
    """Make room for one connection, through the proxy if there is one.

    Args:
        host: Where to.
        port: Where to.
        proxy: ``http://host:port``.
        arguments: Those of ``Trust.pool_arguments``.

    Raises:
        OperatorError: it is nowhere that we may go.
    """
    refuse_metadata(host, is_resolved_here=False)
    if proxy is None:
        return urllib3.HTTPSConnectionPool(host, port, maxsize=1, **arguments)
    manager = urllib3.ProxyManager(proxy, num_pools=1, maxsize=1, **arguments)
    pool = manager.connection_from_host(host, port, "https")
    assert isinstance(pool, urllib3.HTTPSConnectionPool)
    return pool


def written(scheme: str, token: bytes) -> str:
    """Write a token as the value of ``Authorization``."""
    return f"{scheme} {pybase64.b64encode(token).decode('ascii')}"


def schemes(response: urllib3.BaseHTTPResponse) -> list[str]:
    """Name the ways to sign in that an answer offers, sorted."""
    values = response.headers.getlist("WWW-Authenticate")
    return sorted({value.split(" ")[0] for value in values if value.strip()})


def challenge(response: urllib3.BaseHTTPResponse, scheme: str) -> bytes | None:
    """Find what the server says under one scheme: empty if it only offers it, None if not even."""
    for value in response.headers.getlist("WWW-Authenticate"):
        name, _, token = value.strip().partition(" ")
        if name.casefold() == scheme.casefold():
            try:
                return pybase64.b64decode(token.strip(), validate=True)
            except ValueError:
                return b""
    return None
