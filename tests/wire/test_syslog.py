"""Lines of syslog leave by each way, to whoever proved its name, and a break is noticed."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme

from strongroom.errors import OperatorError, ServerUnreachable
from strongroom.wire import syslog
from strongroom.wire.syslog import Place, open_sink, place
from tests.fakes.syslog_receiver import Receiver


def server_context(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("udp://log.example", Place(way="udp", host="log.example", port=514)),
        ("tcp://log.example:10514/", Place(way="tcp", host="log.example", port=10514)),
        ("tls://[::1]", Place(way="tls", host="::1", port=6514)),
        ("unix:/dev/log", Place(way="unix", host="/dev/log", port=0)),
        ("unix:///dev/log", Place(way="unix", host="/dev/log", port=0)),
    ],
)
def test_places_are_read_and_written_alike(url: str, told: Place) -> None:
    assert place(url) == told
    assert place(str(told)) == told


@pytest.mark.parametrize(
    "url",
    [
        "", "log.example", "log.example:514", "https://log.example/", "tcp://", "tcp://:514",
        "tcp://ann:word@log.example", "tcp://log.example/path", "tcp://log.example?x=1",
        "tcp://log.example:99999", "tcp://log.example:x", "unix:", "unix:dev/log",
        "unix://host/dev/log", "udp://[::1",
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused(url: str) -> None:
    with pytest.raises(OperatorError, match="no place") as caught:
        place(url)
    assert "word" not in f"{caught.value} {caught.value.hint}"


def test_lines_are_sent_by_udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        sink = open_sink(place(f"udp://127.0.0.1:{server.getsockname()[1]}"))
        sink.send(b"one")
        sink.send(b"two")
        sink.finish()
        sink.close()
        assert [server.recv(100), server.recv(100)] == [b"one", b"two"]


def test_lines_are_sent_to_the_systems_own_socket(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        server.settimeout(10)
        sink = open_sink(place(f"unix:{path}"))
        sink.send(b"one")
        sink.finish()
        sink.close()
        assert server.recv(100) == b"one"
    with pytest.raises(ServerUnreachable, match="cannot be sent"):
        open_sink(place(f"unix:{path}2"))


def test_lines_are_sent_by_tcp_behind_their_length() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sink = open_sink(place(f"tcp://127.0.0.1:{server.getsockname()[1]}"))
        peer, _ = server.accept()
        with peer:
            peer.settimeout(10)
            sink.send(b"one")
            sink.send(b"three")
            sink.close()
            received = b"".join(iter(lambda: peer.recv(100), b""))
    assert received == b"3 one5 three"


@pytest.mark.parametrize("is_secured", [False, True])
def test_a_stream_is_finished_when_the_other_side_has_taken_all(*, is_secured: bool) -> None:
    authority = trustme.CA()
    context = server_context(authority) if is_secured else None
    with Receiver(context) as receiver:
        way = "tls" if is_secured else "tcp"
        where = place(f"{way}://localhost:{receiver.port}")
        sink = open_sink(where, pem(authority) if is_secured else None)
        sent = [f"line {number}".encode() for number in range(500)]
        for one in sent:
            sink.send(one)
        sink.finish()
        sink.close()
        assert receiver.lines == [one.decode() for one in sent]


def test_a_receiver_that_never_hangs_up_is_waited_for_a_while_and_taken_at_its_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(syslog, "_WAIT_S", 0.05)
    with Receiver() as receiver:
        receiver.is_quiet = True
        sink = open_sink(place(f"tcp://localhost:{receiver.port}"))
        sink.send(b"one")
        sink.finish()
        sink.close()
        assert receiver.wait_for(1) == ["one"]


def test_a_break_is_told_at_the_end_at_the_latest() -> None:
    with Receiver() as receiver:
        receiver.breaks_after = 1
        sink = open_sink(place(f"tcp://localhost:{receiver.port}"))

        def send_all() -> None:
            for number in range(1000):
                sink.send(b"line %d" % number)
            sink.finish()

        with pytest.raises(ServerUnreachable, match="cannot be sent"):
            send_all()
        sink.close()


def test_a_server_that_is_not_there_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ServerUnreachable, match="cannot be sent") as caught:
        open_sink(place(f"tcp://127.0.0.1:{port}"))
    assert "Nothing is lost" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "is_known", "why"),
    [("localhost", False, "not trusted"), ("elsewhere.example", True, "another name")],
)
def test_nothing_is_sent_to_whoever_cannot_prove_its_name(
    name: str, why: str, *, is_known: bool
) -> None:
    authority = trustme.CA()
    believed = pem(authority if is_known else trustme.CA())
    with Receiver(server_context(authority, name)) as receiver:
        with pytest.raises(ServerUnreachable, match="cannot be sent") as caught:
            open_sink(place(f"tls://localhost:{receiver.port}"), believed)
        assert why in caught.value.why
    assert receiver.lines == []


def test_a_server_without_tls_gets_nothing_where_tls_was_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def greet() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"220 a server of another kind\r\n")
                peer.recv(65536)

        greeting = threading.Thread(target=greet)
        greeting.start()
        with pytest.raises(ServerUnreachable) as caught:
            open_sink(place(f"tls://localhost:{server.getsockname()[1]}"))
        greeting.join(10)
    assert "does not speak TLS" in caught.value.why
