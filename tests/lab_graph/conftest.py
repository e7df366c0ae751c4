"""An estate with two mailboxes, its tenant, and askers with a permission each; no sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.jwt import Signer
from strongroom.lab.entra.minting import Asked, Mint
from strongroom.lab.entra.scopes import read_scope
from strongroom.lab.entra.sessions import Session
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.graph.face import GraphFace
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary
from tests.lab_entra.csdl import Csdl
from tests.lab_graph.client import Asker

URL, IMPORTS = "https://graph.lab.example", "https://outlook.lab.example"
ALL = (
    "User.Read.All",
    "MailboxFolder.ReadWrite.All",
    "MailboxItem.Read.All",
    "MailboxItem.ReadWrite.All",
    "MailboxItem.ImportExport.All",
    "MailboxSettings.ReadWrite",
)

Make = Callable[..., Asker]


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def csdl() -> Csdl:
    return Csdl(Path(__file__).parent.parent / "lab_entra" / "graph-v1.0.csdl.gz")


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 11, 20, 9, tzinfo=UTC))


@pytest.fixture
def estate(clock: HandClock) -> Estate:
    made = Estate(clock=clock, seed=5)
    for name in ("ann", "ben"):
        made.add_mailbox(f"{name}@lab.example", name.capitalize(), password=canary(name))
    return made


@pytest.fixture
def ann(estate: Estate) -> Mailbox:
    found = estate.mailbox("ann@lab.example")
    assert found is not None
    return found


@pytest.fixture
def ben(estate: Estate) -> Mailbox:
    found = estate.mailbox("ben@lab.example")
    assert found is not None
    return found


@pytest.fixture
def directory(clock: HandClock, signer: Signer) -> Directory:
    return Directory(clock=clock, signer=signer)


@pytest.fixture
def tenant(directory: Directory, estate: Estate) -> Tenant:
    made = directory.add_tenant("Lab", "lab.onmicrosoft.example", "lab.example")
    for mailbox in estate.mailboxes:
        made.add_user(
            mailbox.address,
            mailbox.name,
            password=canary(mailbox.name),
            mailbox_guid=str(mailbox.guid),
        )
    return made


@pytest.fixture
def face(directory: Directory, tenant: Tenant, estate: Estate) -> Iterator[GraphFace]:
    entra = EntraFace(directory, url=lambda: URL)
    made = GraphFace(
        directory, entra.verifier, url=lambda: URL, estate=estate, import_origin=lambda: IMPORTS
    )
    yield made
    assert made.crashes == []


@pytest.fixture
def asker(face: GraphFace, tenant: Tenant, csdl: Csdl, ann: Mailbox) -> Make:
    """Make an application that holds some permissions and asks about a mailbox."""

    def make(
        *roles: str, mailbox: Mailbox | None = None, version: str = "v1.0", name: str = "Keeper"
    ) -> Asker:
        app = tenant.add_application(name)
        if roles:
            tenant.grant(app.app_id, well_known.GRAPH, *roles)
        principal = tenant.principal(app.app_id)
        assert principal is not None
        scope = "https://graph.microsoft.com/.default"
        wanted = read_scope(scope, face.directory, tenant, app_name="")
        mint = Mint(face.directory, f"{URL}/entra")
        answer = mint.for_application(tenant, app, principal, wanted, Asked(proof="2"))
        return Asker(
            face=face,
            csdl=csdl,
            token=str(answer["access_token"]),
            mailbox=f"MBX:{(mailbox or ann).guid}@{tenant.id}",
            version=version,
        )

    return make


@pytest.fixture
def signed_in(face: GraphFace, tenant: Tenant, csdl: Csdl, ann: Mailbox) -> Make:
    """Let Ann sign in to an application that she gave some scopes."""

    def make(*scopes: str, mailbox: Mailbox | None = None) -> Asker:
        app = tenant.add_application("Hers", is_public=True)
        principal, user = tenant.principal(app.app_id), tenant.user(ann.address)
        assert principal is not None
        assert user is not None
        tenant.consent(principal, well_known.GRAPH, scopes, user=user)
        session = Session(
            tenant=tenant,
            user=user,
            app_id=app.app_id,
            flow="code",
            has_factor=True,
            contexts=frozenset(),
            started_at=face.directory.clock.now(),
        )
        scope = "https://graph.microsoft.com/.default"
        wanted = read_scope(scope, face.directory, tenant, app_name="")
        mint = Mint(face.directory, f"{URL}/entra")
        answer = mint.for_user(session, app, wanted, Asked(proof="0"))
        return Asker(
            face=face,
            csdl=csdl,
            token=str(answer["access_token"]),
            mailbox=f"MBX:{(mailbox or ann).guid}@{tenant.id}",
        )

    return make


@pytest.fixture
def keeper(asker: Make) -> Asker:
    """One that may do everything with Ann's mailbox."""
    return asker(*ALL)
