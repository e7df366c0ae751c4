"""A receiver of webhooks by HTTPS (or HTTP), on loopback, that answers what it is told to."""

from __future__ import annotations

import json
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class WebhookReceiver:
    """Takes requests until it is left.

    Attributes:
        posted: What came, in order.
        status: What is answered.
        location: Where the answer says to go instead.
    """

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.posted: list[Posted] = []
        self.status = 200
        self.location = ""
        self.answer = b'{"ok": true}'
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.posted.append(
                    Posted(method=self.command, path=self.path, headers=headers, body=body)
                )
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

            do_GET = do_POST  # noqa: N815 - as above

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # they did not believe us, or are gone

            def finish_request(self, request: Any, client_address: Any) -> None:
                if context is not None:  # in the connection's own thread
                    request.settimeout(10)
                    request = context.wrap_socket(request, server_side=True)
                try:
                    super().finish_request(request, client_address)
                finally:
                    if context is not None:
                        request.close()

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
