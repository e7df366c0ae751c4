"""A farm that asks for NTLM or Kerberos, over connections bound to their TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from strongroom.lab.sign_in.words import Rules
from strongroom.wire.sign_in.windows import KerberosSignIn, NtlmSignIn
from tests.fakes.hand_clock import HandClock
from tests.fakes.kdc import Kdc, kdc, missing
from tests.wire_sharepoint.conftest import ANN, Stranger
from tests.wire_sharepoint.looking import look, look_closely

USER, PASSWORD = "LAB\\svc-backup", "svc's own"
TICKET = "wide-open"

FarmBy = Callable[..., Farm]

needs_kdc = pytest.mark.skipif(
    bool(missing()), reason=f"{missing()} not here: sign-in by Kerberos is NOT SHOWN"
)


@pytest.fixture
def farm_by(server: LabServer, clock: HandClock) -> Iterator[FarmBy]:
    faces = []

    def make(*schemes: str, for_one_request: bool = False) -> Farm:
        farm = Farm(kind="windows", clock=clock)
        farm.add_site("/sites/team", "Team")
        estate = Estate(clock=clock)
        estate.add_account(USER, password=PASSWORD)
        # No password of the lab's fits: what lets Ann in is her ticket.
        estate.add_account(ANN, password="another")
        rules = Rules(schemes=schemes, for_one_request=for_one_request)
        face = SharePointFace(farm, url=lambda: server.url, estate=estate, rules=rules)
        for beginning in face.beginnings:
            server.pages[beginning] = face.answer
        faces.append(face)
        return farm

    yield make
    assert [face.crashes for face in faces] == [[]] * len(faces)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with kdc(tmp_path_factory.mktemp("kdc")) as running:
        running.add_person("ann", TICKET)
        running.add_server("HTTP/localhost")
        yield running


@pytest.fixture
def realm(centre: Kdc, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in centre.environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_ntlm_opens_a_site_of_a_farm(server: LabServer, farm_by: FarmBy, scheme: str) -> None:
    farm = farm_by(scheme)
    web, facts = look_closely(server, NtlmSignIn(USER, PASSWORD), "/sites/team")
    assert web.url == f"{server.url}/sites/team"
    assert (facts.version, facts.health) == (farm.version, 0)


def test_a_wrong_password_opens_nothing(server: LabServer, farm_by: FarmBy) -> None:
    farm_by("NTLM")
    with pytest.raises(AccessDenied):
        look(server, NtlmSignIn(USER, "canary"), "/sites/team")


def test_a_site_that_is_not_there_is_said_to_be_missing(server: LabServer, farm_by: FarmBy) -> None:
    farm_by("NTLM")
    with pytest.raises(OperatorError, match="no such site"):
        look(server, NtlmSignIn(USER, PASSWORD), "/sites/none")


def test_a_farm_that_sends_us_elsewhere_while_we_sign_in_is_not_followed(
    server: LabServer, stranger: Stranger
) -> None:
    heard: list[Request] = []

    def send(request: Request) -> Response:
        heard.append(request)
        return Response(status=307, headers=[("Location", f"{stranger.url}/sites/team")])

    server.pages["/sites/"] = send
    with pytest.raises(OperatorError, match="sends us elsewhere"):
        look(server, NtlmSignIn(USER, PASSWORD), "/sites/team")
    assert stranger.heard == []
    # Two tries of the beginning of the sign-in, which proves nothing yet.
    assert all("NTLM TlRMTVNTUAAB" in one.headers["authorization"] for one in heard)


@needs_kdc
@pytest.mark.usefixtures("realm")
@pytest.mark.parametrize("for_one_request", [False, True])
def test_a_ticket_opens_a_site_of_a_farm(
    server: LabServer, farm_by: FarmBy, *, for_one_request: bool
) -> None:
    farm_by("Negotiate", for_one_request=for_one_request)
    web = look(server, KerberosSignIn("ann@LAB.EXAMPLE", TICKET), "/sites/team")
    assert web.title == "Team"


@needs_kdc
@pytest.mark.usefixtures("realm")
def test_kerberos_never_becomes_ntlm(server: LabServer, farm_by: FarmBy) -> None:
    farm_by("NTLM")
    with pytest.raises(AccessDenied, match="does not offer Negotiate"):
        look(server, KerberosSignIn("ann@LAB.EXAMPLE", TICKET), "/sites/team")
