"""Connections to Microsoft's cloud by command: added, tested, led elsewhere, several at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from tests.fakes.marked import canary
from tests.journeys.support import InProcess, Strongroom


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3)) as running:
        yield running


@pytest.fixture
def strongroom(tmp_path: Path) -> Strongroom:
    return InProcess(tmp_path)


@pytest.fixture
def known(lab: Lab, strongroom: Strongroom) -> dict[str, Any]:
    """Write down what a person has in hand: files, and ids of applications."""
    files = {
        "ca.pem": lab.ca_pem.decode(),
        "endpoints.json": json.dumps(lab.cloud.endpoints),
    }
    for name, text in files.items():
        (strongroom.folder / name).write_text(text)
    backup, restore, _ = lab.cloud.applications
    return {
        "backup": backup.client_id,
        "restore": restore.client_id,
        "certificate": strongroom.secret("backup.pem", backup.certificate),
        "restore certificate": strongroom.secret("restore.pem", restore.certificate),
        "secret": strongroom.secret("client-secret", backup.secret),
    }


def to_lab(strongroom: Strongroom, lab: Lab) -> tuple[object, ...]:
    folder: Path = strongroom.folder
    return (
        "--tenant", lab.cloud.tenant.id,
        "--endpoints", folder / "endpoints.json", "--ca-file", folder / "ca.pem",
    )  # fmt: skip


def test_a_tenant_is_added_by_certificate_or_secret_and_proves_that_it_is_reached(
    strongroom: Strongroom, lab: Lab, known: dict[str, Any]
) -> None:
    add = ("connection", "add", "exchange-online")
    mine = ("--client-id", known["backup"], *to_lab(strongroom, lab))
    strongroom(*add, "by certificate", *mine, "--certificate", known["certificate"])
    strongroom(*add, "by secret", *mine, "--client-secret-file", known["secret"])
    for name in ("by certificate", "by secret"):
        test = ("connection", "test", name, "--mailbox", "empty@lab.example", "--json")
        ended = strongroom.run(*test)
        found = {one["name"]: one["outcome"] for one in ended.document["capabilities"]}
        assert found["sign-in"] == "proved", ended.document
        assert "2027" in json.dumps(ended.document), "it says when EWS ends"
    listed = strongroom("resources", "by secret")
    assert any(one["resource"] == "empty@lab.example" for one in listed)


def test_several_tenants_and_servers_stand_side_by_side_and_each_keeps_its_own_way(
    strongroom: Strongroom, lab: Lab, known: dict[str, Any]
) -> None:
    strongroom.connect(
        lab.ews_url, strongroom.folder / "ca.pem", ADMINISTRATOR, lab.admin_password, name="own"
    )
    by = (*to_lab(strongroom, lab), "--client-id", known["backup"])
    certificate = ("--certificate", known["certificate"])
    strongroom("connection", "add", "exchange-online", "mail", *by, *certificate)
    strongroom("connection", "add", "exchange-online", "astray", *by, *certificate)
    strongroom(
        "connection", "edit", "astray", "--tenant", "nowhere.example", *certificate
    )  # fmt: skip
    assert strongroom("connection", "test", "own")["product"] == "Exchange Server"
    assert strongroom.run("connection", "test", "mail").code in {0, 2}
    ended = strongroom.run("connection", "test", "astray")
    assert (ended.code, "no such tenant" in ended.stderr) == (2, True)
    kinds = {one["name"]: one["kind"] for one in strongroom("connection", "list")}
    assert kinds == {
        "own": "exchange-onprem", "mail": "exchange-online", "astray": "exchange-online",
    }  # fmt: skip


def test_endpoints_that_lead_to_a_hostile_server_bring_it_nothing(
    strongroom: Strongroom, lab: Lab, known: dict[str, Any]
) -> None:
    strongroom(
        "connection", "add", "exchange-online", "mail", *to_lab(strongroom, lab),
        "--client-id", known["backup"], "--client-secret-file", known["secret"],
    )  # fmt: skip
    with Lab(Wishes(seed=4)) as hostile:
        evil = strongroom.folder / "evil.json"
        evil.write_text(json.dumps(hostile.cloud.endpoints))
        edit = ("connection", "edit", "mail", "--endpoints", evil)
        assert strongroom.run(*edit).code == 2, "the secret would have to be given again"
        before = strongroom("connection", "show", "mail")
        assert before["endpoints"] == lab.cloud.endpoints
        ca_file = strongroom.folder / "evil-ca.pem"
        ca_file.write_bytes(hostile.ca_pem)
        other = strongroom.secret("another", canary("of somebody else"))
        strongroom(*edit, "--ca-file", ca_file, "--client-secret-file", other)
        assert strongroom.run("connection", "test", "mail").code == 2
        deeds = repr(hostile.cloud.directory.deeds)
    assert lab.cloud.applications[0].secret not in deeds


def test_a_restore_signs_in_as_the_application_that_may_write(
    strongroom: Strongroom, lab: Lab, known: dict[str, Any]
) -> None:
    strongroom(
        "connection", "add", "exchange-online", "two", *to_lab(strongroom, lab),
        "--client-id", known["backup"], "--certificate", known["certificate"],
        "--restore-client-id", known["restore"],
        "--restore-certificate", known["restore certificate"],
    )  # fmt: skip
    strongroom.add_storage()
    mailbox = "empty@lab.example"
    strongroom(
        "job", "add", "backup", "nightly", "--connection", "two", "--storage", "disk",
        "--resource", mailbox,
    )  # fmt: skip
    strongroom("job", "run", "nightly", "--wait")
    asked_before = len(lab.cloud.directory.deeds)
    to = ("--connection", "two", "--wait")
    strongroom("restore", "disk", mailbox, *to)
    deeds = lab.cloud.directory.deeds[asked_before:]
    assert known["restore"] in repr(deeds)
    assert known["backup"] not in repr(deeds)


def test_a_job_on_sites_is_made_as_one_on_mailboxes_is(
    strongroom: Strongroom, lab: Lab, known: dict[str, Any]
) -> None:
    site = f"{lab.cloud.sites.url}/sites/marketing"
    strongroom(
        "connection", "add", "sharepoint-online", "sites", "--url", site,
        *to_lab(strongroom, lab), "--client-id", known["backup"],
        "--certificate", known["certificate"],
    )  # fmt: skip
    strongroom.add_storage()
    strongroom(
        "job", "add", "backup", "nightly", "--connection", "sites", "--storage", "disk", "--all"
    )
    assert [one["name"] for one in strongroom("job", "list")] == ["nightly"]
