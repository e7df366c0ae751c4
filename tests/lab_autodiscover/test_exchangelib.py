"""exchangelib's own Autodiscover finds the lab: a client that others wrote judges the server.

Its names are resolved to the lab's port on loopback, over TLS with a certificate for the names that
it asks for.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import exchangelib.autodiscover
import pytest
import urllib3.util.connection
from exchangelib import Credentials
from exchangelib.autodiscover.discovery import Autodiscovery
from exchangelib.errors import AutoDiscoverFailed, ErrorNonExistentMailbox
from exchangelib.protocol import BaseProtocol, close_connections
from requests.adapters import HTTPAdapter

from strongroom.lab.autodiscover import AsksAt, LooksFor
from strongroom.lab.https import Authority, HttpsServer
from tests.lab_autodiscover.conftest import ANN, BEN, Client

NAMES = ("lab.example", "autodiscover.lab.example", "mail.lab.example")
_dial = urllib3.util.connection.create_connection


@pytest.fixture
def lab(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    authority = Authority(NAMES)
    ca_file = tmp_path / "ca.pem"
    authority.write_ca(ca_file)
    server = HttpsServer(client.face.answer, authority=authority, request_bytes_max=1 << 20)
    server.start()

    class TrustsTheLab(HTTPAdapter):
        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            super().cert_verify(conn, url, str(ca_file), cert)

    def connect(address: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
        if address == ("autodiscover.lab.example", 443):
            return _dial(("127.0.0.1", server.port), *more, **named)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
    monkeypatch.setattr(BaseProtocol, "HTTP_ADAPTER_CLS", TrustsTheLab)
    monkeypatch.setattr(Autodiscovery, "_ensure_valid_hostname", lambda *_: None)
    monkeypatch.setattr(Autodiscovery, "_get_srv_records", lambda *_: [])
    yield client
    exchangelib.autodiscover.clear_cache()
    close_connections()
    server.stop()


def discovered(address: str = ANN) -> Any:
    credentials = Credentials(username=ANN, password="pw")
    answer, _ = Autodiscovery(email=address, credentials=credentials).discover()
    return answer


def test_it_finds_the_mailbox_through_the_autodiscover_host(lab: Client) -> None:
    found = discovered()

    assert found.ews_url == "https://mail.lab.example/EWS/Exchange.asmx"
    assert found.autodiscover_smtp_address == ANN
    assert found.user_settings["internal_ews_url"] == "https://ex01.lab.example/EWS/Exchange.asmx"
    assert found.user_settings["user_display_name"] == "Ann & Sons"
    assert found.version.api_version == "Exchange2016"


def test_it_follows_to_another_address(lab: Client) -> None:
    lab.face.kinds[ANN] = LooksFor(BEN)

    assert discovered().autodiscover_smtp_address == BEN


def test_it_understands_another_place(lab: Client) -> None:
    lab.face.kinds[ANN] = AsksAt("https://gone.example/autodiscover/autodiscover.svc")

    with pytest.raises(AutoDiscoverFailed):
        discovered()


def test_it_understands_that_there_is_no_such_mailbox(lab: Client) -> None:
    with pytest.raises(ErrorNonExistentMailbox):
        discovered("eve@lab.example")
