"""Storages in object stores: which service, which bucket, and what lets us in.

Everything that decides who is spoken to, and how it is proven, is given here in so many words: what
obstore finds in the environment must not lead our keys or our data elsewhere. One thing that is
there cannot be overruled, GOOGLE_BEARER_TOKEN: Google would be shown it instead of what is given.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, MemoryStore, S3Store

from strongroom.errors import OperatorError
from strongroom.store.backend import Below, BlobBackend
from strongroom.store.object_backend import Bucket, ObjectBackend

if TYPE_CHECKING:
    from obstore.store import (
        AzureConfig,
        ClientConfig,
        GCSConfig,
        RetryConfig,
        S3Config,
        S3Credential,
        S3CredentialProvider,
    )

CONNECT_S = 10
SILENCE_S = 60
"""An answer that stops for so long will not go on."""

READ_S = 10 * 60
WRITE_S = 5 * 60
"""A full pack of 16 MB arrives in this time at 56 KB/s. It is part of a bound: see
``retrying.WRITING_S``."""

_ONCE: RetryConfig = {"max_retries": 0}
"""Whether and when to try again is for ``Retrying`` alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Credentials:
    """What lets us into a bucket of S3.

    Attributes:
        access_key_id: Names the key; no secret.
        secret_access_key: A secret.
        session_token: Comes with keys that end after some hours; a secret; or empty.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureCredentials:
    """What lets us into a container of Azure: one of the two.

    Attributes:
        account_key: Of the storage account, base64; a secret.
        sas_token: A shared access signature, ``sv=…&sig=…``; a secret.
    """

    account_key: str = field(default="", repr=False)
    sas_token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if bool(self.account_key) == bool(self.sas_token):
            raise ValueError("give an account key or a shared access signature")


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsCredentials:
    """What lets us into a bucket of Google Cloud Storage.

    Attributes:
        service_account_json: A service account's key file, whole; a secret.
    """

    service_account_json: str = field(repr=False)


def s3_backend(
    bucket: str,
    prefix: str,
    *,
    region: str,
    credentials: S3Credentials | None,
    endpoint: str = "",
    ca_pem: bytes = b"",
) -> BlobBackend:
    """Open a bucket of Amazon S3, or of a service that speaks like it.

    Args:
        bucket: Its name.
        prefix: Folder in the bucket, without slashes at its ends; empty: the bucket itself.
        region: Of the bucket.
        credentials: None: the role that this machine has in the cloud.
        endpoint: Origin of a service that is not Amazon; plain http on loopback only.
        ca_pem: Authorities to trust besides the system's own.
    """
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    origin = endpoint or f"https://s3.{region}.{domain}"
    config: S3Config = {
        "region": region,
        "endpoint": origin,
        "aws_endpoint_url_s3": origin,  # one in the environment would go before the other
        "virtual_hosted_style_request": False,
        "conditional_put": "etag",
        "skip_signature": False,
        # The service compares the bytes with it on arrival, and where objects are locked it must be
        # there. It is what every request is signed with anyway.
        "checksum_algorithm": "SHA256",
        # One object is removed with a request of its own, which every service knows.
        "disable_bulk_delete": True,
    }

    def open_bucket(client: ClientConfig) -> S3Store:
        return S3Store(
            bucket,
            config=config,
            client_options=client,
            retry_config=_ONCE,
            # Given as values, they would be joined by a session token of the environment's.
            credential_provider=_provider(credentials) if credentials else None,
        )

    return _backend(open_bucket, prefix, origin, ca_pem)


def azure_backend(
    container: str,
    prefix: str,
    *,
    account: str,
    credentials: AzureCredentials | None,
    endpoint: str = "",
    ca_pem: bytes = b"",
) -> BlobBackend:
    """Open a container of Azure Blob Storage.

    Args:
        container: Its name.
        prefix: Folder in the container, without slashes at its ends; empty: the container itself.
        account: The storage account.
        credentials: None: the identity that this machine has in the cloud.
        endpoint: Of a service that is not Azure's public cloud, with the account in its path if
            need be; plain http on loopback only.
        ca_pem: Authorities to trust besides the system's own.
    """
    origin = endpoint or f"https://{account}.blob.core.windows.net"
    config: AzureConfig = {
        "account_name": account,
        "endpoint": origin,
        "use_emulator": False,
        "skip_signature": False,
    }
    if credentials and credentials.account_key:
        config |= {"account_key": credentials.account_key, "credential_type": "access_key"}
    elif credentials:
        sas = credentials.sas_token.removeprefix("?")
        config |= {"sas_key": sas, "credential_type": "sas_token"}

    def open_container(client: ClientConfig) -> AzureStore:
        return AzureStore(container, config=config, client_options=client, retry_config=_ONCE)

    return _backend(open_container, prefix, origin, ca_pem)


def gcs_backend(
    bucket: str,
    prefix: str,
    *,
    credentials: GcsCredentials | None,
    endpoint: str = "",
    ca_pem: bytes = b"",
) -> BlobBackend:
    """Open a bucket of Google Cloud Storage.

    Args:
        bucket: Its name.
        prefix: Folder in the bucket, without slashes at its ends; empty: the bucket itself.
        credentials: None: the service account that this machine has in the cloud.
        endpoint: Origin of a service that is not Google; plain http on loopback only.
        ca_pem: Authorities to trust besides the system's own.
    """
    origin = endpoint or "https://storage.googleapis.com"
    config: GCSConfig = {"base_url": origin, "skip_signature": False}
    if credentials:
        config |= {"service_account_key": credentials.service_account_json}

    def open_bucket(client: ClientConfig) -> GCSStore:
        return GCSStore(bucket, config=config, client_options=client, retry_config=_ONCE)

    return _backend(open_bucket, prefix, origin, ca_pem)


def memory_backend() -> BlobBackend:
    """Make a bucket in this process's memory; it ends with it. For tests."""
    store = MemoryStore()
    return ObjectBackend(reading=store, writing=store)


