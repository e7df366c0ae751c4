"""An administrator's sign-in makes the application, which then signs in by its own certificate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.entra import well_known
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.server import LabServer
from strongroom.wire.entra.app_only import AppOnly
from strongroom.wire.entra.certificates import make_certificate
from strongroom.wire.entra.place import Place
from strongroom.wire.entra.registration import SCOPES, Permission, Registrar
from strongroom.wire.http import HttpsClient
from tests.fakes.hand_clock import HandClock
from tests.lab_entra.conftest import client, csdl
from tests.lab_entra.graph_client import GraphClient

__all__ = ["client", "csdl"]

EXPORT = Permission(resource=well_known.GRAPH, name="MailboxItem.Export.All")
MAIL = Permission(resource=well_known.EXCHANGE, name="full_access_as_app")


@pytest.fixture
def graph(entra: EntraFace, server: LabServer) -> Iterator[GraphFace]:
    face = GraphFace(entra.directory, entra.verifier, url=lambda: server.url)
    server.pages["/graph/"] = face.answer
    yield face
    assert face.crashes == []


def _registrar(person: GraphClient, https: HttpsClient, server: LabServer) -> Registrar:
    return Registrar(https, f"{server.url}/graph", person.token)


def test_a_registered_application_signs_in_with_exactly_what_was_wanted(
    client: GraphClient,
    admin: User,
    app: Application,
    https: HttpsClient,
    server: LabServer,
    place: Place,
    entra: EntraFace,
    clock: HandClock,
) -> None:
    proof = make_certificate("Strongroom backup", clock=clock)
    registrar = _registrar(client.as_person(admin, app, *SCOPES), https, server)
    made = registrar.register("Strongroom backup", proof, [EXPORT, MAIL])
    tokens = AppOnly(place, made.client_id, proof).tokens("https://graph.microsoft.com")
    claims = entra.verifier.verify(tokens.token(), well_known.GRAPH)
    assert claims is not None
    assert claims.roles == frozenset({EXPORT.name})


@pytest.mark.parametrize("may_delete", [True, False])
def test_who_may_not_consent_leaves_nothing_behind_or_is_told_what(
    may_delete: bool,  # noqa: FBT001 - pytest gives it by name
    client: GraphClient,
    ann: User,
    app: Application,
    https: HttpsClient,
    server: LabServer,
    tenant: Tenant,
    clock: HandClock,
) -> None:
    if may_delete:
        ann.roles.add(well_known.APPLICATION_ADMINISTRATOR)
    person = client.as_person(ann, app, *SCOPES)
    before = set(tenant.applications)
    with pytest.raises(AccessDenied, match="Privileged Role Administrator") as caught:
        _registrar(person, https, server).register(
            "Strongroom", make_certificate("x", clock=clock), [EXPORT]
        )
    left = set(tenant.applications) - before
    assert bool(left) != may_delete
    assert all(f"{one} is left over" in caught.value.hint for one in left)
    assert person.token not in f"{caught.value!r}{caught.value.hint}"
    assert tenant.role_assignments == {}


def test_a_permission_that_is_not_there_is_named_before_anything_is_made(
    client: GraphClient,
    admin: User,
    app: Application,
    https: HttpsClient,
    server: LabServer,
    tenant: Tenant,
    clock: HandClock,
) -> None:
    registrar = _registrar(client.as_person(admin, app, *SCOPES), https, server)
    before = set(tenant.applications)
    strange = Permission(resource=well_known.GRAPH, name="Everything.All")
    with pytest.raises(OperatorError, match=r"Everything\.All"):
        registrar.register("Strongroom", make_certificate("x", clock=clock), [strange])
    assert set(tenant.applications) == before
