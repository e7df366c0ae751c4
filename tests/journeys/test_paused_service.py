"""A service that is killed while a run is paused, seen from the command line alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.fakes.marked import canary
from tests.journeys.forked import Running
from tests.journeys.support import Strongroom

LARGE = "large@lab.example"
ITEMS = 12


@contextmanager
def service(strongroom: Strongroom) -> Iterator[Running]:
    """Run the service until it says that it answers; it is killed at the end of the block."""
    with strongroom.start("serve", "--json") as running:
        assert running.stdout.readline(), "it says where it answers"
        try:
            yield running
        finally:
            running.kill()


@pytest.fixture
def lab() -> Iterator[Lab]:
    load = Load(address=LARGE, items=ITEMS, item_bytes=1024)
    with Lab(Wishes(seed=2, loads=(load,))) as running:
        yield running


def connect(strongroom: Strongroom, lab: Lab, folder: Path) -> str:
    """Connect to the lab's tenant by the secret of its application; say the application's id."""
    known = next(one for one in lab.cloud.applications if one.name == "Strongroom backup")
    (folder / "ca.pem").write_bytes(lab.ca_pem)
    (folder / "endpoints.json").write_text(json.dumps(lab.cloud.endpoints))
    strongroom(
        "connection", "add", "exchange-online", "office", "--tenant", lab.cloud.tenant.id,
        "--client-id", known.client_id, "--client-secret-file",
        strongroom.secret("secret", known.secret), "--endpoints", folder / "endpoints.json",
        "--ca-file", folder / "ca.pem", "--with-ews",
    )  # fmt: skip
    strongroom.add_storage()
    strongroom(
        "job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
        "--resource", LARGE,
    )  # fmt: skip
    return known.client_id


def test_a_killed_service_leaves_its_paused_run_as_it_is_and_a_person_goes_on(
    strongroom: Strongroom, lab: Lab, tmp_path: Path
) -> None:
    client_id = connect(strongroom, lab, tmp_path)
    directory, tenant = lab.cloud.directory, lab.cloud.tenant
    with directory.lock:
        tenant.expire_secrets(tenant.applications[client_id])

    with service(strongroom):
        run_id = strongroom("job", "run", "nightly")["id"]
        watched = strongroom.run("run", "watch", run_id)
        assert watched.code == 2, watched
        assert "client secret has expired" in watched.stdout
        assert f"strongroom run resume {run_id}" in watched.stdout

    assert strongroom("run", "show", run_id)["status"] == "paused"
    with service(strongroom):
        assert strongroom("run", "show", run_id)["status"] == "paused"
        with directory.lock:
            assert [deed.refusal for deed in directory.deeds] == ["7000222"], (
                "tried once, by asking"
            )
            new = canary("a secret that was made anew")
            tenant.add_secret(tenant.applications[client_id], new)
        strongroom(
            "connection", "edit", "office", "--client-secret-file", strongroom.secret("new", new)
        )
        strongroom("run", "resume", run_id)
        ended = strongroom.run("run", "watch", run_id)
        assert ended.code == 0, ended
    document = strongroom("run", "show", run_id)
    assert (document["status"], document["totals"]["saved"]) == ("complete", ITEMS)
