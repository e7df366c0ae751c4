"""A lab in this process, and connections to its sites as an administrator would add them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
import urllib3

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.compose.cloud_sign_ins import place_of
from strongroom.lab.cloud_applications import PEOPLES, KnownApplication
from strongroom.lab.entra.well_known import GRAPH, SHAREPOINT
from strongroom.lab.entra.words import Application
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.sharepoint import Farm
from strongroom.pace.paces import Paces
from strongroom.service.details import SHAREPOINT_ONLINE, ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.sources.sharepoint.server import SharePointServer
from strongroom.vault.secret import Secret
from strongroom.wire.entra.certificates import make_certificate
from strongroom.wire.entra.person import Person
from strongroom.words.capability import Capability
from tests.fakes.hand_clock import HandClock
from tests.lab_entra.browser import Browser
from tests.lab_entra.screen import Screen

MARKETING, BOARD = "/sites/marketing", "/sites/board"
Open = Callable[[ConnectionDetails], SharePointServer]


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=2)) as running:
        yield running
    faces = (running.farm_face, running.cloud.farm_face)
    assert [face.crashes for face in faces] == [[], []]


@pytest.fixture
def online(lab: Lab) -> Iterator[Farm]:
    """Online's sites, as they were once the test is over."""
    farm = lab.cloud.farm
    yield farm
    farm.legacy, farm.health = "on", 0
    for site in farm.sites.values():
        site.members, site.has_scripts, site.template = None, True, "STS"
    reach = lab.cloud.tenant.reach
    reach.site_grants.clear()
    for elsewhere in [one for one in reach.sites if not one.startswith("localhost")]:
        del reach.sites[elsewhere]


def person_of(lab: Lab) -> str:
    """Give the address of somebody who lives in the lab."""
    return lab.estate.mailboxes[0].address


def known(lab: Lab, name: str) -> KnownApplication:
    return next(one for one in lab.cloud.applications if one.name == f"Strongroom {name}")


@pytest.fixture
def details(lab: Lab) -> ConnectionDetails:
    """Give a connection by the certificate of the application that backs up."""
    app = known(lab, "backup")
    return ConnectionDetails(
        kind=SHAREPOINT_ONLINE,
        url=f"{lab.cloud.sites.url}{MARKETING}",
        tenant=lab.cloud.tenant.id,
        client_id=app.client_id,
        auth="certificate",
        certificate=Secret(app.certificate),
        endpoints=lab.cloud.endpoints,
        ca_pem=lab.ca_pem.decode(),
    )


@pytest.fixture(scope="session")
def proof(lab: Lab) -> str:
    """A certificate for applications that only hold what a test gives them."""
    return make_certificate("keeper", clock=SystemClock()).pem


@dataclass
class Register:
    """Makes applications that hold just what a test gives them."""

    lab: Lab
    details: ConnectionDetails
    pem: str

    def __call__(
        self, *, graph: Sequence[str] = (), sharepoint: Sequence[str] = ()
    ) -> ConnectionDetails:
        made = self.application(graph=graph, sharepoint=sharepoint)
        return replace(self.details, client_id=made.app_id, certificate=Secret(self.pem))

    def application(self, *, graph: Sequence[str], sharepoint: Sequence[str]) -> Application:
        from cryptography import x509  # noqa: PLC0415 - for this alone

        tenant = self.lab.cloud.tenant
        with self.lab.cloud.directory.lock:
            made = tenant.add_application("Keeper")
            tenant.add_certificate(made, x509.load_pem_x509_certificate(self.pem.encode()))
            tenant.grant(made.app_id, GRAPH, *graph)
            tenant.grant(made.app_id, SHAREPOINT, *sharepoint)
        return made

    def choose(self, app_id: str, path: str, role: str) -> None:
        """Let an application that holds ``Sites.Selected`` at a site."""
        reach = self.lab.cloud.tenant.reach
        with self.lab.cloud.directory.lock:
            site = next(one for one in reach.sites.values() if one.url.endswith(path))
            reach.grant_site(app_id, site, role)


@pytest.fixture
def register(lab: Lab, details: ConnectionDetails, proof: str) -> Register:
    return Register(lab, details, proof)


@pytest.fixture
def open_farm() -> Iterator[Open]:
    """Open a connection for a test of it; closed when the test ends."""
    opened: list[SharePointServer] = []
    clock = SystemClock()

    def open_(details: ConnectionDetails) -> SharePointServer:
        server = compose.open_server(details, Use(purpose=Purpose.TEST), clock, Paces(clock))
        assert isinstance(server, SharePointServer)
        opened.append(server)
        return server

    yield open_
    for server in opened:
        server.close()


@pytest.fixture
def open_site(online: Farm, open_farm: Open) -> Open:
    """Open a connection to Online likewise."""
    return open_farm


@pytest.fixture
def as_person(lab: Lab, details: ConnectionDetails) -> Callable[[], ConnectionDetails]:
    """Sign somebody in, second factor and all, and give a connection with that sign-in."""

    def sign_in() -> ConnectionDetails:
        public = next(one for one in lab.cloud.applications if one.name == PEOPLES)
        user = lab.cloud.tenant.user(person_of(lab))
        assert user is not None
        with lab.cloud.directory.lock:
            lab.cloud.tenant.revoke_consent(public.client_id)
        kept: list[str] = []
        place = place_of(details, HandClock(SystemClock().now()))
        person = Person(place, public.client_id, cache=None, keep=kept.append)
        context = ssl.create_default_context(cadata=lab.ca_pem.decode())
        with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
            screen = Screen(Browser(pool, lab.cloud.url), user, lab.cloud.directory)
            person.sign_in_by_device_code([f"{lab.cloud.sites.url}/AllSites.Read"], screen.enter)
        return replace(
            details,
            client_id=public.client_id,
            auth="device-code",
            user=user.upn,
            certificate=None,
            token_cache=Secret(kept[-1]),
        )

    return sign_in


def by_name(found: Sequence[Capability]) -> dict[str, Capability]:
    return {one.name: one for one in found}


def outcomes(found: Sequence[Capability]) -> dict[str, str]:
    return {one.name: str(one.outcome) for one in found}
