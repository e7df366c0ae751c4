"""Nobody has us ask the services that tell a cloud's machines their secrets."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from strongroom.errors import OperatorError
from strongroom.wire.autodiscover.plain_get import PlainGet
from strongroom.wire.http import HttpsClient
from strongroom.wire.metadata_addresses import refuse_metadata
from strongroom.wire.sign_in import BasicSignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from tests.fakes.hand_clock import HandClock

FORBIDDEN = (
    "169.254.169.254",
    "169.254.170.2",
    "2852039166",
    "0xa9fea9fe",
    "[fe80::1]",
    "fe80::1%lo",
    "::ffff:169.254.169.254",
    "fd00:ec2::254",
    "168.63.129.16",
    "100.100.100.200",
)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Sees every connection that is begun; none comes about."""
    seen: list[object] = []

    def connect(self: socket.socket, address: Any) -> None:
        seen.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the name service says."""
    known: dict[str, str] = {}
    real = socket.getaddrinfo

    def look_up(host: str, *args: Any, **more: Any) -> Any:
        if host in known:
            return real(known[host], *args, **more)
        return real(host, *args, **{**more, "flags": socket.AI_NUMERICHOST})

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


@pytest.mark.parametrize("host", FORBIDDEN)
def test_an_address_of_theirs_is_refused_however_it_is_written(
    host: str, names: dict[str, str]
) -> None:
    with pytest.raises(OperatorError, match="not called"):
        refuse_metadata(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "[::1]", "169.253.0.1", "mail.example"])
def test_other_addresses_are_let_through(host: str, names: dict[str, str]) -> None:
    refuse_metadata(host)


def _small_request(url: str, **more: Any) -> None:
    with HttpsClient(clock=HandClock(), trust=Trust(), **more) as http:
        http.request("GET", url)


def _data_path(url: str, **more: Any) -> None:
    transport = Transport(url, BasicSignIn("ann", "secret"), clock=HandClock(), **more)
    try:
        transport.post(b"", {})
    finally:
        transport.close()


def _plain(url: str, **more: Any) -> None:
    PlainGet(**more).location(url.replace("https", "http"))


@pytest.mark.parametrize("ask", [_small_request, _data_path, _plain])
def test_no_way_of_asking_calls_a_name_that_leads_there(
    ask: Any, names: dict[str, str], called: list[object]
) -> None:
    names["mail.example"] = "169.254.169.254"

    with pytest.raises(OperatorError, match="not called"):
        ask("https://mail.example/")

    assert called == []


@pytest.mark.parametrize("ask", [_small_request, _data_path, _plain])
def test_no_proxy_is_asked_for_such_an_address(
    ask: Any, names: dict[str, str], called: list[object]
) -> None:
    with pytest.raises(OperatorError, match="not called"):
        ask("https://169.254.169.254/", proxy="http://10.0.0.1:3128")

    assert called == []
