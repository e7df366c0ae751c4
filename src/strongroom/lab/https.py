"""A small threaded HTTPS server on loopback, with a certificate authority of its own."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import BinaryIO, Protocol, cast

import trustme

_log = logging.getLogger(__name__)

_IDLE_S = 120.0
_DRAIN_BYTES_MAX = 256 << 20
_PIECE_BYTES = 1 << 16


class TooLarge(Exception):
    """The request's body is larger than the server takes."""


class Malformed(Exception):
    """The request is not HTTP as we speak it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One TCP connection, for faces that sign it in as a whole.

    Attributes:
        certificate_der: What the server proves its name with on it.
        notes: Whatever the faces want to remember until it ends.
    """

    certificate_der: bytes = b""
    notes: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request, read whole.

    Attributes:
        headers: Names in lower case.
        connection: Which it came on.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: Connection = field(default_factory=Connection)


class Sending(Protocol):
    """Says when the bytes of an answer go out."""

    def pieces(self, body: bytes) -> Generator[bytes, None, None]:
        """Give the body piece by piece, each when it may go.

        If these are fewer bytes than the body has, the connection breaks after them.
        """

    def end(self) -> None:
        """Hear that the answer is through, or that nobody takes it any more; called once."""


@dataclass(slots=True, kw_only=True)
class Response:
    """One HTTP answer.

    Attributes:
        body: Bytes, or pieces that are sent chunked as they come.
        closes: The connection ends with this answer.
        cuts: Only half of the body is sent and then the connection breaks.
        drops: Nothing at all is sent and the connection breaks.
        sending: When the bytes of a body that is whole go out; None: at once.
    """

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""
    closes: bool = False
    cuts: bool = False
    drops: bool = False
    sending: Sending | None = None