def _provider(credentials: S3Credentials) -> S3CredentialProvider:
    told: S3Credential = {
        "access_key_id": credentials.access_key_id,
        "secret_access_key": credentials.secret_access_key,
        "token": credentials.session_token or None,
        "expires_at": None,
    }
    return lambda: told


def _backend(
    open_bucket: Callable[[ClientConfig], Bucket], prefix: str, origin: str, ca_pem: bytes
) -> BlobBackend:
    """Open a bucket twice, with the patience of reading and with that of writing."""
    client = _client(origin, ca_pem)
    reading: ClientConfig = client | {
        "timeout": timedelta(seconds=READ_S),
        # Counted from the first byte that is sent, so that it would cut a slow upload short.
        "read_timeout": timedelta(seconds=SILENCE_S),
    }
    writing: ClientConfig = client | {"timeout": timedelta(seconds=WRITE_S)}
    try:
        backend = ObjectBackend(reading=open_bucket(reading), writing=open_bucket(writing))
    except (BaseError, ValueError):
        failure = OperatorError(
            "The object store cannot be asked.",
            why="Its endpoint, its credentials or the certificate of its authority are not whole.",
            hint="Give the credentials again as the object store's console shows them.",
        )
    else:
        return Below(backend, prefix) if prefix else backend
    raise failure  # outside: what obstore says may tell a key


def _client(origin: str, ca_pem: bytes) -> ClientConfig:
    client: ClientConfig = {
        "allow_http": _is_plain(origin),
        "allow_invalid_certificates": False,
        "connect_timeout": timedelta(seconds=CONNECT_S),
        "user_agent": "strongroom",
    }
    if ca_pem:
        client["root_certificate"] = ca_pem
    return client


def _is_plain(origin: str) -> bool:
    """Say whether an endpoint is spoken to without TLS, which is for this machine alone."""
    parts = urlsplit(origin)
    if parts.scheme == "https":
        return False
    if parts.scheme == "http" and _is_loopback(parts.hostname or ""):
        return True
    raise OperatorError(
        "The object store's endpoint is not protected by TLS.",
        why=f"{parts.scheme}:// would show everything on the way, and let anybody change it.",
        hint="Give an endpoint that begins with https://.",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
