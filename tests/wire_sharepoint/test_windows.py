"""A farm that asks for NTLM, over connections bound to their TLS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from strongroom.wire.sharepoint import SiteFacts, context_url, probe_by_connection
from strongroom.wire.sign_in.windows import NtlmSignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from tests.fakes.hand_clock import HandClock

USER, PASSWORD = "LAB\\svc-backup", "svc's own"


@pytest.fixture
def windows_farm(server: LabServer, clock: HandClock) -> Iterator[Farm]:
    farm = Farm(kind="windows", clock=clock)
    farm.add_site("/sites/team", "Team")
    estate = Estate(clock=clock)
    estate.add_account(USER, password=PASSWORD)
    face = SharePointFace(farm, url=lambda: server.url, estate=estate)
    for beginning in face.beginnings:
        server.pages[beginning] = face.answer
    yield farm
    assert face.crashes == []


def _probe(server: LabServer, path: str, password: str) -> SiteFacts:
    site = server.url + path
    transport = Transport(
        context_url(site),
        NtlmSignIn(USER, password),
        clock=HandClock(),
        trust=Trust(ca_pem=server.ca_pem.decode()),
    )
    try:
        return probe_by_connection(transport, site=site)
    finally:
        transport.close()


def test_ntlm_opens_a_site_of_a_farm(server: LabServer, windows_farm: Farm) -> None:
    facts = _probe(server, "/sites/team", PASSWORD)
    assert facts.url == f"{server.url}/sites/team"
    assert (facts.version, facts.health) == (windows_farm.version, 0)


def test_a_wrong_password_opens_nothing(server: LabServer, windows_farm: Farm) -> None:
    with pytest.raises(AccessDenied):
        _probe(server, "/sites/team", "canary")


def test_a_site_that_is_not_there_is_said_to_be_missing(
    server: LabServer, windows_farm: Farm
) -> None:
    with pytest.raises(OperatorError, match="no such site"):
        _probe(server, "/sites/none", PASSWORD)
