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
from tests.journeys.support import Strongroom

USER, PASSWORD = "LAB\\svc-sites", "drawn for sites & only"


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
    assert found["resources"] == 3
    wide = strongroom.run("connection", "test", "sites", "--outside", board, "--json")
    assert wide.code == 2
    scope = next(one for one in wide.document["capabilities"] if one["name"] == "scope")
    assert "Sites.Read.All" in scope["remedy"]
