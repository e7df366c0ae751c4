"""A tenant's sites and a farm, with content in them, and the program that keeps it."""

from __future__ import annotations

import json
from pathlib import Path

from strongroom.lab.lab import Lab
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.seed import Amounts, Seeded, fill
from strongroom.lab.sharepoint.face import SharePointFace
from tests.journeys.support import Strongroom

FARM_USER, FARM_PASSWORD = "LAB\\svc-sites", "drawn for sites & only"


def connect_online(strongroom: Strongroom, lab: Lab, name: str = "online") -> None:
    """Connect the lab's tenant, as two applications: one reads, one writes."""
    backup, restore, _ = lab.cloud.applications
    ca = strongroom.folder / "ca.pem"
    ca.write_bytes(lab.ca_pem)
    endpoints = strongroom.folder / "endpoints.json"
    endpoints.write_text(json.dumps(lab.cloud.endpoints))
    strongroom(
        "connection", "add", "sharepoint-online", name,
        "--url", f"{lab.cloud.sites.url}/sites/marketing",
        "--tenant", lab.cloud.tenant.id, "--endpoints", endpoints, "--ca-file", ca,
        "--client-id", backup.client_id,
        "--certificate", strongroom.secret("backup.pem", backup.certificate),
        "--restore-client-id", restore.client_id,
        "--restore-certificate", strongroom.secret("restore.pem", restore.certificate),
    )  # fmt: skip


def connect_farm(strongroom: Strongroom, lab: Lab, name: str = "farm") -> None:
    """Connect the lab's farm by an account of its own."""
    lab.estate.add_account(FARM_USER, password=FARM_PASSWORD)
    ca = strongroom.folder / "ca.pem"
    ca.write_bytes(lab.ca_pem)
    strongroom(
        "connection", "add", "sharepoint-onprem", name, "--url", f"{lab.url}/sites/marketing",
        "--user", FARM_USER, "--auth", "ntlm",
        "--account-password-file", strongroom.secret("sites-password", FARM_PASSWORD),
        "--ca-file", ca,
    )  # fmt: skip


def collection(face: SharePointFace, path: str = "/sites/marketing") -> SiteCollection:
    """Give what is in a site collection."""
    found = face.content.collection(path)
    assert found is not None
    return found


def seeded(face: SharePointFace, amounts: Amounts | None = None) -> Seeded:
    """Fill the marketing site."""
    site = collection(face)
    with site.lock:
        return fill(site, amounts)


def documents(folder: Path) -> list[Path]:
    """List the files that restic gave, without those that are ours."""
    ours = {"README.txt", "site.json", "coverage.json", "hierarchy-cursor.json"}
    return [
        one
        for one in folder.rglob("*")
        if one.is_file() and ".items" not in one.parts and one.name not in ours
    ]
