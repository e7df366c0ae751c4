"""An administrator's token makes the application, which then signs in by its own certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from cryptography import x509

from strongroom.errors import AccessDenied, OperatorError, TransientError
from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.wire.entra import permissions
from strongroom.wire.entra.administration import Administration
from strongroom.wire.entra.certificates import make_certificate, public_part
from strongroom.wire.entra.permissions import Permission
from strongroom.wire.entra.place import Place
from strongroom.wire.entra.proving import prove
from strongroom.wire.entra.registration import SCOPES, Registrar, Wanted
from strongroom.wire.entra.rotation import Rotation
from strongroom.wire.http import HttpsClient
from tests.fakes.hand_clock import HandClock
from tests.lab_entra.certificates import KeyPair
from tests.lab_entra.conftest import client, csdl
from tests.lab_entra.graph_client import GraphClient
from tests.wire_entra.conftest import certificate_of

__all__ = ["client", "csdl"]

GRAPH = "https://graph.microsoft.com"
Sign = Callable[[User], Administration]


@pytest.fixture
def graph(entra: EntraFace, server: LabServer) -> Iterator[GraphFace]:
    face = GraphFace(entra.directory, entra.verifier, url=lambda: server.url)
    server.pages["/graph/"] = face.answer
    yield face
    assert face.crashes == []


@pytest.fixture
def sign(
    client: GraphClient, app: Application, https: HttpsClient, server: LabServer, clock: HandClock
) -> Sign:
    """Give Graph as it is asked in somebody's name."""

    def asked(user: User) -> Administration:
        token = client.as_person(user, app, *SCOPES).token
        return Administration(https, f"{server.url}/graph", lambda: token, clock=clock)

    return asked


@pytest.fixture
def wanted(key_pair: KeyPair) -> Wanted:
    return Wanted(
        name="Strongroom backup",
        tag="strongroom-1-backup",
        proof=certificate_of(key_pair),
        permissions=(permissions.ITEMS_EXPORT, permissions.EWS),
    )


def test_a_registered_application_signs_in_with_exactly_what_was_wanted(
    sign: Sign, wanted: Wanted, admin: User, place: Place, entra: EntraFace
) -> None:
    made = Registrar(sign(admin)).register(wanted)
    export = permissions.ITEMS_EXPORT.name
    token = prove(place, made.client_id, wanted.proof, GRAPH, roles=frozenset({export}))
    claims = entra.verifier.verify(token, well_known.GRAPH)
    assert claims is not None
    assert claims.roles == frozenset({export})


class Later(HandClock):
    """A clock on which something happens once somebody has waited for the third time."""

    def __init__(self, like: HandClock, happen: Callable[[], None]) -> None:
        super().__init__(like.now())
        self.waits = 0
        self._happen = happen

    def sleep(self, wait_s: float) -> None:
        super().sleep(wait_s)
        self.waits += 1
        if self.waits == 3:
            self._happen()


def test_tokens_that_lack_a_right_or_carry_one_too_many_are_waited_for(
    sign: Sign, wanted: Wanted, admin: User, place: Place, tenant: Tenant, clock: HandClock
) -> None:
    made = Registrar(sign(admin)).register(wanted)
    export, items = permissions.ITEMS_EXPORT.name, permissions.ITEMS_READ.name

    def grant() -> None:
        tenant.grant(made.client_id, well_known.GRAPH, items)

    def take_back() -> None:
        tenant.role_assignments = {
            key: one
            for key, one in tenant.role_assignments.items()
            if one.role_id != permissions.ITEMS_READ.id
        }

    for happen, roles in ((grant, {export, items}), (take_back, {export})):
        waiting = Later(clock, happen)
        prove(
            replace(place, clock=waiting),
            made.client_id,
            wanted.proof,
            GRAPH,
            roles=frozenset(roles),
        )
        assert waiting.waits == 3
    with pytest.raises(OperatorError, match="do not carry its permissions") as caught:
        prove(place, made.client_id, wanted.proof, GRAPH, roles=frozenset({"X"}), patience_s=20)
    assert made.client_id in caught.value.hint


def test_doing_it_again_completes_what_is_there_and_takes_back_what_is_too_much(
    sign: Sign, wanted: Wanted, admin: User, tenant: Tenant, other_pair: KeyPair
) -> None:
    first = Registrar(sign(admin)).register(wanted)
    narrower = replace(
        wanted, permissions=(permissions.ITEMS_READ,), proof=certificate_of(other_pair)
    )
    second = Registrar(sign(admin)).register(narrower)
    assert (second.client_id, second.principal_id) == (first.client_id, first.principal_id)
    assert (first.was_there, second.was_there) == (False, True)
    assert [one.role_id for one in tenant.role_assignments.values()] == [permissions.ITEMS_READ.id]
    (certificate,) = tenant.applications[first.client_id].certificates
    assert certificate.certificate == other_pair.certificate


def test_an_application_of_the_same_name_without_our_mark_is_left_alone(
    sign: Sign, wanted: Wanted, admin: User, tenant: Tenant
) -> None:
    theirs = tenant.add_application(wanted.name)
    made = Registrar(sign(admin)).register(wanted)
    assert made.client_id != theirs.app_id
    assert theirs.certificates == []


def test_two_applications_with_our_mark_are_named_and_none_is_touched(
    sign: Sign, wanted: Wanted, admin: User, tenant: Tenant
) -> None:
    for number in range(2):
        tenant.add_application(f"copy {number}").tags.append(wanted.tag)
    before = set(tenant.applications)
    with pytest.raises(OperatorError, match="Two applications"):
        Registrar(sign(admin)).register(wanted)
    assert set(tenant.applications) == before


