"""A cable that can be cut: forwards TCP on loopback until a test takes the network away.

A client that loses its network is not one whose server is away: nothing answers at all, whatever it
tries, and the server does not know.

with Cutter(server.port) as cable:
    cable.port, cable.cut(hangs=True), cable.mend()
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

_HOST = "127.0.0.1"
_PIECE_BYTES = 1 << 16
_BACKLOG = 128
# SO_LINGER with a time of zero: close resets the connection instead of ending it in order.
_RESET = struct.pack("ii", 1, 0)


class Cutter:
    """Forwards connections to a port of this machine. Safe to use from many threads.

    Attributes:
        port: Where clients connect.
    """

    def __init__(self, port: int) -> None:
        """Prepare the cable; it forwards from ``start`` on.

        Args:
            port: Of the server.
        """
        self._server_port = port
        # Two sockets share the port. This one only keeps it, so that it stays ours while nobody
        # listens there and connections are refused.
        self._keeper = _bound(0)
        self.port = int(self._keeper.getsockname()[1])
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._held: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._hangs = False
        self._cuts = 0

    def start(self) -> Self:
        """Begin to forward."""
        self._listen()
        return self

    def cut(self, *, hangs: bool = False) -> None:
        """Break all connections.

        Args:
            hangs: New ones are taken and never answered, as if every packet were lost; otherwise
                they are refused.
        """
        with self._lock:
            self._hangs = hangs
            self._cuts += 1
        if not hangs:
            self._deafen()
        self._break_all()

    def mend(self) -> None:
        """Forward new connections again; those that hung are broken."""
        with self._lock:
            self._hangs = False
            self._cuts += 1
        self._break_all()
        if self._listener is None:
            self._listen()

    def stop(self) -> None:
        """Break everything and wait for all threads. Safe to call twice."""
        with self._lock:
            self._cuts += 1
        self._deafen()
        self._break_all()
        for thread in self._threads:
            thread.join()
        self._keeper.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _listen(self) -> None:
        self._listener = _bound(self.port)
        self._listener.listen(_BACKLOG)
        self._run(self._accept, self._listener)

    def _deafen(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                cuts, hangs = self._cuts, self._hangs
                if hangs:
                    self._held.append(near)
            if not hangs:
                self._forward(near, cuts)

    def _forward(self, near: socket.socket, cuts: int) -> None:
        try:
            far = socket.create_connection((_HOST, self._server_port))
        except OSError:
            near.close()
            return
        with self._lock:
            is_cut = self._cuts != cuts
            if not is_cut:
                self._open |= {near, far}
        if is_cut:
            near.close()
            far.close()
            return
        for source, target in ((near, far), (far, near)):
            for one in (source, target):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._run(self._pump, source, target)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        """Carry bytes one way; whoever ends first ends both ways."""
        with suppress(OSError):
            while piece := source.recv(_PIECE_BYTES):
                target.sendall(piece)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        with self._lock:
            is_ours = target in self._open
            self._open.discard(target)
        if is_ours:
            target.close()

    def _break_all(self) -> None:
        with self._lock:
            broken = [*self._open, *self._held]
            self._held.clear()
            for one in broken:
                with suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    one.shutdown(socket.SHUT_RDWR)
                if one not in self._open:
                    one.close()

    def _run(self, work: Callable[..., None], *args: socket.socket) -> None:
        thread = threading.Thread(target=work, args=args, name="cable", daemon=True)
        self._threads.append(thread)
        thread.start()


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((_HOST, port))
    return made
