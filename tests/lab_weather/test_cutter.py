"""The cable that a test cuts: what a client sees, and that it works again afterwards."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from strongroom.lab.cutter import Cutter

PATIENCE_S = 20.0


@pytest.fixture
def echo() -> Iterator[int]:
    """Serve whatever comes back to where it came from; give the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=answer, args=(connection,)))
            threads[-1].start()

    def answer(connection: socket.socket) -> None:
        with connection:
            while piece := _received(connection):
                connection.sendall(piece)

    threads.append(threading.Thread(target=accept))
    threads[0].start()
    yield int(listener.getsockname()[1])
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in threads:
        thread.join()


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1000)
    except ConnectionResetError:
        return b""


def _connected(cable: Cutter) -> socket.socket:
    return socket.create_connection(("127.0.0.1", cable.port), timeout=PATIENCE_S)


def _works(connection: socket.socket) -> bool:
    connection.sendall(b"hello")
    return _received(connection) == b"hello"


def test_a_whole_cable_carries_everything_both_ways(echo: int) -> None:
    with Cutter(echo) as cable, _connected(cable) as one, _connected(cable) as other:
        assert _works(one)
        assert _works(other)


@pytest.mark.parametrize("hangs", [False, True])
def test_a_cut_breaks_what_is_open(echo: int, *, hangs: bool) -> None:
    with Cutter(echo) as cable, _connected(cable) as connection:
        assert _works(connection)
        cable.cut(hangs=hangs)
        assert _received(connection) == b""


def test_after_a_cut_new_connections_are_refused_until_it_is_mended(echo: int) -> None:
    with Cutter(echo) as cable:
        cable.cut()
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                _connected(cable)
        cable.mend()
        with _connected(cable) as connection:
            assert _works(connection)


def test_after_a_cut_that_hangs_nothing_is_answered_until_it_is_mended(echo: int) -> None:
    with Cutter(echo) as cable:
        cable.cut(hangs=True)
        with _connected(cable) as waits:
            waits.sendall(b"is anybody there?")
            waits.settimeout(0.05)
            with pytest.raises(TimeoutError):
                waits.recv(1)
            cable.mend()
            waits.settimeout(PATIENCE_S)
            assert _received(waits) == b"", "what hung is not heard of again"
        with _connected(cable) as connection:
            assert _works(connection)


def test_a_server_that_is_away_is_not_hidden_by_the_cable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    with Cutter(port) as cable, _connected(cable) as connection:
        assert _received(connection) == b""
