"""Backups in object stores: from a mailbox into a bucket and back, with restic as the judge."""

from __future__ import annotations

import json
import ssl
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import trustme

from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import Lab, Wishes
from strongroom.store.layers import retrying
from tests.fakes.marked import MARK, register
from tests.fakes.object_store_doors import S3Door, moto, s3_door
from tests.fakes.object_stores import ACCOUNT, AzureService, GcsService, S3Service, served
from tests.fakes.restics import ResticProgram, machines_own, newest
from tests.journeys.conftest import OpenLab
from tests.journeys.support import InProcess

pytestmark = pytest.mark.in_process

REGION = "eu-central-1"
EMPTY = "empty@lab.example"


def s3_url(service: S3Service | S3Door, bucket: str, folder: str = "backups") -> str:
    return f"s3://{bucket}/{folder}?endpoint={service.endpoint}&region={REGION}"


def credentials_file(program: InProcess, service: S3Service, name: str = "s3.json") -> Path:
    fields = {
        "access_key_id": service.credentials.access_key_id,
        "secret_access_key": service.credentials.secret_access_key,
    }
    return program.secret(name, json.dumps(fields))


def add(program: InProcess, name: str, url: str, *more: object) -> Any:
    words = ("--password-file", program.storage_password, *more)
    return program("storage", "add", name, url, *words)


def contents(mailbox: Mailbox, *below: str) -> Counter[tuple[tuple[str, ...], str, str]]:
    """Count items by folder, class and subject, as the estate itself has them."""
    top = mailbox.folder_by_role("msgfolderroot")
    for name in below:
        child = top.child(name)
        assert child is not None, name
        top = child
    return Counter(
        (folder.path[len(top.path) :], item.item_class, item.subject)
        for folder in top.descendants()
        for item in folder.items
    )


def a_mailbox(lab: Lab) -> Mailbox:
    """Choose the smallest one of which every folder's name can be written on every server."""
    fit = [
        one
        for one in lab.estate.mailboxes
        if len(one.items) > 5 and all("".join(path).isprintable() for path, _, _ in contents(one))
    ]
    return min(fit, key=lambda one: len(one.items))


def job(program: InProcess, name: str, storage: str, address: str) -> None:
    words = ("--connection", "lab", "--storage", storage, "--resource", address)
    program("job", "add", "backup", name, *words)


def there_and_back(program: InProcess, lab: Lab, storage: str) -> None:
    """Back a mailbox up into a storage that is added, check, restore, and compare."""
    mailbox = a_mailbox(lab)
    job(program, "nightly", storage, mailbox.address)
    saved = program("job", "run", "nightly", "--wait")
    assert saved["status"] == "complete"
    assert saved["totals"]["saved"] > 0
    checked = program("storage", "check", storage, "--read-data")
    assert (checked["problems"], checked["broken_promises"]) == ([], [])
    words = ("--connection", "lab", "--to", EMPTY, "--folder", "Back", "--wait")
    back = program("restore", storage, mailbox.address, *words)
    assert back["status"] == "complete", back
    empty = lab.estate.mailbox(EMPTY)
    assert empty is not None
    assert contents(empty, "Back") == contents(mailbox)


def restics() -> list[ResticProgram]:
    found = [one for one in (machines_own(), newest()) if one is not None]
    if not found:
        pytest.skip("NOT SHOWN: no restic is here, so it judged nothing")
    return found


def judged(program: InProcess, service: S3Service, storage: str, place: str) -> None:
    """Let each restic read everything that is in the repositories of a storage in a bucket."""
    key = service.credentials
    file = program.secret(
        "restic-credentials",
        f"[default]\naws_access_key_id={key.access_key_id}\n"
        f"aws_secret_access_key={key.secret_access_key}\n",
    )
    for one in program("storage", "stats", storage):
        for restic_program in restics():
            restic = restic_program.on(
                f"s3:{service.endpoint}/{place}/repositories/{one['kind']}/{one['id']}",
                AWS_SHARED_CREDENTIALS_FILE=str(file),
                AWS_DEFAULT_REGION=REGION,
                RESTIC_PASSWORD=program.storage_password.read_text(),
            )
            restic("check", "--read-data")
            assert len(json.loads(restic("snapshots", "--json"))) == one["points"]


def test_a_mailbox_goes_into_a_bucket_of_s3_and_back_and_restic_agrees(
    strongroom: InProcess, open_lab: OpenLab, s3_service: S3Service
) -> None:
    lab = open_lab(Wishes(seed=3))
    bucket = s3_service.new_bucket()
    file = credentials_file(strongroom, s3_service)
    added = add(strongroom, "cloud", s3_url(s3_service, bucket), "--credentials-file", file)
    assert (added["credentials"], added["broken_promises"]) == ("access-key", [])
    there_and_back(strongroom, lab, "cloud")
    judged(strongroom, s3_service, "cloud", f"{bucket}/backups")
    names = [one["Key"] for one in s3_service.client().list_objects_v2(Bucket=bucket)["Contents"]]
    assert all(name.startswith("backups/") for name in names)
    assert not any("probe" in name for name in names)


