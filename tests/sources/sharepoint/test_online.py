"""SharePoint Online as an application and as a person: facts, rights, and the list of sites."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.entra.words import Site
from strongroom.lab.https import Request, Response
from strongroom.lab.lab import Lab
from strongroom.lab.sharepoint import Farm, Level
from strongroom.pace.paces import Paces
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.vault.secret import Secret
from strongroom.wire.origins import ForbiddenOrigin
from tests.sources.sharepoint.conftest import (
    BOARD,
    MARKETING,
    Open,
    Register,
    by_name,
    known,
    outcomes,
    person_of,
)


def test_the_facts_say_what_it_is_where_it_answers_and_how_far_away_it_is(
    open_site: Open, details: ConnectionDetails, lab: Lab
) -> None:
    facts = open_site(details).facts()
    assert facts["product"] == "SharePoint Online"
    assert facts["version"] == lab.cloud.farm.version
    assert facts["site"] == "Marketing"
    assert facts["edge"] == "FRA31EDGE0716"
    assert facts["region"] == "West Europe"
    assert facts["health"] == "0 of 10: well"
    assert facts["server_ms"] == 12
    assert "1,000 files are at least 1,001 requests" in str(facts["speed"])
    assert facts["warning"] == ""


def test_an_application_that_only_reads_is_told_what_a_restore_would_need(
    open_site: Open, details: ConnectionDetails
) -> None:
    found = open_site(details).capabilities(None)
    assert outcomes(found) == {
        "sign-in": "proved",
        "site-access": "proved",
        "site-write": "not-applicable",
        "list-sites": "proved",
        "scope": "not-applicable",
    }
    write = by_name(found)["site-write"]
    assert "manage permissions" in write.detail
    assert "Sites.FullControl.All" in write.remedy
    assert details.client_id in write.remedy
    assert "may not see who has which rights" in by_name(found)["site-access"].detail


def test_the_application_that_restores_is_tried_for_writing_where_there_is_one(
    open_site: Open, details: ConnectionDetails, lab: Lab
) -> None:
    restorer = known(lab, "restore")
    both = replace(
        details,
        restore_client_id=restorer.client_id,
        restore_certificate=Secret(restorer.certificate),
    )
    found = by_name(open_site(both).capabilities(None))
    assert {name: str(one.outcome) for name, one in found.items()} == {
        "sign-in": "proved",
        "site-access": "proved",
        "restore-sign-in": "proved",
        "site-write": "proved",
        "backup-only": "proved",
        "list-sites": "proved",
        "scope": "not-applicable",
    }
    assert restorer.client_id in found["site-write"].detail
    # A backup never signs in as who may write.
    clock = SystemClock()
    server = compose.open_server(both, Use(purpose=Purpose.BACKUP), clock, Paces(clock))
    assert server._ways.restorer is None  # type: ignore[attr-defined]
    server.close()


def test_an_application_that_should_only_back_up_and_may_write_is_found(
    open_site: Open, details: ConnectionDetails, lab: Lab
) -> None:
    restorer = known(lab, "restore")
    swapped = replace(
        details,
        client_id=restorer.client_id,
        certificate=Secret(restorer.certificate),
        restore_client_id=details.client_id,
        restore_certificate=details.certificate,
    )
    found = by_name(open_site(swapped).capabilities(None))
    assert found["backup-only"].outcome == "missing"
    assert "manage lists" in found["backup-only"].detail
    assert found["site-write"].outcome == "missing"
    # Where it is meant to see permissions nothing narrower would do, and that is said.
    seeing = by_name(open_site(replace(swapped, sees_permissions=True)).capabilities(None))
    assert seeing["backup-only"].outcome == "not-applicable"
    assert "full control" in seeing["backup-only"].detail


def test_a_restorer_that_cannot_sign_in_takes_nothing_from_the_one_that_backs_up(
    open_site: Open, details: ConnectionDetails, proof: str, lab: Lab
) -> None:
    # The certificate of another application: Entra ID does not know it with this one.
    wrong = replace(
        details,
        restore_client_id=known(lab, "restore").client_id,
        restore_certificate=Secret(proof),
    )
    found = by_name(open_site(wrong).capabilities(None))
    assert found["site-access"].outcome == "proved"
    assert found["restore-sign-in"].outcome == "missing"
    assert "AADSTS" in found["restore-sign-in"].detail
    assert found["site-write"].outcome == "unknown"


def test_a_secret_is_refused_with_the_remedy_before_anything_is_sent(
    details: ConnectionDetails, lab: Lab, open_site: Open
) -> None:
    by_secret = replace(
        details, auth="client-secret", certificate=None, client_secret=Secret("drawn for a test")
    )
    with pytest.raises(AccessDenied) as caught:
        open_site(by_secret)
    assert "Unsupported app only token" in caught.value.why
    assert "--certificate" in caught.value.hint


def test_a_server_that_says_unsupported_app_only_token_is_understood(
    open_site: Open, details: ConnectionDetails, lab: Lab
) -> None:
    said = Response(status=401, body=b'{"error_description":"Unsupported app only token."}')
    pages = lab.cloud.sites.pages
    before = pages["/sites/"]
    pages["/sites/"] = lambda _: said
    try:
        with pytest.raises(AccessDenied, match="client secret"):
            open_site(details).facts()
    finally:
        pages["/sites/"] = before


def test_an_application_without_any_permission_is_signed_in_and_told_what_is_missing(
    open_site: Open, register: Register
) -> None:
    server = open_site(register(graph=["User.Read.All"], sharepoint=["User.Read.All"]))
    assert server.facts()["site"] == ""
    found = server.capabilities(None)
    assert outcomes(found)["sign-in"] == "proved"
    access = by_name(found)["site-access"]
    assert access.outcome == "missing"
    assert "-2147024891" in access.detail
    assert "Sites.Read.All" in access.remedy
    assert "New-MgSitePermission" in access.remedy
    assert by_name(found)["list-sites"].outcome == "missing"


def test_an_application_for_chosen_sites_is_proved_to_reach_no_other(
    open_site: Open, register: Register
) -> None:
    chosen = register(graph=["Sites.Selected"], sharepoint=["Sites.Selected"])
    register.choose(chosen.client_id, MARKETING, "read")
    server = open_site(chosen)
    found = server.capabilities(None)
    assert outcomes(found) == {
        "sign-in": "proved",
        "site-access": "proved",
        "site-write": "not-applicable",
        "list-sites": "not-applicable",
        "scope": "proved",
    }
    assert "stays shut" in by_name(found)["scope"].detail
    assert [one.address for one in server.resources()] == [chosen.url]


def test_a_named_site_outside_is_proved_to_stay_shut_to_both_applications(
    open_site: Open, register: Register, lab: Lab, proof: str
) -> None:
    some = {"graph": ["Sites.Selected"], "sharepoint": ["Sites.Selected"]}
    chosen, restorer = register(**some), register(**some)
    for one, role in ((chosen, "read"), (restorer, "fullcontrol")):
        register.choose(one.client_id, MARKETING, role)
    server = open_site(
        replace(chosen, restore_client_id=restorer.client_id, restore_certificate=Secret(proof))
    )
    outside = f"{lab.cloud.sites.url}{BOARD}"
    assert server.scope_kept(outside).outcome == "proved"
    register.choose(restorer.client_id, BOARD, "fullcontrol")
    kept = server.scope_kept(outside)
    assert kept.outcome == "missing"
    assert restorer.client_id in kept.detail
    assert "Remove-MgSitePermission" in kept.remedy
    with pytest.raises(ForbiddenOrigin):
        server.scope_kept("https://evil.example/sites/board")


@pytest.mark.parametrize("api", ["graph", "sharepoint"])
def test_a_permission_over_the_whole_tenant_beside_the_chosen_sites_is_found(
    open_site: Open, register: Register, api: str
) -> None:
    held = {"graph": ["Sites.Selected"], "sharepoint": ["Sites.Selected"]}
    held[api] = ["Sites.Selected", "Sites.Read.All"]
    chosen = register(**held)
    register.choose(chosen.client_id, MARKETING, "read")
    scope = by_name(open_site(chosen).capabilities(None))["scope"]
    assert scope.outcome == "missing"
    assert "Sites.Read.All" in scope.detail
    assert "remove Sites.Read.All" in scope.remedy


def test_a_root_that_was_chosen_too_proves_nothing_about_the_others(
    open_site: Open, register: Register, lab: Lab
) -> None:
    chosen = register(graph=["Sites.Selected"], sharepoint=["Sites.Selected"])
    register.choose(chosen.client_id, MARKETING, "read")
    reach = lab.cloud.tenant.reach
    root = next(one for one in reach.sites.values() if one.url.count("/") == 2)
    reach.grant_site(chosen.client_id, root, "read")
    assert by_name(open_site(chosen).capabilities(None))["scope"].outcome == "unknown"


def test_rights_are_tried_on_the_site_that_is_named(
    open_site: Open, register: Register, lab: Lab
) -> None:
    chosen = register(graph=["Sites.Selected"], sharepoint=["Sites.Selected"])
    register.choose(chosen.client_id, BOARD, "fullcontrol")
    server = open_site(chosen)
    assert outcomes(server.capabilities(None))["site-access"] == "missing"
    board = outcomes(server.capabilities(f"{lab.cloud.sites.url}{BOARD}"))
    assert (board["site-access"], board["site-write"]) == ("proved", "proved")
    for elsewhere in ("https://evil.example/sites/a", "ann@lab.example"):
        with pytest.raises(ForbiddenOrigin):
            server.capabilities(elsewhere)


def test_a_site_without_scripts_is_written_to_and_says_what_cannot_go_back(
    open_site: Open, details: ConnectionDetails, lab: Lab, online: Farm
) -> None:
    online.sites[MARKETING].has_scripts = False
    restorer = known(lab, "restore")
    own = replace(details, client_id=restorer.client_id, certificate=Secret(restorer.certificate))
    write = by_name(open_site(own).capabilities(None))["site-write"]
    assert write.outcome == "proved"
    assert "scripts" in write.detail


def test_a_site_that_is_not_there_says_nothing_of_rights(
    open_site: Open, details: ConnectionDetails, lab: Lab
) -> None:
    gone = replace(details, url=f"{lab.cloud.sites.url}/sites/gone")
    server = open_site(gone)
    assert server.facts()["product"] == "SharePoint Online"
    found = server.capabilities(None)
    assert outcomes(found)["sign-in"] == "proved"
    assert by_name(found)["site-access"].outcome == "unknown"
    assert "no site" in by_name(found)["site-access"].detail


def test_an_application_lists_all_sites_and_those_on_another_host_with_the_reason(
    open_site: Open, details: ConnectionDetails, lab: Lab
) -> None:
    mine = Site(
        id="lab-my.sharepoint.example,0f0e0d0c-0b0a-4908-8706-050403020100,0",
        url="https://lab-my.sharepoint.example/personal/ann",
        name="Ann",
        created_at=SystemClock().now(),
    )
    lab.cloud.tenant.reach.sites[mine.id] = mine
    found = {one.address: one for one in open_site(details).resources()}
    url = lab.cloud.sites.url
    names = {one.name for one in found.values() if one.excluded is None}
    assert names - _drives(lab) == {"Home", "Marketing", "Board"}
    assert found[f"{url}{BOARD}"].role == "site"
    assert (found[mine.url].role, found[mine.url].id) == ("personal", mine.id.split(",")[1])
    assert "another host" in (found[mine.url].excluded or "")


def test_a_site_is_found_by_its_address_its_path_and_its_id_alike(
    open_site: Open, details: ConnectionDetails, lab: Lab
) -> None:
    server = open_site(details)
    by_address = server.resolve(f"{lab.cloud.sites.url}{BOARD}")
    assert by_address.name == "Board"
    assert server.resolve(BOARD) == by_address
    assert server.resolve(by_address.id) == by_address
    assert {one.id for one in server.resources()} >= {by_address.id}
    with pytest.raises(ForbiddenOrigin):
        server.resolve("https://evil.example/sites/board")
    with pytest.raises(OperatorError, match="no such site"):
        server.resolve("/sites/gone")
    with pytest.raises(OperatorError, match="no site"):
        server.resolve("nonsense")


def test_a_site_is_opened_for_writing_without_a_word_to_the_server(
    open_site: Open, details: ConnectionDetails
) -> None:
    server = open_site(details)
    site = server.resolve(MARKETING)
    before = server.traffic.requests
    assert server.target(site).pacing.name == MARKETING
    assert server.traffic.requests == before


def test_a_site_that_is_excluded_is_not_opened_for_writing(
    open_site: Open, details: ConnectionDetails
) -> None:
    server = open_site(details)
    site = replace(server.resolve(MARKETING), excluded="It is archived.")
    with pytest.raises(OperatorError, match="cannot be opened"):
        server.target(site)


def test_a_person_reads_what_they_may_and_finds_it_by_searching(
    open_site: Open, as_person: Callable[[], ConnectionDetails], lab: Lab, online: Farm
) -> None:
    person = person_of(lab)
    online.sites[BOARD].members = {}
    online.sites[MARKETING].members = {person: Level.FULL}
    server = open_site(as_person())
    found = server.capabilities(None)
    # Consented to reading alone, so the token writes nothing, whatever the person may.
    assert outcomes(found) == {
        "sign-in": "proved",
        "site-access": "proved",
        "site-write": "missing",
        "list-sites": "proved",
    }
    assert f"i:0#.f|membership|{person}" in by_name(found)["sign-in"].detail
    assert "Set-SPOUser" in by_name(found)["site-write"].remedy
    names = {one.name for one in server.resources()}
    assert names - _drives(lab) == {"Home", "Marketing"}
    with pytest.raises(AccessDenied):
        server.resolve(BOARD)


def test_an_overloaded_front_end_is_told(
    open_site: Open, details: ConnectionDetails, online: Farm
) -> None:
    online.health = 9
    assert "overloaded" in str(open_site(details).facts()["health"])


def test_online_is_told_who_asks_in_the_form_that_it_wants(
    open_site: Open, details: ConnectionDetails, lab: Lab
) -> None:
    pages, agents = lab.cloud.sites.pages, []
    before = pages["/sites/"]

    def listen(request: Request) -> Response:
        agents.append(request.headers["user-agent"])
        return before(request)

    pages["/sites/"] = listen
    try:
        open_site(details).facts()
    finally:
        pages["/sites/"] = before
    assert agents == ["ISV|Strongroom|Strongroom/0.1"]


def test_a_busy_site_is_asked_again_when_it_says_and_not_before(
    open_site: Open, details: ConnectionDetails, lab: Lab
) -> None:
    pages, asked = lab.cloud.sites.pages, []
    before = pages["/sites/"]

    def busy_once(request: object) -> Response:
        asked.append(1)
        if len(asked) == 1:
            return Response(status=429, headers=[("Retry-After", "0.1")])
        return before(request)  # type: ignore[arg-type]

    pages["/sites/"] = busy_once
    try:
        assert open_site(details).facts()["site"] == "Marketing"
    finally:
        pages["/sites/"] = before
    assert len(asked) == 2


def _drives(lab: Lab) -> set[str]:
    """Name the OneDrives that the lab has anyhow."""
    sites = lab.cloud.farm.sites.items()
    return {one.title for path, one in sites if path.startswith("/personal/")}
