"""URLs of object stores: read strictly, kept in one form, and never with a secret in them."""

from __future__ import annotations

import pytest

from strongroom.compose.object_urls import ObjectPlace, is_object_url, object_place
from strongroom.errors import OperatorError
from tests.fakes.marked import MARK


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("s3://bucket/a/b?region=eu-central-1", "s3://bucket/a/b?region=eu-central-1"),
        (
            "S3://bucket//a/b/?region=eu-west-1&endpoint=https://S3.Example.net:443/",
            "s3://bucket/a/b?endpoint=https://s3.example.net&region=eu-west-1",
        ),
        ("s3://bucket?endpoint=https://minio:9000", "s3://bucket?endpoint=https://minio:9000"),
        ("s3://bucket?endpoint=http%3A//[::1]:9000", "s3://bucket?endpoint=http://[::1]:9000"),
        ("s3://b.c/%61+b?region=eu-1", "s3://b.c/a+b?region=eu-1"),
        ("az://container/x?account=acme", "az://container/x?account=acme"),
        (
            "az://c-1/x?account=acme&endpoint=http://127.0.0.1:10000/acme",
            "az://c-1/x?account=acme&endpoint=http://127.0.0.1:10000/acme",
        ),
        ("gs://my_bucket/x/", "gs://my_bucket/x"),
    ],
)
def test_a_url_is_kept_in_one_form_that_is_read_as_the_same_place(url: str, kept: str) -> None:
    place = object_place(url)
    assert place.url == kept
    assert object_place(kept) == place


def test_each_part_of_a_url_has_its_place() -> None:
    assert object_place("az://box/in/it?account=acme&endpoint=https://x.example") == ObjectPlace(
        cloud="az", bucket="box", folder="in/it", account="acme", endpoint="https://x.example"
    )


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("s3://bucket/x", "region"),
        ("az://container/x", "account is missing"),
        ("az://container/x?account=Acme_1", "account"),
        ("s3://Bucket/x?region=eu-1", "small letters"),
        ("s3:///x?region=eu-1", "bucket"),
        ("s3://bucket:9000/x?region=eu-1", "no server"),
        ("s3://bucket:x/x?region=eu-1", "not written"),
        ("s3://[bucket/x?region=eu-1", "not written"),
        ("s3://buck\u2100et/x?region=eu-1", "not written"),
        (" s3://bucket/x", "region"),
        ("s3://bucket/a/../b?region=eu-1", "folder"),
        ("s3://bucket/a%2Fb?region=eu-1", "folder"),
        ("s3://bucket/a b?region=eu-1", "folder"),
        ("s3://bucket/x?region=eu-1&region=eu-2", "twice"),
        ("s3://bucket/x?region=eu/1", "region"),
        ("s3://bucket/x?region=eu-1&style=path", "not known"),
        ("s3://bucket/x?region=eu-1#part", "'#'"),
        ("gs://bucket/x?endpoint=ftp://host", "no server"),
        ("gs://bucket/x?endpoint=https://host/path", "no server"),
        ("gs://bucket/x?endpoint=https://host%3Fa=b", "query of its own"),
        ("gs://bucket/x?endpoint=http://10.0.0.7:9000", "listens on the way"),
        ("gs://bucket/x?endpoint=http://127.0.0.1.example", "listens on the way"),
        ("gs://bucket/x?endpoint=http://localhost.example", "listens on the way"),
    ],
)
def test_what_cannot_be_used_is_said_with_what_to_write(url: str, why: str) -> None:
    assert is_object_url(url)
    with pytest.raises(OperatorError, match="cannot be used") as caught:
        object_place(url)
    assert why in caught.value.why
    assert caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        f"s3://me:{MARK}@bucket/x?region=eu-1",
        f"s3://{MARK}@bucket/x?region=eu-1",
        f"az://container/x?account=acme&sig={MARK}",
        f"az://container/x?account=acme&sv=2024-01-01&se={MARK}",
        f"s3://bucket/x?region=eu-1&secret_access_key={MARK}",
        f"s3://bucket/x?region=eu-1&X-Amz-Security-Token={MARK}",
        f"gs://bucket/x?endpoint=https://me:{MARK}@host",
    ],
)
def test_a_secret_in_a_url_is_refused_with_what_to_do_and_never_told(url: str) -> None:
    with pytest.raises(OperatorError, match="looks like a secret") as caught:
        object_place(url)
    error = caught.value
    assert MARK not in f"{error} {error.hint}"
    assert "--credentials-file" in error.hint
