"""A home whose verbs reach a simulated tenant, and people at screens who sign in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from strongroom.compose.tenants import with_tenants
from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application as Registration
from strongroom.lab.entra.words import User
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.service.application import Application
from strongroom.service.details import EXCHANGE_ONLINE, SHAREPOINT_ONLINE, ConnectionDetails
from strongroom.service.ports import SignInPrompt
from strongroom.wire.entra import certificates
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World
from tests.lab_entra.browser import Browser
from tests.lab_entra.conftest import (
    admin,
    ann,
    app,
    browser,
    clock,
    directory,
    entra,
    graph,
    key_pair,
    pool,
    server,
    signer,
    tenant,
)
from tests.lab_entra.screen import Screen

__all__ = [
    "admin",
    "ann",
    "app",
    "browser",
    "clock",
    "directory",
    "entra",
    "graph",
    "key_pair",
    "pool",
    "server",
    "signer",
    "tenant",
]


@dataclass
class People:
    """Who sits at the screens.

    Attributes:
        shown: Every prompt that a program showed, in order.
        before: Called when a prompt is shown, before anybody does anything.
    """

    browser: Browser
    directory: Directory
    shown: list[SignInPrompt] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    presses: str = "accept"
    before: Callable[[], None] = lambda: None

    def prompt(self, user: User) -> Callable[[SignInPrompt], None]:
        """Give a prompt that this person follows at once."""

        def follow(shown: SignInPrompt) -> None:
            self.shown.append(shown)
            self.before()
            screen = Screen(self.browser, user, self.directory)
            screen.presses = self.presses
            self.screens.append(screen)
            if shown.way == "browser":
                screen.open(shown.url)
            else:
                screen.enter(shown)

        return follow

    def close(self) -> None:
        for screen in self.screens:
            screen.close()


@pytest.fixture
def people(browser: Browser, directory: Directory) -> Iterator[People]:
    made = People(browser, directory)
    yield made
    made.close()


@pytest.fixture
def application(new_home: Path, clock: HandClock) -> Iterator[Application]:
    world = World(clock=clock)
    with Application(new_home, with_tenants(world.ports(), clock)) as opened:
        yield opened


@pytest.fixture
def exchange(
    entra: EntraFace, graph: GraphFace, server: LabServer, tenant: Tenant, directory: Directory
) -> ConnectionDetails:
    """Say where the lab's Exchange Online is; nobody signs in to it yet."""
    directory.aliases |= {graph.url: well_known.GRAPH, server.url: well_known.EXCHANGE}
    return ConnectionDetails(
        kind=EXCHANGE_ONLINE,
        auth="certificate",
        tenant=tenant.id,
        ca_pem=server.ca_pem.decode(),
        endpoints={"authority": entra.url, "graph": graph.url, "ews": server.url},
    )


@pytest.fixture
def sharepoint(
    exchange: ConnectionDetails, server: LabServer, tenant: Tenant, directory: Directory
) -> ConnectionDetails:
    """Say where the lab's SharePoint Online is; it has three sites."""
    site = f"https://127.0.0.1:{urlsplit(server.url).port}"
    directory.aliases[site] = well_known.SHAREPOINT
    tenant.serve_sharepoint_at(urlsplit(site).netloc)
    for path, name in {
        "/": "Home",
        "/sites/marketing": "Marketing",
        "/sites/board": "Board",
    }.items():
        tenant.reach.add_site(path, name)
    return ConnectionDetails(
        kind=SHAREPOINT_ONLINE,
        auth="certificate",
        tenant=tenant.id,
        url=site,
        ca_pem=exchange.ca_pem,
        endpoints={**(exchange.endpoints or {}), "sharepoint": site},
    )


def granted(tenant: Tenant, client_id: str) -> set[str]:
    """Name what an application was granted, by the API's name and Microsoft's."""
    principal = tenant.principal(client_id)
    assert principal is not None
    return {
        f"{api.name}: {right.value}"
        for api in well_known.RESOURCES.values()
        for one in tenant.assignments(principal, api.app_id)
        if (right := api.by_id(one.role_id)) is not None
    }


def registered(tenant: Tenant, client_id: str) -> Registration:
    return tenant.applications[client_id]


class Line:
    """What goes to the lab's Graph, where a test may listen, and cut it off.

    Attributes:
        tokens: Every bearer token that was sent.
        cut: Asked before each request is answered: True answers 503 instead.
    """

    def __init__(self, server: LabServer, face: GraphFace) -> None:
        self.tokens: set[str] = set()
        self.cut: Callable[[Request], bool] = lambda _: False
        self._face = face
        server.pages["/graph/"] = self._answer

    def _answer(self, request: Request) -> Response:
        self.tokens.add(request.headers.get("authorization", "").removeprefix("Bearer "))
        return Response(status=503) if self.cut(request) else self._face.answer(request)


@pytest.fixture
def line(server: LabServer, graph: GraphFace) -> Line:
    return Line(server, graph)


@pytest.fixture(scope="session")
def one_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch, one_key: rsa.RSAPrivateKey) -> None:
    """Look for no new key each time: certificates differ all the same, and that is what counts."""

    class Quick:
        @staticmethod
        def generate_private_key(*_: object) -> rsa.RSAPrivateKey:
            return one_key

    monkeypatch.setattr(certificates, "rsa", Quick)
