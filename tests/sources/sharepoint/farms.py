"""Farms of one's own behind real HTTPS, one for each way to sign in."""

from __future__ import annotations

from dataclasses import dataclass, field

from strongroom.clock import SystemClock
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace, SignInServer
from strongroom.lab.sharepoint.farm import Kind
from strongroom.service.details import SHAREPOINT_ONPREM, ConnectionDetails
from strongroom.vault.secret import Secret
from tests.fakes.marked import canary

USERS = {"windows": "LAB\\svc-backup", "forms": "svc-backup", "claims": "svc-backup@lab.example"}
AUTHS = {"windows": "ntlm", "forms": "forms", "claims": "legacy"}
PASSWORD = canary("svc's own & only")
TEAM = "/sites/team"


@dataclass
class Farmyard:
    """One farm, the server that shows it, and the sign-in server that it trusts.

    Attributes:
        heard: All that reached the farm.
    """

    farm: Farm
    face: SharePointFace
    server: LabServer
    own: SignInServer
    own_server: LabServer
    heard: list[Request] = field(default_factory=list)

    @property
    def site(self) -> str:
        return self.server.url + TEAM

    @property
    def sign_in_server(self) -> str:
        return f"{self.own_server.url}/adfs/ls/?wtrealm={self.face.realm}"

    def details(self, **more: object) -> ConnectionDetails:
        kind = self.farm.kind
        given = {
            "kind": SHAREPOINT_ONPREM,
            "url": self.site,
            "auth": AUTHS[kind],
            "user": USERS[kind],
            "password": Secret(PASSWORD),
            "ca_pem": self.server.ca_pem.decode(),
            "sign_in_server": self.sign_in_server if kind == "claims" else "",
            **more,
        }
        return ConnectionDetails(**given)  # type: ignore[arg-type]


def set_up(kind: Kind, server: LabServer, own_server: LabServer) -> Farmyard:
    """Put a farm up at a running server, with a site, one below it, and another."""
    clock, estate = SystemClock(), Estate(seed=1)
    estate.add_account(USERS[kind], password=PASSWORD)
    farm = Farm(kind=kind, clock=clock)
    farm.add_site(TEAM, "Team")
    farm.add_site(f"{TEAM}/projects", "Projects")
    farm.add_site(f"{TEAM}/projects/roof", "Roof")
    farm.add_site("/sites/board", "Board")
    own = SignInServer(estate, clock=clock)
    face = SharePointFace(farm, url=lambda: server.url, estate=estate, trusted=own)
    face.sign_in_server_url = own_server.url
    own.realms.add(face.realm)
    yard = Farmyard(farm, face, server, own, own_server)

    def listen(request: Request) -> Response:
        yard.heard.append(request)
        return face.answer(request)

    server.pages.clear()
    for beginning in face.beginnings:
        server.pages[beginning] = listen
    own_server.pages.clear()
    own_server.pages["/adfs/"] = own.answer
    return yard
