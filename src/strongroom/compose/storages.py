"""Where storages are: a URL becomes the place that it names."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import orjson

from strongroom.clock import Clock, SystemClock
from strongroom.compose.object_urls import EXAMPLES, ObjectPlace, is_object_url, object_place
from strongroom.errors import OperatorError
from strongroom.service.storage_access import Access, Credentials, credentials_of
from strongroom.store.backend import BlobBackend
from strongroom.store.files import FileBackend
from strongroom.store.layers.retrying import Retrying

_SYSTEM_CLOCK = SystemClock()
_ANY_REGION = "us-east-1"
"""What servers take that know no regions; they are asked by their endpoint."""


def open_backend(
    url: str, access: Access | None = None, clock: Clock = _SYSTEM_CLOCK
) -> BlobBackend:
    """Open the place that a storage's URL names.

    Args:
        url: In any form that ``normal_url`` takes.
        access: What an object store is reached with; None: what this machine has.
        clock: Time, and waiting for a service that is ill.

    Raises:
        OperatorError: it is of a kind that is not known, or it cannot be reached with this.
    """
    if is_object_url(url):
        access = access or Access()
        place = object_place(url)
        far = _object_backend(place, credentials_of(url, access), access.ca_pem)
        return Retrying(far, clock=clock)
    return FileBackend(_directory(url), clock=clock)


def normal_url(url: str) -> str:
    """Write the URL of a storage in the one form that is kept (``file:///absolute/directory``).

    Raises:
        OperatorError: it is of a kind that is not known, or holds a secret.
    """
    return object_place(url).url if is_object_url(url) else _directory(url).absolute().as_uri()


def _object_backend(place: ObjectPlace, credentials: Credentials, ca_pem: str) -> BlobBackend:
    # Loading obstore takes a while, and most homes have directories.
    from strongroom.store import objects  # noqa: PLC0415

    get, is_ambient = credentials.get, not credentials.fields
    authority = ca_pem.encode()
    match place.cloud:
        case "s3":
            return objects.s3_backend(
                place.bucket,
                place.folder,
                region=place.region or _ANY_REGION,
                credentials=None
                if is_ambient
                else objects.S3Credentials(
                    access_key_id=get("access_key_id"),
                    secret_access_key=get("secret_access_key"),
                    session_token=get("session_token"),
                ),
                endpoint=place.endpoint,
                ca_pem=authority,
            )
        case "az":
            return objects.azure_backend(
                place.bucket,
                place.folder,
                account=place.account,
                credentials=None
                if is_ambient
                else objects.AzureCredentials(
                    account_key=get("account_key"), sas_token=get("sas_token")
                ),
                endpoint=place.endpoint,
                ca_pem=authority,
            )
        case "gs":
            return objects.gcs_backend(
                place.bucket,
                place.folder,
                credentials=None
                if is_ambient
                else objects.GcsCredentials(service_account_json=_key_file(credentials)),
                endpoint=place.endpoint,
                ca_pem=authority,
            )


def _key_file(credentials: Credentials) -> str:
    """Write a service account's key file with what proves who we are, and nothing else.

    Google's own also says which addresses to send that to, and so could a changed one.
    """
    fields = {name: secret.reveal() for name, secret in credentials.fields.items()}
    return orjson.dumps({"type": "service_account", **fields}).decode()


def _directory(url: str) -> Path:
    """Read a directory's path or ``file://`` URL. A drive letter is no scheme."""
    if not url.strip():
        # An empty path would be the directory that we happen to be in.
        raise OperatorError("The storage's place is empty.", hint="Give a directory.")
    try:
        parts = urlsplit(url)
    except ValueError:
        return Path(url)
    if len(parts.scheme) <= 1:
        return Path(url)
    if parts.scheme == "file" and not parts.netloc:
        return Path(unquote(parts.path))
    raise OperatorError(
        "This kind of storage is not known.",
        why=f"{parts.scheme}:// is neither a directory nor file://, s3://, az:// or gs://.",
        hint=f"Give a directory of this machine, or {EXAMPLES}.",
    )
