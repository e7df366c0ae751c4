"""The metrics at an address of this machine, where Prometheus fetches them.

Nobody has to say who they are there, so it is an address of this machine alone, and off unless it
is asked for. What is there, everybody on the machine may read: names of jobs and storages, no more.
A browser is kept out too: a page of somebody else that leads it here asks under that page's name.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from strongroom.clock import Clock
from strongroom.errors import OperatorError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PATH = "/metrics"
_AT_ONCE_MAX = 8
_SILENT_S = 5.0
_KEPT_S = 2.0
"""So long one answer is given to all who ask, so that asking often costs nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopbackAddress:
    """An address of this machine alone, and a port; 0 is any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def loopback_address(text: str) -> LoopbackAddress:
    """Read ``127.0.0.1:9469``, ``[::1]:9469`` or ``localhost:9469``.

    Raises:
        OperatorError: it is no such address, or not one of this machine alone.
    """
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    try:
        address = ipaddress.ip_address(host)
        number = int(port) if port.isascii() and port.isdigit() else -1
    except ValueError as error:
        raise _refused(text, "It is written as 127.0.0.1:9469.") from error
    if not 0 <= number < 2**16:
        raise _refused(text, "A port is a number up to 65535.")
    if not address.is_loopback:
        raise _refused(text, "Others could read it, and would not even be asked who they are.")
    return LoopbackAddress(host=str(address), port=number)


def _refused(text: str, why: str) -> OperatorError:
    return OperatorError(
        f"Metrics are not given at {text!a}.",
        why=why,
        hint="Name an address of this machine, 127.0.0.1:9469 say; for others, put a web server in "
        "front that asks who they are.",
    )


class Endpoint:
    """Answers until it is closed.

    Args:
        where: At which address.
        text: Gives the metrics.
        clock: Time.
        report: Told of errors of ours, and of a database that does not answer.

    Raises:
        OperatorError: the address is taken.
    """

    def __init__(
        self,
        where: LoopbackAddress,
        text: Callable[[], str],
        clock: Clock,
        report: Callable[[BaseException], None],
    ) -> None:
        kept = _Kept(text, clock)
        try:
            self._server = _Server(where, kept, report)
        except OSError as error:
            raise OperatorError(
                f"Metrics cannot be given at {where}.",
                why=f"{error.strerror}.",
                hint="Name another port.",
            ) from error
        host, port = self._server.server_address[:2]
        self.where = LoopbackAddress(host=str(host), port=int(port))
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Kept:
    """Has the metrics made once for all who ask within a moment."""

    def __init__(self, text: Callable[[], str], clock: Clock) -> None:
        self._text = text
        self._clock = clock
        self._lock = threading.Lock()
        self._made: tuple[float, bytes] | None = None

    def get(self) -> bytes:
        with self._lock:
            now_s = self._clock.monotonic_s()
            if self._made is None or now_s - self._made[0] >= _KEPT_S:
                self._made = (now_s, self._text().encode())
            return self._made[1]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(
        self, where: LoopbackAddress, kept: _Kept, report: Callable[[BaseException], None]
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
        self.kept = kept
        self.report = report
        self._room = threading.Semaphore(_AT_ONCE_MAX)
        super().__init__((where.host, where.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as there
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Whoever asks has gone away: nothing to tell anybody."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SILENT_S
    server_version = "strongroom"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as there
        """Nobody wants to know who asked."""

    def _answer(self, *, with_body: bool) -> None:
        if not _is_of_this_machine(self.headers.get("Host", "")):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        if self.path.partition("?")[0] != PATH:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            body = self.server.kept.get()
        except Exception as error:  # noqa: BLE001 - the border: told to whoever looks after the service
            self.server.report(error)
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def _is_of_this_machine(host: str) -> bool:
    """Say whether somebody asked for this machine by its own name, and was not led here by another.

    A page in a browser can have its own name point at this machine; then it is that name which the
    browser asks for.
    """
    name = host.strip().lower()
    name = name.partition("]")[0].removeprefix("[") if "]" in name else name.partition(":")[0]
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
