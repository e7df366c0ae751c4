"""A lab in this process, and connections to its tenant as an administrator would add them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.lab.cloud_applications import KnownApplication
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.operations.interfaces import Server
from strongroom.pace.retry import Gates
from strongroom.service.application import Application
from strongroom.service.details import EXCHANGE_ONLINE, ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.vault.secret import Secret

LARGE, EMPTY = "large@lab.example", "empty@lab.example"

OpenOnline = Callable[..., Server]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=2, loads=(Load(address=LARGE, items=12, item_bytes=1024),))) as running:
        yield running


def known(lab: Lab, name: str) -> KnownApplication:
    return next(one for one in lab.cloud.applications if one.name == f"Strongroom {name}")


@pytest.fixture
def details(lab: Lab) -> ConnectionDetails:
    """Give a connection by the certificate of the application that backs up."""
    app = known(lab, "backup")
    return ConnectionDetails(
        kind=EXCHANGE_ONLINE,
        tenant=lab.cloud.tenant.id,
        client_id=app.client_id,
        auth="certificate",
        certificate=Secret(app.certificate),
        endpoints=lab.cloud.endpoints,
        ca_pem=lab.ca_pem.decode(),
    )


@pytest.fixture
def open_online(details: ConnectionDetails) -> Iterator[OpenOnline]:
    """Open the connection, with some of its details changed; it is closed when the test ends."""
    opened: list[Server] = []
    clock = SystemClock()

    def open_(purpose: Purpose = Purpose.TEST, **changed: object) -> Server:
        changed_details = replace(details, **changed)  # type: ignore[arg-type]
        server = compose.open_server(changed_details, Use(purpose=purpose), clock, Gates(clock))
        opened.append(server)
        return server

    yield open_
    for server in opened:
        server.close()


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    """Give a home with a storage called ``disk``."""
    with compose.open_application(tmp_path / "home") as opened:
        url = compose.normal_url(str(tmp_path / "storage"))
        opened.storages.add("disk", url, Secret("correct horse battery staple"))
        yield opened
