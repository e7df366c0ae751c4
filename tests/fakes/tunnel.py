"""A proxy on loopback that opens tunnels, and remembers to where."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

THREADS = "tunnel"
"""What the threads of proxies are called."""


class Tunnel:
    """A running proxy.

    Attributes:
        url: ``http://127.0.0.1:port``.
        asked: The first line of every request, in order.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[str] = []

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(
                    name=THREADS, target=self._open, args=(client,), daemon=True
                ).start()

    def close(self) -> None:
        """Take no more."""
        # Elsewhere than on Linux closing alone wakes whoever accepts.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _open(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(4096)
            if not piece:
                return
            head += piece
        line = head.split(b"\r\n")[0].decode()
        self.asked.append(line)
        method, target, _ = line.split(" ")
        if method != "CONNECT":
            client.close()
            return
        host, _, port = target.rpartition(":")
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        _begin(_carry, client, server)
        _carry(server, client)


def _begin(work: Callable[..., None], *about: object) -> None:
    threading.Thread(name=THREADS, target=work, args=about, daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def tunnel() -> Iterator[Tunnel]:
    """Run a proxy until the block ends."""
    running = Tunnel()
    _begin(running.serve)
    try:
        yield running
    finally:
        running.close()
