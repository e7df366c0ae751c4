"""Online and a farm behind real HTTPS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.jwt import Signer
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import User
from strongroom.lab.estate.estate import Estate
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from strongroom.wire.http import HttpAnswer, HttpsClient
from strongroom.wire.tls import Trust
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import app_password, canary

ANN, PASSWORD, APP_PASSWORD = "ann@lab.example", canary("ann's own & only"), app_password()


@pytest.fixture(scope="session")
def server() -> Iterator[LabServer]:
    with LabServer(Estate(seed=1)) as running:
        yield running


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(rsa.generate_private_key(65537, 2048))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def directory(clock: HandClock, signer: Signer, server: LabServer) -> Directory:
    made = Directory(clock=clock, signer=signer)
    made.aliases[server.url] = well_known.SHAREPOINT
    return made


@pytest.fixture
def tenant(directory: Directory) -> Tenant:
    return directory.add_tenant("Lab", "lab.onmicrosoft.example", "lab.example")


@pytest.fixture
def ann(tenant: Tenant) -> User:
    return tenant.add_user(ANN, "Ann Archer", password=PASSWORD)


@pytest.fixture
def farm(clock: HandClock) -> Farm:
    made = Farm(kind="online", clock=clock)
    made.add_site("/sites/marketing", "Marketing")
    return made


@pytest.fixture
def face(
    farm: Farm, server: LabServer, directory: Directory, tenant: Tenant
) -> Iterator[SharePointFace]:
    made = SharePointFace(farm, url=lambda: server.url, directory=directory, tenant=tenant)
    entra = EntraFace(directory, url=lambda: server.url)
    server.pages["/entra/"] = entra.answer
    for beginning in made.beginnings:
        server.pages[beginning] = made.answer
    yield made
    assert made.crashes == []
    assert entra.crashes == []


@pytest.fixture
def http(server: LabServer) -> Iterator[HttpsClient]:
    with HttpsClient(clock=HandClock(), trust=Trust(ca_pem=server.ca_pem.decode())) as made:
        yield made


Ask = Callable[..., HttpAnswer]


@pytest.fixture
def ask(http: HttpsClient, server: LabServer, face: SharePointFace) -> Ask:
    def send(
        method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        return http.request(method, server.url + path, headers=headers, body=body.encode())

    return send
