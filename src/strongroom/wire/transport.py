"""One HTTPS request, one attempt: sent, timed, counted, and its failure named once.

HTTP/1.1 with one kept-open connection per thread: a line is a thread is a connection is a signed-in
identity, which is what NTLM needs and what server affinity likes. Measured over TLS with a server
that answers in chunks: reading 64 KiB at a time into one buffer takes half the CPU of the library's
own ``.data``, and HTTP/2 gained nothing.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from strongroom.clock import Clock
from strongroom.errors import (
    OperatorError,
    OutcomeUnknown,
    ServerUnreachable,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.pace.patience import NoAnswerInTime
from strongroom.wire.open_line import AnsweredInstead, Line, NotConnected, SignOn, make_pool
from strongroom.wire.reply import Body, Reply
from strongroom.wire.sign_in import ConnectionSignIn, RenewableSignIn, SignIn
from strongroom.wire.sign_in.doubt import Doubt, RefusedForNow
from strongroom.wire.tls import Trust, is_certificate_failure, unreachable
from strongroom.wire.traffic import TrafficMeter

USER_AGENT = "Strongroom/0.1 (backup)"

# Inflating base64 of incompressible data costs more than sending it (measured).
_OURS = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long silence is bearable, in seconds.

    Attributes:
        connect_s: A reachable server answers within a few round trips; fifteen seconds also outlast
            one lost packet's retransmissions.
        read_s: Between two pieces of an answer. Exchange ends a batch by itself after 60 s and may
            delay one for up to 60 s more when a budget runs low; 100 s is also what Microsoft's own
            clients wait.
    """

    connect_s: float = 15.0
    read_s: float = 100.0


