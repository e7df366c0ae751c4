"""What locks objects where a storage lies: object lock of S3, with the storage's own access."""

from __future__ import annotations

import atexit
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from strongroom.compose.object_urls import is_object_url, object_place
from strongroom.service.ports import no_locks
from strongroom.service.storage_access import Access, credentials_of
from strongroom.store.keeping import Retention

_ANY_REGION = "us-east-1"
"""What servers take that know no regions; they are asked by their endpoint."""


def open_retention(url: str, access: Access | None, mode: str) -> Retention:
    """Open what locks the objects of a storage.

    Args:
        url: Of the storage.
        access: What it is reached with; None: what this machine has.
        mode: ``governance`` or ``compliance``.

    Raises:
        OperatorError: it does not lie where objects can be locked.
    """
    if not is_object_url(url) or object_place(url).cloud != "s3":
        return no_locks(url, access, mode)
    # Loading these takes a while, and most homes lock nothing.
    from strongroom.store.object_lock import s3_retention  # noqa: PLC0415
    from strongroom.store.objects import S3Credentials  # noqa: PLC0415

    access = access or Access()
    place = object_place(url)
    credentials = credentials_of(url, access)
    return s3_retention(
        place.bucket,
        place.folder,
        mode=mode,
        region=place.region or _ANY_REGION,
        endpoint=place.endpoint,
        credentials=S3Credentials(
            access_key_id=credentials.get("access_key_id"),
            secret_access_key=credentials.get("secret_access_key"),
            session_token=credentials.get("session_token"),
        )
        if credentials.fields
        else None,
        ca_file=_file_of(access.ca_pem) if access.ca_pem else None,
    )


def _file_of(ca_pem: str) -> str:
    """Put authorities, which are no secret, into a file: botocore takes nothing else."""
    descriptor, path = tempfile.mkstemp(prefix="strongroom-", suffix=".pem")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(ca_pem)
    atexit.register(_forget, path)
    return path


def _forget(path: str) -> None:
    with suppress(OSError):
        Path(path).unlink()