def test_two_storages_in_one_bucket_know_nothing_of_each_other(
    strongroom: InProcess, open_lab: OpenLab, s3_service: S3Service
) -> None:
    lab = open_lab(Wishes(seed=3))
    bucket, file = s3_service.new_bucket(), credentials_file(strongroom, s3_service)
    mailbox = a_mailbox(lab)
    for name in ("one", "two"):
        url = s3_url(s3_service, bucket, name)
        add(strongroom, name, url, "--credentials-file", file)
        job(strongroom, f"into-{name}", name, mailbox.address)
    refused = strongroom.run(
        "storage", "add", "all", s3_url(s3_service, bucket, ""),
        "--credentials-file", file, "--password-file", strongroom.storage_password,
    )  # fmt: skip
    assert refused.code == 2
    assert "not empty" in refused.stderr
    assert strongroom("job", "run", "into-two", "--wait")["status"] == "complete"
    assert strongroom("storage", "stats", "one") == []
    assert len(strongroom("storage", "stats", "two")) == 1
    strongroom("job", "remove", "into-two")
    strongroom("storage", "remove", "two")
    again = add(strongroom, "two", s3_url(s3_service, bucket, "two"), "--credentials-file", file)
    assert again["recovery_key"] is None, "it is adopted"
    assert len(strongroom("points", "two")) == 1


def test_a_wrong_key_is_refused_with_why_and_what_to_do(
    strongroom: InProcess, s3_service: S3Service
) -> None:
    bucket = s3_service.new_bucket()
    fields = {"access_key_id": "AKWRONG", "secret_access_key": f"{MARK}-wrong"}
    wrong = strongroom.secret("wrong.json", json.dumps(fields))
    with s3_door(s3_service) as door:
        words = ("--credentials-file", wrong, "--password-file", strongroom.storage_password)
        ended = strongroom.run("storage", "add", "cloud", s3_url(door, bucket), *words)
        assert (ended.code, ended.stdout) == (2, "")
        assert "403 InvalidAccessKeyId" in ended.stderr
        assert "credentials" in ended.stderr
        assert strongroom("storage", "list") == []

        right = credentials_file(strongroom, s3_service)
        add(strongroom, "cloud", s3_url(door, bucket), "--credentials-file", right)
        assert strongroom.run("storage", "edit", "cloud", "--credentials-file", wrong).code == 2
        assert strongroom("storage", "stats", "cloud") == [], "what was kept still is"
        assert strongroom("storage", "edit", "cloud", "--credentials-file", right)["edited"]
        door.known = "AKOTHER"
        ended = strongroom.run("storage", "stats", "cloud")
    assert ended.code == 2
    assert "'cloud' cannot be opened" in ended.stderr
    assert "403 InvalidAccessKeyId" in ended.stderr