class Transport:
    """Sends requests to one server. Safe in many threads: each has a connection of its own.

    Args:
        url: Where to, ``https://host[:port]/path``. Credentials are sent nowhere else: redirects
            are told, never followed.
        sign_in: Who we are.
        clock: For round-trip times.
        trust: Whose certificates are believed; by default those of the system's authorities.
        timeouts: How long silence is bearable.
        proxy: ``http://host:port`` to tunnel through, or None. Never the environment's.
        headers: What goes with every request, those that sign a connection in included.

    Raises:
        OperatorError: the URL is not ``https``, the proxy's is not ``http``, the certificates
            cannot be used.
    """

    def __init__(
        self,
        url: str,
        sign_in: SignIn,
        *,
        clock: Clock,
        trust: Trust | None = None,
        timeouts: Timeouts | None = None,
        proxy: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise OperatorError(
                "The address holds a user name or a password.",
                why="Addresses are shown in messages; secrets never are.",
                hint="Give the address alone.",
            )
        if parts.scheme != "https" or not parts.hostname:
            raise OperatorError(
                f"{url} is not an address that passwords may be sent to.",
                why="Only https proves the server's name.",
                hint="Give an address that begins with https://",
            )
        self.host = parts.hostname
        self.url = url
        self.sign_in = sign_in
        self.meter = TrafficMeter()
        self.doubt = Doubt()
        self._port = parts.port or 443
        self.authority = f"{self.host}:{self._port}"
        self._path = parts.path or "/"
        self._always = {**_OURS, **(headers or {})}
        self._clock = clock
        self._trust = trust or Trust()
        self._pool_arguments = self._trust.pool_arguments()
        self._proxy = None if proxy is None else _checked_proxy(proxy)
        timeouts = timeouts or Timeouts()
        self._leg_timeout_s = timeouts.read_s
        self._timeout = urllib3.Timeout(connect=timeouts.connect_s, read=timeouts.read_s)
        self._was_heard = False
        self._local = threading.local()
        self._lines: weakref.WeakSet[Line] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._renewing = threading.Lock()

    def __repr__(self) -> str:
        return f"Transport({self.host!r}, {self.sign_in!r})"

    def post(
        self,
        body: bytes | Body,
        headers: Mapping[str, str],
        *,
        is_write: bool = False,
        target: str = "",
    ) -> Reply:
        """Send one request and give its answer as soon as the status line is there.

        Args:
            body: What to send.
            headers: Beside those of the sign-in and of HTTP itself.
            is_write: A failure after sending began leaves the outcome unknown.
            target: Path and query, from ``/`` on, of another place on the same server; empty: the
                one that the transport was made for.

        Returns:
            The answer, whatever its status; its body is still to be read. Close it (``with``). A
            401 has been answered with a renewed sign-in already, once, if there was one to be had.

        Raises:
            OperatorError: the sign-in did not come about: refused, not offered, not to be renewed.
            SignInEnded: so it is, for good; nothing more is sent over this transport.
            ServerUnreachable: nobody answers, or who answers could not prove its name. Nothing was
                sent.
            TransientError: the connection broke or fell silent (reads); or none came about to a
                server that we spoke with before (then nothing was sent, writes included).
            OutcomeUnknown: it broke or fell silent in the middle of a write.
        """
        assert not target or target.startswith("/"), "a path, not an address"
        return self._signed("POST", target or self._path, body, headers, is_write=is_write)

    def change(self, method: str, body: bytes, headers: Mapping[str, str], *, target: str) -> Reply:
        """Send a request of another kind (``PATCH``, ``DELETE``) that may be sent twice.

        Args:
            method: Of HTTP.
            body: What to send.
            headers: As above.
            target: As above.

        Raises:
            StrongroomError: as ``post`` for a read.
        """
        assert target.startswith("/"), "a path, not an address"
        return self._signed(method, target, body, headers, is_write=False)

    def get(self, target: str, headers: Mapping[str, str]) -> Reply:
        """Ask the same server for something else, and give the answer as ``post`` does.

        Args:
            target: Path and query, from ``/`` on: no answer can name another server in it.
            headers: As above.

        Raises:
            StrongroomError: as ``post`` for a read.
        """
        assert target.startswith("/"), "a path, not an address"
        return self._signed("GET", target, b"", headers, is_write=False)

    def close(self) -> None:
        """Close every connection. A later ``post`` opens new ones."""
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            line.pool.close()
        self._local = threading.local()

    def _signed(
        self,
        method: str,
        target: str,
        body: bytes | Body,
        headers: Mapping[str, str],
        *,
        is_write: bool,
    ) -> Reply:
        """Send one request; where it is answered with 401, once more with a renewed sign-in."""
        length = len(body) if isinstance(body, bytes) else body.length
        sized = {"Content-Length": str(length)} if method == "POST" else {}

        def send(proof: Mapping[str, str]) -> Reply:
            sent = {**proof, **self._always, **sized, **headers}
            self.meter.add(requests=1, bytes_sent=length)
            return self._send(line, method, target, body, sent, is_write=is_write)

        line = self._line()
        with self.doubt.request():
            try:
                reply = self._sent(line, send, body)
            except SignInEnded as error:
                self.doubt.end(error)
                raise
            line.note(reply.status)
            if reply.status == 401:
                self.doubt.begin()
            elif reply.status == 200 and self.doubt.is_second_look():
                # Others were let in before there was a doubt, and prove nothing.
                self.doubt.clear()
        return reply

    def _sent(
        self, line: Line, send: Callable[[Mapping[str, str]], Reply], body: bytes | Body
    ) -> Reply:
        proof = self.sign_in.headers()
        reply = send(proof)
        if reply.status != 401:
            line.is_renewed = False
        elif not line.is_renewed and self._sign_in_anew(line, proof, reply):
            if not isinstance(body, bytes):
                raise TransientError(
                    f"{self.host} wanted the sign-in again.",
                    why="HTTP 401, so nothing was done; the sign-in was renewed.",
                )
            reply = send(self.sign_in.headers())
            line.is_renewed = reply.status == 401
        return reply

    def _send(
        self,
        line: Line,
        method: str,
        target: str,
        body: bytes | Body,
        sent: Mapping[str, str],
        *,
        is_write: bool,
    ) -> Reply:
        started_s = self._clock.monotonic_s()
        try:
            response = line.pool.urlopen(
                method,
                target,
                body=_given(method, body),
                headers=sent,
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=self._timeout,
            )
        except NotConnected as error:
            raise self._no_connection(error.cause) from error.cause
        except AnsweredInstead as error:
            response = error.response
        except SignInEnded as error:
            raise self._refused(line, error) from error
        except (HTTPError, OSError) as error:
            raise self._broken(error, is_write=is_write) from error
        reply = Reply(
            response,
            had_success=line.had_success and not self.doubt.is_second_look(),
            meter=self.meter,
            round_trip_s=self._clock.monotonic_s() - started_s,
            broken=lambda error: self._broken(error, is_write=is_write),
        )
        self._was_heard = self._was_heard or reply.status == 200
        return reply

    def _sign_in_anew(self, line: Line, proof: Mapping[str, str], reply: Reply) -> bool:
        """Say whether a request that was answered with 401 is worth sending once more."""
        if isinstance(self.sign_in, ConnectionSignIn):
            # The connection was signed in before the request. Unread, the answer takes it along.
            reply.close()
            line.sign_in_anew()
            return True
        if not isinstance(self.sign_in, RenewableSignIn):
            return False
        # Of many lines that are refused at once, the first one renews for all.
        try:
            with self._renewing:
                is_new = self.sign_in.headers() != proof or self.sign_in.refused(
                    reply.header_values("WWW-Authenticate")
                )
        except StrongroomError:
            reply.close()
            raise
        if is_new:
            reply.close()
            line.sign_in_anew()
        return is_new

    def _line(self) -> Line:
        line: Line | None = getattr(self._local, "line", None)
        if line is None:
            pool = make_pool(
                self.host, self._port, proxy=self._proxy, arguments=self._pool_arguments
            )
            line = self._local.line = Line(pool, self._sign_on())
            # What others were let in with is good for this one too.
            line.had_success = self._was_heard
            # A thread that ends drops its line, and with it the connection.
            weakref.finalize(line, pool.close)
            with self._lock:
                self._lines.add(line)
        return line

    def _sign_on(self) -> SignOn | None:
        if not isinstance(self.sign_in, ConnectionSignIn):
            return None
        return SignOn(
            sign_in=self.sign_in,
            host=self._trust.server_name or self.host,
            path=self._path,
            headers=self._always,
            timeout_s=self._leg_timeout_s,
        )

    def _refused(self, line: Line, error: SignInEnded) -> StrongroomError:
        """Name a new connection's sign-in that was refused.

        A server that let us in before may only be out of order (so is Exchange without its domain
        controller): each line looks once more. Connections that were signed in before go on and
        prove nothing about a new one, so it is the line that remembers.
        """
        if self._was_heard and not line.was_refused and not self.doubt.is_second_look():
            line.was_refused = True
            self.doubt.begin()
            return RefusedForNow(
                f"{self.host} refused a sign-in that it had accepted.",
                why=error.why,
                is_throttle=True,
            )
        return error

    def _no_connection(self, error: Exception) -> StrongroomError:
        """Name a connection that did not come about.

        A server that answered a moment ago is probably restarting, and time heals that; a
        certificate that proves nothing is never waited for.
        """
        told: ServerUnreachable = unreachable(self.host, error)
        if self._was_heard and not is_certificate_failure(error):
            return TransientError(told.what, why=told.why, hint=told.hint)
        return told

    def _broken(self, error: BaseException, *, is_write: bool) -> StrongroomError:
        """Name a request that broke after the connection stood."""
        why = f"{type(error).__name__} after the request was begun."
        if is_write:
            return OutcomeUnknown(
                f"{self.host} gave no complete answer to something that was to be written.", why=why
            )
        if isinstance(error, ReadTimeoutError | TimeoutError):
            return NoAnswerInTime(f"{self.host} fell silent.", why=why)
        return TransientError(f"The connection to {self.host} broke.", why=why)


def _given(method: str, body: bytes | Body) -> bytes | Iterator[bytes] | None:
    """Give what the library sends; a GET has no body at all."""
    if method == "GET":
        return None
    return body if isinstance(body, bytes) else iter(body.pieces)


def _checked_proxy(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or "@" in parts.netloc:
        raise OperatorError(
            "This is not the address of a proxy that we can use.",
            why="The proxy opens a tunnel for us; it is told no password, and TLS goes through it.",
            hint="Give it as http://host:port, without a user name.",
        )
    return url