@pytest.mark.parametrize("may_delete", [True, False])
def test_who_may_not_consent_leaves_nothing_behind_or_is_told_what(
    may_delete: bool,  # noqa: FBT001 - pytest gives it by name
    sign: Sign,
    wanted: Wanted,
    ann: User,
    tenant: Tenant,
) -> None:
    if may_delete:
        ann.roles.add(well_known.APPLICATION_ADMINISTRATOR)
    before = set(tenant.applications)
    with pytest.raises(AccessDenied, match="Privileged Role Administrator") as caught:
        Registrar(sign(ann)).register(wanted)
    left = set(tenant.applications) - before
    assert bool(left) != may_delete
    assert all(f"{one} is left over" in caught.value.hint for one in left)
    assert tenant.role_assignments == {}


def test_a_permission_that_is_not_there_is_named_before_anything_is_made(
    sign: Sign, wanted: Wanted, admin: User, tenant: Tenant
) -> None:
    before = set(tenant.applications)
    strange = Permission(
        resource=well_known.GRAPH, name="Everything.All", id="x", meaning="do everything"
    )
    with pytest.raises(OperatorError, match=r"Everything\.All"):
        Registrar(sign(admin)).register(replace(wanted, permissions=(strange,)))
    assert set(tenant.applications) == before


def test_a_directory_that_is_slow_to_know_what_it_made_is_waited_for(
    sign: Sign, wanted: Wanted, admin: User, directory: Directory, clock: HandClock, tenant: Tenant
) -> None:
    directory.habits.directory_s = 30.0
    made = Registrar(sign(admin)).register(wanted)
    assert len(tenant.role_assignments) == 2
    assert not made.was_there
    assert clock.monotonic_s() >= 60.0


def test_a_directory_that_never_knows_it_ends_with_what_was_made(
    sign: Sign, wanted: Wanted, admin: User, directory: Directory, tenant: Tenant
) -> None:
    before = set(tenant.applications)
    directory.habits.directory_s = 86_400.0
    with pytest.raises(OperatorError, match="does not know something") as caught:
        Registrar(sign(admin)).register(wanted)
    (made,) = set(tenant.applications) - before
    assert f"{made} was made already: doing this again goes on with it" in caught.value.hint


def test_a_lost_answer_makes_no_second_application(
    sign: Sign, wanted: Wanted, admin: User, tenant: Tenant, server: LabServer, graph: GraphFace
) -> None:
    lost: list[str] = []

    def losing(request: Request) -> Response:
        answer = graph.answer(request)
        if request.method == "POST" and len(lost) < 3:
            lost.append(request.path)
            return Response(status=503)
        return answer

    server.pages["/graph/"] = losing
    before = set(tenant.applications)
    Registrar(sign(admin)).register(wanted)
    assert len(lost) == 3
    assert len(set(tenant.applications) - before) == 1
    assert len(tenant.role_assignments) == 2


def test_lists_that_do_not_know_yet_what_an_earlier_try_made_are_waited_for(
    sign: Sign, wanted: Wanted, admin: User, tenant: Tenant, server: LabServer, graph: GraphFace
) -> None:
    Registrar(sign(admin)).register(wanted)
    late: list[str] = []

    def lagging(request: Request) -> Response:
        answer = graph.answer(request)
        is_list = "appRoleAssignments" in request.path or "%20eq%20" in request.path
        if request.method == "GET" and is_list and "applications?" not in request.path:
            is_api = any(api in request.path for api in well_known.RESOURCES)
            if not is_api and late.count(request.path) < 2:
                late.append(request.path)
                answer.body = b'{"value":[]}'
        return answer

    server.pages["/graph/"] = lagging
    made = Registrar(sign(admin)).register(wanted)
    assert len(set(late)) == 2, "of principals, and of grants"
    assert made.was_there
    assert len(tenant.role_assignments) == 2


def test_a_graph_that_stays_ill_ends_and_the_token_is_in_no_error(
    sign: Sign, wanted: Wanted, admin: User, server: LabServer, clock: HandClock
) -> None:
    server.pages["/graph/"] = lambda request: Response(
        status=503, body=request.headers["authorization"].encode()
    )
    asked = sign(admin)
    with pytest.raises(TransientError) as caught:
        Registrar(asked).register(wanted)
    assert "eyJ" not in f"{caught.value!r}{caught.value}{caught.value.hint}"
    assert clock.monotonic_s() < 600.0


def test_a_certificate_is_rotated_and_those_of_others_stay(
    sign: Sign, wanted: Wanted, admin: User, tenant: Tenant, other_pair: KeyPair, clock: HandClock
) -> None:
    graph = sign(admin)
    made = Registrar(graph).register(wanted)
    application = tenant.applications[made.client_id]
    tenant.add_certificate(application, other_pair.certificate, name="CN=somebody's own")
    # What a rotation left that was cut short: our name, and a key that nobody has any more.
    ours = public_part(wanted.proof)
    tenant.add_certificate(application, make_lost(clock), name=ours.name)
    new = make_certificate("Strongroom backup", clock=clock, days=10)
    rotation = Rotation(graph, made.client_id)
    rotation.add(new)
    rotation.add(new)
    assert len(application.certificates) == 4
    rotation.retire(wanted.proof, new)
    left = {one.key_id for one in application.certificates}
    assert public_part(new).key_id in left
    names = [one.display_name for one in application.certificates]
    assert len(names) == 2
    assert "CN=somebody's own" in names


def make_lost(clock: HandClock) -> x509.Certificate:
    return x509.load_pem_x509_certificate(make_certificate("lost", clock=clock).pem.encode())


def test_an_application_that_is_gone_is_told_as_such(sign: Sign, admin: User) -> None:
    with pytest.raises(OperatorError, match="no such application any more"):
        Rotation(sign(admin), "00000000-0000-0000-0000-000000000000")
