"""The audit log tells where a storage was sought, and not what somebody wrote into the URL."""

from __future__ import annotations

import pytest

from strongroom.service.told_urls import told_url
from tests.fakes.marked import MARK


@pytest.mark.parametrize(
    "url",
    [
        "/srv/backups",
        "file:///srv/backups",
        "C:\\backups",
        "memory:new",
        "s3://bucket/x?endpoint=https://minio:9000&region=eu-1",
        "az://container/x?account=acme",
    ],
)
def test_a_url_without_secrets_is_told_as_it_is(url: str) -> None:
    assert told_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        f"s3://me:{MARK}@bucket/x?region=eu-1",
        f"az://container/x?account=acme&sig={MARK}",
        f"az://container/x?{MARK}",
        f"s3://bucket/x#{MARK}",
        f"s3://bucket/x?region=eu-1#{MARK}",
        f"s3://bucket/x?endpoint=https://me:{MARK}@host",
        f"s3://bucket/x?endpoint=https://host?sig={MARK}",
        f"s3://bucket/x?endpoint=https%3A//me%3A{MARK}@host",
        f"s3://[{MARK}@bucket/x",
    ],
)
def test_whatever_may_be_a_secret_in_a_url_is_left_out(url: str) -> None:
    assert MARK not in told_url(url)
