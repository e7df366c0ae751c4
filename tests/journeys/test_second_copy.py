"""A second copy: made, restored from, and the lost first one brought back, with restic as judge."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from strongroom.lab.lab import Wishes
from tests.fakes.object_stores import S3Service
from tests.journeys.conftest import OpenLab
from tests.journeys.support import InProcess
from tests.journeys.test_object_stores import (
    EMPTY,
    a_mailbox,
    add,
    contents,
    credentials_file,
    job,
    judged,
    restics,
    s3_url,
)

pytestmark = pytest.mark.in_process


def judge_folder(program: InProcess, storage: str, folder: Path) -> None:
    """Let each restic read everything that is in the repositories of a storage in a folder."""
    for one in program("storage", "stats", storage):
        for restic_program in restics():
            place = folder / "repositories" / one["kind"] / one["id"]
            password = program.storage_password.read_text()
            restic = restic_program.on(place, RESTIC_PASSWORD=password)
            restic("check", "--read-data")
            assert len(json.loads(restic("snapshots", "--json"))) == one["points"]


def test_a_lost_storage_comes_back_from_its_copy_in_a_bucket(
    strongroom: InProcess, open_lab: OpenLab, s3_service: S3Service, tmp_path: Path
) -> None:
    lab = open_lab(Wishes(seed=3))
    bucket, file = s3_service.new_bucket(), credentials_file(strongroom, s3_service)
    primary = tmp_path / "primary"
    add(strongroom, "first", str(primary))
    mailbox = a_mailbox(lab)
    job(strongroom, "nightly", "first", mailbox.address)
    strongroom("job", "run", "nightly", "--wait")
    made = strongroom(
        "storage", "replicate", "first", s3_url(s3_service, bucket), "--as", "far",
        "--credentials-file", file, "--wait",
    )  # fmt: skip
    assert (made["kind"], made["status"]) == ("replicate", "complete")
    judged(strongroom, s3_service, "far", f"{bucket}/backups")
    known = {one["name"]: one["whole_as_of"] for one in strongroom("storage", "copies", "far")}
    assert known.keys() == {"first", "far"}
    assert known["far"] is not None

    shutil.rmtree(primary)
    words = ("--connection", "lab", "--to", EMPTY, "--folder", "Back", "--wait")
    back = strongroom("restore", "far", mailbox.address, *words)
    assert back["status"] == "complete", back
    empty = lab.estate.mailbox(EMPTY)
    assert empty is not None
    assert contents(empty, "Back") == contents(mailbox)

    brought = strongroom("storage", "replicate", "far", str(primary), "--wait")
    assert brought["status"] == "complete"
    judge_folder(strongroom, "first", primary)
    again = strongroom("job", "run", "nightly", "--wait")
    assert again["status"] == "complete"
    assert again["totals"]["saved"] == 0, "no full backup"
    added = strongroom("job", "add", "replicate", "offsite", "--storage", "first", "--to", "far")
    assert added["to"] == "far"
    ran = strongroom("job", "run", "offsite", "--wait")
    assert ran["status"] == "complete"
    assert 0 < ran["totals"]["saved"] < made["totals"]["saved"]
    judged(strongroom, s3_service, "far", f"{bucket}/backups")
    assert len(strongroom("points", "far")) == len(strongroom("points", "first")) == 2


@pytest.mark.soak
def test_a_new_home_adopts_both_places(
    strongroom: InProcess, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = open_lab(Wishes(seed=3))
    add(strongroom, "first", str(tmp_path / "one"))
    job(strongroom, "nightly", "first", a_mailbox(lab).address)
    strongroom("job", "run", "nightly", "--wait")
    strongroom("storage", "replicate", "first", str(tmp_path / "two"), "--wait")
    judge_folder(strongroom, "first-copy", tmp_path / "two")
    strongroom("job", "remove", "nightly")
    for name in ("first", "first-copy"):
        strongroom("storage", "remove", name)
    for name in ("two", "one"):
        added = add(strongroom, name, str(tmp_path / name))
        assert added["recovery_key"] is None
    assert strongroom("points", "one") == strongroom("points", "two") != []
    known = {one["name"]: one["is_copy"] for one in strongroom("storage", "copies", "one")}
    assert known == {"one": False, "two": True}
    done = strongroom("storage", "replicate", "one", "two", "--wait")
    assert (done["status"], done["totals"]["saved"]) == ("complete", 0)


@pytest.mark.soak
@pytest.mark.parametrize("mode", ["governance", "compliance"])
def test_a_storage_in_a_locked_bucket_says_until_when_and_outlives_an_attack(
    strongroom: InProcess, open_lab: OpenLab, s3_service: S3Service, mode: str
) -> None:
    lab = open_lab(Wishes(seed=3))
    bucket, file = s3_service.new_bucket(locks=True), credentials_file(strongroom, s3_service)
    add(strongroom, "cloud", s3_url(s3_service, bucket), "--credentials-file", file)
    kept = strongroom(
        "storage", "protect", "cloud", "--lock-mode", mode, "--lock-days", "30", "--append-only"
    )
    assert (kept["lock_mode"], kept["lock_days"], kept["append_only"]) == (mode, 30, True)
    job(strongroom, "nightly", "cloud", a_mailbox(lab).address)
    strongroom("job", "run", "nightly", "--wait")
    (point,) = strongroom("points", "cloud")
    assert point["locked_until"] > point["time"]

    attacker, refused = s3_service.client(), 0
    for one in attacker.list_object_versions(Bucket=bucket)["Versions"]:
        attacker.delete_object(Bucket=bucket, Key=one["Key"])
        try:
            attacker.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
        except attacker.exceptions.ClientError:
            refused += 1
    assert refused > 8
    assert strongroom.run("points", "cloud").code == 2
    back = strongroom("storage", "undelete", "cloud")
    assert back["undeleted"] > 8
    assert [one["id"] for one in strongroom("points", "cloud")] == [point["id"]]
    checked = strongroom("storage", "check", "cloud", "--read-data")
    assert checked["problems"] == []
    judged(strongroom, s3_service, "cloud", f"{bucket}/backups")
