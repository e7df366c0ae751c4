"""Connections to SharePoint by command: added, tested, their sites listed, led elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.server import LabServer
from tests.fakes.marked import app_password
from tests.journeys.support import Strongroom
from tests.sources.sharepoint.farms import PASSWORD as CLAIMS_PASSWORD
from tests.sources.sharepoint.farms import USERS, set_up

USER, PASSWORD = "LAB\\svc-sites", "drawn for sites & only"
APP_PASSWORD = app_password()


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3)) as running:
        running.estate.add_account(USER, password=PASSWORD)
        yield running
    assert running.farm_face.crashes == []


@pytest.fixture
def ca(strongroom: Strongroom, lab: Lab) -> Path:
    file = strongroom.folder / "ca.pem"
    file.write_bytes(lab.ca_pem)
    return file


def outcomes(document: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["outcome"] for one in document["capabilities"]}


def test_a_farm_is_added_tested_and_listed_and_led_elsewhere_it_has_no_password(
    strongroom: Strongroom, lab: Lab, ca: Path
) -> None:
    site = f"{lab.url}/sites/marketing"
    password = strongroom.secret("sites-password", PASSWORD)
    strongroom(
        "connection", "add", "sharepoint-onprem", "farm", "--url", site, "--user", USER,
        "--auth", "ntlm", "--account-password-file", password, "--ca-file", ca,
    )  # fmt: skip
    found = strongroom("connection", "test", "farm")
    assert found["product"] == "SharePoint Server Subscription Edition"
    assert set(outcomes(found).values()) == {"proved"}
    assert {one["name"] for one in strongroom("resources", "farm")} == {
        "Home",
        "Marketing",
        "Board",
    }

    heard: list[Request] = []

    def hear(request: Request) -> Response:
        heard.append(request)
        return Response(status=401, headers=[("WWW-Authenticate", "NTLM")])

    with LabServer(Estate(seed=1), authority=lab.server.authority) as stranger:
        stranger.pages.clear()
        stranger.pages["/"] = hear
        elsewhere = f"{stranger.url}/sites/marketing"
        refused = strongroom.run("connection", "edit", "farm", "--url", elsewhere)
        assert refused.code == 2
        assert "password again" in refused.stderr
        assert strongroom.run("connection", "test", "farm").code == 0
    assert heard == []


def test_a_site_online_is_tested_as_two_applications_and_kept_from_another(
    strongroom: Strongroom, lab: Lab, ca: Path
) -> None:
    backup, restore, _ = lab.cloud.applications
    endpoints = strongroom.folder / "endpoints.json"
    endpoints.write_text(json.dumps(lab.cloud.endpoints))
    site, board = (f"{lab.cloud.sites.url}/sites/{name}" for name in ("marketing", "board"))
    strongroom(
        "connection", "add", "sharepoint-online", "sites", "--url", site,
        "--tenant", lab.cloud.tenant.id, "--endpoints", endpoints, "--ca-file", ca,
        "--client-id", backup.client_id,
        "--certificate", strongroom.secret("backup.pem", backup.certificate),
        "--restore-client-id", restore.client_id,
        "--restore-certificate", strongroom.secret("restore.pem", restore.certificate),
    )  # fmt: skip
    found = strongroom("connection", "test", "sites")
    assert outcomes(found)["site-write"] == "proved"
    assert outcomes(found)["backup-only"] == "proved"
    assert found["resources"] == 4
    wide = strongroom.run("connection", "test", "sites", "--outside", board, "--json")
    assert wide.code == 2
    scope = next(one for one in wide.document["capabilities"] if one["name"] == "scope")
    assert "Sites.Read.All" in scope["remedy"]


def test_a_claims_farm_says_where_people_sign_in_and_a_person_puts_that_into_the_connection(
    strongroom: Strongroom, lab: Lab, ca: Path
) -> None:
    authority = lab.server.authority
    with (
        LabServer(Estate(seed=1), authority=authority) as server,
        LabServer(Estate(seed=1), authority=authority) as own_server,
    ):
        yard = set_up("claims", server, own_server)
        password = strongroom.secret("claims-password", CLAIMS_PASSWORD)
        account = ("--account-password-file", password)
        strongroom(
            "connection", "add", "sharepoint-onprem", "farm", "--url", yard.site,
            "--user", USERS["claims"], "--auth", "legacy", *account, "--ca-file", ca,
        )  # fmt: skip
        asked = strongroom.run("connection", "test", "farm")
        assert asked.code == 2
        shown = " ".join(asked.stderr.split())
        assert f"--sign-in-server '{yard.sign_in_server}'" in shown
        assert yard.own.issued == 0
        edit = ("connection", "edit", "farm", "--sign-in-server", yard.sign_in_server)
        assert "password again" in strongroom.run(*edit).stderr
        strongroom(*edit, *account)
        found = strongroom("connection", "test", "farm")
        assert set(outcomes(found).values()) == {"proved"}
        assert yard.own.issued == 1
        assert yard.face.crashes == []


def test_the_old_sign_in_online_is_refused_warned_of_and_said_to_have_ended(
    strongroom: Strongroom, lab: Lab, ca: Path
) -> None:
    person = lab.cloud.tenant.user(lab.estate.mailboxes[0].address)
    assert person is not None
    person.app_passwords.append(APP_PASSWORD)
    endpoints = strongroom.folder / "endpoints.json"
    endpoints.write_text(json.dumps(lab.cloud.endpoints))
    add = (
        "connection", "add", "sharepoint-online", "--url", lab.cloud.sites.url, "--auth", "legacy",
        "--user", person.upn, "--endpoints", endpoints, "--ca-file", ca,
    )  # fmt: skip
    ordinary = strongroom.secret("ordinary-password", person.password)
    strongroom(*add, "ordinary", "--account-password-file", ordinary)
    refused = strongroom.run("connection", "test", "ordinary")
    assert (refused.code, "second factor" in refused.stderr) == (2, True)
    app = strongroom.secret("app-password", APP_PASSWORD)
    added = strongroom.run(*add, "app", "--app-password-file", app)
    assert (added.code, "never expires" in added.stderr) == (0, True)
    assert outcomes(strongroom("connection", "test", "app"))["site-access"] == "proved"
    lab.cloud.farm.legacy = "retired"
    try:
        ended = strongroom.run("connection", "test", "app")
    finally:
        lab.cloud.farm.legacy = "on"
    assert (ended.code, "2026-05-01" in ended.stderr) == (2, True)
