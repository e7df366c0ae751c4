"""TLS before a PostgreSQL that knows none: what a client sees of one on another machine.

It answers the client's question for TLS, shows a certificate, and passes on what comes after.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

_WANTS_TLS = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


class TlsFront:
    """Listens on 127.0.0.1.

    Attributes:
        port: Where.
        heard: What clients said to it that had let it prove its name.
    """

    def __init__(self, authority: trustme.CA, name: str, behind_port: int) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(self._context)
        self._behind_port = behind_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heard = bytearray()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(20)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            assert client.recv(8) == _WANTS_TLS
            client.sendall(b"S")
            with (
                self._context.wrap_socket(client, server_side=True) as proved,
                socket.create_connection(("127.0.0.1", self._behind_port)) as server,
            ):
                back = threading.Thread(target=_copy, args=(server, proved), daemon=True)
                back.start()
                while content := proved.recv(65536):
                    self.heard += content
                    server.sendall(content)
                server.shutdown(socket.SHUT_RDWR)
                back.join(20)


def _copy(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := one.recv(65536):
            other.sendall(content)


@contextmanager
def tls_front(authority: trustme.CA, name: str, behind_port: int) -> Iterator[TlsFront]:
    """Have one while the block lasts."""
    front = TlsFront(authority, name, behind_port)
    try:
        yield front
    finally:
        front.close()


def authority_file(authority: trustme.CA, folder: Path) -> Path:
    """Write an authority's certificate where a client may name it."""
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path
