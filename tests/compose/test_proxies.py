"""Whatever a connection sends goes through its proxy; no line leads around it, none elsewhere."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.compose.diagnosing import look
from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from strongroom.service import ports
from strongroom.service.details import (
    EXCHANGE_ONLINE,
    EXCHANGE_ONPREM,
    SHAREPOINT_ONLINE,
    SHAREPOINT_ONPREM,
    ConnectionDetails,
)
from strongroom.service.ports import Purpose, Use
from strongroom.vault.secret import Secret
from tests.fakes.tunnel import THREADS, Tunnel, tunnel


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=6)) as running:
        yield running


@pytest.fixture
def proxy() -> Iterator[Tunnel]:
    with tunnel() as running:
        yield running


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Note where sockets of this process connect to, but for those of the proxy itself."""
    seen: list[object] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: tuple[str, int]) -> None:
        if not threading.current_thread().name.startswith(THREADS):
            seen.append(address[1])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    return seen


def connections(lab: Lab) -> dict[str, ConnectionDetails]:
    backup, _, _ = lab.cloud.applications
    person = ConnectionDetails(
        kind=EXCHANGE_ONPREM,
        server=lab.ews_url,
        user=ADMINISTRATOR,
        password=Secret(lab.admin_password),
        ca_pem=lab.ca_pem.decode(),
    )
    cloud = ConnectionDetails(
        kind=EXCHANGE_ONLINE,
        tenant=lab.cloud.tenant.id,
        client_id=backup.client_id,
        auth="certificate",
        certificate=Secret(backup.certificate),
        endpoints=lab.cloud.endpoints,
        ca_pem=lab.ca_pem.decode(),
    )
    site = f"{lab.cloud.sites.url}/sites/marketing"
    return {
        EXCHANGE_ONPREM: person,
        EXCHANGE_ONLINE: cloud,
        SHAREPOINT_ONPREM: replace(
            person, kind=SHAREPOINT_ONPREM, server="", url=f"{lab.url}/sites/marketing", auth="ntlm"
        ),
        SHAREPOINT_ONLINE: replace(cloud, kind=SHAREPOINT_ONLINE, url=site),
    }


@pytest.mark.parametrize(
    "kind", [EXCHANGE_ONPREM, EXCHANGE_ONLINE, SHAREPOINT_ONPREM, SHAREPOINT_ONLINE]
)
def test_signing_in_and_testing_go_through_the_proxy_alone(
    lab: Lab, proxy: Tunnel, lines: list[object], kind: str
) -> None:
    details = replace(connections(lab)[kind], proxy=proxy.url)
    server = compose.open_server(details, Use(purpose=Purpose.TEST), SystemClock())
    try:
        assert server.facts()["round_trip_ms"]
        assert isinstance(server, ports.Testable)
        server.capabilities(None)
        list(server.resources())
    finally:
        server.close()
    steps = look(details, SystemClock())
    assert all(one.is_well for one in steps), steps
    assert set(lines) == {int(proxy.url.rpartition(":")[2])}
    assert {one.split()[0] for one in proxy.asked} == {"CONNECT"}
