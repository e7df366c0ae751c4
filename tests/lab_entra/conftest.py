"""A tenant with a few people behind real HTTPS, and clients that trust its certificate authority.

The server and the signing key are made once; the tenant is new for every test.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msal
import pytest
import requests
import urllib3
from cryptography.hazmat.primitives.asymmetric import rsa

from strongroom.clock import SystemClock
from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.jwt import Signer
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User
from strongroom.lab.estate.estate import Estate
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.https import ca_file
from strongroom.lab.server import LabServer
from tests.fakes.hand_clock import HandClock
from tests.lab_entra.browser import Browser
from tests.lab_entra.certificates import KeyPair, make_key_pair
from tests.lab_entra.csdl import Csdl
from tests.lab_entra.graph_client import GraphClient

# At level DEBUG it writes codes and verifiers, for which the logs of a run are searched. Where our
# own client is loaded as well, that has seen to it; here the lab may be tried alone.
for _name in ("msal", "msal.token_cache", "msal.application", "msal.oauth2cli"):
    logging.getLogger(_name).setLevel(logging.ERROR)

Token = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def server() -> Iterator[LabServer]:
    with LabServer(Estate(seed=1), validates_answers=False) as running:
        yield running


@pytest.fixture(scope="session")
def ca(server: LabServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ca_file(server.authority, tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def key_pair() -> KeyPair:
    return make_key_pair("keeper", days=365)


@pytest.fixture(scope="session")
def other_pair() -> KeyPair:
    return make_key_pair("keeper, rotated", days=365)


@pytest.fixture
def clock() -> HandClock:
    # MSAL reads the machine's own clock, so the lab must begin at the same time.
    return HandClock(SystemClock().now())


@pytest.fixture
def directory(clock: HandClock, signer: Signer) -> Directory:
    return Directory(clock=clock, signer=signer)


@pytest.fixture
def tenant(directory: Directory) -> Tenant:
    return directory.add_tenant("Lab", "lab.onmicrosoft.example", "lab.example")


@pytest.fixture
def entra(directory: Directory, server: LabServer) -> Iterator[EntraFace]:
    face = EntraFace(directory, url=lambda: server.url)
    server.pages["/entra/"] = face.answer
    yield face
    assert face.crashes == []


@pytest.fixture
def ann(tenant: Tenant) -> User:
    return tenant.add_user("ann@lab.example", "Ann Archer", password="ann's", second_factor="code")


@pytest.fixture
def admin(tenant: Tenant) -> User:
    return tenant.add_user(
        "admin@lab.example",
        "Ada Admin",
        password="ada's",
        second_factor="code",
        roles=[well_known.GLOBAL_ADMINISTRATOR],
    )


@pytest.fixture
def app(tenant: Tenant) -> Application:
    return tenant.add_application("Keeper", is_public=True, redirects=["http://localhost"])


@pytest.fixture(scope="session")
def pool(server: LabServer) -> Iterator[urllib3.PoolManager]:
    context = ssl.create_default_context(cadata=server.ca_pem.decode())
    with urllib3.PoolManager(ssl_context=context, retries=False) as made:
        yield made


@pytest.fixture
def browser(pool: urllib3.PoolManager, entra: EntraFace, server: LabServer) -> Browser:
    return Browser(pool, server.url)


@pytest.fixture(scope="session")
def http(ca: Path) -> Iterator[requests.Session]:
    """What MSAL speaks through: variables of the environment would bring other authorities."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(ca)
        yield session


@pytest.fixture
def public(entra: EntraFace, tenant: Tenant, app: Application, http: requests.Session) -> Any:
    return msal.PublicClientApplication(
        app.app_id,
        authority=entra.authority(tenant),
        instance_discovery=False,
        http_client=http,
    )


@pytest.fixture
def confidential(
    entra: EntraFace, tenant: Tenant, app: Application, http: requests.Session
) -> Callable[..., Any]:
    def make(credential: object, whose: Application = app) -> Any:
        return msal.ConfidentialClientApplication(
            whose.app_id,
            client_credential=credential,
            authority=entra.authority(tenant),
            instance_discovery=False,
            http_client=http,
        )

    return make


@pytest.fixture
def token(pool: urllib3.PoolManager, entra: EntraFace, tenant: Tenant) -> Token:
    """Ask the token endpoint by hand: for answers that MSAL would not ask for."""

    def ask(*, at: str = "", **form: str) -> dict[str, Any]:
        url = f"{entra.url}/{at or tenant.id}/oauth2/v2.0/token"
        answer = pool.request_encode_body("POST", url, form, encode_multipart=False)
        body: Mapping[str, Any] = answer.json()
        return {**body, "status": answer.status}

    return ask


@pytest.fixture
def graph(entra: EntraFace, server: LabServer) -> Iterator[GraphFace]:
    face = GraphFace(entra.directory, entra.verifier, url=lambda: server.url)
    server.pages["/graph/"] = face.answer
    yield face
    assert face.crashes == []


@pytest.fixture(scope="session")
def csdl() -> Csdl:
    return Csdl(Path(__file__).with_name("graph-v1.0.csdl.gz"))


@pytest.fixture
def client(graph: GraphFace, tenant: Tenant, pool: urllib3.PoolManager, csdl: Csdl) -> GraphClient:
    return GraphClient(graph, tenant, pool, csdl)
