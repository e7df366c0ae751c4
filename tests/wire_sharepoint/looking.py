"""A look at a site, as connections look at one: what it says of itself, and who answered."""

from __future__ import annotations

from random import Random

from strongroom.lab.server import LabServer
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget
from strongroom.wire.sharepoint.rest import ALWAYS, RestConnection, context_url
from strongroom.wire.sharepoint.rest_facts import RestFacts
from strongroom.wire.sharepoint.sites import Web, read_web, site_path
from strongroom.wire.sign_in import ConnectionSignIn, SignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from tests.fakes.hand_clock import HandClock


def look_closely(
    server: LabServer, sign_in: SignIn | ConnectionSignIn, path: str = ""
) -> tuple[Web, RestFacts]:
    """Ask a site of a server what it is; one try."""
    clock, site = HandClock(), server.url + path
    trust = Trust(ca_pem=server.ca_pem.decode())
    transport = Transport(context_url(site), sign_in, clock=clock, trust=trust, headers=ALWAYS)
    rest = RestConnection(
        transport,
        clock=clock,
        pace=Pace(clock),
        random=Random(1),
        budget=Budget(wait_s=0, tries=1),
    )
    try:
        return read_web(rest, site_path(site)), rest.facts
    finally:
        transport.close()


def look(server: LabServer, sign_in: SignIn | ConnectionSignIn, path: str = "") -> Web:
    """Ask a site of a server what it is."""
    return look_closely(server, sign_in, path)[0]
