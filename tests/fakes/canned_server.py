"""A TLS server on loopback that answers what a test tells it to, good or bad, byte by byte."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self

import trustme

from strongroom.wire.tls import Trust

CLOSE = object()
"""As a piece of an answer: break the connection here."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived.

    Attributes:
        headers: Names in lower case.
        body: All of it.
        connection: Number of the connection that it came on, from 1.
    """

    line: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


Piece = bytes | object
Reply = bytes | Iterable[Piece] | Callable[[Seen], bytes | Iterable[Piece]]


def http(
    body: bytes = b"",
    *,
    status: str = "200 OK",
    headers: Iterable[tuple[str, str]] = (("Content-Type", "text/xml"),),
    length: int | None = None,
) -> bytes:
    """Write an HTTP answer; ``length`` lies about its size."""
    count = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {count}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(pieces: Iterable[bytes], *, is_whole: bool = True) -> Iterable[Piece]:
    """Write an answer in chunks; one that is not whole breaks off."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n" if is_whole else CLOSE


class CannedServer:
    """Answers the n-th request with the n-th reply; a context manager.

    Attributes:
        seen: The requests so far.
        replies: Those to come; the last one is repeated.
        reads_bodies: Else it answers after the headers and breaks the connection.
    """

    def __init__(
        self,
        replies: Iterable[Reply],
        *,
        authority: trustme.CA | None = None,
        name: str = "localhost",
        not_after: dt.datetime | None = None,
    ) -> None:
        self.authority = authority or trustme.CA()
        self.replies = list(replies)
        self.seen: list[Seen] = []
        self.reads_bodies = True
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(name, not_after=not_after).configure_cert(self._context)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: list[ssl.SSLSocket] = []
        self._threads: list[threading.Thread] = []
        self._count = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Where its Exchange would be."""
        return f"https://localhost:{self.port}/EWS/Exchange.asmx"

    @property
    def trust(self) -> Trust:
        """Believe its authority, and no other."""
        return Trust(ca_pem=self.authority.cert_pem.bytes().decode("ascii"))

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # ``close`` alone does not wake a thread that waits in ``accept``.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                _break(connection)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive(), "a connection's thread hangs"

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            self._start(self._serve, plain, number)

    def _serve(self, plain: socket.socket, number: int) -> None:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection = self._context.wrap_socket(plain, server_side=True)
        except OSError:
            plain.close()
            return
        with self._lock:
            self._open.append(connection)
        try:
            with connection.makefile("rb") as reader:
                while (request := _read(reader, number, self.reads_bodies)) is not None:
                    self._answer(connection, request)
                    if not self.reads_bodies:
                        return
        except (OSError, _Closed, UnicodeDecodeError):
            pass  # of a connection that is broken off, the last bytes are not deciphered any more
        finally:
            with self._lock:
                self._open.remove(connection)
            connection.close()

    def _answer(self, connection: ssl.SSLSocket, request: Seen) -> None:
        with self._lock:
            self.seen.append(request)
            reply = self.replies[min(self._count, len(self.replies) - 1)]
            self._count += 1
        told = reply(request) if callable(reply) else reply
        for piece in [told] if isinstance(told, bytes) else told:
            if not isinstance(piece, bytes):
                raise _Closed
            connection.sendall(piece)


class _Closed(Exception):
    """The plan says to break off."""


def _read(reader: IO[bytes], number: int, has_body: bool) -> Seen | None:  # noqa: FBT001
    line = reader.readline().decode()
    if not line:
        return None
    headers: dict[str, str] = {}
    while header := reader.readline().decode().strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", "0"))) if has_body else b""
    return Seen(line.strip(), headers, body, number)


def _break(connection: ssl.SSLSocket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
