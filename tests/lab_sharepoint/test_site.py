"""Who may look at a site, and who is sent away how."""

from __future__ import annotations

import orjson
import pytest

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.minting import CERTIFICATE, SECRET, Asked, Mint
from strongroom.lab.entra.scopes import read_scope
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from tests.fakes.hand_clock import HandClock
from tests.lab_sharepoint.conftest import ANN, Ask


def _with_cookie(farm: Farm) -> dict[str, str]:
    return {"Cookie": f"FedAuth={farm.give(ANN)}; rtFa=x"}


def test_a_cookie_shows_the_site_and_gives_a_digest(ask: Ask, farm: Farm) -> None:
    web = orjson.loads(ask("GET", "/sites/marketing/_api/web", headers=_with_cookie(farm)).body)
    assert (web["Title"], web["ServerRelativeUrl"]) == ("Marketing", "/sites/marketing")
    context = ask("POST", "/_api/contextinfo", headers=_with_cookie(farm))
    assert orjson.loads(context.body)["FormDigestTimeoutSeconds"] == 1800
    assert context.headers["microsoftsharepointteamservices"].startswith("16.0.0.2")


def test_without_a_cookie_online_asks_for_a_token(ask: Ask) -> None:
    answer = ask("GET", "/_api/web")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")


def test_a_cookie_ends_by_time_and_by_recycling(ask: Ask, farm: Farm, clock: HandClock) -> None:
    early = _with_cookie(farm)
    clock.move(seconds=farm.cookie_s)
    assert ask("GET", "/_api/web", headers=early).status == 401
    late = _with_cookie(farm)
    assert ask("GET", "/_api/web", headers=late).status == 200
    farm.end_cookies()
    assert ask("GET", "/_api/web", headers=late).status == 401


def test_a_site_that_is_not_there_is_said_to_be_missing(ask: Ask, farm: Farm) -> None:
    assert ask("GET", "/sites/none/_api/web", headers=_with_cookie(farm)).status == 404


def test_what_is_no_cookie_at_all_opens_nothing(ask: Ask) -> None:
    assert ask("GET", "/_api/web", headers={"Cookie": "FedAuth=; rtFa"}).status == 401
    assert ask("GET", "/_api/web", headers={"Authorization": "Bearer a.b.c"}).status == 401


@pytest.mark.parametrize("kind", ["windows", "forms"])
def test_only_online_has_a_token_service(kind: str, clock: HandClock) -> None:
    farm = Farm(kind="windows" if kind == "windows" else "forms", clock=clock)
    face = SharePointFace(farm, url=lambda: "https://localhost")
    assert face._token_service is None


def _token(
    directory: Directory, tenant: Tenant, audience: str, *roles: str, proof: str
) -> tuple[Application, dict[str, str]]:
    app = tenant.add_application("Keeper")
    tenant.grant(app.app_id, well_known.SHAREPOINT, *roles)
    principal = tenant.principal(app.app_id)
    assert principal is not None
    scope = read_scope(f"{audience}/.default", directory, tenant, app_name="Keeper")
    made = Mint(directory, audience).for_application(
        tenant, app, principal, scope, Asked(proof=proof)
    )
    return app, {"Authorization": f"Bearer {made['access_token']}"}


def test_an_application_comes_in_by_certificate_and_not_by_secret(
    ask: Ask, directory: Directory, tenant: Tenant, server: LabServer
) -> None:
    _, good = _token(directory, tenant, server.url, "Sites.Read.All", proof=CERTIFICATE)
    assert ask("GET", "/sites/marketing/_api/web", headers=good).status == 200
    _, bad = _token(directory, tenant, server.url, "Sites.Read.All", proof=SECRET)
    refused = ask("GET", "/sites/marketing/_api/web", headers=bad)
    assert refused.status == 401
    assert b"Unsupported app only token." in refused.body


def test_an_application_scoped_to_some_sites_sees_no_other(
    ask: Ask, directory: Directory, tenant: Tenant, server: LabServer, farm: Farm
) -> None:
    farm.add_site("/sites/board", "Board")
    marketing = tenant.reach.add_site("/sites/marketing", "Marketing")
    tenant.reach.add_site("/sites/board", "Board")
    app, token = _token(directory, tenant, server.url, "Sites.Selected", proof=CERTIFICATE)
    assert ask("GET", "/sites/marketing/_api/web", headers=token).status == 403
    tenant.reach.grant_site(app.app_id, marketing, "read")
    assert ask("GET", "/sites/marketing/_api/web", headers=token).status == 200
    assert ask("GET", "/sites/board/_api/web", headers=token).status == 403


def test_a_token_made_for_graph_opens_no_site(
    ask: Ask, directory: Directory, tenant: Tenant
) -> None:
    graph = "https://graph.microsoft.com"
    app = tenant.add_application("Keeper")
    tenant.grant(app.app_id, well_known.GRAPH, "Sites.Read.All")
    principal = tenant.principal(app.app_id)
    assert principal is not None
    scope = read_scope(f"{graph}/.default", directory, tenant, app_name="Keeper")
    made = Mint(directory, graph).for_application(
        tenant, app, principal, scope, Asked(proof=CERTIFICATE)
    )
    answer = ask("GET", "/_api/web", headers={"Authorization": f"Bearer {made['access_token']}"})
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
