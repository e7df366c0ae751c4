"""Object stores that answer what a test says, with TLS of an authority of their own."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from strongroom.errors import (
    StrongroomError,
)
from strongroom.store.backend import BlobBackend
from strongroom.store.objects import (
    AzureCredentials,
    GcsCredentials,
    S3Credentials,
    azure_backend,
    gcs_backend,
    s3_backend,
)
from tests.fakes.canned_server import CannedServer, Reply, http
from tests.fakes.marked import drawn

SESSION_TOKEN = drawn(16)
S3 = S3Credentials(
    access_key_id="AKSTRONGROOM", secret_access_key=drawn(24), session_token=SESSION_TOKEN
)
SAS = AzureCredentials(sas_token=f"?sv=2023-11-03&sp=rwdl&sig={drawn(24)}")
ACCOUNT_KEY = base64.b64encode(drawn(24).encode()).decode()
KEY = AzureCredentials(account_key=ACCOUNT_KEY)
GOOGLE = GcsCredentials(
    service_account_json=orjson.dumps(
        {"disable_oauth": True, "client_email": "x", "private_key": "", "private_key_id": ""}
    ).decode()
)
Open = Callable[..., BlobBackend]


def s3(endpoint: str, ca_pem: bytes = b"", credentials: S3Credentials = S3) -> BlobBackend:
    return s3_backend(
        "bucket",
        "",
        region="eu-central-1",
        endpoint=endpoint,
        credentials=credentials,
        ca_pem=ca_pem,
    )


def azure(endpoint: str, ca_pem: bytes = b"", credentials: AzureCredentials = SAS) -> BlobBackend:
    return azure_backend(
        "bucket",
        "",
        account="account",
        endpoint=f"{endpoint}/account",
        credentials=credentials,
        ca_pem=ca_pem,
    )


def google(endpoint: str, ca_pem: bytes = b"") -> BlobBackend:
    return gcs_backend("bucket", "", endpoint=endpoint, credentials=GOOGLE, ca_pem=ca_pem)


SERVICES: list[Open] = [s3, azure, google]
CALLS: dict[str, Callable[[BlobBackend], Any]] = {
    "save": lambda backend: backend.save("data/one", b"x"),
    "load": lambda backend: backend.load("data/one"),
    "load_range": lambda backend: backend.load_range("data/one", 0, 10),
    "list": lambda backend: list(backend.list("data/")),
    "folders": lambda backend: list(backend.folders("data/")),
    "delete": lambda backend: backend.delete("data/one"),
}


def refusal(status: str, code: str = "", message: str = "No.") -> bytes:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return answer(body.encode(), status=status)


def answer(body: bytes = b"", **more: Any) -> bytes:
    """Write an answer as an object comes or was stored, the only one on its connection."""
    headers = [("Connection", "close"), ("ETag", '"1"'), ("x-goog-generation", "1")]
    headers += [("Last-Modified", "Sat, 28 Nov 2026 00:00:00 GMT"), *more.pop("headers", [])]
    return http(body, headers=headers, **more)


def opened(server: CannedServer, service: Open, **more: Any) -> BlobBackend:
    pem = server.authority.cert_pem.bytes()
    return service(f"https://localhost:{server.port}", ca_pem=pem, **more)


def told(service: Open, verb: str, *replies: Reply) -> StrongroomError:
    """Say what came of a call that was answered so."""
    with CannedServer(replies) as server:
        with pytest.raises(StrongroomError) as caught:
            CALLS[verb](opened(server, service))
        assert len(server.seen) == len(replies), "nothing is asked again here"
    return caught.value
