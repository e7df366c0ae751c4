"""A lab in this process, and connections to its tenant as an administrator would add them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import urllib3

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.compose.cloud_sign_ins import place_of
from strongroom.lab.cloud_applications import PEOPLES, KnownApplication
from strongroom.lab.entra.well_known import EXCHANGE, GRAPH
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.pace.paces import Paces
from strongroom.service.application import Application
from strongroom.service.details import EXCHANGE_ONLINE, ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.sources.exchange_online.server import OnlineServer
from strongroom.vault.secret import Secret
from strongroom.wire.entra.person import Person
from strongroom.words.capability import Capability
from tests.fakes.hand_clock import HandClock
from tests.fakes.storages import create_is_cheap
from tests.lab_entra.browser import Browser
from tests.lab_entra.screen import Screen

LARGE, EMPTY, OWN = "large@lab.example", "empty@lab.example", "own@lab.example"
READING = ("MailboxFolder.Read.All", "MailboxItem.Read.All", "MailboxItem.Export.All")
WRITING = ("MailboxFolder.ReadWrite.All", "MailboxItem.ImportExport.All")

OpenOnline = Callable[..., OnlineServer]


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Give one lab for all tests; whoever changes what others look at puts it back."""
    loads = (
        Load(address=LARGE, items=12, item_bytes=1024),
        Load(address=OWN, items=5, item_bytes=1024),
    )
    with Lab(Wishes(seed=2, loads=loads)) as running:
        yield running


def known(lab: Lab, name: str) -> KnownApplication:
    return next(one for one in lab.cloud.applications if one.name == f"Strongroom {name}")


@pytest.fixture
def details(lab: Lab) -> ConnectionDetails:
    """Give a connection by the certificate of the application that backs up, by EWS."""
    app = known(lab, "backup")
    return ConnectionDetails(
        kind=EXCHANGE_ONLINE,
        tenant=lab.cloud.tenant.id,
        client_id=app.client_id,
        auth="certificate",
        certificate=Secret(app.certificate),
        endpoints=lab.cloud.endpoints,
        ca_pem=lab.ca_pem.decode(),
        uses_ews=True,
    )


@pytest.fixture
def by_graph(details: ConnectionDetails) -> ConnectionDetails:
    """Give the same connection as it is without a word about EWS."""
    return replace(details, uses_ews=False)


@dataclass
class Register:
    """Makes applications that hold just what a test gives them."""

    lab: Lab
    details: ConnectionDetails

    def __call__(
        self, *, ews: bool = True, graph: tuple[str, ...] = ("User.Read.All", *READING, *WRITING)
    ) -> ConnectionDetails:
        tenant = self.lab.cloud.tenant
        with self.lab.cloud.directory.lock:
            made = tenant.add_application("Keeper")
            tenant.add_secret(made, "drawn for a test")
            tenant.grant(made.app_id, EXCHANGE, *(("full_access_as_app",) if ews else ()))
            tenant.grant(made.app_id, GRAPH, *graph)
        return replace(
            self.details,
            client_id=made.app_id,
            auth="client-secret",
            certificate=None,
            client_secret=Secret("drawn for a test"),
        )


@pytest.fixture
def register(lab: Lab, details: ConnectionDetails) -> Register:
    return Register(lab, details)


@pytest.fixture
def open_online(details: ConnectionDetails) -> Iterator[OpenOnline]:
    """Open a connection, the usual one if no other is given; closed when the test ends."""
    opened: list[OnlineServer] = []
    clock = SystemClock()

    def open_(
        other: ConnectionDetails | None = None, *, purpose: Purpose = Purpose.TEST
    ) -> OnlineServer:
        server = compose.open_server(other or details, Use(purpose=purpose), clock, Paces(clock))
        assert isinstance(server, OnlineServer)
        opened.append(server)
        return server

    yield open_
    for server in opened:
        server.close()


@pytest.fixture
def as_person(lab: Lab, details: ConnectionDetails) -> Callable[[str], ConnectionDetails]:
    """Sign somebody in, second factor and all, and give a connection with that sign-in."""

    def sign_in(address: str) -> ConnectionDetails:
        public = next(one for one in lab.cloud.applications if one.name == PEOPLES)
        user = lab.cloud.tenant.user(address)
        assert user is not None
        # Everybody is asked for consent, whoever signed in in an earlier test.
        with lab.cloud.directory.lock:
            lab.cloud.tenant.revoke_consent(public.client_id)
        kept: list[str] = []
        place = place_of(details, HandClock(SystemClock().now()))
        person = Person(place, public.client_id, cache=None, keep=kept.append)
        context = ssl.create_default_context(cadata=lab.ca_pem.decode())
        with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
            screen = Screen(Browser(pool, lab.cloud.url), user, lab.cloud.directory)
            scope = f"{lab.cloud.endpoints['ews']}/EWS.AccessAsUser.All"
            person.sign_in_by_device_code([scope], screen.enter)
        return replace(
            details,
            client_id=public.client_id,
            auth="device-code",
            user=address,
            certificate=None,
            token_cache=Secret(kept[-1]),
        )

    return sign_in


@pytest.fixture
def application(
    new_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Application]:
    """Give a home with a storage called ``disk``."""
    create_is_cheap(monkeypatch.setitem)
    with compose.open_application(new_home) as opened:
        url = compose.normal_url(str(tmp_path / "storage"))
        opened.storages.add("disk", url, Secret("correct horse battery staple"))
        yield opened


def by_name(found: object) -> dict[str, Capability]:
    """Give capabilities by their names."""
    assert isinstance(found, list)
    named = {one.name: one for one in found}
    assert len(named) == len(found), "each name stands once"
    return named


def outcomes(found: object) -> dict[str, str]:
    """Say of each capability how it ended."""
    return {name: str(one.outcome) for name, one in by_name(found).items()}
