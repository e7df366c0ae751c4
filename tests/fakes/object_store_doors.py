"""Ways into the S3 of the tests that look who comes, and that can be shut and opened again.

moto lets everybody in and is always there; real services are neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from tests.fakes.object_stores import S3Service

_CREDENTIAL = re.compile(r"Credential=([^/]+)/")
_Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class S3Door:
    """One more origin of the same buckets.

    Attributes:
        known: The access key that is let in.
        may_delete: Others than reading, listing and writing are allowed too.
        loses_conditions: It writes over what is there, as servers do that do not know the
            condition.
        dies_at_write: At this one from now on it breaks off and is shut; 0: at none.
        asked: Each request's method and path.
    """

    def __init__(self, service: S3Service) -> None:
        self.known = service.credentials.access_key_id
        self.may_delete = True
        self.loses_conditions = False
        self.dies_at_write = 0
        self.asked: list[tuple[str, str]] = []
        self._inner = moto()
        self._port = 0
        self._server: Any = None

    @property
    def endpoint(self) -> str:
        """Its origin, the same one after it was shut and opened."""
        return f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        """Listen."""
        from moto.moto_server.werkzeug_app import MotoRequestHandler  # noqa: PLC0415 - a second
        from werkzeug.serving import make_server  # noqa: PLC0415 - as above

        class Quiet(MotoRequestHandler):  # type: ignore[misc, unused-ignore]
            protocol_version = "HTTP/1.0"  # a connection per request: shut is shut

            def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
                """Leave out what tests ask for."""

        self._server = make_server(
            "127.0.0.1", self._port, self._answer, threaded=True, request_handler=Quiet
        )
        self._port = self._server.server_port
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def shut(self) -> None:
        """Let nobody in: whoever knocks finds no one there."""
        self._server.shutdown()
        self._server.server_close()

    def open_again(self) -> None:
        """Listen again, if it broke off."""
        self.shut()
        self.open()

    @contextmanager
    def shut_meanwhile(self) -> Iterator[None]:
        """Be shut for as long as the block lasts."""
        self.shut()
        yield
        self.open()

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        self.asked.append((method, environ["PATH_INFO"]))
        found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if found is None or found[1] != self.known:
            return _refused(start_response, "InvalidAccessKeyId")
        if method == "DELETE" and not self.may_delete:
            return _refused(start_response, "AccessDenied")
        if method == "PUT" and self.dies_at_write:
            self.dies_at_write -= 1
            if not self.dies_at_write:
                # What serves this request waits for it to end before it is shut.
                self._server.server_close()
                environ["werkzeug.socket"].close()
                raise ConnectionAbortedError
        if self.loses_conditions:
            environ.pop("HTTP_IF_NONE_MATCH", None)
        return self._inner(environ, start_response)


@contextmanager
def s3_door(service: S3Service) -> Iterator[S3Door]:
    """Have a way in, open for as long as the block lasts."""
    door = S3Door(service)
    door.open()
    try:
        yield door
    finally:
        door.shut()


def _refused(start_response: Callable[..., Any], code: str) -> Iterable[bytes]:
    start_response("403 Forbidden", [("Content-Type", "application/xml")])
    return [f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()]


def moto() -> _Application:
    """Make a moto; all of them in one process hold the same buckets."""
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - a second that few tests need
        DomainDispatcherApplication,
        create_backend_app,
    )

    application: _Application = DomainDispatcherApplication(create_backend_app)
    return application
