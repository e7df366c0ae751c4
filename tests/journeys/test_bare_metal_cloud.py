"""The machine is gone and the storage lies in a bucket: its URL and two secrets are enough."""

from __future__ import annotations

import pytest

from strongroom.lab.lab import ADMINISTRATOR, Wishes
from tests.fakes.object_stores import S3Service
from tests.journeys.conftest import OpenLab
from tests.journeys.support import InProcess
from tests.journeys.test_bare_metal import lose_the_machine
from tests.journeys.test_object_stores import (
    EMPTY,
    a_mailbox,
    add,
    contents,
    credentials_file,
    job,
    s3_url,
)

pytestmark = [pytest.mark.in_process, pytest.mark.soak]


def test_it_is_adopted_and_the_home_comes_back_out_of_the_bucket(
    strongroom: InProcess, open_lab: OpenLab, s3_service: S3Service
) -> None:
    lab = open_lab(Wishes(seed=3))
    mailbox = a_mailbox(lab)
    url, old = s3_url(s3_service, s3_service.new_bucket()), credentials_file(strongroom, s3_service)
    added = add(strongroom, "cloud", url, "--credentials-file", old)
    job(strongroom, "nightly", "cloud", mailbox.address)
    assert strongroom("job", "run", "nightly", "--wait")["status"] == "complete"
    points = strongroom("points", "cloud")
    strongroom("home", "backup", "cloud")
    key = strongroom.secret("recovery-key", added["recovery_key"])
    file = credentials_file(strongroom, s3_service, "another.json")
    old.unlink()
    words = ("--recovery-key-file", key, "--credentials-file", file)
    restore = (
        "restore", "cloud", mailbox.address, "--connection", "lab", "--to", EMPTY, "--wait",
    )  # fmt: skip
    empty = lab.estate.mailbox(EMPTY)
    assert empty is not None

    bare = lose_the_machine(strongroom)
    assert bare("storage", "adopt", "cloud", url, *words)["credentials"] == "access-key"
    assert bare("points", "cloud") == points
    authority = bare.folder / "ca.pem"
    bare.connect(lab.ews_url, authority, ADMINISTRATOR, lab.admin_password)
    assert bare(*restore, "--folder", "Adopted")["status"] == "complete"
    assert contents(empty, "Adopted") == contents(mailbox)

    back = lose_the_machine(bare)
    found = back("home", "restore", url, *words)
    assert (found["connections"], found["storages"], found["jobs"]) == (
        ["lab"],
        ["cloud", "disk"],
        ["nightly"],
    )
    assert back("job", "run", "nightly", "--wait")["status"] == "complete"
    assert len(back("points", "cloud")) == 2
    assert back(*restore, "--folder", "Back")["status"] == "complete"
    assert contents(empty, "Back") == contents(mailbox)
    checked = back("storage", "check", "cloud", "--read-data")
    assert (checked["problems"], checked["broken_promises"]) == ([], [])
