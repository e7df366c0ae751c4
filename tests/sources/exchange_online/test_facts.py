"""Where a tenant stands, and what is said of the end of EWS."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from strongroom.errors import AccessDenied
from strongroom.lab.lab import Lab
from strongroom.service.details import ConnectionDetails
from strongroom.sources.exchange_online import retirement
from strongroom.sources.exchange_online.regions import region_of
from strongroom.vault.secret import Secret
from strongroom.wire.entra.clouds import CLOUDS
from strongroom.wire.graph.organization import Organization
from tests.sources.exchange_online.conftest import OpenOnline, Register


def test_a_tenant_says_who_it_is_where_it_is_and_how_far_away(
    lab: Lab, open_online: OpenOnline
) -> None:
    facts = open_online().facts()
    assert facts["product"] == "Exchange Online"
    assert facts["tenant"] == lab.cloud.tenant.id
    assert (facts["tenant_name"], facts["tenant_country"]) == ("Lab", "CH")
    assert (facts["cloud"], facts["access"], facts["way"]) == ("global", "application", "export")
    assert facts["url"] == lab.cloud.server.ews_url
    assert str(facts["version"]).startswith("15.20.")
    assert facts["front_end"] == "AM0PR04CA0015"
    assert facts["back_end"] == "VI1PR04MB4192.eurprd04.prod.outlook.com"
    assert facts["region"] == "Europe (eurprd04)"
    assert facts["graph_region"] == "West Europe"
    assert float(str(facts["round_trip_ms"])) > 0
    assert float(str(facts["graph_round_trip_ms"])) > 0


def test_a_name_is_told_of_the_very_tenant_that_signed_us_in_and_of_no_other(
    lab: Lab, open_online: OpenOnline, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = Organization(id="another", name="CANARY", country="XX")
    monkeypatch.setattr(
        "strongroom.sources.exchange_online.facts.read_organization", lambda _: somebody
    )
    assert "CANARY" not in repr(open_online().facts())


def test_mailboxes_are_counted_without_opening_one(
    lab: Lab, open_online: OpenOnline, register: Register
) -> None:
    server = open_online()
    facts = server.facts()
    assert facts["resources"] == len(lab.estate.mailboxes)
    assert facts["resources_excluded"] == 1, "the administrator has none"
    assert server.traffic.requests < len(lab.estate.mailboxes)
    silent = open_online(register(graph=())).facts()
    assert silent["resources"] is silent["resources_excluded"] is None


def test_the_end_of_ews_is_said_loudly_with_the_date_and_the_command(
    open_online: OpenOnline, details: ConnectionDetails
) -> None:
    facts = open_online().facts()
    assert facts["ews_ends"] == "2027-04-01"
    assert "2027-04-01" in str(facts["warning"])
    assert f"-EwsAllowedAppIDs '{details.client_id}'" in str(facts["warning"])


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 9, 1), "in 212 days. From 2026-10-01"),
        (date(2026, 11, 27), "in 125 days. Since 2026-10-01"),
        (date(2027, 3, 31), "in 1 days. Since 2026-10-01"),
        (date(2027, 4, 1), "EWS ended in Exchange Online on 2027-04-01"),
    ],
)
def test_what_is_said_of_the_end_goes_by_the_calendar(today: date, words: str) -> None:
    assert words in retirement.warning(today, "x")


def test_facts_are_told_by_an_application_that_may_ask_graph_nothing(
    open_online: OpenOnline, register: Register
) -> None:
    facts = open_online(register(graph=())).facts()
    assert (facts["tenant_name"], facts["way"]) == ("", "export")
    assert facts["region"] == "Europe (eurprd04)", "the front end told it with a refusal"


def test_facts_are_told_where_ews_takes_no_token_of_ours(
    open_online: OpenOnline, register: Register
) -> None:
    facts = open_online(register(ews=False)).facts()
    assert facts["way"] is None


def test_a_secret_that_the_tenant_does_not_know_is_told_in_its_words(
    open_online: OpenOnline, register: Register
) -> None:
    details = replace(register(), client_secret=Secret("another"))
    with pytest.raises(AccessDenied, match="could not prove who it is"):
        open_online(details).facts()


@pytest.mark.parametrize(
    ("back_end", "region"),
    [
        ("VI1PR04MB4192.eurprd04.prod.outlook.com", "Europe (eurprd04)"),
        ("PH7PR13MB4482.namprd42.PROD.OUTLOOK.COM", "North America (namprd42)"),
        ("SY4P282MB1234.AUSP282.PROD.OUTLOOK.COM", "Australia (ausp282)"),
        ("X.xyzprd01.prod.outlook.com", "xyzprd01"),
        ("ex01.contoso.example", ""),
        ("EX01", ""),
        ("", ""),
    ],
)
def test_the_region_is_read_from_the_name_of_the_forest(back_end: str, region: str) -> None:
    assert region_of(back_end) == region


@pytest.mark.parametrize(
    ("cloud", "ews", "graph", "authority"),
    [
        (
            "global",
            "https://outlook.office365.com/EWS/Exchange.asmx",
            "https://graph.microsoft.com",
            "https://login.microsoftonline.com",
        ),
        (
            "gcc-high",
            "https://outlook.office365.us/EWS/Exchange.asmx",
            "https://graph.microsoft.us",
            "https://login.microsoftonline.us",
        ),
        (
            "dod",
            "https://outlook-dod.office365.us/EWS/Exchange.asmx",
            "https://dod-graph.microsoft.us",
            "https://login.microsoftonline.us",
        ),
        (
            "china",
            "https://partner.outlook.cn/EWS/Exchange.asmx",
            "https://microsoftgraph.chinacloudapi.cn",
            "https://login.chinacloudapi.cn",
        ),
    ],
)
def test_a_national_cloud_is_reached_at_its_own_servers(
    open_online: OpenOnline,
    details: ConnectionDetails,
    cloud: str,
    ews: str,
    graph: str,
    authority: str,
) -> None:
    server = open_online(replace(details, cloud=cloud, endpoints=None))
    assert server._signer.ews.transport.url == ews
    assert server._signer.graph.url == graph
    assert CLOUDS[cloud].authority == authority


def test_in_a_national_cloud_graph_has_no_export_of_mailboxes(
    open_online: OpenOnline, details: ConnectionDetails
) -> None:
    server = open_online(replace(details, cloud="gcc-high"))
    found = {one.name: one for one in server.capabilities(None)}
    assert found["graph-export"].outcome == "not-applicable"
    assert "gcc-high" in found["graph-export"].detail
