"""A receiver of syslog by TCP or TLS, on loopback, that can break off or never hang up."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from types import TracebackType
from typing import Self

_COUNTED = re.compile(rb"(\d+) ")


class Receiver:
    """Takes lines of syslog behind their length, until it is left.

    Attributes:
        lines: What arrived, whole lines only, in order.
        breaks_after: Break the connection off, without a goodbye, once so many lines of it came.
        is_quiet: Never hang up by itself.
    """

    def __init__(self, context: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", port))
        self._arrived = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._is_left = threading.Event()
        self.lines: list[str] = []
        self.connections = 0
        self.breaks_after: int | None = None
        self.is_quiet = False

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def wait_for(self, count: int) -> list[str]:
        """Give the lines once there are so many."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.lines) >= count, timeout=20), self.lines
            return list(self.lines)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_left.set()
        with socket.create_connection(("127.0.0.1", self.port)):
            pass  # wakes whoever waits for one
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            peer, _ = self._listener.accept()
            if self._is_left.is_set():
                peer.close()
                return
            self.connections += 1
            self._start(self._serve, peer)

    def _serve(self, peer: socket.socket) -> None:
        peer.settimeout(10)
        try:
            if self._context is not None:
                peer = self._context.wrap_socket(peer, server_side=True)
            self._read(peer)
        except (OSError, ssl.SSLError):
            pass  # they did not believe us, or are gone
        finally:
            peer.close()

    def _read(self, peer: socket.socket) -> None:
        waiting, count = b"", 0
        while content := peer.recv(65536):
            waiting += content
            while (head := _COUNTED.match(waiting)) and len(waiting) >= head.end() + int(head[1]):
                end = head.end() + int(head[1])
                with self._arrived:
                    self.lines.append(waiting[head.end() : end].decode())
                    self._arrived.notify_all()
                waiting, count = waiting[end:], count + 1
                if count == self.breaks_after:
                    # Gone as a machine that is switched off: what is on its way is refused.
                    linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    return
        if isinstance(peer, ssl.SSLSocket):
            peer.unwrap()
        if self.is_quiet:
            self._is_left.wait(10)