class Authority:
    """A certificate authority made for one start, and the server's certificate from it."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._authority = trustme.CA(organization_name="Strongroom lab")
        wanted = dict.fromkeys(["localhost", "127.0.0.1", "::1", *names])
        self._certificate = self._authority.issue_cert(*wanted)

    @property
    def ca_pem(self) -> bytes:
        """The authority's certificate, PEM."""
        return self._authority.cert_pem.bytes()

    @property
    def certificate_der(self) -> bytes:
        """The server's own certificate, DER."""
        return ssl.PEM_cert_to_DER_cert(
            self._certificate.cert_chain_pems[0].bytes().decode("ascii")
        )

    def write_ca(self, path: Path) -> None:
        """Write the authority's certificate to a file, for clients that want one."""
        path.write_bytes(self.ca_pem)

    def server_context(self) -> ssl.SSLContext:
        """Give a context for the server's side of a connection."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._certificate.configure_cert(context)
        return context


class HttpsServer:
    """Answers requests with a function, each connection in a thread of its own."""

    def __init__(
        self,
        answer: Callable[[Request], Response],
        *,
        authority: Authority,
        port: int = 0,
        request_bytes_max: int,
        too_large_status: int = 413,
        admits: Callable[[], bool] = lambda: True,
    ) -> None:
        self._answer = answer
        self._admits = admits
        self._context = authority.server_context()
        self._certificate_der = authority.certificate_der
        self._wanted_port = port
        self._request_bytes_max = request_bytes_max
        self._too_large_status = too_large_status
        self._tcp: _Tcp | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The TCP port; known once the server was started."""
        assert self._tcp is not None, "the server was not started"
        return int(self._tcp.server_address[1])

    def limit_requests(self, request_bytes_max: int) -> None:
        """Refuse only requests larger than this from now on."""
        self._request_bytes_max = request_bytes_max
        if self._tcp is not None:
            self._tcp.request_bytes_max = request_bytes_max

    def start(self) -> None:
        """Begin to accept connections."""
        self._tcp = _Tcp(("127.0.0.1", self._wanted_port), _Handler)
        self._tcp.answer = self._answer
        self._tcp.admits = self._admits
        self._tcp.context = self._context
        self._tcp.certificate_der = self._certificate_der
        self._tcp.request_bytes_max = self._request_bytes_max
        self._tcp.too_large_status = self._too_large_status
        self._thread = threading.Thread(
            target=self._tcp.serve_forever, kwargs={"poll_interval": 0.05}, name="lab", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting, break what is open, wait for the threads. Safe to call twice."""
        if self._tcp is None or self._thread is None:
            return
        self._tcp.shutdown()
        self._thread.join()
        self._thread = None
        self._tcp.break_connections()
        self._tcp.server_close()


class _Tcp(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    answer: Callable[[Request], Response]
    admits: Callable[[], bool]
    context: ssl.SSLContext
    certificate_der: bytes
    request_bytes_max: int
    too_large_status: int

    def __init__(
        self, address: tuple[str, int], handler: Callable[..., BaseHTTPRequestHandler]
    ) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        plain, address = super().get_request()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.settimeout(_IDLE_S)
        # The handshake happens in the connection's own thread, on the first read: a client that
        # says nothing must not keep the others from being accepted.
        wrapped = self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with self._open_lock:
            self._open.add(wrapped)
        return wrapped, address

    def verify_request(self, request: object, client_address: object) -> bool:  # noqa: ARG002 - the
        # base class names them. What is not admitted is closed at once.
        return self.admits()

    def shutdown_request(self, request: object) -> None:
        connection = cast("socket.socket", request)
        with self._open_lock:
            self._open.discard(connection)
        super().shutdown_request(connection)

    def break_connections(self) -> None:
        with self._open_lock:
            for connection in self._open:
                _break(connection)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the
        # base class names them. Clients break connections all the time, and tests do it on purpose.
        level = logging.DEBUG if isinstance(sys.exception(), OSError) else logging.ERROR
        _log.log(level, "a connection ended badly", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-IIS/10.0"
    sys_version = ""
    server: _Tcp
    wbufsize = _PIECE_BYTES

    def setup(self) -> None:
        super().setup()
        self._told = Connection(certificate_der=self.server.certificate_der)

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_MERGE(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - the
        # base class names it. The query is left out: that of an import session holds a token.
        self.log_message("%s %s %s", self.command, self.path.partition("?")[0], code)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - base class's name
        _log.debug(format, *args)

    def _serve(self) -> None:
        try:
            body = self._read_body()
        except TooLarge:
            self._refuse_large()
            return
        except Malformed:
            self._send(Response(status=400, closes=True))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(
            method=self.command,
            path=self.path,
            headers=headers,
            body=body,
            connection=self._told,
        )
        self._send(self.server.answer(request))

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._read_chunks())
        try:
            length = int(self.headers.get("Content-Length", "0"))
        except ValueError as error:
            raise Malformed from error
        if length > self.server.request_bytes_max:
            raise TooLarge
        if length < 0:
            raise Malformed
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.flush()
        body = self.rfile.read(length)
        if len(body) < length:
            raise Malformed
        return body

    def _read_chunks(self) -> Iterator[bytes]:
        total = 0
        while True:
            line = self.rfile.readline(1024)
            try:
                size = int(line.split(b";")[0], 16)
            except ValueError as error:
                raise Malformed from error
            total += size
            if total > self.server.request_bytes_max:
                raise TooLarge
            if size == 0:
                while self.rfile.readline(1024).strip():
                    pass
                return
            yield self.rfile.read(size)
            self.rfile.readline(8)

    def _refuse_large(self) -> None:
        self._send(Response(status=self.server.too_large_status, closes=True))
        # Reading on for a while lets a client that is still sending see the answer: closing at
        # once would reset the connection under it.
        self.wfile.flush()
        drained = 0
        stream = cast("BinaryIO", self.rfile)
        while drained < _DRAIN_BYTES_MAX and (piece := stream.read1(_PIECE_BYTES)):  # type: ignore[attr-defined]
            drained += len(piece)

    def _send(self, response: Response) -> None:
        try:
            self._send_all(response)
        finally:
            if response.sending is not None:
                response.sending.end()

    def _send_all(self, response: Response) -> None:
        if response.drops:
            self._break()
            return
        if response.closes:
            self.close_connection = True
        self.log_request(response.status)
        self.send_response_only(response.status)
        # The server's clock is the estate's, where the answer tells it.
        if all(name != "Date" for name, _ in response.headers):
            self.send_header("Date", self.date_time_string())
        for name, value in response.headers:
            self.send_header(name, value)
        if response.closes:
            self.send_header("Connection", "close")
        body = response.body
        is_gzip = "gzip" in self.headers.get("Accept-Encoding", "").lower() and body != b""
        if is_gzip:
            self.send_header("Content-Encoding", "gzip")
        if isinstance(body, bytes):
            self._send_whole(gzip.compress(body, 1, mtime=0) if is_gzip else body, response)
        else:
            self._send_chunked(_gzipped(body) if is_gzip else body, response)

    def _send_whole(self, body: bytes, response: Response) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if response.cuts:
            self.wfile.write(body[: len(body) // 2])
            self._break()
            return
        if response.sending is not None:
            self._send_in_time(body, response.sending)
            return
        self.wfile.write(body)
        self.wfile.flush()

    def _send_in_time(self, body: bytes, sending: Sending) -> None:
        self.wfile.flush()
        sent = 0
        with closing(sending.pieces(body)) as pieces:
            for piece in pieces:
                self.wfile.write(piece)
                self.wfile.flush()
                sent += len(piece)
        if sent < len(body):
            self._break()

    def _send_chunked(self, pieces: Iterable[bytes], response: Response) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            if response.cuts:
                self.wfile.write(b"%x\r\n" % len(piece) + piece[: len(piece) // 2])
                self._break()
                return
            if piece:
                self.wfile.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _break(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        _break(cast("socket.socket", self.connection))


def _break(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        _log.debug("the connection was gone already")


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def ca_file(authority: Authority, folder: Path | None = None) -> Path:
    """Write the authority's certificate to a new file and say where."""
    where = folder or Path(tempfile.mkdtemp(prefix="strongroom-lab-"))
    path = where / "ca.pem"
    authority.write_ca(path)
    return path
