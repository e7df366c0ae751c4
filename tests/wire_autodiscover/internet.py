"""An internet of its own on loopback: names, real TLS with a certificate for each, and honeypots.

Every host writes down all that it hears. Names that are not in it do not exist.
"""

from __future__ import annotations

import base64
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import quote

import urllib3.util.connection

from strongroom.lab.https import Authority, HttpsServer, Request, Response
from strongroom.wire.http import HttpsClient
from strongroom.wire.tls import Trust
from tests.fakes.hand_clock import HandClock

Answer = Callable[[Request], Response]


class Internet:
    """Hosts by name.

    Attributes:
        sites: What answers under a name, over https on port 443.
        unproven: Names whose server has a certificate from an authority that nobody trusts.
        plain: Where ``http://name/`` redirects to with status 302; None: an ordinary page.
        plain_status: The status of those redirects.
        heard: Every request by host.
        plain_heard: Every request without TLS: its first line, headers and body.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.sites: dict[str, Answer] = {}
        self.unproven: set[str] = set()
        self.plain: dict[str, str | None] = {}
        self.plain_status = 302
        self.heard: dict[str, list[Request]] = defaultdict(list)
        self.plain_heard: list[bytes] = []
        self.authority = Authority(names)
        self._proven = self._server(self.authority)
        self._unproven = self._server(Authority(names))
        self._plain = ThreadingHTTPServer(("127.0.0.1", 0), _PlainSite)
        self._plain.internet = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(
            target=self._plain.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> Self:
        self._proven.start()
        self._unproven.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._plain.shutdown()
        self._thread.join()
        self._plain.server_close()
        self._unproven.stop()
        self._proven.stop()

    @property
    def trust(self) -> Trust:
        return Trust(ca_pem=self.authority.ca_pem.decode())

    def client(self) -> HttpsClient:
        return HttpsClient(clock=HandClock(), trust=self.trust)

    def connect(self, address: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
        """Stand in for urllib3's way to open a connection: only names of ours are there."""
        host, port = address
        if port == 443 and host in self.unproven:
            return _dial(("127.0.0.1", self._unproven.port), *more, **named)
        if port == 443 and host in self.sites:
            return _dial(("127.0.0.1", self._proven.port), *more, **named)
        if port == 80 and host in self.plain:
            where = self._plain.server_address
            return _dial(("127.0.0.1", int(where[1])), *more, **named)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    def hosts_heard(self) -> list[str]:
        return sorted(self.heard)

    def hosts_with_credentials(self, *secrets: str) -> list[str]:
        """Name the hosts that got a credential, in whatever way it can be written."""
        told = set()
        for host, requests in self.heard.items():
            for request in requests:
                if "authorization" in request.headers or _holds(bytes_of(request), secrets):
                    told.add(host)
        for heard in self.plain_heard:
            if b"authorization" in heard.lower() or _holds(heard, secrets):
                told.add("(without TLS)")
        return sorted(told)

    def _server(self, authority: Authority) -> HttpsServer:
        return HttpsServer(self._answer, authority=authority, request_bytes_max=1 << 20)

    def _answer(self, request: Request) -> Response:
        host = request.headers["host"].partition(":")[0]
        self.heard[host].append(request)
        return self.sites.get(host, _not_found)(request)


def _not_found(_: Request) -> Response:
    return Response(status=404)


def bytes_of(request: Request) -> bytes:
    """Write out all that came."""
    headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
    return f"{request.path}\n{headers}\n".encode() + request.body


def _holds(heard: bytes, secrets: Iterable[str]) -> bool:
    return any(form in heard for secret in secrets for form in writings(secret))


def writings(secret: str) -> Iterator[bytes]:
    """Give the ways in which a secret can lie in a stream of bytes."""
    for plain in (secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be")):
        yield plain
        yield plain.hex().encode()
        for skipped in range(3):
            # Without the characters at both ends, which depend on the neighbours.
            coded = base64.b64encode(b"\0" * skipped + plain)[4 if skipped else 0 : -4]
            yield coded
            yield coded.translate(bytes.maketrans(b"+/", b"-_"))
    yield quote(secret, safe="").encode()


class _PlainSite(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - base class's name
        pass

    def _serve(self) -> None:
        internet: Internet = self.server.internet  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        internet.plain_heard.append(
            f"{self.requestline}\n".encode() + self.headers.as_bytes() + body
        )
        location = internet.plain[self.headers["Host"].partition(":")[0]]
        self.send_response(200 if location is None else internet.plain_status)
        if location is not None:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()


_dial = urllib3.util.connection.create_connection
