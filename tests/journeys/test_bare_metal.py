"""The machine is gone: a new one has the storage's URL and the recovery key, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom
from tests.journeys.test_round_trip import contents, fullest

pytestmark = pytest.mark.in_process


@pytest.fixture
def lab(open_lab: OpenLab) -> Lab:
    return open_lab(Wishes(seed=3))


def recovery_key_file(strongroom: Strongroom) -> Path:
    made = strongroom("storage", "recovery-key", "new", "disk")
    return strongroom.secret("recovery-key", made["recovery_key"])


def lose_the_machine(strongroom: Strongroom) -> Strongroom:
    """Delete the old home; give the program with one that is not there yet."""
    shutil.rmtree(strongroom.home)
    fresh = type(strongroom)(strongroom.folder)
    fresh.home = strongroom.folder / "another machine"
    return fresh


def restored(strongroom: Strongroom, lab: Lab, mailbox: Any) -> None:
    """Have a mailbox restored into the empty one, and compare what came back."""
    before = contents(mailbox)
    assert sum(before.values()) > 20
    back = strongroom(
        "restore", "disk", mailbox.address, "--connection", "lab", "--to", "empty@lab.example",
        "--folder", "Back", "--wait",
    )  # fmt: skip
    assert back["status"] == "complete", back
    empty = lab.estate.mailbox("empty@lab.example")
    assert empty is not None
    assert contents(empty, "Back") == before


def test_url_and_recovery_key_bring_back_every_restore_point_and_a_mailbox(
    strongroom: Strongroom, lab: Lab, tmp_path: Path
) -> None:
    key = recovery_key_file(strongroom)
    mailbox = fullest(lab)
    strongroom.back_up("one", mailbox.address)
    other = next(one for one in lab.estate.mailboxes if one.items and one is not mailbox)
    strongroom.back_up("later", other.address)
    known = [(one["id"], one["resource"]) for one in strongroom("points", "disk")]
    place = strongroom.folder / "storage-disk"

    fresh = lose_the_machine(strongroom)
    fresh("storage", "adopt", "disk", place, "--recovery-key-file", key)
    assert [(one["id"], one["resource"]) for one in fresh("points", "disk")] == known
    assert {resource for _, resource in known} == {mailbox.address, other.address}
    fresh.connect(lab.ews_url, tmp_path / "ca.pem", ADMINISTRATOR, lab.admin_password)
    restored(fresh, lab, mailbox)


def test_the_homes_copy_brings_back_connections_and_jobs_without_a_credential_typed(
    strongroom: Strongroom, lab: Lab
) -> None:
    key = recovery_key_file(strongroom)
    mailbox = fullest(lab)
    strongroom.back_up("one", mailbox.address)
    strongroom("home", "backup", "disk")
    place = strongroom.folder / "storage-disk"

    fresh = lose_the_machine(strongroom)
    (strongroom.folder / "lab-password").unlink()
    back = fresh("home", "restore", place, "--recovery-key-file", key)
    assert (back["connections"], back["storages"], back["jobs"]) == (["lab"], ["disk"], ["one"])
    fresh("connection", "test", "lab")
    assert fresh("job", "run", "one", "--wait")["status"] == "complete"
    assert len(fresh("points", "disk")) == 2
    restored(fresh, lab, mailbox)
