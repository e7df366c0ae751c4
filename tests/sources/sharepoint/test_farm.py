"""SharePoint Server by each of its ways to sign in: facts, rights, and the list of sites."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from strongroom.clock import SystemClock
from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Authority
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Level
from strongroom.lab.sharepoint.farm import Kind, SignInAgain
from strongroom.service.details import ConnectionDetails
from strongroom.sources.sharepoint.server import SharePointServer
from strongroom.vault.secret import Secret
from tests.sources.sharepoint.conftest import by_name, outcomes
from tests.sources.sharepoint.farms import TEAM, USERS, Farmyard, set_up
from tests.sources.sharepoint.lab_site import Keeper
from tests.sources.sharepoint.truth import assert_kept

WAYS: tuple[Kind, ...] = ("windows", "forms", "claims")

YardFor = Callable[[Kind], Farmyard]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[LabServer, LabServer]]:
    authority = Authority()
    with (
        LabServer(Estate(seed=1), authority=authority) as farm,
        LabServer(Estate(seed=1), authority=authority) as own,
    ):
        yield farm, own


@pytest.fixture
def yard_of(servers: tuple[LabServer, LabServer]) -> Iterator[YardFor]:
    yards: list[Farmyard] = []

    def make(kind: Kind) -> Farmyard:
        yards.append(set_up(kind, *servers))
        return yards[-1]

    yield make
    assert [yard.face.crashes for yard in yards] == [[] for _ in yards]


Open = Callable[[ConnectionDetails], SharePointServer]


@pytest.mark.parametrize("kind", WAYS)
def test_every_way_in_tells_the_facts_and_proves_the_rights(
    yard_of: YardFor, open_farm: Open, kind: Kind
) -> None:
    yard = yard_of(kind)
    yard.farm.front_end = "SP-WFE-01"
    server = open_farm(yard.details())
    facts = server.facts()
    assert facts["product"] == "SharePoint Server Subscription Edition"
    assert (facts["site"], facts["front_end"]) == ("Team", "SP-WFE-01")
    assert (facts["edge"], facts["region"]) == ("", "")
    assert outcomes(server.capabilities(None)) == {
        "sign-in": "proved",
        "site-access": "proved",
        "site-write": "proved",
        "list-sites": "proved",
    }


@pytest.mark.parametrize("kind", WAYS)
def test_a_wrong_password_is_tried_once_and_told(
    yard_of: YardFor, open_farm: Open, kind: Kind
) -> None:
    yard = yard_of(kind)
    server = open_farm(yard.details(password=Secret("canary, wrong")))
    with pytest.raises(AccessDenied) as caught:
        server.facts()
    assert "canary" not in f"{caught.value}{caught.value.hint}"
    found = server.capabilities(None)
    assert outcomes(found) == {
        "sign-in": "missing",
        "site-access": "unknown",
        "site-write": "unknown",
        "list-sites": "unknown",
    }
    assert USERS[kind] in by_name(found)["sign-in"].detail


@pytest.mark.parametrize("kind", ["forms", "claims"])
@pytest.mark.parametrize("again", ["unauthorized", "forbidden", "redirect"])
def test_cookies_that_ended_are_replaced_however_the_farm_says_so(
    yard_of: YardFor, open_farm: Open, kind: Kind, again: SignInAgain
) -> None:
    yard = yard_of(kind)
    yard.farm.sign_in_again = again
    server = open_farm(yard.details())
    assert server.facts()["site"] == "Team"
    yard.farm.end_cookies()
    assert server.facts()["site"] == "Team"


@pytest.mark.parametrize("again", ["forbidden", "redirect"])
def test_a_farm_that_takes_no_cookie_at_all_is_not_asked_for_ever(
    yard_of: YardFor, open_farm: Open, again: SignInAgain
) -> None:
    yard = yard_of("forms")
    yard.farm.sign_in_again, yard.farm.cookie_s = again, 0
    with pytest.raises(AccessDenied):
        open_farm(yard.details()).facts()
    asked = [one.path.partition("?")[0] for one in yard.heard]
    assert asked == [
        f"{TEAM}/_vti_bin/authentication.asmx",
        f"{TEAM}/_api/web",
        f"{TEAM}/_vti_bin/authentication.asmx",
        f"{TEAM}/_api/web",
    ]


def test_threads_whose_cookies_ended_together_sign_in_once(
    yard_of: YardFor, open_farm: Open
) -> None:
    yard = yard_of("forms")
    yard.farm.sign_in_again = "forbidden"
    server = open_farm(yard.details())
    server.facts()
    yard.farm.end_cookies()
    yard.heard.clear()
    threads = [threading.Thread(target=server.facts) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    signed_in = [one for one in yard.heard if one.path.endswith("authentication.asmx")]
    assert len(signed_in) == 1


def test_a_claims_farm_whose_sign_in_server_is_not_named_says_which_it_names_itself(
    yard_of: YardFor, open_farm: Open
) -> None:
    yard = yard_of("claims")
    with pytest.raises(OperatorError) as caught:
        open_farm(yard.details(sign_in_server=""))
    assert f"--sign-in-server '{yard.sign_in_server}'" in caught.value.hint
    assert yard.own.issued == 0
    assert all(one.headers.get("authorization") is None for one in yard.heard)


def test_a_farm_that_signs_people_in_itself_is_not_taken_for_one_that_trusts_others(
    yard_of: YardFor, open_farm: Open
) -> None:
    yard = yard_of("forms")
    with pytest.raises(OperatorError) as caught:
        open_farm(yard.details(auth="legacy", sign_in_server=""))
    assert "ntlm, kerberos or forms" in caught.value.hint


def test_an_account_without_a_right_is_signed_in_and_told_the_policy_that_gives_it(
    yard_of: YardFor, open_farm: Open
) -> None:
    yard = yard_of("windows")
    yard.farm.sites[TEAM].members = {}
    server = open_farm(yard.details())
    assert server.facts()["site"] == ""
    found = by_name(server.capabilities(None))
    assert found["sign-in"].outcome == "proved"
    assert found["site-access"].outcome == "missing"
    remedy = found["site-access"].remedy
    assert "User Policy" in remedy
    assert "GetSpecialRole('FullRead')" in remedy
    assert f"Get-SPWebApplication '{yard.server.url}'" in remedy
    assert "'FullControl'" in found["site-write"].remedy
    # Added to the administrators of the site; nobody is put in another's place.
    assert "-SiteCollectionAdmin" in found["site-write"].remedy
    assert found["list-sites"].outcome == "unknown"
    # What the remedy says is what helps.
    yard.farm.policies[USERS["windows"].casefold()] = Level.READ
    again = outcomes(server.capabilities(None))
    assert (again["site-access"], again["site-write"]) == ("proved", "missing")


def test_names_in_commands_run_nothing_whatever_they_hold(
    yard_of: YardFor, open_farm: Open
) -> None:
    yard = yard_of("windows")
    yard.farm.sites[TEAM].members = {}
    server = open_farm(yard.details())
    bad = "LAB\\o'brien\u2019; Remove-SPSite $x #"
    remedies = server._ways.remedies
    written = remedies.read(yard.site, bad) + remedies.write(yard.site, bad)
    assert "-Identity 'LAB\\o''brien\u2019\u2019; Remove-SPSite $x #'" in written


def test_the_sites_below_and_those_that_the_search_finds_are_listed(
    yard_of: YardFor, open_farm: Open
) -> None:
    yard = yard_of("windows")
    yard.farm.add_site("/sites/moved", "Moved", template="REDIRECTSITE")
    yard.farm.sites["/sites/board"].members = {}
    found = {one.name: one for one in open_farm(yard.details()).resources()}
    assert {name: one.role for name, one in found.items()} == {
        "Team": "site",
        "Projects": "subsite",
        "Roof": "subsite",
        "Home": "site",
        "Moved": "site",
    }
    assert found["Team"].address == yard.site
    assert found["Roof"].address == f"{yard.site}/projects/roof"
    assert found["Roof"].id.startswith(f"{found['Team'].id},")
    assert "moved to" in (found["Moved"].excluded or "")
    assert {name for name, one in found.items() if one.excluded is None} == {"Team", "Home"}
    assert "part of its site collection" in (found["Roof"].excluded or "")


def test_without_a_search_service_the_connections_own_site_and_those_below_are_listed(
    yard_of: YardFor, open_farm: Open
) -> None:
    yard = yard_of("windows")
    yard.farm.has_search = False
    server = open_farm(yard.details())
    assert [one.name for one in server.resources()] == ["Team", "Projects", "Roof"]
    listing = by_name(server.capabilities(None))["list-sites"]
    assert listing.outcome == "missing"
    assert "Get-SPSite" in listing.remedy


def test_a_subsite_is_found_as_one(yard_of: YardFor, open_farm: Open) -> None:
    yard = yard_of("windows")
    server = open_farm(yard.details())
    roof = server.resolve(f"{TEAM}/projects/roof")
    assert roof.role == "subsite"
    listed = next(one for one in server.resources() if one.id == roof.id)
    assert replace(listed, excluded=None) == roof
    assert listed.excluded
    assert server.resolve(roof.id) == roof


def test_an_app_password_is_warned_of_in_the_facts(yard_of: YardFor, open_farm: Open) -> None:
    yard = yard_of("claims")
    details = yard.details()
    server = open_farm(replace(details, password=None, app_password=details.password))
    assert "never expires" in str(server.facts()["warning"])


def test_a_farms_speed_is_measured_and_nothing_is_said_of_microsofts_limits(
    open_farm: Open, yard_of: YardFor
) -> None:
    yard = yard_of("windows")
    report = open_farm(yard.details()).speed(None, [], SystemClock())
    assert [one.code for one in report.findings] == ["line-unknown", "nothing-read", "file-by-file"]
    (answers,) = report.answers
    assert answers.server is not None
    assert answers.server.median_ms == 13


@pytest.mark.parametrize("kind", WAYS)
def test_by_every_way_in_a_site_is_read_with_a_digest_where_one_is_needed(
    yard_of: YardFor, open_farm: Open, kind: Kind
) -> None:
    yard = yard_of(kind)
    server = open_farm(yard.details())
    keeper = Keeper()
    keeper.run(server.source(server.resolve(yard.site)))
    collection = yard.face.content.collection(TEAM)
    assert collection is not None
    assert_kept(keeper, collection)
    assert keeper.folder("projects", "roof").kind == "web"
    asked = [
        one
        for one in yard.heard
        if one.method == "POST" and "/_api/" in one.path and "contextinfo" not in one.path
    ]
    assert asked
    # What a Windows sign-in is refused at first, to begin with it, is no question yet.
    sites = {one.path.partition("/_api/")[0] for one in asked}
    for site in sites:  # a digest is had once for each; it says in which second
        digests = {
            one.headers.get("x-requestdigest", "")
            for one in asked
            if one.path.partition("/_api/")[0] == site
        }
        assert len(digests) == 1
        assert all(digests)