def test_a_secret_in_a_url_goes_nowhere(strongroom: InProcess, s3_service: S3Service) -> None:
    url = f"{s3_url(s3_service, 'bucket')}&sig={MARK}"
    ended = strongroom.run("storage", "probe", url)
    assert ended.code == 2
    assert "looks like a secret" in ended.stderr
    told = repr(strongroom("audit", "list"))
    assert "sig=…" in told
    assert MARK not in told + ended.stderr


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for an object store that is away."""
    monkeypatch.setattr(retrying, "TRIES_TO_REACH", 1)
    monkeypatch.setattr(retrying, "next_wait_s", lambda *_, **__: 0.0)


@pytest.mark.usefixtures("impatient")
def test_nobody_at_the_endpoint_is_exit_5_and_a_run_ends_so_that_it_goes_on(
    strongroom: InProcess, open_lab: OpenLab, s3_service: S3Service
) -> None:
    lab = open_lab(Wishes(seed=3))
    bucket, file = s3_service.new_bucket(), credentials_file(strongroom, s3_service)
    with s3_door(s3_service) as door:
        add(strongroom, "cloud", s3_url(door, bucket), "--credentials-file", file)
        job(strongroom, "nightly", "cloud", a_mailbox(lab).address)
        with door.shut_meanwhile():
            assert strongroom.run("storage", "stats", "cloud").code == 5
            failed = strongroom("job", "run", "nightly", "--wait", expect=5)
            assert failed["status"] == "failed"
            assert "object store" in json.dumps(failed["error"])
        door.dies_at_write = 8
        broken = strongroom("job", "run", "nightly", "--wait", expect=5)
        assert broken["status"] == "failed"
        assert door.dies_at_write == 0, "it was at work"
        assert strongroom.run("points", "cloud").code == 5
        door.open_again()
        assert strongroom("points", "cloud") == [], "nothing looks like a backup that is none"
        assert strongroom("job", "run", "nightly", "--wait")["status"] == "complete"
        assert strongroom("storage", "check", "cloud", "--read-data")["problems"] == []


def test_a_server_that_writes_over_what_is_there_gets_no_storage(
    strongroom: InProcess, s3_service: S3Service
) -> None:
    bucket, file = s3_service.new_bucket(), credentials_file(strongroom, s3_service)
    with s3_door(s3_service) as door:
        door.loses_conditions = True
        url, words = s3_url(door, bucket), ("--credentials-file", file)
        probed = strongroom("storage", "probe", url, *words, expect=4)
        assert any("written over" in one for one in probed["broken_promises"])
        password = ("--password-file", strongroom.storage_password)
        ended = strongroom.run("storage", "add", "cloud", url, *words, *password)
    assert ended.code == 2
    assert "written over" in ended.stderr
    assert "Contents" not in s3_service.client().list_objects_v2(Bucket=bucket)


def test_a_server_with_an_authority_of_its_own_is_believed_once_that_is_given(
    strongroom: InProcess, s3_service: S3Service
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    pem = strongroom.folder / "authority.pem"
    authority.cert_pem.write_to_path(str(pem))
    file = credentials_file(strongroom, s3_service)
    with served(moto(), tls=context) as origin:
        url = f"s3://{s3_service.new_bucket()}/backups?endpoint={origin}"
        words = ("--credentials-file", file)
        refused = strongroom.run("storage", "probe", url, *words)
        assert refused.code == 5
        assert "cannot prove its name" in refused.stderr
        add(strongroom, "cloud", url, *words, "--ca-file", pem)
        assert strongroom("storage", "stats", "cloud") == []
        assert strongroom.run("storage", "edit", "cloud", *words).code == 5, "without it"
        assert strongroom("storage", "edit", "cloud", *words, "--ca-file", pem)["edited"]


def test_a_bucket_in_which_nothing_may_be_deleted_is_said_to_be_one(
    strongroom: InProcess, s3_service: S3Service
) -> None:
    bucket, file = s3_service.new_bucket(), credentials_file(strongroom, s3_service)
    with s3_door(s3_service) as door:
        door.may_delete = False
        added = add(strongroom, "cloud", s3_url(door, bucket), "--credentials-file", file)
        assert added["broken_promises"] == []
        assert any("Nothing can be deleted" in one for one in added["notes"])
        checked = strongroom("storage", "check", "cloud")
        assert checked["problems"] == []
        assert any("Nothing can be deleted" in one for one in checked["notes"])


def test_a_lost_password_is_replaced_in_a_bucket_as_well(
    strongroom: InProcess, s3_service: S3Service
) -> None:
    bucket, file = s3_service.new_bucket(), credentials_file(strongroom, s3_service)
    url = s3_url(s3_service, bucket)
    added = add(strongroom, "cloud", url, "--credentials-file", file)
    register("recovery key of a storage in a bucket", added["recovery_key"])
    key = strongroom.secret("recovery-key", added["recovery_key"])
    words = ("--recovery-key-file", key, "--password-file", strongroom.storage_password)
    recovered = strongroom("storage", "recover", url, *words, "--credentials-file", file)
    assert (recovered["id"], recovered["problems"]) == (added["id"], [])


@pytest.mark.soak
def test_a_mailbox_goes_into_a_container_of_azure_and_back(
    strongroom: InProcess, open_lab: OpenLab, azure_service: AzureService
) -> None:
    lab = open_lab(Wishes(seed=3))
    container = azure_service.new_bucket()
    key = json.dumps({"account_key": azure_service.credentials.account_key})
    file = strongroom.secret("azure.json", key)
    url = f"az://{container}/backups?account={ACCOUNT}&endpoint={azure_service.endpoint}"
    assert add(strongroom, "cloud", url, "--credentials-file", file)["credentials"] == "account-key"
    there_and_back(strongroom, lab, "cloud")


@pytest.mark.soak
def test_a_mailbox_goes_into_a_bucket_of_google_and_back_with_what_the_machine_has(
    strongroom: InProcess,
    open_lab: OpenLab,
    gcs_service: GcsService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = open_lab(Wishes(seed=3))
    file = strongroom.secret("google.json", gcs_service.credentials.service_account_json)
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(file))
    url = f"gs://{gcs_service.new_bucket()}/backups?endpoint={gcs_service.endpoint}"
    assert add(strongroom, "cloud", url)["credentials"] == "ambient"
    there_and_back(strongroom, lab, "cloud")
