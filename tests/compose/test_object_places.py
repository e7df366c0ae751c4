"""A storage's URL and its credentials become a bucket that is opened with just that."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from strongroom.compose import real_ports
from strongroom.compose.storages import open_backend
from strongroom.errors import OperatorError, TransientError
from strongroom.service.storage_access import Access
from strongroom.store import objects
from strongroom.store.files import TEMPORARY
from strongroom.store.objects import AzureCredentials, S3Credentials
from strongroom.vault.secret import Secret
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary
from tests.fakes.memory_backend import MemoryBackend

Opened = list[tuple[str, tuple[Any, ...], Mapping[str, Any]]]
PEM = "-----BEGIN CERTIFICATE-----"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Take note of what is opened, in place of opening it."""
    found: Opened = []
    for name in ("s3_backend", "azure_backend", "gcs_backend"):

        def note(*args: Any, _name: str = name, **kwargs: Any) -> MemoryBackend:
            found.append((_name, args, kwargs))
            return MemoryBackend()

        monkeypatch.setattr(objects, name, note)
    return found


def access(**fields: str) -> Access:
    return Access(credentials=Secret(json.dumps(fields)), ca_pem=PEM)


def test_a_bucket_of_s3(opened: Opened) -> None:
    open_backend(
        "s3://acme/a/b?endpoint=https://minio:9000",
        access(access_key_id="A", secret_access_key="b", session_token="c"),
    )
    ((name, args, more),) = opened
    assert (name, args) == ("s3_backend", ("acme", "a/b"))
    assert more == {
        "region": "us-east-1",
        "endpoint": "https://minio:9000",
        "ca_pem": PEM.encode(),
        "credentials": S3Credentials(access_key_id="A", secret_access_key="b", session_token="c"),
    }
    open_backend("s3://acme/a?region=eu-central-1", Access())
    assert opened[-1][2] == {
        "region": "eu-central-1",
        "endpoint": "",
        "ca_pem": b"",
        "credentials": None,
    }


@pytest.mark.parametrize("key", ["account_key", "sas_token"])
def test_a_container_of_azure(opened: Opened, key: str) -> None:
    open_backend("az://box/x?account=acme", access(**{key: "secret"}))
    ((name, args, more),) = opened
    assert (name, args, more["account"]) == ("azure_backend", ("box", "x"), "acme")
    assert more["credentials"] == AzureCredentials(**{key: "secret"})


def test_of_a_key_file_of_googles_only_what_proves_who_we_are_is_used(opened: Opened) -> None:
    begin, end = (f"-----{one} PRIVATE KEY-----" for one in ("BEGIN", "END"))
    proof = {
        "client_email": "backup@acme.example",
        "private_key": f"{begin}\n{canary('of google')}\n{end}\n",
        "private_key_id": "01",
    }
    evil = {"token_uri": "https://evil.example", "gcs_base_url": "https://evil.example"}
    open_backend("gs://acme/x", access(type="service_account", **proof, **evil))
    ((name, args, more),) = opened
    assert (name, args) == ("gcs_backend", ("acme", "x"))
    document = json.loads(more["credentials"].service_account_json)
    assert document == {"type": "service_account", **proof}


def test_a_secret_that_is_another_clouds_opens_nothing(opened: Opened) -> None:
    with pytest.raises(OperatorError):
        open_backend("gs://acme/x", access(access_key_id="A", secret_access_key="b"))
    assert opened == []


class IllAtFirst(MemoryBackend):
    """Answers from the third time on."""

    asked = 0

    def load(self, name: str) -> bytes:
        self.asked += 1
        if self.asked < 3:
            raise TransientError("It is ill.", retry_after_s=20)
        return super().load(name)


def test_a_service_that_is_ill_is_waited_for_by_the_clock_that_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    far = IllAtFirst()
    far.save("one", b"1")
    monkeypatch.setattr(objects, "s3_backend", lambda *_, **__: far)
    clock = HandClock()
    began_s = clock.monotonic_s()
    place = real_ports(clock).open_backend("s3://acme/a?region=eu-central-1", Access())
    assert place.load("one") == b"1"
    assert clock.monotonic_s() - began_s >= 40


def test_a_directory_tells_the_age_of_what_was_left_by_the_clock_that_is_given(
    tmp_path: Path,
) -> None:
    clock = HandClock()
    place = real_ports(clock).open_backend(str(tmp_path), None)
    place.save("data/one", b"1")
    left = tmp_path / "data" / f"{TEMPORARY}0123"
    left.touch()
    now_s = clock.now().timestamp()
    os.utime(left, (now_s, now_s))
    assert len(list(place.list(""))) == 1
    assert left.exists(), "it is years old by the machine's clock"
    clock.move(hours=25)
    assert len(list(place.list(""))) == 1
    assert not left.exists()
