"""JSON messages over a socket: whole ones only, of limited length and depth, in limited time.

Each message is its length in bytes (four of them, the highest first) and that much UTF-8 JSON: one
object. Nothing is set aside for a length that was only announced, and a message that was begun must
be whole soon, so that nobody is kept waiting by half of one.
"""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from strongroom.clock import Clock
from strongroom.errors import Interrupted
from strongroom.words.json import Json

_LENGTH_BYTES = 4
_PARTING_S = 2.0
"""For so long whoever leaves waits for the other end to notice."""

_CHUNK_BYTES = 64 * 1024
_DEPTH_MAX = 64


class Gone(Interrupted):
    """The other end has left, stands still in the middle of a message, or sends what is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one end takes from the other.

    Attributes:
        message_bytes_max: The longest message.
        message_s: How long one message may take, either way.
    """

    message_bytes_max: int
    message_s: float = 30.0


class Channel:
    """One end of a connection. Many threads may send; one at a time may receive.

    Args:
        connection: A connected socket; closed with the channel.
        clock: Time.
        limits: What is taken from the other end.
    """

    def __init__(self, connection: socket.socket, clock: Clock, limits: Limits) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._clock = clock
        self._limits = limits
        self._sending = threading.Lock()

    def send(self, document: Mapping[str, Json]) -> None:
        """Send a message.

        Raises:
            Gone: the other end has left, or does not take it.
        """
        body = json.dumps(document).encode()
        with self._sending:
            rest = memoryview(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
            end_s = self._clock.monotonic_s() + self._limits.message_s
            while rest:
                self._require(select.POLLOUT, end_s)
                try:
                    rest = rest[self._socket.send(rest[:_CHUNK_BYTES]) :]
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise Gone("The other end has left.", why=error.strerror or "") from error

    def is_ready(self, wait_s: float | None) -> bool:
        """Wait for the beginning of a message, or for the end of all; None: without limit."""
        return self._wait(select.POLLIN, wait_s)

    def receive(self, *, wait_s: float | None = None) -> dict[str, Any] | None:
        """Receive a message; None: the other end has said all that it wanted.

        Args:
            wait_s: How long to wait for it to begin; None: without limit.

        Raises:
            Gone: it does not begin, does not end, is too long or too deep, or is none.
        """
        if not self.is_ready(wait_s):
            _gone("It said nothing.")
        end_s = self._clock.monotonic_s() + self._limits.message_s
        first = self._receive_some(1, end_s)
        if not first:
            return None
        length = int.from_bytes(first + self._receive_all(_LENGTH_BYTES - 1, end_s), "big")
        if length > self._limits.message_bytes_max:
            _gone("It sends a message that is too long.")
        return _document(self._receive_all(length, end_s))

    def hang_up(self) -> None:
        """End the talk, from any thread: the other end, and whoever waits at this one, is told."""
        with suppress(OSError):  # it may have left already
            self._socket.shutdown(socket.SHUT_RDWR)

    def part(self) -> None:
        """Say that nothing more will come, and wait a moment until the other end has left too.

        Only for the thread that receives.
        """
        end_s = self._clock.monotonic_s() + _PARTING_S
        with suppress(OSError, Gone):
            self._socket.shutdown(socket.SHUT_WR)
            while self._receive_some(_CHUNK_BYTES, end_s):
                if self._clock.monotonic_s() >= end_s:  # it goes on and on
                    return

    def close(self) -> None:
        """Leave. Only for the thread that receives: nobody may wait here any more."""
        self.hang_up()
        self._socket.close()

    def _receive_all(self, count: int, end_s: float) -> bytes:
        received = bytearray()
        while len(received) < count:
            some = self._receive_some(min(count - len(received), _CHUNK_BYTES), end_s)
            if not some:
                _gone("It left in the middle of a message.")
            received += some
        return bytes(received)

    def _receive_some(self, at_most: int, end_s: float) -> bytes:
        while True:
            self._require(select.POLLIN, end_s)
            try:
                return self._socket.recv(at_most)
            except BlockingIOError:
                continue
            except OSError as error:
                raise Gone("The other end has left.", why=error.strerror or "") from error

    def _require(self, event: int, end_s: float) -> None:
        if not self._wait(event, end_s - self._clock.monotonic_s()):
            _gone("It stands still in the middle of a message.")

    def _wait(self, event: int, wait_s: float | None) -> bool:
        poll = select.poll()
        try:
            poll.register(self._socket, event)
        except ValueError:  # closed by another thread of ours
            _gone("The connection is closed.")
        return bool(poll.poll(None if wait_s is None else max(0.0, wait_s) * 1000))


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Gone("The other end cannot be understood.", why="It sends no JSON.") from error
    if not isinstance(document, dict) or _is_too_deep(document):
        _gone("It sends no message.")
    return document


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _is_too_deep(document: object) -> bool:
    level: list[object] = [document]
    for _ in range(_DEPTH_MAX):
        level = [
            one
            for thing in level
            for one in (thing.values() if isinstance(thing, dict) else thing)  # type: ignore[attr-defined]
            if isinstance(one, dict | list)
        ]
        if not level:
            return False
    return True


def _gone(why: str) -> NoReturn:
    raise Gone("The other end of the connection cannot be talked with.", why=why)
