"""One HTTPS request, one attempt: sent, timed, counted, and its failure named once.

HTTP/1.1 with one kept-open connection per thread: a lane is a thread is a connection is a signed-in
identity, which is what NTLM needs and what server affinity likes. Measured over TLS with a server
that answers in chunks: reading 64 KiB at a time into one buffer takes half the CPU of the library's
own ``.data``, and HTTP/2 gained nothing.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

from strongroom.clock import Clock
from strongroom.errors import (
    OperatorError,
    OutcomeUnknown,
    ServerUnreachable,
    StrongroomError,
    TransientError,
)
from strongroom.wire.sign_in import SignIn
from strongroom.wire.tls import is_certificate_failure, tls_context, unreachable
from strongroom.wire.traffic import TrafficMeter

PIECE_BYTES = 64 * 1024
USER_AGENT = "Strongroom/0.1 (backup)"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request's body in pieces, so that tens of megabytes need not lie in one string.

    Attributes:
        pieces: The bytes, in order, read once.
        length: Their exact number.
    """

    pieces: Iterable[bytes]
    length: int


class AnswerTooLarge(StrongroomError):
    """An answer passed the bound that its reader set; the rest of it was not read."""


class Transport:
    """Sends requests to one server. Safe in many threads: each has a connection of its own.

    Args:
        url: Where to, ``https://host[:port]/path``. Credentials are sent nowhere else: redirects
            are told, never followed.
        sign_in: Who we are.
        clock: For round-trip times.
        ca_file: Authorities to trust instead of the system's.
        timeouts: How long silence is bearable.

    Raises:
        OperatorError: the URL is not ``https``, or the CA file cannot be used.
    """

    def __init__(
        self,
        url: str,
        sign_in: SignIn,
        *,
        clock: Clock,
        ca_file: Path | None = None,
        timeouts: Timeouts | None = None,
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
        self._port = parts.port or 443
        self.authority = f"{self.host}:{self._port}"
        self._path = parts.path or "/"
        self._clock = clock
        self._context = tls_context(ca_file)
        timeouts = timeouts or Timeouts()
        self._timeout = urllib3.Timeout(connect=timeouts.connect_s, read=timeouts.read_s)
        self._was_heard = False
        self._local = threading.local()
        self._lanes: weakref.WeakSet[_Lane] = weakref.WeakSet()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Transport({self.host!r}, {self.sign_in!r})"

    def post(
        self, body: bytes | Body, headers: Mapping[str, str], *, is_write: bool = False
    ) -> Reply:
        """Send one request and give its answer as soon as the status line is there.

        Args:
            body: What to send.
            headers: Beside those of the sign-in and of HTTP itself.
            is_write: A failure after sending began leaves the outcome unknown.

        Returns:
            The answer, whatever its status; its body is still to be read. Close it (``with``).

        Raises:
            ServerUnreachable: nobody answers, or who answers could not prove its name. Nothing was
                sent.
            TransientError: the connection broke or fell silent (reads); or none came about to a
                server that we spoke with before (then nothing was sent, writes included).
            OutcomeUnknown: it broke or fell silent in the middle of a write.
        """
        length = len(body) if isinstance(body, bytes) else body.length
        sent = {
            **self.sign_in.headers(),
            "User-Agent": USER_AGENT,
            # Inflating base64 of incompressible data costs more than sending it (measured).
            "Accept-Encoding": "identity",
            "Content-Length": str(length),
            **headers,
        }
        lane = self._lane()
        self.meter.add(requests=1, bytes_sent=length)
        started_s = self._clock.monotonic_s()
        try:
            response = lane.pool.urlopen(
                "POST",
                self._path,
                body=body if isinstance(body, bytes) else iter(body.pieces),
                headers=sent,
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=self._timeout,
            )
        except _NotConnected as error:
            raise self._no_connection(error.cause) from error.cause
        except (HTTPError, OSError) as error:
            raise self._broken(error, is_write=is_write) from error
        reply = Reply(
            response,
            lane=lane,
            meter=self.meter,
            round_trip_s=self._clock.monotonic_s() - started_s,
            broken=lambda error: self._broken(error, is_write=is_write),
        )
        self._was_heard = self._was_heard or reply.status == 200
        return reply

    def close(self) -> None:
        """Close every connection. A later ``post`` opens new ones."""
        with self._lock:
            lanes = list(self._lanes)
        for lane in lanes:
            lane.pool.close()
        self._local = threading.local()

    def _lane(self) -> _Lane:
        lane: _Lane | None = getattr(self._local, "lane", None)
        if lane is None:
            pool = urllib3.HTTPSConnectionPool(
                self.host, self._port, maxsize=1, ssl_context=self._context
            )
            pool.ConnectionCls = _Connection
            lane = self._local.lane = _Lane(pool)
            # A thread that ends drops its lane, and with it the connection.
            weakref.finalize(lane, pool.close)
            with self._lock:
                self._lanes.add(lane)
        return lane

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
        return TransientError(f"The connection to {self.host} broke, or fell silent.", why=why)


class _NotConnected(Exception):
    """No connection came about, so nothing was sent. Passes through the library untouched."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _Connection(HTTPSConnection):
    """Tells failures before the first byte from later ones, which the library calls the same."""

    def connect(self) -> None:
        try:
            super().connect()
        except (HTTPError, OSError) as error:
            raise _NotConnected(error) from error


class _Lane:
    """One thread's connection and what it went through."""

    def __init__(self, pool: urllib3.HTTPSConnectionPool) -> None:
        self.pool = pool
        self.had_success = False


class Reply:
    """One answer. A context manager: leaving it frees the connection, for reuse if all was read.

    Attributes:
        status: HTTP status code.
        round_trip_s: From sending the first byte to having the status line, in seconds.
        had_success: An earlier request on this connection was let in.
    """

    def __init__(
        self,
        response: urllib3.BaseHTTPResponse,
        *,
        lane: _Lane,
        meter: TrafficMeter,
        round_trip_s: float,
        broken: Callable[[BaseException], StrongroomError],
    ) -> None:
        self.status = response.status
        self.round_trip_s = round_trip_s
        self.had_success = lane.had_success
        # A 401 takes the standing away: a second one in a row is no symptom of load any more.
        lane.had_success = response.status == 200 or (lane.had_success and response.status != 401)
        self._response = response
        self._meter = meter
        self._broken = broken
        self._is_read = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def header(self, name: str) -> str:
        """Give a header's last value (the hop nearest to us), or an empty string."""
        values = self._response.headers.getlist(name)
        return values[-1] if values else ""

    def header_values(self, name: str) -> list[str]:
        """Give every value of a header, in order."""
        return list(self._response.headers.getlist(name))

    def pieces(self) -> Iterator[bytes]:
        """Read the body as it comes in, at most 64 KiB at a time.

        Raises:
            TransientError: it broke off (reads).
            OutcomeUnknown: it broke off (writes).
        """
        try:
            for piece in self._response.stream(PIECE_BYTES):
                self._meter.add(bytes_read=len(piece))
                yield piece
        except (HTTPError, OSError) as error:
            raise self._broken(error) from error
        self._is_read = True

    def read(self, bytes_max: int) -> bytearray:
        """Read the whole body.

        Raises:
            AnswerTooLarge: it has more than ``bytes_max`` bytes.
            TransientError: it broke off (reads).
            OutcomeUnknown: it broke off (writes).
        """
        body = bytearray()
        for piece in self.pieces():
            body += piece
            if len(body) > bytes_max:
                raise AnswerTooLarge(f"The server's answer is larger than {bytes_max:,} bytes.")
        return body

    def close(self) -> None:
        """Free the connection; one whose answer was not read to the end is not used again."""
        if not self._is_read:
            self._response.close()
        self._response.release_conn()
