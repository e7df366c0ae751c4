"""Our sign-ins against the lab's SharePoint, and a server of somebody else's that writes down."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Authority, HttpsServer, Request, Response
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import SharePointFace, SignInServer
from strongroom.wire.http import HttpsClient
from strongroom.wire.origins import Origins
from strongroom.wire.sharepoint import CookieSignIn, legacy_sign_in
from tests.fakes.hand_clock import HandClock
from tests.lab_sharepoint.conftest import (
    ANN,
    APP_PASSWORD,
    PASSWORD,
    ann,
    clock,
    directory,
    face,
    farm,
    http,
    server,
    signer,
    tenant,
)

__all__ = [
    "ANN",
    "APP_PASSWORD",
    "PASSWORD",
    "ann",
    "clock",
    "directory",
    "face",
    "farm",
    "http",
    "server",
    "signer",
    "tenant",
]


class Stranger:
    """A server with a good certificate that is not of the connection."""

    def __init__(self, authority: Authority) -> None:
        self.heard: list[Request] = []
        self._https = HttpsServer(self._answer, authority=authority, request_bytes_max=1 << 20)

    @property
    def url(self) -> str:
        return f"https://localhost:{self._https.port}"

    def start(self) -> None:
        self._https.start()

    def stop(self) -> None:
        self._https.stop()

    def _answer(self, request: Request) -> Response:
        self.heard.append(request)
        return Response(status=200)


@pytest.fixture
def stranger(server: LabServer) -> Iterator[Stranger]:
    made = Stranger(server.authority)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def origins(server: LabServer) -> Origins:
    return Origins.of([server.url])


@pytest.fixture
def own_server(clock: HandClock) -> SignInServer:
    """The sign-in server of Ann's organisation."""
    estate = Estate(clock=clock)
    estate.add_account(ANN, password=PASSWORD)
    return SignInServer(estate, clock=clock)


@pytest.fixture
def own_url(server: LabServer, own_server: SignInServer) -> Iterator[str]:
    """Where it is: at an origin of its own."""
    with LabServer(Estate(seed=1), authority=server.authority) as running:
        running.pages.clear()
        running.pages["/adfs/"] = own_server.answer
        yield running.url


LegacyFor = Callable[[str], CookieSignIn]


@pytest.fixture
def legacy(
    http: HttpsClient, origins: Origins, server: LabServer, face: SharePointFace
) -> LegacyFor:
    """Sign Ann in with a password."""

    def make(password: str) -> CookieSignIn:
        return legacy_sign_in(
            http, origins, authority=server.url, site=server.url, user=ANN, password=password
        )

    return make


@pytest.fixture
def heard(server: LabServer, face: SharePointFace) -> list[Request]:
    """All that reached the lab's SharePoint."""
    requests: list[Request] = []

    def listen(request: Request) -> Response:
        requests.append(request)
        return face.answer(request)

    for beginning in face.beginnings:
        server.pages[beginning] = listen
    return requests
