"""How lines of syslog leave: by datagrams, by a stream, or by a stream over TLS.

    udp://HOST[:514]   tcp://HOST[:514]   tls://HOST[:6514]   unix:/dev/log

Of syslog's ways none says that a line was kept. A datagram may be lost without a word. On a stream
the most that can be known is that the other side took everything before it said goodbye, so a
stream is finished properly, and what was under way when it broke is to be sent again.

Source:
    https://www.rfc-editor.org/rfc/rfc5425 (TLS), RFC 5426 (UDP), RFC 6587 (TCP, octet counting)
"""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from strongroom.errors import OperatorError, ServerUnreachable

if TYPE_CHECKING:  # loaded where something is sent: every command knows of this file
    from strongroom.wire.tls import Trust

LINE_BYTES_MAX = 8192
"""RFC 5425 4.3.1: what every receiver should take."""

_PORTS = {"udp": 514, "tcp": 514, "tls": 6514}
_WAIT_S = 3.0
"""How long each step may take: whoever is away keeps nobody waiting."""


class Sink(Protocol):
    """Where lines go, in their order. Whoever opened it closes it."""

    def send(self, line: bytes) -> None:
        """Send one line of at most ``LINE_BYTES_MAX``.

        Raises:
            ServerUnreachable: it did not leave, and what left before it may not have arrived.
        """

    def finish(self) -> None:
        """Say that this was all, and wait until the other side has taken it, as far as it tells.

        Raises:
            ServerUnreachable: it broke off; what was sent may not have arrived.
        """

    def close(self) -> None:
        """Let go of the connection. Safe to call at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a sink is.

    Attributes:
        way: ``udp``, ``tcp``, ``tls`` or ``unix``.
        host: Its name or address; of ``unix`` the path of the socket.
        port: Its port; of ``unix`` 0.
    """

    way: str
    host: str
    port: int

    def __str__(self) -> str:
        """Write it as the one URL that ``place`` reads as this."""
        if self.way == "unix":
            return f"unix:{self.host}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.way}://{host}:{self.port}"


def place(url: str) -> Place:
    """Read where a sink is.

    Raises:
        OperatorError: it is no such place.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _no_place() from error
    has_more = bool(parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme == "unix" and parts.path.startswith("/") and not (parts.netloc or has_more):
        return Place(way="unix", host=unquote(parts.path), port=0)
    if parts.scheme in _PORTS and parts.hostname and not has_more and parts.path in {"", "/"}:
        return Place(way=parts.scheme, host=parts.hostname, port=port or _PORTS[parts.scheme])
    raise _no_place()


def open_sink(where: Place, ca_pem: str | None = None) -> Sink:
    """Connect to a sink.

    Args:
        where: The sink.
        ca_pem: Authorities to trust instead of the system's, PEM; for ``tls`` alone.

    Raises:
        ServerUnreachable: it is not there, or could not prove its name.
        OperatorError: the PEM holds no certificate.
    """
    if where.way in {"udp", "unix"}:
        return DatagramSink(where)
    from strongroom.wire.tls import Trust  # noqa: PLC0415 - see above

    return StreamSink(where, Trust(ca_pem=ca_pem) if where.way == "tls" else None)


class DatagramSink:
    """Sends by UDP, or to the system's own socket (``/dev/log``). Nobody says what arrives."""

    def __init__(self, where: Place) -> None:
        self._where = where
        with _told(where):
            if where.way == "unix":
                self._to: tuple[str, int] | str = str(Path(where.host))
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            else:
                found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_DGRAM)
                family, kind, _, _, address = found[0]
                self._to = (str(address[0]), int(address[1]))
                self._socket = socket.socket(family, kind)
        try:
            with _told(where):
                self._socket.settimeout(_WAIT_S)
                # Connected, so that a port that is shut is told by the next datagram.
                self._socket.connect(self._to)
        except BaseException:
            self._socket.close()
            raise

    def send(self, line: bytes) -> None:
        """See ``Sink``."""
        with _told(self._where):
            self._socket.send(line)

    def finish(self) -> None:
        """See ``Sink``: nothing is told."""

    def close(self) -> None:
        """See ``Sink``."""
        self._socket.close()


class StreamSink:
    """Sends by TCP, each line behind its length; over TLS if somebody's proof is asked for."""

    def __init__(self, where: Place, trust: Trust | None) -> None:
        self._where = where
        context = None if trust is None else trust.context()
        with _told(where):
            plain = socket.create_connection((where.host, where.port), timeout=_WAIT_S)
        try:
            with _told(where):
                self._socket = (
                    plain
                    if context is None
                    else context.wrap_socket(plain, server_hostname=where.host)
                )
        except BaseException:
            plain.close()
            raise

    def send(self, line: bytes) -> None:
        """See ``Sink``."""
        with _told(self._where):
            self._socket.sendall(b"%d %b" % (len(line), line))

    def finish(self) -> None:
        """See ``Sink``."""
        with _told(self._where):
            if isinstance(self._socket, ssl.SSLSocket):
                self._socket = self._unwrapped(self._socket)
            self._socket.shutdown(socket.SHUT_WR)
            # Some keep the connection open though nothing can come any more: that is no failure.
            with contextlib.suppress(TimeoutError):
                while self._socket.recv(4096):
                    pass  # a receiver has nothing to say; whatever it is, we do not listen

    @staticmethod
    def _unwrapped(secured: ssl.SSLSocket) -> socket.socket:
        try:
            return secured.unwrap()
        except (ssl.SSLError, TimeoutError):
            return secured  # it hung up without a word, or says none: told apart by the plain end

    def close(self) -> None:
        """See ``Sink``."""
        self._socket.close()


@contextlib.contextmanager
def _told(where: Place) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unreachable(where, error) from error


def _unreachable(where: Place, error: OSError) -> ServerUnreachable:
    from strongroom.wire.tls import unreachable  # noqa: PLC0415 - see above

    if where.way != "unix" and error.errno != errno.EPIPE:
        told = unreachable(where.host, error)
        why, hint = f"{told.what} {told.why}", told.hint
    else:
        why, hint = f"{error.strerror or error}.", "Check that it is running."
    return ServerUnreachable(
        "The audit log cannot be sent to syslog.",
        why=why,
        hint=f"{hint} Nothing is lost: what was not sent is kept here, and sent later.",
    )


def _no_place() -> OperatorError:
    return OperatorError(
        "This is no place that syslog can be sent to.",
        hint="Name udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or unix:/dev/log.",
    )
