"""Metrics at an address of this machine: for Prometheus, and for nobody from outside."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from strongroom.errors import IntegrityError, OperatorError
from strongroom.service import metrics_endpoint
from strongroom.service.metrics_endpoint import Endpoint, LoopbackAddress, loopback_address
from tests.fakes.hand_clock import HandClock

ANY = LoopbackAddress(host="127.0.0.1", port=0)


class Given:
    """Gives another text each time; or fails."""

    def __init__(self) -> None:
        self.count = 0
        self.error: Exception | None = None
        self.reported: list[BaseException] = []

    def text(self) -> str:
        self.count += 1
        if self.error is not None:
            raise self.error
        return f"strongroom_asked {self.count}\n"


@pytest.fixture
def given() -> Given:
    return Given()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def endpoint(given: Given, clock: HandClock) -> Iterator[Endpoint]:
    opened = Endpoint(ANY, given.text, clock, given.reported.append)
    yield opened
    opened.close()


def ask(
    endpoint: Endpoint, path: str = "/metrics", *, method: str = "GET", host: str | None = None
) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection(endpoint.where.host, endpoint.where.port, timeout=10)
    headers = {} if host is None else {"Host": host}
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    told = (answer.status, answer.read().decode(), dict(answer.headers))
    connection.close()
    return told


def test_it_gives_the_metrics(endpoint: Endpoint) -> None:
    status, body, headers = ask(endpoint)
    assert (status, body) == (200, "strongroom_asked 1\n")
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert headers["Server"].strip() == "strongroom"
    status, body, headers = ask(endpoint, "/metrics?x=1", method="HEAD")
    assert (status, body, headers["Content-Length"]) == (200, "", "19")


def test_who_asks_often_is_given_the_same(
    endpoint: Endpoint, given: Given, clock: HandClock
) -> None:
    assert {ask(endpoint)[1] for _ in range(5)} == {"strongroom_asked 1\n"}
    clock.move(seconds=3)
    assert ask(endpoint)[1] == "strongroom_asked 2\n"


@pytest.mark.parametrize("path", ["/", "/metrics/", "/../metrics", "/health"])
def test_nothing_else_is_there(endpoint: Endpoint, path: str) -> None:
    assert ask(endpoint, path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE", "OPTIONS"])
def test_nothing_can_be_sent_to_it(endpoint: Endpoint, method: str) -> None:
    assert ask(endpoint, method=method)[0] == 501


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9469", "192.0.2.1", "", "[::2]:1"])
def test_who_was_led_here_by_another_name_is_told_nothing(
    endpoint: Endpoint, given: Given, host: str
) -> None:
    assert ask(endpoint, host=host)[0] == 421
    assert given.count == 0


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:9469", "[::1]:1"])
def test_this_machine_has_several_names(endpoint: Endpoint, host: str) -> None:
    assert ask(endpoint, host=host)[0] == 200


def test_a_database_that_fails_is_no_answer_and_is_told(endpoint: Endpoint, given: Given) -> None:
    given.error = IntegrityError("The secret thing is damaged.")
    status, body, _ = ask(endpoint)
    assert status == 503
    assert "secret thing" not in body
    assert given.reported == [given.error]
    given.error = None
    assert ask(endpoint)[0] == 200


def test_some_who_keep_silent_keep_nobody_else_away_for_long(endpoint: Endpoint) -> None:
    where = (endpoint.where.host, endpoint.where.port)
    silent = [socket.create_connection(where) for _ in range(6)]
    assert ask(endpoint)[0] == 200
    for one in silent:
        one.close()


def test_more_than_it_has_room_for_are_sent_away_at_once(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_endpoint._Handler, "timeout", 60)
    where = (endpoint.where.host, endpoint.where.port)
    silent = [socket.create_connection(where) for _ in range(8)]
    late = socket.create_connection(where)
    late.settimeout(30)
    assert late.recv(1) == b""
    for one in [*silent, late]:
        one.close()


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9469", "127.0.0.1", 9469),
        ("127.8.9.1:0", "127.8.9.1", 0),
        ("localhost:9469", "127.0.0.1", 9469),
        ("[::1]:9469", "::1", 9469),
    ],
)
def test_addresses_of_this_machine_are_taken(text: str, host: str, port: int) -> None:
    assert loopback_address(text) == LoopbackAddress(host=host, port=port)


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0:9469", "[::]:9469", "192.0.2.1:9469", "example.org:9469", "127.0.0.1", "9469", "",
        ":9469", "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:x", "127.0.0.1:٣", "::1:x",
        "127.0.0.1.evil.example:1", "169.254.1.1:1", "[::ffff:192.0.2.1]:1",
    ],
)  # fmt: skip
def test_every_other_address_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="Metrics are not given"):
        loopback_address(text)


def test_an_address_that_is_taken_is_refused(endpoint: Endpoint, clock: HandClock) -> None:
    with pytest.raises(OperatorError, match="cannot be given"):
        Endpoint(endpoint.where, str, clock, lambda _: None)


def test_it_answers_on_the_newer_protocol_too(given: Given, clock: HandClock) -> None:
    try:
        opened = Endpoint(LoopbackAddress(host="::1", port=0), given.text, clock, lambda _: None)
    except OperatorError:
        pytest.skip("this machine has no IPv6: NOT SHOWN")
    try:
        assert str(opened.where).startswith("[::1]:")
        assert ask(opened)[0] == 200
    finally:
        opened.close()
