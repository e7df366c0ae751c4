"""A storage in a bucket behind a running service: who asks it has no credentials of their own."""

from __future__ import annotations

import json

import pytest

from tests.fakes.marked import MARK
from tests.fakes.object_store_doors import s3_door
from tests.fakes.object_stores import REGION, S3Service
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom
from tests.journeys.test_service import LARGE, WISHES, service

pytestmark = pytest.mark.soak


def test_a_service_reaches_a_bucket_with_what_it_was_once_given(
    strongroom: Strongroom, open_lab: OpenLab, s3_service: S3Service
) -> None:
    key = s3_service.credentials
    fields = {"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key}
    file = strongroom.secret("s3.json", json.dumps(fields))
    password = ("--password-file", strongroom.storage_password)
    with s3_door(s3_service) as door:
        url = f"s3://{s3_service.new_bucket()}/backups?endpoint={door.endpoint}&region={REGION}"
        with service(strongroom):
            open_lab(WISHES)
            added = strongroom("storage", "add", "cloud", url, *password,
                               "--credentials-file", file)  # fmt: skip
            assert added["credentials"] == "access-key"
        file.unlink()
        with service(strongroom):
            strongroom("job", "add", "backup", "nightly", "--connection", "lab", "--storage",
                       "cloud", "--resource", LARGE)  # fmt: skip
            ran = strongroom("job", "run", "nightly", "--wait")
            assert (ran["status"], ran["totals"]["saved"]) == ("complete", 40)
            assert strongroom("verify", "cloud")[0]["problems"] == []
            door.known = "AKANOTHER"
            failed = strongroom("job", "run", "nightly", "--wait", expect=2)
            assert "InvalidAccessKeyId" in json.dumps(failed["error"])
            door.known = key.access_key_id
            assert strongroom("job", "run", "nightly", "--wait")["status"] == "complete"
            assert MARK not in json.dumps(strongroom("run", "show", failed["id"]))
