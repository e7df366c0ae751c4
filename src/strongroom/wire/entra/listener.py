"""Where the browser comes back to: a listener on this machine alone, for one answer."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from strongroom.clock import Clock
from strongroom.errors import Interrupted, OperatorError

_ANSWER_BYTES_MAX = 64 * 1024
_LOOK_S = 0.1
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>Strongroom</title>"
    "<p>The sign-in has come back to Strongroom. You can close this window."
)


class Listener:
    """Takes one answer by GET query or POST form. A context manager: leaving it stops listening.

    It listens on 127.0.0.1, on a port that the system chooses. Whatever does not carry the state of
    this very sign-in is refused, and the wait goes on: any page in the browser can call it.

    Attributes:
        redirect_uri: What to name as the redirect; Entra ID takes ``http://localhost`` with any
            port where the application has registered it.
    """

    def __init__(self) -> None:
        self._state = ""
        self._answers: SimpleQueue[Mapping[str, str]] = SimpleQueue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.timeout = _LOOK_S
        self.redirect_uri = f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def expect(self, state: str) -> None:
        """Say which state the answer has to carry."""
        self._state = state

    def wait(
        self, clock: Clock, *, wait_s: float, is_cancelled: Callable[[], bool]
    ) -> Mapping[str, str]:
        """Wait for the browser.

        Returns:
            The fields of the answer; the state among them is the right one.

        Raises:
            OperatorError: nobody came back in time.
            Interrupted: the person gave up.
        """
        end_s = clock.monotonic_s() + wait_s
        while clock.monotonic_s() < end_s:
            if is_cancelled():
                raise Interrupted("The sign-in was given up.")
            self._server.handle_request()
            try:
                return self._answers.get_nowait()
            except Empty:
                continue
        raise OperatorError(
            "The browser did not come back from signing in.",
            why="It took too long, it runs on another machine, or the page there says what is"
            " wrong.",
            hint="Look at what the browser shows. Try again, or sign in by device code where there"
            " is no browser here.",
        )

    def take(self, fields: Mapping[str, str]) -> bool:
        """Take an answer; False if it is not the one that is waited for."""
        given = fields.get("state", "").encode()
        if not self._state or not hmac.compare_digest(given, self._state.encode()):
            return False
        if not fields.get("code") and not fields.get("error"):
            return False
        self._answers.put(dict(fields))
        return True

    def hosts(self) -> frozenset[str]:
        """Name the hosts that a browser on this machine calls us: others were led here by DNS."""
        port = self._server.server_port
        return frozenset({f"localhost:{port}", f"127.0.0.1:{port}"})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5.0
            server_version = "Strongroom"
            sys_version = ""

            def do_GET(self) -> None:
                self._take(urlsplit(self.path).query)

            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "")
                if not length.isdecimal() or int(length) > _ANSWER_BYTES_MAX:
                    self._say(400, "")
                    return
                self._take(self.rfile.read(int(length)).decode("utf-8", "replace"))

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
                """Log nothing: the address holds the code."""

            def _take(self, form: str) -> None:
                is_ours = self.headers.get("Host", "") in listener.hosts()
                # The page is ready before the answer is taken: the listener stops right after.
                if is_ours and listener.take(dict(parse_qsl(form, max_num_fields=20))):
                    self._say(200, _PAGE)
                else:
                    self._say(400, "")

            def _say(self, status: int, page: str) -> None:
                body = page.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

        return Handler
