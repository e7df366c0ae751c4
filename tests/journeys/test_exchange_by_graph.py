"""Exchange Online without EWS by the command line: backed up, gone on with, verified, judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom, restic

pytestmark = [pytest.mark.in_process, pytest.mark.restic]

LARGE = "large@lab.example"


@pytest.fixture
def lab(open_lab: OpenLab) -> Lab:
    lab = open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=60, item_bytes=1024),)))
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = False
    return lab


def _add(strongroom: Strongroom, lab: Lab, *more: str) -> None:
    backup = lab.cloud.applications[0]
    (strongroom.folder / "endpoints.json").write_text(json.dumps(lab.cloud.endpoints))
    strongroom(
        "connection", "add", "exchange-online", "tenant", "--tenant", lab.cloud.tenant.id,
        "--client-id", backup.client_id,
        "--certificate", strongroom.secret("backup.pem", backup.certificate),
        "--endpoints", strongroom.folder / "endpoints.json",
        "--ca-file", strongroom.folder / "ca.pem", *more,
    )  # fmt: skip


def test_a_tenant_without_ews_is_listed_backed_up_gone_on_with_and_verified(
    strongroom: Strongroom, lab: Lab
) -> None:
    _add(strongroom, lab)
    listed = {one["resource"]: one for one in strongroom("resources", "tenant")}
    assert listed["info@lab.example"]["role"] == "shared"
    assert listed["info@lab.example"]["excluded"] is None
    assert "Graph has no public folders" in listed["public-folders"]["excluded"]
    assert "groups" in listed["group-mailboxes"]["excluded"]

    strongroom(
        "job", "add", "backup", "nightly", "--connection", "tenant", "--storage", "disk",
        "--resource", LARGE,
    )  # fmt: skip
    first = strongroom("job", "run", "nightly", "--wait")
    assert (first["status"], first["totals"]["saved"]) == ("complete", 60), first
    with lab.estate.lock:
        mailbox = lab.estate.mailbox(LARGE)
        assert mailbox is not None
        gone = mailbox.items[0]
        mailbox.hard_delete_item(gone)
        inbox = mailbox.folder_by_role("inbox")
        inbox.add_item(Message({tags.PidTagSubject: "came later"}))
    second = strongroom("job", "run", "nightly", "--wait")
    assert second["status"] == "complete", second
    assert (second["totals"]["saved"], second["totals"]["unchanged"]) == (1, 59)

    assert strongroom("verify", "disk")[0]["problems"] == []
    repository = next(Path(strongroom.folder / "storage-disk").rglob("config")).parent
    told = restic(repository, strongroom.storage_password, "check", "--read-data")
    assert "no errors" in told
    assert lab.cloud.graph.crashes == []


def test_a_job_goes_over_from_ews_to_graph_by_one_edit(strongroom: Strongroom, lab: Lab) -> None:
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = True
    _add(strongroom, lab, "--with-ews")
    strongroom(
        "job", "add", "backup", "nightly", "--connection", "tenant", "--storage", "disk",
        "--resource", LARGE,
    )  # fmt: skip
    first = strongroom("job", "run", "nightly", "--wait")
    assert (first["status"], first["totals"]["saved"]) == ("complete", 60)
    assert "2027-04-01" in json.dumps(first), "every ledger says when EWS ends"

    strongroom("connection", "edit", "tenant", "--without-ews")
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = False
    over = strongroom("job", "run", "nightly", "--wait")
    assert over["status"] == "complete", over
    assert (over["totals"]["saved"], over["totals"]["unchanged"]) == (0, 60)
    assert over["totals"]["bytes_read"] < 0.02 * first["totals"]["bytes_read"]
    assert "2027-04-01" not in json.dumps(over)
    assert strongroom("verify", "disk")[0]["problems"] == []
