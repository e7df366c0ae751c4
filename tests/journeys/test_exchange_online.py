"""Exchange Online by the command line: a tenant from its first test to the day EWS is off."""

from __future__ import annotations

import json

import pytest

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process

LARGE, EMPTY = "large@lab.example", "empty@lab.example"


@pytest.fixture
def lab(open_lab: OpenLab) -> Lab:
    return open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=12, item_bytes=1024),)))


def _add(strongroom: Strongroom, lab: Lab) -> None:
    backup, restore = lab.cloud.applications[:2]
    (strongroom.folder / "endpoints.json").write_text(json.dumps(lab.cloud.endpoints))
    strongroom(
        "connection", "add", "exchange-online", "tenant", "--tenant", lab.cloud.tenant.id,
        "--client-id", backup.client_id,
        "--certificate", strongroom.secret("backup.pem", backup.certificate),
        "--restore-client-id", restore.client_id,
        "--restore-certificate", strongroom.secret("restore.pem", restore.certificate),
        "--endpoints", strongroom.folder / "endpoints.json",
        "--ca-file", strongroom.folder / "ca.pem", "--with-ews",
    )  # fmt: skip


def test_a_tenant_is_tested_listed_backed_up_restored_and_told_when_ews_is_off(
    strongroom: Strongroom, lab: Lab
) -> None:
    _add(strongroom, lab)
    told = strongroom("connection", "test", "tenant", "--mailbox", lab.cast.users[0].address)
    assert (told["tenant_name"], told["ews_ends"]) == ("Lab", "2027-04-01")
    assert "missing" not in {one["outcome"] for one in told["capabilities"]}
    assert {one["name"]: one["outcome"] for one in told["capabilities"]}["export"] == "proved"
    assert (told["resources"], told["resources_excluded"]) == (8, 1)

    kept = strongroom.run("connection", "test", "tenant", "--outside", EMPTY)
    assert kept.code == 2
    assert "missing: scope:" in kept.stdout, "it was given the whole tenant"

    listed = {one["address"]: one for one in strongroom("resources", "tenant")}
    assert listed["info@lab.example"]["role"] == "shared"
    assert listed[lab.cloud.admin.upn]["excluded"] == "No mailbox."

    strongroom(
        "job", "add", "backup", "nightly", "--connection", "tenant", "--storage", "disk",
        "--resource", LARGE,
    )  # fmt: skip
    done = strongroom("job", "run", "nightly", "--wait")
    assert (done["status"], done["totals"]["saved"]) == ("complete", 12)
    to_empty = ("--to", EMPTY, "--connection", "tenant", "--wait")
    assert strongroom("restore", "disk", LARGE, *to_empty)["status"] == "complete"

    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = False
    off = strongroom.run("job", "run", "nightly", "--wait")
    assert off.code != 0
    assert "2027-04-01" in off.stderr + off.stdout
    assert "-EwsAllowedAppIDs" in off.stderr + off.stdout
    tested = strongroom.run("connection", "test", "tenant")
    assert tested.code == 2
    assert "missing: ews:" in tested.stdout
