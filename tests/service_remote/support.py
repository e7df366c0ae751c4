"""Short ways to a running service, honest and other."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strongroom.clock import SystemClock
from strongroom.service.remote import client
from strongroom.service.remote.proxy import RemoteApplication
from strongroom.service.remote.server import Door, Server


@dataclass(frozen=True)
class Service:
    """A running one."""

    door: Door
    home: Path
    server: Server

    def client(self, **wishes: Any) -> client.Client:
        connection = client.connect(self.door.path, self.home)
        assert connection is not None
        return client.Client(connection, SystemClock(), **wishes)

    def caller(self, **wishes: Any) -> RemoteApplication:
        return RemoteApplication(self.client(**wishes))


def framed(document: object) -> bytes:
    body = json.dumps(document).encode()
    return len(body).to_bytes(4, "big") + body


HELLO = framed({"type": "Hello", "protocol": 1})


def call(verb: str, /, **arguments: object) -> bytes:
    return framed({"type": "Call", "verb": verb, "arguments": arguments})


def heard(connection: socket.socket) -> dict[str, Any] | None:
    """Hear one message; None: the service has hung up."""
    connection.settimeout(10)
    header = _exactly(connection, 4)
    if header is None:
        return None
    body = _exactly(connection, int.from_bytes(header, "big"))
    assert body is not None
    document: dict[str, Any] = json.loads(body)
    return document


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    received = b""
    while len(received) < count:
        try:
            some = connection.recv(count - len(received))
        except ConnectionResetError:
            return None
        if not some:
            return None
        received += some
    return received
